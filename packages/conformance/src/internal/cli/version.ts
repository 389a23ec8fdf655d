import * as Schema from "effect/Schema"
import { createRequire } from "node:module"

const Manifest = Schema.Struct({ version: Schema.String })

const require = createRequire(import.meta.url)

const versionOf = (name: string): string => Schema.decodeUnknownSync(Manifest)(require(`${name}/package.json`)).version

/** The version of this command. */
export const command: string = versionOf("@effect-ploop/conformance")

/** The version of the suite. */
export const testkit: string = versionOf("@effect-ploop/testkit")
