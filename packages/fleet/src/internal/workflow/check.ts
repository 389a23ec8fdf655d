import * as Disk from "@effect-ploop/core/Disk"
import * as Effect from "effect/Effect"
import * as ParseResult from "effect/ParseResult"
import * as Schema from "effect/Schema"
import { InvalidRequest } from "../../FleetError.js"
import { type DiskOfHost, Request } from "../../Workflow.js"
import * as address from "../address.js"

const invalid = (field: string, value: string, rule: string) => new InvalidRequest({ field, value, rule })

type Rule = Effect.Effect<void, InvalidRequest>

const checkHost = (field: string, host: string, known: ReadonlyArray<string>): Rule =>
  known.includes(host) ? Effect.void : invalid(field, host, `the fleet has the hosts ${known.join(", ")}`)

const checkDisk = (field: string, { disk, host }: DiskOfHost, known: ReadonlyArray<string>): Rule =>
  Effect.gen(function*() {
    yield* checkHost(`${field}.host`, host, known)
    if (disk !== address.normalize(disk)) {
      return yield* invalid(`${field}.disk`, disk, "it must be an absolute path without . and ..")
    }
    if (disk.lastIndexOf("/") === 0) {
      return yield* invalid(`${field}.disk`, disk, "a disk that is moved or cloned has a directory of its own")
    }
  })

const checkTransfer = (from: DiskOfHost, to: DiskOfHost, known: ReadonlyArray<string>): Rule =>
  Effect.gen(function*() {
    yield* checkDisk("from", from, known)
    yield* checkDisk("to", to, known)
    if (from.host === to.host) {
      return yield* invalid("to.host", to.host, "it must be another host than that of the source")
    }
    if (!to.disk.endsWith(`/${Disk.descriptorName}`)) {
      return yield* invalid("to.disk", to.disk, `its name must be ${Disk.descriptorName}`)
    }
  })

const checkSet = (disks: ReadonlyArray<DiskOfHost>, known: ReadonlyArray<string>): Rule =>
  Effect.gen(function*() {
    const seen = new Set<string>()
    for (const [index, disk] of disks.entries()) {
      yield* checkDisk(`disks.${index}`, disk, known)
      const id = address.format(disk.host, disk.disk)
      if (seen.has(id)) return yield* invalid(`disks.${index}`, id, "each disk may be there once")
      seen.add(id)
    }
  })

const checkDrain = (
  { host, to }: { readonly host: string; readonly to: ReadonlyArray<string> },
  known: ReadonlyArray<string>
): Rule =>
  Effect.gen(function*() {
    yield* checkHost("host", host, known)
    yield* Effect.forEach(to, (target) => checkHost("to", target, known))
    if (to.includes(host)) return yield* invalid("to", host, "it must not be the host that is drained")
    const twice = to.find((target, index) => to.indexOf(target) !== index)
    if (twice !== undefined) return yield* invalid("to", twice, "each host may be there once")
  })

const rules = (request: Request, known: ReadonlyArray<string>): Rule => {
  switch (request._tag) {
    case "Move":
    case "Clone":
      return checkTransfer(request.from, request.to, known)
    case "SnapshotSet":
    case "RollBack":
      return checkSet(request.disks, known)
    case "Drain":
      return checkDrain(request, known)
  }
}

const issueOf = (error: ParseResult.ParseError) => {
  // What follows the first issue is the same field in another member of a union.
  const [issue] = ParseResult.ArrayFormatter.formatErrorSync(error)
  return invalid(issue?.path.join(".") || "request", "wrong", issue?.message ?? error.message)
}

const decode = Schema.decodeUnknown(Request, { onExcessProperty: "error" })

/** Checks the request of a workflow and its key, before anything is recorded. */
export const check = (
  given: unknown,
  key: string,
  known: ReadonlyArray<string>
): Effect.Effect<Request, InvalidRequest> =>
  Effect.gen(function*() {
    if (key.length === 0 || key.length > 200) {
      return yield* invalid("key", JSON.stringify(key), "it must have 1 to 200 characters")
    }
    const request = yield* Effect.mapError(decode(given), issueOf)
    yield* rules(request, known)
    return request
  })
