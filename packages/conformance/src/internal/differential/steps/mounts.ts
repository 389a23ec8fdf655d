import * as GenerationTraits from "@effect-ploop/core/GenerationTraits"
import * as LowLevel from "@effect-ploop/core/LowLevel"
import * as Ploop from "@effect-ploop/core/Ploop"
import type { MountOptions } from "@effect-ploop/core/Request"
import { ids } from "@effect-ploop/testkit/Conformance"
import * as FileTree from "@effect-ploop/testkit/FileTree"
import * as FileSystem from "@effect/platform/FileSystem"
import * as Array from "effect/Array"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as FastCheck from "effect/FastCheck"
import * as Option from "effect/Option"
import * as Order from "effect/Order"
import type { Model, Place, Work } from "../step.js"
import { besideTarget, component, further, target, top } from "../step.js"
import type { Weighted, When } from "./build.js"
import {
  both,
  exists,
  fileOf,
  files,
  idle,
  isAttached,
  isMounted,
  isNew,
  isRaw,
  isWritable,
  just,
  on,
  snapshot,
  snapshotOrTop,
  some
} from "./build.js"

const notMounted: When = (model) => !model.mounted

const mountedNow = { attached: true, mounted: true, writable: true }

const shownNow = { ...mountedNow, writable: false }

const unmountedNow = { attached: false, mounted: false, writable: false }

/** Ways to mount and unmount the disk. */
const attaching: ReadonlyArray<Weighted> = [
  just(
    14,
    on("mount", (p, disk, place) => p.mount({ disk, target: target(place) }), { when: notMounted, leads: mountedNow })
  ),
  just(1, on("mount again", (p, disk, place) => p.mount({ disk, target: target(place) }), { when: isMounted })),
  just(
    1,
    on("mount read-only", (p, disk, place) => p.mount({ disk, target: target(place), readOnly: true }), {
      when: notMounted,
      leads: shownNow
    })
  ),
  just(
    1,
    on("mount with a file system check", (p, disk, place) => p.mount({ disk, target: target(place), fsck: true }), {
      when: notMounted,
      leads: mountedNow
    })
  ),
  just(1, on("mount without a target", (p, disk) => p.mount({ disk }), { leads: { attached: true } })),
  just(
    1,
    on("mount at a missing directory", (p, disk, { directory }) => p.mount({ disk, target: `${directory}/nowhere` }))
  ),
  some(2, FastCheck.tuple(snapshot, FastCheck.boolean()), ([it, writes]) =>
    on(
      `mount ${it.name}${writes ? " for writing" : ""}, and unmount it`,
      (p, disk, place) =>
        Effect.gen(function*() {
          yield* p.mount({ disk, snapshot: it.id, target: target(place), readOnly: !writes })
          // Meanwhile, the tool applies changes of the disk to the wrong images.
          if (writes) yield* FileTree.write(target(place), { "motd": "of a snapshot" })
          const seen = yield* FileTree.read(target(place))
          yield* p.umount({ disk })
          return seen
        }),
      { when: both(exists(it), idle) }
    )),
  just(
    1,
    on("mount an unknown one", (p, disk, place) => p.mount({ disk, snapshot: ids.unknown, target: target(place) }), {
      when: notMounted
    })
  ),
  just(5, on("umount", (p, disk) => p.umount({ disk }), { when: isAttached, leads: unmountedNow })),
  just(1, on("umount", (p, disk) => p.umount({ disk }), { leads: unmountedNow })),
  just(1, on("umount the target", (p, _, place) => p.umount({ target: target(place) }), { leads: unmountedNow })),
  just(
    1,
    on(
      "umount the device",
      (p, disk) =>
        Effect.flatMap(
          p.deviceOf({ disk }),
          Option.match({
            onNone: () => Effect.void,
            onSome: ({ device }) => p.umount({ device })
          })
        ),
      { leads: unmountedNow }
    )
  ),
  just(
    1,
    on("umount the image", (p, _, { directory }) => p.umount({ image: `${directory}/root.hdd` }), {
      leads: unmountedNow
    })
  )
]

