import type { SnapshotId } from "@effect-ploop/core/SnapshotId"
import * as PlatformError from "@effect/platform/Error"
import * as FileSystem from "@effect/platform/FileSystem"
import { Path } from "@effect/platform/Path"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Ref from "effect/Ref"
import type * as Action from "../../Action.js"
import * as BackupError from "../../BackupError.js"
import { HostLock } from "../../HostLock.js"
import { moveAsideAndRemove } from "../actions/remove.js"
import * as identity from "../identity.js"
import { andAlso } from "./causes.js"
import { encode, type Maker, makerName } from "./maker.js"
import { syncDirectory, syncFile } from "./sync.js"

interface Made {
  readonly path: string
  readonly kind: "file" | "directory"
  readonly device: number
  readonly inode: number
}

/** A new directory, which has another name until it is complete. */
export interface Making {
  /** Where the files go meanwhile. */
  readonly directory: string
  /** Makes an empty file in the directory, and fails when the name is taken. */
  readonly file: (name: string) => Effect.Effect<string, PlatformError.PlatformError>
}

const made = (path: string, kind: Made["kind"], info: FileSystem.File.Info): Made => {
  const { device, inode } = identity.of(info)
  return { path, kind, device, inode }
}

const isSame = (one: Made, found: Action.Identity): boolean => one.device === found.device && one.inode === found.inode

/** Removes what was made, if it is still there. What has taken its name, and what somebody has put in it, stays. */
const removeMade = (one: Made) =>
  Effect.gen(function*() {
    const fs = yield* FileSystem.FileSystem
    const info = yield* identity.at(one.path)
    if (Option.isNone(info)) return true
    const found = identity.of(info.value)
    if (!isSame(one, found)) return false
    if (one.kind === "directory" && (yield* fs.readDirectory(one.path)).length > 0) return false
    yield* moveAsideAndRemove({ path: one.path, kind: one.kind, identity: found })
    return true
  })

/** Removes the files and then the directory, and fails with those that are still there. */
const takeDown = (directory: string, all: ReadonlyArray<Made>) =>
  Effect.gen(function*() {
    const outcomes = yield* Effect.forEach(
      all.toReversed(),
      (one) =>
        Effect.catchAll(removeMade(one), (error) => Effect.as(Effect.logWarning(error), false)).pipe(
          Effect.map((gone) => gone ? [] : [one.path])
        )
    )
    const left = outcomes.flat()
    if (left.length > 0) return yield* new BackupError.FilesLeft({ directory, left })
  })

const taken = (path: string) =>
  new PlatformError.SystemError({
    module: "FileSystem",
    method: "makeDirectory",
    reason: "AlreadyExists",
    pathOrDescriptor: path,
    description: "it must not exist"
  })

/** The name under which a directory is written. The identifier sets it apart from those of everybody else. */
export const stageOf = (to: string, id: SnapshotId): string =>
  `${to.replace(/(?<=.)\/+$/, "")}.partial-${id.slice(1, -1)}`

/**
 * The empty directory by which an application of the same plan had taken the name of the new directory when it was
 * cut short: the stage beside it has the identifier of the plan, which nobody else has.
 */
const claimOf = (to: string, stage: string) =>
  Effect.gen(function*() {
    const fs = yield* FileSystem.FileSystem
    const [found, staged] = [yield* identity.at(to), yield* identity.at(stage)]
    if (Option.isNone(staged) || !Option.exists(found, ({ type }) => type === "Directory")) return Option.none()
    return (yield* fs.readDirectory(to)).length === 0 ? found : Option.none()
  })

/** Whether the name of a new directory is free for the plan with this stage. */
export const isFree = (to: string, stage: string) =>
  Effect.gen(function*() {
    return Option.isNone(yield* identity.at(to)) || Option.isSome(yield* claimOf(to, stage))
  })

const makeStage = (stage: string, to: string) =>
  Effect.gen(function*() {
    const fs = yield* FileSystem.FileSystem
    const path = yield* Path
    const claimed = yield* claimOf(to, stage)
    if (Option.isNone(claimed) && Option.isSome(yield* identity.at(to))) return yield* taken(to)
    // One that is there was left by an application of the same plan that was cut short.
    if (Option.isNone(yield* identity.at(stage))) yield* fs.makeDirectory(stage)
    const all = yield* Ref.make([made(stage, "directory", yield* fs.stat(stage))])
    const making: Making = {
      directory: stage,
      file: (name) =>
        Effect.scoped(Effect.gen(function*() {
          const file = path.join(stage, name)
          if (Option.isSome(yield* identity.at(file))) yield* fs.remove(file)
          const opened = yield* fs.open(file, { flag: "wx" })
          const info = yield* opened.stat
          yield* Ref.update(all, (before) => [...before, made(file, "file", info)])
          return file
        })).pipe(Effect.uninterruptible, Effect.provideService(FileSystem.FileSystem, fs))
    }
    return { making, all, claimed }
  })

