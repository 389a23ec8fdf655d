import * as LowLevel from "@effect-ploop/core/LowLevel"
import { ids } from "@effect-ploop/testkit/Conformance"
import * as FileTree from "@effect-ploop/testkit/FileTree"
import * as Effect from "effect/Effect"
import * as FastCheck from "effect/FastCheck"
import * as Option from "effect/Option"
import type { Place } from "../step.js"
import { besideTarget, component, target } from "../step.js"
import type { Weighted, When } from "./build.js"
import {
  both,
  exists,
  files,
  idle,
  isAttached,
  isMounted,
  isNew,
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
      on(`resize to ${size}, mounted`, (p, disk) => p.resize({ disk, size, mode: "online" }), {
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
      on(`balloonChange to ${size}`, (p, disk) => p.balloonChange({ disk, size }), {
        when: isWritable,
        needs: "balloon"
      })
  ),
  some(1, FastCheck.boolean(), (mayMount) =>
    on(
      `fileSystemInfo${mayMount ? ", which may mount" : ""}`,
      (p, disk) => Effect.map(p.fileSystemInfo({ disk, mayMount }), ({ blockSize, source }) => ({ blockSize, source }))
    )),
  just(1, on("deviceOf the disk", (p, disk) => p.deviceOf({ disk })))
]

/** Steps that require devices and mounts. */
export const mounts: ReadonlyArray<Weighted> = [...attaching, ...beside, ...writes, ...space]