const free: When = (model) => !model.beside

/** A snapshot that is mounted beside its disk. */
const beside: ReadonlyArray<Weighted> = [
  some(4, snapshotOrTop, (it) =>
    on(
      `mount ${it.name} beside the disk`,
      (p, disk, place) => p.mount({ disk, snapshot: it.id, component, target: besideTarget(place), readOnly: true }),
      { when: both(exists(it), free), leads: { beside: true } }
    )),
  just(
    3,
    on("umount beside the disk", (p, disk) => p.umount({ disk, component }), {
      when: (model) => model.beside,
      leads: { beside: false }
    })
  ),
  just(
    1,
    files("write beside the disk", (fs, place) => fs.writeFileString(`${besideTarget(place)}/motd`, "no"), {
      when: (model) => model.beside
    })
  ),
  some(2, snapshot, (it) =>
    on(
      `createTemporarySnapshot ${it.name}`,
      (p, disk, place) =>
        p.createTemporarySnapshot({ disk, id: it.id, component: "backup", target: besideTarget(place) }),
      { when: both(isNew(it), isMounted, free), leads: { beside: true } }
    )),
  just(
    2,
    on("umount the temporary snapshot", (p, disk) => p.umount({ disk, component: "~backup" }), {
      when: (model) => model.beside,
      leads: { beside: false }
    })
  )
]

/** A copy of the disk in another directory, taken while the disk runs, or while it does not. */
const copied = (p: Ploop.Ploop, place: Place) =>
  Effect.gen(function*() {
    const fs = yield* FileSystem.FileSystem
    const image = `${further(place)}/copy.hdd`
    yield* fs.copyFile(yield* fileOf(place, top.id), image)
    const raw = yield* isRaw(place, yield* fileOf(place, top.id))
    return yield* p.restoreDescriptor({ image, ...(raw && { format: "raw" }) })
  })

const clearCopy = (p: Ploop.Ploop, place: Place) =>
  Effect.gen(function*() {
    const fs = yield* FileSystem.FileSystem
    const directory = further(place)
    yield* Effect.ignore(p.umount({ disk: `${directory}/DiskDescriptor.xml` }))
    yield* fs.remove(directory, { recursive: true })
    yield* fs.makeDirectory(directory)
  })

const copyTarget = (place: Place): string => `${further(place)}/mnt`

type MountCopy = Partial<Omit<MountOptions, "disk" | "target">>

/** Ways to use a copy. */
const copyMounts: Readonly<Record<string, MountCopy>> = {
  "read-only": { readOnly: true },
  "read-only, without its journal": { readOnly: true, data: ["noload"] },
  "for writing": {},
  "with a file system check": { fsck: true }
}

/** A disk without snapshots, whose only image is all of it. */
const single: When = (model) => model.snapshots.size === 1

/** Whether the journal of a running disk decides if a copy of it mounts this way. */
const dependsOnJournal = ({ generation }: Readonly<Model>, { data, readOnly }: MountCopy): boolean =>
  readOnly === true && data === undefined && GenerationTraits.opensPartitionForWriting[generation]

/** Copies of the disk. Only the names in them are compared, because a running disk has not written all of its files. */
const copies: ReadonlyArray<Weighted> = [
  some(3, FastCheck.constantFrom(...Object.entries(copyMounts)), ([how, options]) =>
    on(
      `mount a copy ${how}`,
      (p, _, place) =>
        Effect.gen(function*() {
          const fs = yield* FileSystem.FileSystem
          const disk = yield* copied(p, place)
          yield* fs.makeDirectory(copyTarget(place))
          yield* p.mount({ disk, target: copyTarget(place), ...options })
          return (yield* fs.stat(copyTarget(place))).type
        }).pipe(Effect.ensuring(Effect.ignore(clearCopy(p, place)))),
      { when: (model) => single(model) && !dependsOnJournal(model, options) }
    )),
  some(1, FastCheck.boolean(), (force) =>
    on(
      `check a copy${force ? ", thoroughly" : ""}`,
      (p, _, place) =>
        Effect.gen(function*() {
          yield* copied(p, place)
          const { outcome } = yield* p.check({ image: `${further(place)}/copy.hdd`, dropInUse: true, force })
          return outcome
        }).pipe(Effect.ensuring(Effect.ignore(clearCopy(p, place)))),
      { when: single }
    ))
]

