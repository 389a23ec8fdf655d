/**
 * The version of a package.
 *
 * @since 0.2.0
 */
import * as Schema from "effect/Schema"
import { createRequire } from "node:module"

const decode = Schema.decodeUnknownSync(Schema.Struct({ version: Schema.String }))

/**
 * The version that the manifest of a package has, as the module of the URL finds it.
 *
 * @since 0.2.0
 * @category getters
 */
export const of = (name: string, moduleUrl: string): string =>
  decode(createRequire(moduleUrl)(`${name}/package.json`)).version
