import type * as Operation from "@effect-ploop/core/Operation"
import * as Ploop from "@effect-ploop/core/Ploop"
import * as Progress from "@effect-ploop/core/Progress"
import * as SnapshotId from "@effect-ploop/core/SnapshotId"
import * as Effect from "effect/Effect"
import * as Ref from "effect/Ref"
import * as Case from "../../Case.js"
import * as Check from "../../Check.js"
import * as Conformance from "../../Conformance.js"
import { disk, exported, imported, paint, rawFile } from "./exchange.js"
import * as snapshots from "./snapshotUtils.js"

const { a } = Conformance.ids

const source = Case.service("Progress.onProgress")

/** Runs an effect, and returns what it reported of an operation. */
const heard = <A, E, R>(operation: Operation.Name, effect: Effect.Effect<A, E, R>) =>
  Effect.gen(function*() {
    const all = yield* Ref.make<ReadonlyArray<Progress.Progress>>([])
    yield* Progress.onProgress(effect, (report) => Ref.update(all, (before) => [...before, report]))
    return (yield* all).filter((report) => report.operation === operation)
  })

/** Checks that an operation reports its beginning and its end, and never goes back. */
const reports = <A, E, R>(operation: Operation.Name, effect: Effect.Effect<A, E, R>) =>
  Effect.gen(function*() {
    const found = yield* heard(operation, effect)
    const first = found[0]
    const last = found.at(-1)
    yield* Check.equal(first?.done, 0n, "what is done at the beginning")
    yield* Check.equal(found.map(({ finished }) => finished).indexOf(true), found.length - 1, "the number of the end")
    yield* Check.isTrue(
      found.every(({ done }, index) => index === 0 || done >= (found[index - 1]?.done ?? 0n)),
      "whether it never goes back"
    )
    yield* Check.equal(last?.done, last?.total ?? last?.done, "what is done at the end")
    return last
  })

/** A backend for another host may know of the beginning and the end alone. */
const hasTotal = (last: Progress.Progress | undefined, total: bigint) =>
  Check.equal(last?.total ?? total, total, "the total, where it is known")

const reporting = (
  operation: Operation.Name,
  title: string,
  run: (ploop: Ploop.Ploop) => Effect.Effect<
    unknown,
    Case.Failure,
    Case.Services | Conformance.Conformance
  >
) =>
  Case.make({
    id: `${operation}/reports-progress`,
    title,
    source,
    run: Effect.flatMap(Ploop.Ploop, run)
  })

export const progress: ReadonlyArray<Case.Case> = [
  reporting(
    "create",
    "MUST report the beginning and the end of a creation, with the size of a preallocated disk",
    () =>
      Effect.gen(function*() {
        const last = yield* reports("create", disk({ format: "preallocated" }))
        yield* hasTotal(last, 8n << 20n)
      })
  ),
  reporting(
    "exportImage",
    "MUST report the beginning and the end of an export, with the size of the disk",
    () =>
      Effect.gen(function*() {
        const of = yield* disk()
        yield* paint(of.image, 3, 0x11)
        const last = yield* reports("exportImage", exported(of.disk))
        yield* Check.equal(last?.subject, of.disk, "the subject")
        yield* hasTotal(last, 8n << 20n)
      })
  ),
  reporting(
    "importImage",
    "MUST report the beginning and the end of an import, with the size of the disk",
    () =>
      Effect.gen(function*() {
        const file = yield* rawFile(1 << 20, [[0, [1]]])
        const last = yield* reports("importImage", imported(file))
        yield* hasTotal(last, 1n << 20n)
      })
  ),
  reporting("clone", "MUST report the beginning and the end of a full clone", (ploop) =>
    Effect.gen(function*() {
      const of = yield* disk()
      const directory = yield* Conformance.directory("copy")
      const call = ploop.clone({ disk: of.disk, snapshot: SnapshotId.top, directory, mode: "full" })
      yield* reports("clone", call)
    })),
  reporting(
    "convert",
    "MUST report the beginning and the end of a conversion",
    (ploop) =>
      Effect.flatMap(disk(), (of) => reports("convert", ploop.convert({ disk: of.disk, format: "preallocated" })))
  ),
  reporting(
    "mergeSnapshots",
    "MUST report the beginning and the end of a merge",
    (ploop) =>
      Effect.flatMap(
        snapshots.chained([a]),
        (of) => reports("mergeSnapshots", ploop.mergeSnapshots({ disk: of.disk }))
      )
  ),
  reporting(
    "deleteSnapshot",
    "MUST report no end of a deletion that is refused",
    (ploop) =>
      Effect.gen(function*() {
        const of = yield* snapshots.chained([a])
        const call = ploop.deleteSnapshot({ disk: of.disk, id: Conformance.ids.unknown })
        const found = yield* heard("deleteSnapshot", Check.fails(call, "SnapshotNotFound"))
        yield* Check.isTrue(found.every(({ finished }) => !finished), "whether none is the end")
      })
  )
]
