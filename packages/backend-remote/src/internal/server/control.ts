import * as Effect from "effect/Effect"
import type { Grant } from "../../Access.js"
import { Caller } from "../protocol/access.js"
import { type Greeting, version } from "../protocol/control.js"
import { Control } from "../protocol/group.js"
import { OtherVersion } from "../protocol/refused.js"
import { callKey } from "./callKey.js"
import type { Registry } from "./registry.js"
import type { Uploads } from "./uploads.js"

/** An entry of the host is a grant, and has the digest of its token beside it. */
const withoutDigest = ({ directories, name, operations }: Grant): Grant => ({ name, operations, directories })

export const layer = (greeting: Omit<Greeting, "version" | "grant">, registry: Registry, uploads: Uploads) =>
  Control.toLayer({
    hello: (client) =>
      client.version === version
        ? Effect.map(Caller, (grant) => ({ ...greeting, version, grant: withoutDigest(grant) }))
        : Effect.fail(new OtherVersion({ client: client.version, server: version })),
    heartbeat: () => Effect.void,
    cancel: ({ key }) => Effect.flatMap(callKey(key), registry.cancel),
    upload: ({ bytes, key }) => Effect.flatMap(callKey(key), (key) => uploads.add(key, bytes))
  })
