import { ids } from "@effect-ploop/testkit/Conformance"
import * as Effect from "effect/Effect"
import * as FastCheck from "effect/FastCheck"
import type { Named } from "../step.js"
import { further, top } from "../step.js"
import type { Weighted } from "./build.js"
import {
  both,
  copyOf,
  exists,
  fileOf,
  files,
  hasSnapshots,
  idle,
  isNew,
  just,
  on,
  snapshot,
  snapshotOrTop,
  some
} from "./build.js"

/** Changes to the snapshot tree. */
export const tree: ReadonlyArray<Weighted> = [
  some(
    8,
    snapshot,
    (it) => on(`createSnapshot ${it.name}`, (p, disk) => p.createSnapshot({ disk, id: it.id }), { when: isNew(it) })
  ),
  some(
    1,
    snapshot,
    (it) => on(`createSnapshot ${it.name}`, (p, disk) => p.createSnapshot({ disk, id: it.id }), { when: exists(it) })
  ),
  some(
    5,
    snapshotOrTop,
    (it) => on(`deleteSnapshot ${it.name}`, (p, disk) => p.deleteSnapshot({ disk, id: it.id }), { when: exists(it) })
  ),
  some(
    6,
    snapshot,
    (it) => on(`switchSnapshot ${it.name}`, (p, disk) => p.switchSnapshot({ disk, id: it.id }), { when: exists(it) })
  ),
  just(1, on("switchSnapshot the top", (p, disk) => p.switchSnapshot({ disk, id: top.id }))),
  some(2, FastCheck.tuple(snapshot, snapshot), ([it, keep]) =>
    on(
      `snapshotAndSwitch ${it.name}, keeping the top as ${keep.name}`,
      (p, disk) => p.snapshotAndSwitch({ disk, id: it.id, keepAs: keep.id }),
      { when: both(exists(it), idle) }
    )),
  some(
    2,
    snapshot,
    (it) => on(`switchAndDelete ${it.name}`, (p, disk) => p.switchAndDelete({ disk, id: it.id }), { when: exists(it) })
  ),
  some(
    1,
    FastCheck.constantFrom(
      "deleteSnapshot" as const,
      "switchSnapshot" as const,
      "switchAndDelete" as const,
      "snapshotAndSwitch" as const
    ),
    (name) => on(`${name} an unknown one`, (p, disk) => p[name]({ disk, id: ids.unknown }))
  )
]

const ranges = FastCheck.tuple(snapshotOrTop, FastCheck.option(snapshot, { nil: undefined, freq: 2 }))

const range = ([it, downTo]: readonly [Named, Named | undefined]) => ({
  name: `mergeSnapshots ${it.name}${downTo === undefined ? "" : ` down to ${downTo.name}`}` as const,
  options: { snapshot: it.id, downTo: downTo?.id },
  when: both(hasSnapshots, exists(it), downTo === undefined ? exists(top) : exists(downTo))
})

const merged = { name: "a file", of: (directory: string) => `${directory}/merged` }

export const merges: ReadonlyArray<Weighted> = [
  just(2, on("mergeSnapshots the top", (p, disk) => p.mergeSnapshots({ disk }), { when: hasSnapshots })),
  some(5, ranges, (chosen) => {
    const { name, options, when } = range(chosen)
    return on(name, (p, disk) => p.mergeSnapshots({ disk, ...options }), { when })
  }),
  some(1, snapshotOrTop, (it) =>
    on(
      `mergeSnapshots ${it.name} and all below`,
      (p, disk) => p.mergeSnapshots({ disk, snapshot: it.id, all: true }),
      { when: both(hasSnapshots, exists(it)) }
    )),
  just(1, on("mergeSnapshots an unknown one", (p, disk) => p.mergeSnapshots({ disk, snapshot: ids.unknown })))
]

/** Merges into new files. */
export const mergesInto: ReadonlyArray<Weighted> = [
  some(2, ranges, (chosen) => {
    const { name, options, when } = range(chosen)
    return on(
      `${name} into ${merged.name}`,
      (p, disk, { directory }) => p.mergeSnapshots({ disk, ...options, into: merged.of(directory) }),
      { when }
    )
  }),
  some(1, snapshotOrTop, (it) =>
    on(
      `mergeSnapshots ${it.name} and all below into a file further down`,
      (p, disk, place) => p.mergeSnapshots({ disk, snapshot: it.id, all: true, into: merged.of(further(place)) }),
      { when: both(hasSnapshots, exists(it)) }
    ))
]

/** Manual changes to the descriptor. */
export const descriptor: ReadonlyArray<Weighted> = [
  some(3, snapshot, (it) =>
    files(
      `mark ${it.name} as temporary`,
      (fs, { disk }) =>
        Effect.flatMap(fs.readFileString(disk), (text) =>
          fs.writeFileString(
            disk,
            text.replace(
              new RegExp(`(<GUID>${it.id}</GUID>\\s*)(<ParentGUID>[^<]*</ParentGUID>)`),
              "$1$2<Temporary/>"
            )
          )),
      { when: both(exists(it), idle) }
    ))
]

/** Replacements of images by copies. */
export const replaces: ReadonlyArray<Weighted> = [
  some(2, FastCheck.tuple(snapshotOrTop, FastCheck.boolean()), ([it, keepName]) =>
    on(
      `replace ${it.name} by a copy${keepName ? ", keeping its name" : ""}`,
      (p, disk, place) =>
        Effect.flatMap(copyOf(it)(place), (copy) => p.replace({ disk, snapshot: it.id, with: copy, keepName })),
      // The emulated kernel shows the name of an image of that device until a tool reads it again.
      { when: both(exists(it), ({ beside }) => !(keepName && beside)) }
    )),
  some(1, FastCheck.tuple(snapshotOrTop, snapshotOrTop), ([it, other]) =>
    on(
      `replace ${it.name} by a copy of ${other.name}`,
      (p, disk, place) =>
        Effect.flatMap(copyOf(other)(place), (copy) => p.replace({ disk, snapshot: it.id, with: copy })),
      { when: both(exists(it), exists(other), idle) }
    )),
  some(1, snapshotOrTop, (it) =>
    on(
      `replace the file of ${it.name} by a copy`,
      (p, disk, place) =>
        Effect.gen(function*() {
          const copy = yield* copyOf(it)(place)
          yield* p.replace({ disk, file: yield* fileOf(place, it.id), with: copy })
        }),
      { when: exists(it) }
    ))
]
