import * as Disk from "@effect-ploop/core/Disk"
import type * as FileSystem from "@effect/platform/FileSystem"
import * as Effect from "effect/Effect"

/** How deep a disk may be below a directory that is searched. */
const depth = 4

const isDisk = (name: string): boolean => name === Disk.descriptorName

/** Directories that nobody can read have no disks. */
const entries = (fs: FileSystem.FileSystem, path: string) =>
  Effect.orElseSucceed(fs.readDirectory(path), (): ReadonlyArray<string> => [])

const isDirectory = (fs: FileSystem.FileSystem, path: string) =>
  Effect.gen(function*() {
    if (yield* Effect.isSuccess(fs.readLink(path))) return false
    const info = yield* Effect.option(fs.stat(path))
    return info._tag === "Some" && info.value.type === "Directory"
  })

/** A directory of a workflow has no disk yet. */
const isOwn = (name: string): boolean => /\.(?:clone|receiving)-[\da-f]{16}$/.test(name)

/** The disks below a directory, by their descriptors. A directory that has one is not searched any further. */
const below = (fs: FileSystem.FileSystem, path: string, levels: number): Effect.Effect<ReadonlyArray<string>> =>
  Effect.gen(function*() {
    const names = yield* entries(fs, path)
    const found = names.filter(isDisk).map((name) => `${path === "/" ? "" : path}/${name}`)
    if (found.length > 0 || levels === 0) return found
    const directories = yield* Effect.filter(
      names.filter((name) => !isOwn(name)).map((name) => `${path === "/" ? "" : path}/${name}`),
      (child) => isDirectory(fs, child)
    )
    return (yield* Effect.forEach(directories, (child) => below(fs, child, levels - 1))).flat()
  })

/** The disks below some directories of a host. */
export const find = (fs: FileSystem.FileSystem, directories: ReadonlyArray<string>) =>
  Effect.map(
    Effect.forEach(directories, (directory) => below(fs, directory, depth)),
    (found) => [...new Set(found.flat())].sort()
  )
