/** Measures the operations of the host in memory, and shows what their speed does not depend on. */
import { FakeHost, PloopFake } from "@effect-ploop/backend-fake"
import type { Disk } from "@effect-ploop/core"
import { Ploop, SnapshotId } from "@effect-ploop/core"
import { FileSystem } from "@effect/platform"
import { Effect, Layer, Option, Ref, type Scope } from "effect"
import { alternate, rate, speed } from "./measure.js"
import type { Report, Row } from "./report.js"
import { atLeast, perSecond, same } from "./report.js"
import { overTrivial } from "./service.js"
import * as tool from "./tool.js"

const id = SnapshotId.make("{11111111-2222-4333-8444-555555555555}")

/** Creates a disk, takes a snapshot, switches to it and deletes it. */
const cycle = (ploop: Ploop.Ploop, directory: string) =>
  Effect.gen(function*() {
    const { disk } = yield* ploop.create({ image: `${directory}/root.hdd`, size: "64M", fileSystem: "none" })
    yield* ploop.createSnapshot({ disk, id })
    yield* ploop.switchSnapshot({ disk, id })
    yield* ploop.deleteSnapshot({ disk, id })
  })

const operationsOfCycle = 4

/** Cycles, each in an empty directory that is made before. */
const cycles = (count: number) =>
  Effect.gen(function*() {
    const ploop = yield* Ploop.Ploop
    const fs = yield* FileSystem.FileSystem
    const top = yield* fs.makeTempDirectoryScoped({ prefix: "ploop-bench-" })
    const directories = Array.from({ length: count }, (_, index) => `${top}/${index}`)
    return {
      prepare: Effect.forEach(directories, (directory) =>
        Effect.zipRight(fs.remove(directory, { recursive: true, force: true }), fs.makeDirectory(directory))),
      run: Effect.forEach(directories, (directory) =>
        cycle(ploop, directory), { discard: true })
    }
  })

const batch = 10

/**
 * How many times more the references do in a measurement. They are much faster,
 * and a busy machine interrupts longer measurements more often.
 */
const more = 8

/** The cycle on the fake, on the service over an almost empty backend, and as bare updates of a `Ref`. */
const againstService = Effect.gen(function*() {
  const ref = yield* Ref.make(0)
  const times = yield* alternate({
    fake: yield* cycles(batch),
    service: { run: Effect.repeatN(cycle(yield* overTrivial, "/vz"), more * batch - 1) },
    updates: { run: Effect.repeatN(Ref.update(ref, (calls) => calls + 1), operationsOfCycle * more * batch - 1) }
    // The compiler is done with the code of the operations after some thousand cycles.
  }, { rounds: 200, warmUp: 800 })
  const figure = perSecond(rate(times.fake, batch))
  const rows: ReadonlyArray<Row> = [
    {
      name: "create, snapshot, switch, delete",
      figure,
      reference: `the service over a backend with one Ref.update per call, ${
        perSecond(rate(times.service, more * batch))
      }`,
      ...speed(times.fake, times.service, more),
      expectation: atLeast(0.5)
    },
    {
      name: "create, snapshot, switch, delete",
      figure,
      reference: `${operationsOfCycle} times a bare Ref.update, ${perSecond(rate(times.updates, more * batch))}`,
      ...speed(times.fake, times.updates, more)
    }
  ]
  return rows
})

const againstTool = Effect.gen(function*() {
  const fake = yield* cycles(batch)
  const real = yield* Effect.provide(cycles(1), yield* Layer.build(tool.layer))
  const times = yield* alternate({ fake, real }, { rounds: 20, warmUp: 5 })
  const row: Row = {
    name: "create, snapshot, switch, delete",
    figure: perSecond(rate(times.fake, batch)),
    reference: `the real tool, ${perSecond(rate(times.real, 1))}`,
    ...speed(times.fake, times.real, 1 / batch),
    expectation: atLeast(20)
  }
  return [row]
})

const megabyte = 1_000_000

const makeDisk = (name: string) =>
  Effect.gen(function*() {
    const ploop = yield* Ploop.Ploop
    const fs = yield* FileSystem.FileSystem
    const mountPoint = `/mnt/${name}`
    yield* fs.makeDirectory(`/vz/${name}`)
    yield* fs.makeDirectory(mountPoint)
    const { disk } = yield* ploop.create({ image: `/vz/${name}/root.hdd`, size: "10G" })
    return { disk, mountPoint }
  })

const snapshotsOfBatch = 10