type Stage = Effect.Effect.Success<ReturnType<typeof makeStage>>

/** Locks the stage, and names its maker in it. It is named in no directory that is complete. */
const sign = ({ making }: Stage, taken: Maker["taken"]) =>
  Effect.gen(function*() {
    const fs = yield* FileSystem.FileSystem
    const lock = yield* HostLock
    const mark = yield* lock.fill(making.directory)
    if (Option.isNone(mark)) return
    const file = yield* making.file(makerName)
    yield* fs.writeFileString(file, encode({ mark: mark.value, ...(taken !== undefined && { taken }) }))
    yield* syncFile(file)
  })

/** Removes the name of the maker from a stage that has all of its files. */
const unsign = ({ all, making }: Stage) =>
  Effect.gen(function*() {
    const fs = yield* FileSystem.FileSystem
    const path = (yield* Path).join(making.directory, makerName)
    if ((yield* Ref.get(all)).some((one) => one.path === path)) yield* fs.remove(path)
    yield* Ref.update(all, (before) => before.filter((one) => one.path !== path))
  })

/** Takes the name of the new directory, which fails when somebody else has it by now. */
const claim = (to: string, { all, claimed }: Stage) =>
  Effect.gen(function*() {
    const fs = yield* FileSystem.FileSystem
    if (Option.isNone(claimed)) yield* fs.makeDirectory(to)
    const info = Option.isSome(claimed) ? claimed.value : yield* fs.stat(to)
    yield* Ref.update(all, (before) => [...before, made(to, "directory", info)])
  })

/** Gives the stage its own name, in place of the empty directory that has taken it. */
const publish = (to: string, stage: Stage) =>
  Effect.gen(function*() {
    const fs = yield* FileSystem.FileSystem
    const path = yield* Path
    const { directory } = stage.making
    yield* unsign(stage)
    yield* syncDirectory(directory)
    yield* syncDirectory(path.dirname(to))
    const files = (yield* Ref.get(stage.all)).filter(({ kind }) => kind === "file")
    yield* claim(to, stage)
    yield* fs.rename(directory, to)
    // Another application of the same plan may have replaced a file meanwhile.
    yield* requireOwn(files.map((file) => ({ ...file, path: path.join(to, path.basename(file.path)) })))
  })

/** Fails when a file is no longer the one that was made here. */
const requireOwn = (all: ReadonlyArray<Made>) =>
  Effect.forEach(
    all,
    (one) =>
      Effect.flatMap(identity.at(one.path), (info) =>
        Option.exists(info, (found) => isSame(one, identity.of(found)))
          ? Effect.void
          : new BackupError.BackupInvalid({ path: one.path, reason: "another file has taken its place" })),
    {
      discard: true
    }
  )

/**
 * Fills a new directory under another name, and gives it its own name at the end: it is
 * there with everything in it, or not at all. After a failure or an interruption,
 * what was made here is removed, and nothing else. A process that is killed leaves its mark
 * in it, and the snapshot that it had taken.
 */
export const inNewDirectory = <A, E, R>(
  to: string,
  stage: string,
  fill: (making: Making) => Effect.Effect<A, E, R>,
  taken?: Maker["taken"]
) =>
  Effect.uninterruptibleMask((restore) =>
    Effect.scoped(Effect.gen(function*() {
      const path = yield* Path
      const own = yield* makeStage(stage, to)
      return yield* Effect.zipRight(sign(own, taken), restore(fill(own.making))).pipe(
        Effect.tap(() => Effect.flatMap(Ref.get(own.all), requireOwn)),
        Effect.tap(() => publish(to, own)),
        Effect.catchAllCause((cause) =>
          Effect.zipRight(
            andAlso(cause, Effect.flatMap(Ref.get(own.all), (made) => takeDown(stage, made))),
            Effect.failCause(cause)
          )
        ),
        Effect.tap(() => syncDirectory(path.dirname(to)))
      )
    }))
  )
