import * as ClusterWorkflowEngine from "@effect/cluster/ClusterWorkflowEngine"
import type * as MessageStorage from "@effect/cluster/MessageStorage"
import * as RunnerAddress from "@effect/cluster/RunnerAddress"
import * as RunnerHealth from "@effect/cluster/RunnerHealth"
import * as Runners from "@effect/cluster/Runners"
import * as RunnerStorage from "@effect/cluster/RunnerStorage"
import * as Sharding from "@effect/cluster/Sharding"
import * as ShardingConfig from "@effect/cluster/ShardingConfig"
import * as SocketRunner from "@effect/cluster/SocketRunner"
import * as NodeClusterSocket from "@effect/platform-node/NodeClusterSocket"
import * as RpcSerialization from "@effect/rpc/RpcSerialization"
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Equal from "effect/Equal"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import type * as Fleet from "../Fleet.js"
import { InvalidFleet, StorageFailed } from "../FleetError.js"
import { HostName } from "../HostName.js"
import type { Workflows } from "../Workflows.js"
import * as disk from "./disk.js"
import * as fleet from "./fleet.js"
import { Directories, Hosts, type HostServices } from "./hosts.js"
import type { Journal, Records } from "./journal.js"
import * as workflows from "./workflow/layer.js"
import * as service from "./workflow/service.js"

interface Options<E, R> {
  readonly hosts?: Readonly<Record<string, Layer.Layer<HostServices, E, R>>> | undefined
  readonly fleet?: ReadonlyArray<string> | undefined
  readonly address?: { readonly host: string; readonly port: number } | undefined
  readonly directories?: ReadonlyArray<string> | undefined
  readonly retries?: ReadonlyArray<Duration.DurationInput> | undefined
}

/** What the options say, once they are checked. */
interface Plan {
  readonly known: ReadonlyArray<string>
  readonly own: ReadonlyArray<string>
  readonly address: RunnerAddress.RunnerAddress
}

const isName = Schema.decodeUnknownEither(HostName)

const checkName = (field: string) => (name: string): Effect.Effect<void, InvalidFleet> =>
  Either.match(isName(name), {
    onLeft: (error) => new InvalidFleet({ field, value: JSON.stringify(name), rule: `it ${error.message}` }),
    onRight: () => Effect.void
  })

const plan = (options: Options<never, never>): Effect.Effect<Plan, InvalidFleet> =>
  Effect.gen(function*() {
    const own = Object.keys(options.hosts ?? {})
    const known = options.fleet ?? own
    yield* Effect.forEach(own, checkName("hosts"), { discard: true })
    yield* Effect.forEach(known, checkName("fleet"), { discard: true })
    const twice = known.find((name, index) => known.indexOf(name) !== index)
    if (twice !== undefined) return yield* new InvalidFleet({ field: "fleet", value: twice, rule: "it is there twice" })
    const missing = own.find((name) => !known.includes(name))
    if (missing !== undefined) {
      return yield* new InvalidFleet({ field: "hosts", value: missing, rule: "it is not among those of fleet" })
    }
    if (known.length === 0) {
      return yield* new InvalidFleet({ field: "fleet", value: "[]", rule: "a fleet has at least one host" })
    }
    // Two processes of one name would share their locks.
    const { host, port } = options.address ?? { host: `process-${crypto.randomUUID()}`, port: 0 }
    if (!Number.isInteger(port) || port < 0 || port > 65535) {
      return yield* new InvalidFleet({ field: "address.port", value: String(port), rule: "it must be 1 to 65535" })
    }
    return { known, own, address: RunnerAddress.make(host, port) }
  })

/** A host has few shards: its only runner holds all of them, and each costs a lock in the storage. */
const shardsPerGroup = 4