/** Devices under other component names, and devices that stop. */
const devices: ReadonlyArray<Weighted> = [
  some(2, FastCheck.boolean(), (readOnly) =>
    on(
      `mount under a component${readOnly ? ", read-only" : ""}, and unmount it`,
      (p, disk, place) =>
        Effect.gen(function*() {
          yield* p.mount({ disk, component: "other", target: besideTarget(place), readOnly })
          const second = yield* Effect.either(p.mount({ disk, component: "third" }))
          const taken = yield* Effect.either(p.createSnapshot({ disk, id: ids.e }))
          yield* p.umount({ disk, component: "other" })
          return [Either.isRight(second), Either.isRight(taken)]
        }).pipe(Effect.ensuring(Effect.ignore(p.umount({ disk, component: "third" })))),
      { when: (model) => !model.beside && model.snapshots.size === 1 && !model.attached }
    )),
  just(1, {
    name: "stop the device",
    when: isAttached,
    run: ({ disk }) =>
      Effect.gen(function*() {
        const device = Option.getOrThrow(yield* (yield* Ploop.Ploop).deviceOf({ disk }))
        const low = yield* LowLevel.LowLevel
        yield* low.stop({ device: device.device })
        yield* low.start({ device: device.device })
      })
  }),
  some(1, FastCheck.constantFrom(0, 1, 2), (level) => ({
    name: `delete delta ${level} of the device`,
    when: (model) => model.attached && level > 0 && model.snapshots.size <= level,
    run: ({ disk }) =>
      Effect.gen(function*() {
        const device = Option.getOrThrow(yield* (yield* Ploop.Ploop).deviceOf({ disk }))
        yield* (yield* LowLevel.LowLevel).deleteDelta({ device: device.device, level })
      })
  })),
  some(1, FastCheck.constantFrom("20M", "0s"), (size) =>
    on(
      `balloonChange to ${size} on a disk that is read-only`,
      (p, disk, place) =>
        Effect.gen(function*() {
          yield* p.mount({ disk, target: target(place), readOnly: true })
          const changed = yield* Effect.either(p.balloonChange({ disk, size }))
          yield* p.balloonClear({ disk })
          yield* p.umount({ disk })
          return Either.isRight(changed) ? "changed" : changed.left._tag
        }).pipe(
          Effect.tapError(() => Effect.ignore(p.umount({ disk })))
        ),
      { when: (model) => !model.attached && !model.beside, needs: "balloon" }
    ))
]

const names = FastCheck.constantFrom("motd", "etc/hosts", "var/log/deep/messages")
const texts = FastCheck.constantFrom("one", "two", "a longer text, to be told apart", "")

const parent = (file: string): string => file.slice(0, file.lastIndexOf("/"))

const written = (place: Place, name: string) => `${target(place)}/${name}`

/** Changes to the files of the mounted disk. */
const writes: ReadonlyArray<Weighted> = [
  some(12, FastCheck.tuple(names, texts), ([name, text]) =>
    files(
      `write ${JSON.stringify(text)} to ${name}`,
      (fs, place) =>
        Effect.gen(function*() {
          const file = written(place, name)
          yield* fs.makeDirectory(parent(file), { recursive: true })
          yield* fs.writeFileString(file, text)
        }),
      { when: isMounted }
    )),
  some(
    2,
    names,
    (name) => files(`remove ${name}`, (fs, place) => fs.remove(written(place, name)), { when: isMounted })
  ),
  some(1, FastCheck.tuple(names, names), ([from, to]) =>
    files(
      `rename ${from} to ${to}`,
      (fs, place) => fs.rename(written(place, from), written(place, to)),
      { when: isMounted }
    ))
]

