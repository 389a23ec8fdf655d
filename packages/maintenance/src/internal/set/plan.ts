import * as Disk from "@effect-ploop/core/Disk"
import { Ploop } from "@effect-ploop/core/Ploop"
import * as SnapshotId from "@effect-ploop/core/SnapshotId"
import * as SnapshotTree from "@effect-ploop/core/SnapshotTree"
import { FileSystem } from "@effect/platform/FileSystem"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as ParseResult from "effect/ParseResult"
import * as Schema from "effect/Schema"
import type * as Action from "../../Action.js"
import * as MaintenanceError from "../../MaintenanceError.js"
import * as Plan from "../../Plan.js"
import * as SnapshotTime from "../../SnapshotTime.js"

const invalid = (field: string, value: string, rule: string) =>
  new MaintenanceError.PolicyInvalid({ field, value, rule })

const ruleOf = (error: ParseResult.ParseError): string =>
  ParseResult.ArrayFormatter.formatErrorSync(error)[0]?.message ?? "must follow its rule"

/** The identifier that was given, or a new one. */
export const identifier = (
  field: string,
  given: string | undefined
): Effect.Effect<SnapshotId.SnapshotId, MaintenanceError.PolicyInvalid> =>
  given === undefined
    ? SnapshotTime.identifier
    : Effect.mapError(Schema.decode(SnapshotId.NewSnapshotId)(given), (error) => invalid(field, given, ruleOf(error)))

/** The disks of the set: at least one, each once. */
export const disks = (
  given: ReadonlyArray<string>
): Effect.Effect<ReadonlyArray<Disk.Disk>, MaintenanceError.PolicyInvalid> =>
  Effect.gen(function*() {
    const twice = given.find((disk, index) => given.indexOf(disk) !== index)
    if (given.length === 0) return yield* invalid("disks", "[]", "must name at least one disk")
    if (twice !== undefined) return yield* invalid("disks", twice, "must name each disk once")
    return yield* Effect.forEach(given, (disk) =>
      Effect.mapError(Schema.decode(Disk.Disk)(disk), (error) => invalid("disks", disk, ruleOf(error))))
  })

/** The same, where a disk that is named by two paths is there twice. */
export const eachOnce = (
  given: ReadonlyArray<string>
): Effect.Effect<ReadonlyArray<Disk.Disk>, MaintenanceError.PolicyInvalid, FileSystem> =>
  Effect.gen(function*() {
    const fs = yield* FileSystem
    const all = yield* disks(given)
    // One that is not there fails with its own error once it is read.
    const real = yield* Effect.forEach(all, (disk) => Effect.orElseSucceed(fs.realPath(disk), () => disk))
    const twice = real.findIndex((path, index) => real.indexOf(path) !== index)
    return twice < 0 ? all : yield* invalid(
      "disks",
      all[twice]!,
      `must name each disk once: ${all[real.indexOf(real[twice]!)]} is the same disk`
    )
  })

/** Fails when a disk has the snapshot and should not, or has it not and should. */
export const expect = (disk: Disk.Disk, id: SnapshotId.SnapshotId, present: boolean) =>
  Effect.gen(function*() {
    const ploop = yield* Ploop
    const found = Option.isSome(SnapshotTree.get(yield* ploop.listSnapshots({ disk }), id))
    if (found !== present) {
      return yield* invalid(
        "disks",
        disk,
        present ? `must have the snapshot ${id}` : `must not have the snapshot ${id} yet`
      )
    }
  })

/** A plan that is applied to every disk or to none. */
export const make = (title: string, actions: ReadonlyArray<Action.Action>, reason: string): Plan.Plan =>
  new Plan.Plan({
    title,
    steps: actions.map((action) => new Plan.Step({ action, reason, moves: 0n, frees: 0n })),
    kept: [],
    onFailure: "undo"
  })
