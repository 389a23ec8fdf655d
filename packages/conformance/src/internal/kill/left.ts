import * as DiskDescriptor from "@effect-ploop/core/DiskDescriptor"
import * as Ploop from "@effect-ploop/core/Ploop"
import type { PloopError } from "@effect-ploop/core/PloopError"
import type { PlatformError } from "@effect/platform/Error"
import * as FileSystem from "@effect/platform/FileSystem"
import * as Path from "@effect/platform/Path"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Schedule from "effect/Schedule"
import type { Bench } from "./bench.js"

/** What there is, each thing by its name. */
export interface Inventory {
  readonly devices: ReadonlyArray<string>
  readonly mounts: ReadonlyArray<string>
  readonly processes: ReadonlyArray<string>
  readonly files: ReadonlyArray<string>
}

export const none: Inventory = { devices: [], mounts: [], processes: [], files: [] }

export type Kind = keyof Inventory

export const kinds: ReadonlyArray<Kind> = ["devices", "mounts", "processes", "files"]

/** The mount points of the namespace; those below the directory of the emulated kernel are its own. */
export const mounts = Effect.map(
  Effect.flatMap(FileSystem.FileSystem, (fs) => fs.readFileString("/proc/self/mounts")),
  (text) =>
    text.split("\n").flatMap((line) => line.split(" ")[1] ?? []).filter((path) =>
      !path.startsWith("/dev/ploop-emulation/")
    )
)

/** A process that has ended, but for which its parent has not waited, does not count. */
const isZombie = (stat: string): boolean => /^Z/.test(stat.slice(stat.lastIndexOf(")") + 2))

/** A process of the emulated kernel, which serves a device also while that has no image. */
const isKernel = (line: string): boolean => /^\S*\/ploop-emulation /.test(line)

/** The processes of the namespace, with their command lines. */
const processes = Effect.gen(function*() {
  const fs = yield* FileSystem.FileSystem
  const pids = (yield* fs.readDirectory("/proc")).filter((name) => /^\d+$/.test(name))
  const found = yield* Effect.forEach(
    pids,
    (pid) =>
      Effect.all([fs.readFileString(`/proc/${pid}/stat`), fs.readFileString(`/proc/${pid}/cmdline`)]).pipe(
        Effect.map(([stat, line]) =>
          isZombie(stat) || isKernel(line.replaceAll("\0", " ")) ? [] : [`${pid} ${line.replaceAll("\0", " ").trim()}`]
        ),
        // It has ended meanwhile.
        Effect.orElseSucceed((): ReadonlyArray<string> => [])
      )
  )
  return found.flat()
})

/** The files below a directory; the file systems of disks are not entered. */
const filesOf = (bench: Bench) =>
  Effect.gen(function*() {
    const fs = yield* FileSystem.FileSystem
    const below = (directory: string): Effect.Effect<ReadonlyArray<string>, PlatformError> =>
      Effect.flatMap(fs.readDirectory(directory), (names) =>
        Effect.map(
          Effect.forEach(names, (name) => {
            const path = `${directory}/${name}`
            if (path === bench.target || path === bench.side) return Effect.succeed([])
            return Effect.flatMap(fs.stat(path), ({ type }) =>
              type === "Directory"
                ? Effect.map(below(path), (more) => [path, ...more])
                : Effect.succeed([path]))
          }),
          (found) => found.flat()
        ))
    return yield* below(bench.directory)
  })

/** The images that a descriptor names; none where it cannot be read. */
export const imagesOf = (descriptor: string) =>
  Effect.gen(function*() {
    const fs = yield* FileSystem.FileSystem
    const path = yield* Path.Path
    const text = yield* Effect.orElseSucceed(fs.readFileString(descriptor), () => "")
    return Either.match(DiskDescriptor.parse(text), {
      onLeft: () => [],
      onRight: ({ images }) => images.map(({ file }) => path.resolve(path.dirname(descriptor), file))
    })
  })

/** What the tool keeps beside the images of a disk. */
const isKept = (path: string): boolean => path.endsWith("/DiskDescriptor.xml.lck") || path.endsWith("/.statfs")

export const take = (
  bench: Bench
): Effect.Effect<Inventory, PloopError | PlatformError, Ploop.Ploop | FileSystem.FileSystem | Path.Path> =>
  Effect.gen(function*() {
    const ploop = yield* Ploop.Ploop
    return {
      devices: (yield* ploop.listDevices).map(({ device }) => device),
      mounts: yield* mounts,
      processes: yield* processes,
      files: yield* filesOf(bench)
    }
  })

/** A process that was told to end may take a moment to do so. */
const remaining = (before: ReadonlyArray<string>) =>
  Effect.map(processes, (after) => minus(after, before)).pipe(
    Effect.repeat({
      until: (left) => left.length === 0,
      schedule: Schedule.intersect(Schedule.spaced("50 millis"), Schedule.recurs(40))
    }),
    Effect.zipRight(Effect.map(processes, (after) => minus(after, before)))
  )

const minus = (after: ReadonlyArray<string>, before: ReadonlyArray<string>) =>
  after.filter((thing) => !before.includes(thing))

/**
 * What is there and was not before. A file is left behind unless a descriptor
 * names it, or the operation is there to make it.
 */
export const since = (
  bench: Bench,
  before: Inventory,
  makes: ReadonlyArray<string>
): Effect.Effect<Inventory, PloopError | PlatformError, Ploop.Ploop | FileSystem.FileSystem | Path.Path> =>
  Effect.gen(function*() {
    const after = yield* take(bench)
    const images = [...(yield* imagesOf(bench.disk)), ...(yield* imagesOf(`${bench.empty}/DiskDescriptor.xml`))]
    return {
      devices: minus(after.devices, before.devices),
      mounts: minus(after.mounts, before.mounts),
      processes: yield* remaining(before.processes),
      files: minus(after.files, [...before.files, ...makes, ...images]).filter((path) => !isKept(path))
    }
  })
