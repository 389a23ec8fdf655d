import * as DiskVolume from "@effect-ploop/core/DiskVolume"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import type { About, Host } from "./host.js"
import type { HostFiles } from "./hostFiles.js"
import type { FileError } from "./newFiles.js"
import { fileError } from "./newFiles.js"

interface Seen {
  readonly host: Host
  readonly files: HostFiles
}

/** The directories of the children of the volume in this directory: none only where no links are. */
export const childrenOf = (
  { files, host }: Seen,
  about: About,
  directory: string
): Effect.Effect<ReadonlyArray<string>, FileError> =>
  Effect.gen(function*() {
    const links = host.join(directory, DiskVolume.linksName)
    const found = yield* files.find(links)
    if (Option.isNone(found)) return []
    const names = yield* files.names(links)
    const children = yield* Effect.forEach(names, (name) => host.real(host.join(links, name)))
    return [...new Set(children)].sort()
  }).pipe(Effect.mapError(fileError(about, directory)))
