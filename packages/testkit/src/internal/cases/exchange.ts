import * as Ploop from "@effect-ploop/core/Ploop"
import type { PloopError } from "@effect-ploop/core/PloopError"
import type * as Request from "@effect-ploop/core/Request"
import type { PlatformError } from "@effect/platform/Error"
import * as FileSystem from "@effect/platform/FileSystem"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Check from "../../Check.js"
import * as Conformance from "../../Conformance.js"
import * as ImageFile from "../../ImageFile.js"
import { fingerprint } from "../bytes.js"
import * as snapshots from "./snapshotUtils.js"

/** The size of a cluster of the disks of these cases. */
export const clusterSize = 32_768

/** A disk without a file system, of small clusters. */
export const disk = (options?: Conformance.DiskOptions) => Conformance.disk({ clusterSize: "32K", ...options })

/** Stores a cluster in an image that has not got it, with a byte all over it. */
export const paint = (image: string, cluster: number, byte: number) =>
  Effect.gen(function*() {
    const fs = yield* FileSystem.FileSystem
    const before = Number((yield* fs.stat(image)).size)
    yield* snapshots.occupy(image, cluster)
    yield* ImageFile.poke(image, before, new Uint8Array(clusterSize).fill(byte))
  })

/** Exports into a file of the case. */
export const exported = (of: string, options: Partial<Request.ExportImageOptions> = {}, name = "exported") =>
  Effect.gen(function*() {
    const file = yield* Conformance.path(name)
    return yield* (yield* Ploop.Ploop).exportImage({ disk: of, file, ...options })
  })

/** Imports a file as a disk in a directory of its own. */
export const imported = (file: string, options: Partial<Request.ImportImageOptions> = {}, name = "imported") =>
  Effect.gen(function*() {
    const directory = yield* Conformance.directory(name)
    const made = yield* (yield* Ploop.Ploop).importImage({
      file,
      image: yield* Conformance.path(name, "root.hdd"),
      version: yield* Conformance.diskVersion,
      clusterSize: "32K",
      ...options
    })
    return { ...made, directory }
  })

/** The bytes of a disk, by the clusters that are not zeros: their numbers and the byte that each begins with. */
export const painted = (file: string) =>
  Effect.gen(function*() {
    const bytes = yield* (yield* FileSystem.FileSystem).readFile(file)
    const found: Record<number, number> = {}
    for (let at = 0; at < bytes.length; at += clusterSize) {
      const cluster = bytes.subarray(at, at + clusterSize)
      if (cluster.some((byte) => byte !== 0)) found[at / clusterSize] = cluster[cluster.length - 1] ?? 0
    }
    return found
  })

/** A digest of a file. */
export const digest = (file: string) =>
  Effect.map(Effect.flatMap(FileSystem.FileSystem, (fs) => fs.readFile(file)), fingerprint)

/** Writes a file of the case, of a length, with bytes at positions. */
export const rawFile = (
  length: number,
  parts: ReadonlyArray<readonly [position: number, bytes: Iterable<number>]> = [],
  name = "file.raw"
): Effect.Effect<
  string,
  PlatformError,
  FileSystem.FileSystem | Effect.Effect.Context<ReturnType<typeof Conformance.path>>
> =>
  Effect.gen(function*() {
    const fs = yield* FileSystem.FileSystem
    const file = yield* Conformance.path(name)
    yield* fs.writeFile(file, new Uint8Array())
    yield* fs.truncate(file, length)
    for (const [position, bytes] of parts) yield* ImageFile.poke(file, position, bytes)
    return file
  })

/** How much of the host a file takes, in bytes. */
export const allocated = (file: string) =>
  Effect.gen(function*() {
    const { blocks, size } = yield* (yield* FileSystem.FileSystem).stat(file)
    return Option.match(blocks, { onNone: () => Number(size), onSome: (count) => count * 512 })
  })

/**
 * Runs an effect that needs `qemu-img`. Where that is missing, the effect has to fail with the name of it, and the
 * operation `prerequisites` has to report the same.
 */
export const withQemu = <A, E extends { readonly _tag: string }, R>(effect: Effect.Effect<A, E, R>) =>
  Effect.catchIf(
    effect as Effect.Effect<A | void, E | PloopError, R>,
    (error) => error._tag === "PrerequisiteMissing",
    () =>
      Effect.gen(function*() {
        const found = yield* (yield* Ploop.Ploop).prerequisites
        const program = found.find(({ name }) => name === "qemu-img")
        yield* Check.equal(program?.status, "missing", "the status of qemu-img")
      })
  )