const configOf = ({ address, known, own }: Plan) =>
  ShardingConfig.layer({
    runnerAddress: own.length === 0 ? Option.none() : Option.some(address),
    availableShardGroups: ["default", ...known],
    assignedShardGroups: ["default", ...own],
    shardsPerGroup,
    // Without a notice from another process, a change is found this late.
    entityMessagePollInterval: "2 seconds",
    refreshAssignmentsInterval: "1 second"
  })

/** Two processes with one host would share its disks between two machines. */
const ownsAlone = ({ address, own }: Plan) =>
  Effect.gen(function*() {
    const storage = yield* RunnerStorage.RunnerStorage
    const runners = yield* Effect.mapError(
      storage.getRunners,
      (error) => new StorageFailed({ reason: String(error.cause), isRecorded: false })
    )
    for (const [runner, isHealthy] of runners) {
      const taken = own.find((name) => runner.groups.includes(name))
      if (taken === undefined || !isHealthy || Equal.equals(runner.address, address)) continue
      const at = `${runner.address.host}:${runner.address.port}`
      return yield* new InvalidFleet({ field: "hosts", value: taken, rule: `the process at ${at} manages it` })
    }
  })

const single = Layer.provide(Layer.provideMerge(Sharding.layer, Runners.layerNoop), RunnerHealth.layerNoop)

const serialization = RpcSerialization.layerMsgPackWith({ maxBufferSize: "unbounded" })

const health = RunnerHealth.layerPing.pipe(
  Layer.provide(Runners.layerRpc),
  Layer.provide(NodeClusterSocket.layerClientProtocol)
)

const networked = SocketRunner.layer.pipe(
  Layer.provide(health),
  Layer.provide([NodeClusterSocket.layerSocketServer, NodeClusterSocket.layerClientProtocol]),
  Layer.provide(serialization),
  Layer.mapError((error) =>
    new InvalidFleet({ field: "address", value: "its port", rule: `it cannot be listened at: ${error.message}` })
  )
)

const clientOnly = SocketRunner.layerClientOnly.pipe(
  Layer.provide(NodeClusterSocket.layerClientProtocol),
  Layer.provide(serialization)
)

const buildHosts = <E, R>(hosts: Readonly<Record<string, Layer.Layer<HostServices, E, R>>>) =>
  Layer.scoped(
    Hosts,
    Effect.map(
      Effect.forEach(Object.entries(hosts), ([name, layer]) =>
        // Two hosts with the same layer are still two hosts.
        Effect.map(Layer.build(Layer.fresh(layer)), (context) => [name, context] as const)),
      (entries) => new Map(entries)
    )
  )

/** Where the disks of a host usually are. */
const directories: ReadonlyArray<string> = ["/vz"]

/** After which times a step that fails is repeated, before it waits for a person. */
const retries: ReadonlyArray<Duration.DurationInput> = ["1 second", "10 seconds", "1 minute"]

export const layer = <E, R>(
  options: Options<E, R>
): Layer.Layer<
  Fleet.Fleet | Workflows,
  E | InvalidFleet | StorageFailed,
  R | MessageStorage.MessageStorage | RunnerStorage.RunnerStorage | Journal | Records
> =>
  Layer.unwrapScoped(Effect.gen(function*() {
    const checked = yield* plan(options as Options<never, never>)
    yield* ownsAlone(checked)
    const cluster = options.address !== undefined ? networked : checked.own.length === 0 ? clientOnly : single
    const entities = Layer.provide(disk.layer, [
      buildHosts(options.hosts ?? {}),
      Layer.succeed(Directories, options.directories ?? directories)
    ])
    const steps = Layer.mergeAll(
      service.layer(checked.known),
      checked.own.length === 0 ? Layer.empty : workflows.layer(options.retries ?? retries)
    )
    return Layer.mergeAll(fleet.layer(checked.known), entities, Layer.provide(steps, ClusterWorkflowEngine.layer)).pipe(
      Layer.provide(cluster),
      Layer.provide(configOf(checked))
    )
  }))
