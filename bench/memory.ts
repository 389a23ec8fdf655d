/** Measures the memory of disks that are cloned from one base, and whether they slow each other down. */
import { FakeHost, type HostState, PloopFake } from "@effect-ploop/backend-fake"
import { Disk, Ploop, SnapshotId } from "@effect-ploop/core"
import { FileSystem } from "@effect/platform"
import { Effect } from "effect"
import { alternate, rate, speed } from "./measure.js"
import type { Report, Row } from "./report.js"
import { atLeast, atMost, bytes, perSecond, same } from "./report.js"

const many = 10_000

const few = 10

const files = 16

const sizeOfFile = 1_048_576

const id = SnapshotId.make("{11111111-2222-4333-8444-555555555555}")

/** The bytes in use after garbage collection: objects, and memory outside the heap. */
export const held: Effect.Effect<number> = Effect.gen(function*() {
  const { gc } = globalThis
  if (gc === undefined) return yield* Effect.dieMessage("memory can only be measured with node --expose-gc")
  yield* Effect.sleep("50 millis")
  yield* Effect.sync(gc)
  yield* Effect.sync(gc)
  const { external, heapUsed } = process.memoryUsage()
  return heapUsed + external
})

/** Makes a disk with data, to clone. */
const makeBase = Effect.gen(function*() {
  const ploop = yield* Ploop.Ploop
  const fs = yield* FileSystem.FileSystem
  yield* fs.makeDirectory("/vz/base")
  yield* fs.makeDirectory("/mnt/base")
  const { disk } = yield* ploop.create({ image: "/vz/base/root.hdd", size: "10G" })
  yield* Ploop.withMount({ disk, target: "/mnt/base" }, () =>
    Effect.forEach(
      Array.from({ length: files }, (_, index) => index),
      (index) => fs.writeFile(`/mnt/base/${index}`, new Uint8Array(sizeOfFile).fill(index)),
      { discard: true }
    ))
})

/**
 * Clones the base: copies its descriptor, links its delta, and takes a
 * snapshot, so that writes go to the clone's own delta.
 */
const clone = (name: string | number) =>
  Effect.gen(function*() {
    const ploop = yield* Ploop.Ploop
    const fs = yield* FileSystem.FileSystem
    const directory = `/vz/${name}`
    const disk = Disk.inDirectory(directory)
    yield* fs.makeDirectory(directory)
    yield* fs.copyFile(Disk.inDirectory("/vz/base"), disk)
    yield* fs.link("/vz/base/root.hdd", `${directory}/root.hdd`)
    yield* ploop.createSnapshot({ disk, id })
    yield* ploop.switchSnapshot({ disk, id })
  })

const clones = (from: number, to: number) =>
  Effect.forEach(Array.from({ length: to - from }, (_, index) => from + index), clone, { discard: true })

/** Makes an unrelated disk: the kernel takes the clones of a base for one disk, and runs only one of them at a time. */
const makeDisk = (name: string | number) =>
  Effect.gen(function*() {
    const ploop = yield* Ploop.Ploop
    const fs = yield* FileSystem.FileSystem
    yield* fs.makeDirectory(`/vz/${name}`)
    yield* fs.makeDirectory(`/mnt/${name}`)
    yield* ploop.create({ image: `/vz/${name}/root.hdd`, size: "10G" })
  })

/** Mounts a disk, and writes and reads a file. */
const use = (name: string | number) =>
  Effect.gen(function*() {
    const ploop = yield* Ploop.Ploop
    const fs = yield* FileSystem.FileSystem
    const target = `/mnt/${name}`
    yield* ploop.mount({ disk: Disk.inDirectory(`/vz/${name}`), target })
    yield* fs.writeFileString(`${target}/motd`, "welcome")
    yield* fs.readFileString(`${target}/motd`)
  })

/** Measures the same work on a host with few disks and on one with many. */
const beside = (
  work: Effect.Effect<void, unknown, PloopFake.Services>,
  states: { readonly few: HostState.HostState; readonly many: HostState.HostState },
  { expectation, name, reference }: Pick<Row, "expectation" | "name" | "reference">
) =>
  Effect.gen(function*() {
    const host = yield* FakeHost.FakeHost
    const run = Effect.provide(work, yield* Effect.context<PloopFake.Services>())
    const times = yield* alternate({
      many: { prepare: host.restore(states.many), run },
      few: { prepare: host.restore(states.few), run }
    }, { rounds: 200, warmUp: 50 })
    const row: Row = {
      name,
      figure: perSecond(rate(times.many, 1)),
      reference: `${reference}, ${perSecond(rate(times.few, 1))}`,
      ...speed(times.many, times.few),
      expectation
    }
    return row
  })

const cloned = Effect.gen(function*() {
  const host = yield* FakeHost.FakeHost
  yield* makeBase
  const base = yield* host.state
  // The first clones fill caches and compile code, which does not count as memory of a disk.
  yield* clones(0, 200)
  yield* host.restore(base)
  yield* clones(0, few)
  const fewDisks = yield* host.state
  const before = yield* held
  yield* clones(few, few + many)
  const each = ((yield* held) - before) / many
  const states = { few: fewDisks, many: yield* host.state }
  const contents = files * sizeOfFile
  const size: Row = {
    name: `memory per clone, of ${many.toLocaleString("en")}`,
    figure: bytes(each),
    reference: `the contents of the base, ${bytes(contents)}`,
    ratio: each / contents,
    expectation: atMost(0.001)
  }
  const among = yield* beside(clone("one-more"), states, {
    name: `one more clone among ${many.toLocaleString("en")} disks`,
    reference: `among ${few}`,
    expectation: same
  })
  return [size, among]
})

/** The devices of a list that is read: those of one call, or of many calls on a host with few. */
const listed = (count: number) =>
  Effect.flatMap(Ploop.Ploop, (ploop) => Effect.repeatN(ploop.listDevices, many / count - 1))

const amongMounted = Effect.gen(function*() {
  const host = yield* FakeHost.FakeHost
  const ploop = yield* Ploop.Ploop
  yield* makeDisk("one-more")
  const run = (from: number, to: number) =>
    Effect.forEach(
      Array.from({ length: to - from }, (_, index) => from + index),
      (name) =>
        Effect.zipRight(makeDisk(name), ploop.mount({ disk: Disk.inDirectory(`/vz/${name}`), target: `/mnt/${name}` })),
      { discard: true }
    )
  yield* run(0, few)
  const before = yield* host.state
  yield* run(few, many)
  const states = { few: before, many: yield* host.state }
  const number = many.toLocaleString("en")
  const mounts = yield* beside(use("one-more"), states, {
    name: `mount, write and read among ${number} mounted disks`,
    reference: `among ${few}`,
    expectation: atLeast(0.5)
  })
  const context = yield* Effect.context<PloopFake.Services>()
  const times = yield* alternate({
    many: { prepare: host.restore(states.many), run: Effect.provide(listed(many), context) },
    few: { prepare: host.restore(states.few), run: Effect.provide(listed(few), context) }
  }, { rounds: 30, warmUp: 5 })
  const lists: Row = {
    name: `a device in the list of ${number}`,
    figure: perSecond(rate(times.many, many)),
    reference: `in the list of ${few}, ${perSecond(rate(times.few, many))}`,
    ...speed(times.many, times.few),
    expectation: atLeast(0.5)
  }
  return [mounts, lists]
})

export const memory: Effect.Effect<Report> = Effect.map(
  Effect.forEach([cloned, amongMounted], (part) => Effect.provide(part, PloopFake.layer())),
  (rows) => ({ rows: rows.flat() })
).pipe(Effect.orDie)
