/** A program that uses every package, as an application would. Where the packages work, it ends with 0. */
import { Environment, PloopCli } from "@effect-ploop/backend-cli"
import { PloopFake } from "@effect-ploop/backend-fake"
import { RemoteServer } from "@effect-ploop/backend-remote"
import { Doctor } from "@effect-ploop/conformance"
import { Snapshotter } from "@effect-ploop/containerd"
import type { Request } from "@effect-ploop/core"
import { ByteSize, Ploop } from "@effect-ploop/core"
import * as SnapshotTree from "@effect-ploop/core/SnapshotTree"
import { Fleet } from "@effect-ploop/fleet"
import { Retention } from "@effect-ploop/maintenance"
import { Suite } from "@effect-ploop/testkit"
import { NodeContext } from "@effect/platform-node"
import { Console, Effect, Layer, Option } from "effect"

/** Options as they come with `exactOptionalPropertyTypes` on and off. */
const options: Request.CreateOptions = { image: "/vz/root.hdd", size: "1G" }

const onFake = Effect.gen(function*() {
  const ploop = yield* Ploop.Ploop
  const { disk } = yield* ploop.create(options)
  const id = yield* ploop.createSnapshot({ disk })
  const tree = yield* ploop.listSnapshots({ disk })
  const plan = yield* Retention.plan({ disk, policy: { last: 1 } })
  return Option.isSome(SnapshotTree.get(tree, id)) && plan.steps.length === 0
})

const refused = Effect.flatMap(Ploop.Ploop, (ploop) => ploop.create({ ...options, size: "-1" })).pipe(
  Effect.as(false),
  Effect.catchTag("InvalidArgument", (error) => Effect.succeed(error.field === "size"))
)

const CliLive = PloopCli.layerConfig(PloopCli.config).pipe(Layer.provide(NodeContext.layer))

const all = [
  Environment.check,
  RemoteServer,
  Doctor.canRun,
  Snapshotter.layer,
  ByteSize.GiB(1),
  Fleet,
  Suite.all.length > 0
]

const worked = Effect.all([
  Effect.provide(onFake, PloopFake.layer()),
  Effect.provide(refused, CliLive),
  Effect.succeed(all.every(Boolean))
])

const outcome = await Effect.runPromise(worked)
await Effect.runPromise(Console.log(outcome))
process.exitCode = outcome.every(Boolean) ? 0 : 1
