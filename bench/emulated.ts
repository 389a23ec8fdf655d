/**
 * Measures queries and changes of the CLI backend on the emulated kernel, beside
 * libploop and beside the tool that a C program starts. It runs in the namespaces
 * of the emulation.
 */
import { ForkServer, PloopCli } from "@effect-ploop/backend-cli"
import { KernelEmulation } from "@effect-ploop/conformance"
import type { Disk } from "@effect-ploop/core"
import { Ploop, SnapshotId } from "@effect-ploop/core"
import { FileSystem } from "@effect/platform"
import { NodeContext } from "@effect/platform-node"
import { Context, Effect, Layer } from "effect"
import { alternate, rate, speed } from "./measure.js"
import type { Reference } from "./reference.js"
import { reference } from "./reference.js"
import type { Report, Row } from "./report.js"
import { atLeast, perSecond } from "./report.js"

/** How often each contender runs in one measurement. */
const batch = 20

interface Query {
  readonly name: string
  /** The command of the reference. */
  readonly command: string
  /** The arguments with which a wrapper starts the tool. */
  readonly args: ReadonlyArray<string>
  readonly run: (ploop: Ploop.Ploop, disk: Disk.Disk) => Effect.Effect<unknown, unknown>
}

const queries: ReadonlyArray<Query> = [
  {
    name: "isMounted",
    command: "is-mounted",
    args: ["info", "-d"],
    run: (ploop, disk) => ploop.isMounted({ disk })
  },
  {
    name: "imageInfo",
    command: "image-info",
    args: ["info", "-s"],
    run: (ploop, disk) => ploop.imageInfo({ disk })
  },
  {
    name: "fileSystemInfo, mounted",
    command: "file-system-info",
    args: ["info"],
    run: (ploop, disk) => ploop.fileSystemInfo({ disk })
  }
]

const own = (measured: ReturnType<Reference>) => Effect.map(measured, ({ time }) => time)

const query = (ploop: Ploop.Ploop, disk: Disk.Disk, ask: Reference) => ({ args, command, name, run }: Query) =>
  Effect.gen(function*() {
    const times = yield* alternate({
      backend: { run: Effect.repeatN(run(ploop, disk), batch - 1) },
      library: { elapsed: own(ask(command, batch, disk)) },
      tool: { elapsed: own(ask("start", 1, "ploop", "-v-1", ...args, disk)) }
    }, { rounds: 60, warmUp: 30 })
    const figure = perSecond(rate(times.backend, batch))
    const rows: ReadonlyArray<Row> = [
      {
        name,
        figure,
        reference: `one start of the tool, ${perSecond(rate(times.tool, 1))}`,
        ...speed(times.backend, times.tool, 1 / batch),
        expectation: atLeast(10)
      },
      {
        name,
        figure,
        reference: `libploop, ${perSecond(rate(times.library, batch))}`,
        ...speed(times.backend, times.library),
        expectation: atLeast(1)
      }
    ]
    return rows
  })

const id = SnapshotId.make("{11111111-2222-4333-8444-555555555555}")

/** The time of the very commands that the backend runs. */
const started = (ask: Reference, tool: ReadonlyArray<string>, ...commands: ReadonlyArray<ReadonlyArray<string>>) =>
  Effect.map(
    Effect.forEach(commands, (command) => ask("start", 1, ...tool, ...command)),
    (all) => all.reduce((sum, { time }) => sum + time, 0)
  )

const changes = (ploop: Ploop.Ploop, disk: Disk.Disk, target: string, tool: ReadonlyArray<string>) =>
  Effect.gen(function*() {
    const ask = yield* reference([])
    const compared = (name: string, run: Effect.Effect<unknown, unknown>, ...commands: ReadonlyArray<Array<string>>) =>
      Effect.map(
        alternate({ backend: { run }, tool: { elapsed: started(ask, tool, ...commands) } }, { rounds: 30, warmUp: 10 }),
        (times): Row => ({
          name,
          figure: perSecond(rate(times.backend, 1)),
          reference: `the tool started directly, ${perSecond(rate(times.tool, 1))}`,
          ...speed(times.backend, times.tool),
          expectation: atLeast(0.91)
        })
      )
    const mounts = yield* compared(
      "mount and unmount",
      Effect.zipRight(ploop.mount({ disk, target }), ploop.umount({ disk })),
      ["mount", "-m", target, "-t", "ext4", disk],
      ["umount", disk]
    )
    const snapshots = yield* compared(
      "snapshot, switch, delete",
      ploop.createSnapshot({ disk, id }).pipe(
        Effect.zipRight(ploop.switchSnapshot({ disk, id })),
        Effect.zipRight(ploop.deleteSnapshot({ disk, id }))
      ),
      ["snapshot", "-u", id, disk],
      ["snapshot-switch", "-u", id, disk],
      ["snapshot-delete", "-u", id, disk]
    )
    return [mounts, snapshots]
  })

export const emulated: Effect.Effect<Report> = Effect.gen(function*() {
  const fs = yield* FileSystem.FileSystem
  const { prefix, sysfs } = yield* KernelEmulation.scoped()
  const ask = yield* reference(prefix)
  const backend = yield* Layer.build(Layer.provide(PloopCli.layer({ prefix, sysfs }), ForkServer.layer))
  const ploop = Context.get(backend, Ploop.Ploop)
  const directory = yield* fs.makeTempDirectoryScoped({ prefix: "ploop-bench-" })
  const target = `${directory}/mnt`
  yield* fs.makeDirectory(target)
  const { disk } = yield* ploop.create({ image: `${directory}/root.hdd`, size: "300M" })
  const changed = yield* changes(ploop, disk, target, [...prefix, "ploop"])
  const rows = yield* Ploop.withMount({ disk, target }, () => Effect.forEach(queries, query(ploop, disk, ask))).pipe(
    Effect.provideService(Ploop.Ploop, ploop)
  )
  return { rows: [...rows.flat(), ...changed] }
}).pipe(Effect.scoped, Effect.provide(NodeContext.layer), Effect.orDie)