/** The cost of one more snapshot, for disks with more and less data. */
const bySize = Effect.gen(function*() {
  const ploop = yield* Ploop.Ploop
  const fs = yield* FileSystem.FileSystem
  const host = yield* FakeHost.FakeHost
  const full = yield* makeDisk("full")
  const tiny = yield* makeDisk("tiny")
  yield* Ploop.withMount({ disk: full.disk, target: full.mountPoint }, () =>
    Effect.forEach(
      Array.from({ length: 1000 }, (_, index) => index),
      (index) => fs.writeFile(`${full.mountPoint}/${index}`, new Uint8Array(megabyte).fill(index)),
      { discard: true }
    ))
  yield* Ploop.withMount(
    { disk: tiny.disk, target: tiny.mountPoint },
    () => fs.writeFile(`${tiny.mountPoint}/1`, Uint8Array.of(1))
  )
  const stopped = yield* host.state
  yield* ploop.mount({ disk: full.disk, target: full.mountPoint })
  yield* ploop.mount({ disk: tiny.disk, target: tiny.mountPoint })
  const mounted = yield* host.state

  const contender = (state: typeof stopped, disk: Disk.Disk, before: Effect.Effect<void>) => ({
    prepare: host.restore(state),
    run: Effect.repeatN(Effect.zipRight(before, ploop.createSnapshot({ disk })), snapshotsOfBatch - 1)
  })
  const overwrite = ({ mountPoint }: typeof full) => Effect.orDie(fs.writeFile(`${mountPoint}/1`, Uint8Array.of(2)))
  const rounds = { rounds: 200, warmUp: 40 }
  const plain = yield* alternate({
    full: contender(stopped, full.disk, Effect.void),
    tiny: contender(stopped, tiny.disk, Effect.void)
  }, rounds)
  const busy = yield* alternate({
    full: contender(mounted, full.disk, overwrite(full)),
    tiny: contender(mounted, tiny.disk, overwrite(tiny))
  }, rounds)
  const row = (name: string, { full, tiny }: typeof plain): Row => ({
    name,
    figure: perSecond(rate(full, snapshotsOfBatch)),
    reference: `the disk stores one byte, ${perSecond(rate(tiny, snapshotsOfBatch))}`,
    ...speed(full, tiny),
    expectation: same
  })
  return [
    row("snapshot of a disk with 1,000 files of 1 MB", plain),
    row("the same, mounted, with a write before each", busy)
  ]
})

/** The maximum number of snapshots in a chain. */
const limit = 126

const callsOfBatch = 25

/** The cost of reading and writing in a disk, for long and short chains. */
const byDepth = Effect.gen(function*() {
  const ploop = yield* Ploop.Ploop
  const fs = yield* FileSystem.FileSystem
  const data = new Uint8Array(65_536).fill(7)
  const mounted = (name: string, depth: number) =>
    Effect.gen(function*() {
      const { disk, mountPoint } = yield* makeDisk(name)
      yield* ploop.mount({ disk, target: mountPoint })
      yield* fs.writeFile(`${mountPoint}/file`, data)
      yield* Effect.repeatN(ploop.createSnapshot({ disk }), depth - 1)
      return `${mountPoint}/file`
    })
  const shallow = yield* mounted("shallow", 1)
  const deep = yield* mounted("deep", limit)
  const often = (operation: Effect.Effect<unknown, unknown>) => ({ run: Effect.repeatN(operation, callsOfBatch - 1) })
  const rounds = { rounds: 500, warmUp: 100 }
  const reads = yield* alternate({ deep: often(fs.readFile(deep)), shallow: often(fs.readFile(shallow)) }, rounds)
  const writes = yield* alternate({
    deep: often(fs.writeFile(deep, data)),
    shallow: often(fs.writeFile(shallow, data))
  }, rounds)
  const row = (name: string, { deep, shallow }: typeof reads): Row => ({
    name,
    figure: perSecond(rate(deep, callsOfBatch)),
    reference: `after one snapshot, ${perSecond(rate(shallow, callsOfBatch))}`,
    ...speed(deep, shallow),
    expectation: same
  })
  return [
    row(`read of a file after ${limit} snapshots`, reads),
    row(`write of a file after ${limit} snapshots`, writes)
  ]
})

type Part = Effect.Effect<ReadonlyArray<Row>, unknown, PloopFake.Services | Scope.Scope>

export const fake: Effect.Effect<Report> = Effect.gen(function*() {
  const reason = yield* Effect.provide(tool.unavailable, tool.layer)
  const all: ReadonlyArray<Part> = [
    againstService,
    ...(Option.isNone(reason) ? [againstTool] : []),
    bySize,
    byDepth
  ]
  const parts = yield* Effect.forEach(all, (part) => Effect.provide(part, PloopFake.layer()))
  return {
    rows: parts.flat(),
    notes: Option.toArray(Option.map(reason, (text) => `Not compared with the real tool: ${text}.`))
  }
}).pipe(Effect.scoped, Effect.orDie)