/**
 * A balloon that cannot grow leaves the device in maintenance, in which it does not stop: the tool of generations
 * 1.15 and 7 tries for a minute.
 */
const clearing = (p: Ploop.Ploop, disk: string, change: Work): Work =>
  Effect.tapError(change, () => Effect.ignore(p.balloonClear({ disk })))

/** Sizes and space. One of the targets models the free space, so it is not compared. */
const space: ReadonlyArray<Weighted> = [
  some(
    1,
    FastCheck.constantFrom("400M", "320M", "20M"),
    (size) => on(`resize to ${size}, idle`, (p, disk) => p.resize({ disk, size, mode: "offline" }), { when: idle })
  ),
  some(
    1,
    FastCheck.constantFrom("400M", "320M"),
    (size) =>
      on(`resize to ${size}, mounted`, (p, disk) => p.resize({ disk, size, mode: "online" }), {
        when: isMounted,
        needs: "onlineGrow"
      })
  ),
  some(
    1,
    FastCheck.constantFrom("280M", "200M", "3M"),
    (size) =>
      on(`resize to ${size}, mounted`, (p, disk) => clearing(p, disk, p.resize({ disk, size, mode: "online" })), {
        when: isWritable,
        needs: "balloon"
      })
  ),
  some(1, FastCheck.constantFrom("400M", "12345s"), (size) => ({
    name: `grow to ${size}`,
    when: isMounted,
    run: ({ disk }) => Effect.flatMap(LowLevel.LowLevel, (low) => low.grow({ disk, size }))
  })),
  just(1, on("discard", (p, disk) => Effect.asVoid(p.discard({ disk })), { when: isMounted, needs: "balloon" })),
  just(1, on("balloonStatus", (p, disk) => Effect.asVoid(p.balloonStatus({ disk })), { needs: "balloon" })),
  // An inflation that fails half-way leaves the device in maintenance, which the host in memory does not model.
  some(
    1,
    FastCheck.constantFrom("20M", "0s"),
    (size) =>
      on(`balloonChange to ${size}`, (p, disk) => clearing(p, disk, p.balloonChange({ disk, size })), {
        when: isWritable,
        needs: "balloon"
      })
  ),
  some(1, FastCheck.boolean(), (mayMount) =>
    on(
      `fileSystemInfo${mayMount ? ", which may mount" : ""}`,
      (p, disk) => Effect.map(p.fileSystemInfo({ disk, mayMount }), ({ blockSize, source }) => ({ blockSize, source }))
    )),
  some(1, FastCheck.boolean(), (mayMount) =>
    on(
      `sizeLimits${mayMount ? ", which may attach" : ""}`,
      (p, disk) =>
        Effect.map(p.sizeLimits({ disk, mayMount }), ({ minimum, ...others }) => [others, minimum !== undefined])
    )),
  just(
    1,
    on(
      "attachments of the disk",
      (p, disk) => Effect.map(p.attachments({ disk }), Array.sortWith(({ component = "" }) => component, Order.string))
    )
  ),
  just(
    1,
    on("umount only an idle device", (p, disk) => p.umount({ disk, onlyIdle: true }), { leads: unmountedNow })
  ),
  just(1, on("deviceOf the disk", (p, disk) => p.deviceOf({ disk })))
]

/** Mounts, and changes to the files of the disk. */
export const basics: ReadonlyArray<Weighted> = [...attaching, ...writes]

/** Steps that require devices and mounts. */
export const mounts: ReadonlyArray<Weighted> = [
  ...attaching,
  ...beside,
  ...copies,
  ...devices,
  ...writes,
  ...space
]
