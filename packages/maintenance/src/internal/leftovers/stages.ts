import * as Disk from "@effect-ploop/core/Disk"
import { Ploop } from "@effect-ploop/core/Ploop"
import * as SnapshotTree from "@effect-ploop/core/SnapshotTree"
import * as FileSystem from "@effect/platform/FileSystem"
import { Path } from "@effect/platform/Path"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Option from "effect/Option"
import { HostLock } from "../../HostLock.js"
import { deletion } from "../actions/deletion.js"
import { type Maker, makerName, makerOf } from "../backup/maker.js"
import { manifestName } from "../backup/manifest.js"
import { isRemoving } from "../removing.js"
import { order } from "../retention/order.js"
import { sizesOf } from "../retention/sizes.js"
import { type Around, entriesOf, type Entry, isOld, removal } from "./entries.js"
import { all, type Found, kept, nothing, step } from "./found.js"
import { ofRemoval } from "./removals.js"

/** The files of a backup and of a restored disk, but for the one that is written last. */
const ownName = /^(image\.\d{1,4}(\.raw)?|root\.hdd(\.\{[0-9a-f-]{36}\})?)$/

/** What is written last: with it, nothing is missing but the name of the directory. */
const lastNames: ReadonlyArray<string> = [manifestName, Disk.descriptorName]

const cutShort = "It belongs to a backup or a restoration that was cut short, and whose process has ended."

/** The snapshot that was taken for a backup. Its identifier is of that backup alone. */
const ofSnapshot = ({ taken }: Maker) =>
  Effect.gen(function*() {
    if (taken === undefined) return Either.right(nothing)
    const ploop = yield* Ploop
    const { disk, snapshot } = taken
    const tree = yield* ploop.listSnapshots({ disk })
    if (Option.isNone(SnapshotTree.get(tree, snapshot))) return Either.right(nothing)
    const [deleted] = order(tree, new Set([snapshot]), yield* sizesOf(disk, tree)).deletions
    return deleted === undefined
      ? Either.left(`several others are built on its snapshot ${snapshot} of ${disk}`)
      : Either.right(step(deletion(disk, deleted), cutShort, deleted.frees, deleted.moves))
  }).pipe(Effect.catchAll(({ message }) => Effect.succeed(Either.left(`its disk cannot be read: ${message}`))))

/** Why a directory stays whose maker has ended. */
const obstacle = (entries: ReadonlyArray<Entry>, { before, running }: Around): string | undefined => {
  const whole = entries.find(({ name }) => lastNames.includes(name))
  if (whole !== undefined) return "it is whole but for its name: apply its plan again, or give it the name yourself"
  const other = entries.find(({ info, name }) =>
    info.type === "File" ? name !== makerName && !ownName.test(name) : !isRemoving(name)
  )
  if (other !== undefined) return `it has ${other.name} in it, which no backup and no restoration makes`
  if (entries.some(({ info }) => !isOld(info, before))) return "it has files in it that were written lately"
  const used = entries.find(({ path }) => running.some(({ image }) => image === path))
  return used === undefined ? undefined : `a device runs from its file ${used.name}`
}

/** The files in the directory, and then the directory with the mark, which names the snapshot until then. */
const removals = (directory: Entry, entries: ReadonlyArray<Entry>) =>
  Effect.gen(function*() {
    const halves = yield* Effect.forEach(entries.filter(({ name }) => isRemoving(name)), ofRemoval)
    const files = entries.filter(({ info, name }) => info.type === "File" && name !== makerName)
    return all([
      ...halves,
      ...files.map((file) => removal(file, cutShort)),
      removal(directory, `${cutShort} The file ${makerName} in it goes with it.`)
    ])
  })

/**
 * The directory of a backup or of a restoration that is not complete. It goes only when its maker has left a mark that
 * proves its end: neither a name nor an age does.
 */
export const ofStage = (directory: Entry, around: Around, unknown: string) =>
  Effect.gen(function*() {
    const lock = yield* HostLock
    const fs = yield* FileSystem.FileSystem
    const path = yield* Path
    const maker = yield* Effect.option(makerOf(directory.path))
    const isGone = Option.isSome(maker) &&
      (yield* Effect.orElseSucceed(lock.isAbandoned(directory.path, maker.value.mark), () => false))
    if (Option.isNone(maker) || !isGone) return kept(directory.path, unknown)
    const entries = yield* entriesOf(directory.path)
    // The entries leave out symbolic links, and nobody makes one here.
    const isAll = (yield* fs.readDirectory(directory.path)).every((name) =>
      entries.some((entry) => entry.path === path.join(directory.path, name))
    )
    const reason = isAll ? obstacle(entries, around) : "it has a symbolic link in it"
    const stays = (why: string): Found => kept(directory.path, `a backup or a restoration was cut short, but ${why}`)
    if (reason !== undefined) return stays(reason)
    const snapshot = yield* ofSnapshot(maker.value)
    if (Either.isLeft(snapshot)) return stays(snapshot.left)
    // The snapshot first: once the directory is gone, nobody knows of it.
    return all([snapshot.right, yield* removals(directory, entries)])
  })
