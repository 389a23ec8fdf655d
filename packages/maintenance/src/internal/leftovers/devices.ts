import * as Disk from "@effect-ploop/core/Disk"
import type * as Result from "@effect-ploop/core/Result"
import type { SnapshotTree } from "@effect-ploop/core/SnapshotTree"
import * as FileSystem from "@effect/platform/FileSystem"
import { Path } from "@effect/platform/Path"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Action from "../../Action.js"
import { all, type Found, kept, nothing, step } from "./found.js"

/** A path without symlinks; the path itself where nothing is there any more. */
export const real = (path: string) =>
  Effect.flatMap(FileSystem.FileSystem, (fs) => Effect.orElseSucceed(fs.realPath(path), () => path))

/** Those of the host's devices that run this disk, or any image of it. */
export const ofDisk = (running: ReadonlyArray<Result.RunningDevice>, disk: Disk.Disk, tree: SnapshotTree) =>
  Effect.gen(function*() {
    const path = yield* Path
    const directory = Disk.directory(disk)
    const own = new Set(yield* Effect.forEach(tree.nodes, ({ file }) => real(path.resolve(directory, file))))
    return running.filter(({ image }) => own.has(image))
  })

/** A device whose image has no descriptor beside it. */
const ofStranger = ({ device, image }: Result.RunningDevice) =>
  Effect.gen(function*() {
    const fs = yield* FileSystem.FileSystem
    const path = yield* Path
    const names = yield* Effect.option(fs.readDirectory(path.dirname(image)))
    return Option.match(names, {
      onNone: () => kept(device, `the directory of its image ${image} cannot be read`),
      onSome: (names) =>
        names.some((name) => name.endsWith(".xml"))
          ? nothing
          : kept(device, `it runs from ${image}, and no descriptor is beside that`)
    })
  })

/** Judges every device of the host. */
export const judgeAll = (running: ReadonlyArray<Result.RunningDevice>, mayStop: boolean) =>
  Effect.map(
    Effect.forEach(running.filter(({ deleted }) => deleted !== true), ofStranger),
    (strangers) => all([judge(running, mayStop), ...strangers])
  )

/** A device of an image that was removed runs on data that nobody else has. */
export const judge = (running: ReadonlyArray<Result.RunningDevice>, mayStop: boolean): Found =>
  all(running.map((shown) => {
    if (shown.deleted !== true) return nothing
    const { component, device, image, target } = shown
    return mayStop && target === undefined
      ? step(
        new Action.StopDevice({ device, image, removed: true, ...(component !== undefined && { component }) }),
        "Its image has been removed, and nothing is mounted from it."
      )
      : kept(
        device,
        target === undefined
          ? "its image has been removed: its data is lost once it is stopped"
          : `its image has been removed, but it is mounted at ${target}: copy what you need`
      )
  }))
