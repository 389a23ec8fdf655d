import * as Effect from "effect/Effect"
import { Caller } from "../protocol/access.js"
import { type Greeting, version } from "../protocol/control.js"
import { Control } from "../protocol/group.js"
import { OtherVersion } from "../protocol/refused.js"
import type { Registry } from "./registry.js"
import type { Uploads } from "./uploads.js"

const ofCaller = (key: string) => Effect.map(Caller, ({ name }) => `${name} ${key}`)

export const layer = (greeting: Omit<Greeting, "version">, registry: Registry, uploads: Uploads) =>
  Control.toLayer({
    hello: (client) =>
      client.version === version
        ? Effect.succeed({ ...greeting, version })
        : Effect.fail(new OtherVersion({ client: client.version, server: version })),
    heartbeat: () => Effect.void,
    cancel: ({ key }) => Effect.flatMap(ofCaller(key), registry.cancel),
    upload: ({ bytes, key }) => Effect.flatMap(ofCaller(key), (key) => uploads.add(key, bytes))
  })
