import * as Operation from "@effect-ploop/core/Operation"
import * as RunnerStorage from "@effect/cluster/RunnerStorage"
import type * as Sharding from "@effect/cluster/Sharding"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Fleet from "../Fleet.js"
import * as FleetError from "../FleetError.js"
import * as HostName from "../HostName.js"
import * as address from "./address.js"
import * as client from "./client.js"
import { type Send, send } from "./send.js"

const names = (managed: ReadonlySet<string>, known: ReadonlyArray<string>): ReadonlyArray<Fleet.Host> =>
  [...known].sort().map((name) => ({ name: HostName.make(name), isManaged: managed.has(name) }))

/** The hosts that some healthy runner manages. */
const managed = (storage: RunnerStorage.RunnerStorage["Type"]) =>
  Effect.map(
    storage.getRunners,
    (runners) => new Set(runners.flatMap(([{ groups }, isHealthy]) => isHealthy ? groups : []))
  )

/** Whether some healthy runner manages a host. */
export const isManagedIn = (storage: RunnerStorage.RunnerStorage["Type"]): client.IsManaged => (host) =>
  Effect.map(Effect.option(managed(storage)), (hosts) => hosts._tag === "Some" && hosts.value.has(host))

/** Whether a request of the operation is one that changes nothing. */
const isQuery = (name: Operation.Name): boolean => {
  const row: Operation.Row = Operation.table[name]
  return row.kind === "query" || row.isQuery !== undefined
}

const timeoutOf = (call: { readonly timeout?: Duration.DurationInput | undefined } | undefined) =>
  Duration.decode(call?.timeout ?? "30 seconds")

const disksOf = (send: Send, host: string, timeout: Duration.Duration) =>
  send(address.format(host, "host"))["host/find"]!({}).pipe(
    Effect.timeoutFail({
      duration: timeout,
      onTimeout: () =>
        new FleetError.HostUnreachable({
          host,
          reason: `it did not respond within ${Duration.format(timeout)}`,
          isRecorded: false
        })
    }),
    Effect.mapError((error) =>
      error instanceof FleetError.HostUnreachable ? error : new FleetError.Busy({ host, subject: "host" })
    )
  )

export const layer = (
  known: ReadonlyArray<string>
): Layer.Layer<Fleet.Fleet, never, Sharding.Sharding | RunnerStorage.RunnerStorage> =>
  Layer.effect(
    Fleet.Fleet,
    Effect.gen(function*() {
      const storage = yield* RunnerStorage.RunnerStorage
      const sender = yield* send
      const methods = client.make(sender, isManagedIn(storage))

      const call = (name: Operation.Name, options: unknown, call: client.Call): Effect.Effect<unknown, unknown> =>
        known.includes(call.host)
          ? methods(name, options, call)
          : new FleetError.UnknownHost({ host: call.host, known })

      const operations = {
        hosts: Effect.mapBoth(managed(storage), {
          onFailure: (error) => new FleetError.StorageFailed({ reason: String(error.cause), isRecorded: false }),
          onSuccess: (managed) => names(managed, known)
        }),
        disks: (host: string, given?: Fleet.QueryOptions) =>
          known.includes(host) ? disksOf(sender, host, timeoutOf(given)) : new FleetError.UnknownHost({ host, known }),
        query: (host: string, name: Operation.Name, options: unknown, given?: Fleet.QueryOptions) =>
          isQuery(name)
            ? call(name, options, { host, key: undefined, timeout: timeoutOf(given) })
            : Effect.dieMessage(`${name} is not a query`),
        change: (host: string, name: Operation.Name, options: unknown, given: Fleet.ChangeOptions) =>
          call(name, options, { host, key: given.key, timeout: timeoutOf(given) })
      }
      // One function for all names does not have the types of each.
      return operations as unknown as Fleet.Fleet
    })
  )
