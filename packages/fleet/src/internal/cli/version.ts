import * as Schema from "effect/Schema"
import { createRequire } from "node:module"

const Manifest = Schema.Struct({ version: Schema.String })

const require = createRequire(import.meta.url)

/** The version of this package. */
export const version: string = Schema.decodeUnknownSync(Manifest)(require("@effect-ploop/fleet/package.json")).version
