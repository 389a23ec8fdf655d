import * as DiskVolume from "@effect-ploop/core/DiskVolume"
import * as Effect from "effect/Effect"
import type { Host } from "./host.js"

/** The directories of the volumes that stand on the one in this directory. */
export const childrenOf = (host: Host, directory: string): Effect.Effect<ReadonlyArray<string>> =>
  Effect.gen(function*() {
    const links = host.join(directory, DiskVolume.linksName)
    const names = yield* host.names(links)
    const children = yield* Effect.forEach(names, (name) => host.real(host.join(links, name)))
    return children.sort()
  })
