import { FakeHost, HostState, PloopFake } from "@effect-ploop/backend-fake"
import type { Request } from "@effect-ploop/core"
import { Ploop, SnapshotId } from "@effect-ploop/core"
import { FileSystem } from "@effect/platform"
import type { PlatformError } from "@effect/platform/Error"
import { assert, describe, it } from "@effect/vitest"
import { Effect, FastCheck as fc, Option } from "effect"
import { a, generations, makeDisk, makeMounted, MiB, sizeOf, writeSynced } from "./utils/host.js"

const services = Effect.all({ fs: FileSystem.FileSystem, ploop: Ploop.Ploop, host: FakeHost.FakeHost })

const image = "/vz/ct/root.hdd"

const imageSize = sizeOf(image)

const bytes = (size: number, fill = 1) => new Uint8Array(size).fill(fill)

const used = Effect.map(Effect.flatMap(FakeHost.FakeHost, (host) => host.state), HostState.used)

const infoOf = (disk: string, mayMount = false) =>
  Effect.map(
    Effect.flatMap(Ploop.Ploop, (ploop) => ploop.fileSystemInfo({ disk, mayMount })),
    ({ free, freeInodes, size }) => ({ size: Number(size), free: Number(free), freeInodes: Number(freeInodes) })
  )

/** The error code of a failed system call, or `ok`. */
const code = <A>(use: Effect.Effect<A, PlatformError>) =>
  Effect.match(use, {
    onFailure: (error) => /^(\w+):/.exec(error._tag === "SystemError" ? error.description ?? "" : "")?.[1],
    onSuccess: () => "ok"
  })

describe("an image file", () => {
  it.effect.prop(
    "grows by whole clusters as data is written, and by no more than the data touches",
    { sizes: fc.array(fc.integer({ min: 1, max: 3 * MiB }), { minLength: 1, maxLength: 8 }) },
    ({ sizes }) =>
      Effect.gen(function*() {
        const { fs } = yield* services
        const { target } = yield* makeMounted("ct")
        let before = yield* imageSize
        for (const [index, size] of sizes.entries()) {
          yield* fs.writeFile(`${target}/${index}`, bytes(size))
          const after = yield* imageSize
          assert.strictEqual(after % MiB, 0)
          assert.isAtLeast(after, before)
          // The data can begin and end within a cluster, and the tables take one more.
          assert.isAtMost(after - before, (Math.ceil(size / MiB) + 2) * MiB)
          before = after
        }
        const written = sizes.reduce((sum, size) => sum + size, 0)
        assert.isAtLeast(before, written)
      }).pipe(Effect.provide(PloopFake.layer())),
    { fastCheck: { numRuns: 25 } }
  )

  it.effect("does not grow when data is read or overwritten", () =>
    Effect.gen(function*() {
      const { fs } = yield* services
      const { target } = yield* makeMounted("ct")
      yield* fs.writeFile(`${target}/file`, bytes(5 * MiB))
      const before = yield* imageSize
      yield* fs.readFile(`${target}/file`)
      yield* fs.readDirectory(target, { recursive: true })
      yield* fs.stat(`${target}/file`)
      yield* fs.writeFile(`${target}/file`, bytes(5 * MiB, 2))
      assert.strictEqual(yield* imageSize, before)
    }).pipe(Effect.provide(PloopFake.layer())))

  it.effect("keeps its size below a snapshot: new data goes to the new top delta", () =>
    Effect.gen(function*() {
      const { fs, ploop } = yield* services
      const { disk, target } = yield* makeMounted("ct")
      yield* fs.writeFile(`${target}/file`, bytes(5 * MiB))
      const before = yield* imageSize
      yield* ploop.createSnapshot({ disk, id: a })
      const top = yield* ploop.topDelta({ disk })
      assert.strictEqual(yield* sizeOf(top), MiB)
      yield* fs.writeFile(`${target}/file`, bytes(5 * MiB, 2))
      assert.strictEqual(yield* imageSize, before)
      assert.isAtLeast(yield* sizeOf(top), 6 * MiB)
      assert.isAtMost(yield* sizeOf(top), 8 * MiB)
    }).pipe(Effect.provide(PloopFake.layer())))

  it.effect("shrinks at a discard, by whole free clusters, and not when a file is removed", () =>
    Effect.gen(function*() {
      const { fs, ploop } = yield* services
      const { disk, target } = yield* makeMounted("ct")
      yield* fs.writeFileString(`${target}/kept`, "kept")
      const before = yield* imageSize
      yield* fs.writeFile(`${target}/file`, bytes(20 * MiB))
      const full = yield* imageSize
      yield* fs.remove(`${target}/file`)
      assert.strictEqual(yield* imageSize, full)
      const { image: told } = yield* ploop.discardStatus({ disk })
      assert.strictEqual(Number(told), full)
      const { truncated } = yield* ploop.discard({ disk })
      const after = yield* imageSize
      assert.strictEqual(full - after, Number(truncated))
      assert.isAtMost(after - before, 2 * MiB)
      assert.isAtLeast(Number(truncated), 18 * MiB)
      assert.strictEqual(Number((yield* ploop.discard({ disk })).truncated), 0)
      assert.strictEqual(yield* fs.readFileString(`${target}/kept`), "kept")
    }).pipe(Effect.provide(PloopFake.layer())))

  it.effect.prop(
    "keeps the clusters of files during a discard and when the balloon grows",
    {
      files: fc.array(fc.record({ size: fc.integer({ min: 1, max: 2 * MiB }), kept: fc.boolean() }), { maxLength: 10 })
    },
    ({ files }) =>
      Effect.gen(function*() {
        const { fs, ploop } = yield* services
        const { disk, target } = yield* makeMounted("ct", { clusterSize: "64K" })
        for (const [index, { size }] of files.entries()) yield* fs.writeFile(`${target}/${index}`, bytes(size))
        for (const [index, { kept }] of files.entries()) if (!kept) yield* fs.remove(`${target}/${index}`)
        yield* ploop.discard({ disk })
        yield* ploop.balloonChange({ disk, size: "1M" })
        const before = yield* imageSize
        for (const [index, { kept, size }] of files.entries()) {
          if (kept) yield* fs.writeFile(`${target}/${index}`, bytes(size, 2), { flag: "r+" })
        }
        assert.strictEqual(yield* imageSize, before)
      }).pipe(Effect.provide(PloopFake.layer())),
    { fastCheck: { numRuns: 25 } }
  )

  it.effect("that is preallocated shrinks when the balloon grows, and at a discard", () =>
    Effect.gen(function*() {
      const { ploop } = yield* services
      const { disk } = yield* makeMounted("ct", { format: "preallocated" })
      const before = yield* imageSize
      const { truncated } = yield* ploop.balloonChange({ disk, size: "20M" })
      assert.isAtLeast(Number(truncated), 18 * MiB)
      assert.strictEqual(yield* imageSize, before - Number(truncated))
      assert.isAbove(Number((yield* ploop.discard({ disk })).truncated), 100 * MiB)
    }).pipe(Effect.provide(PloopFake.layer())))

  it.effect("shrinks by no more than a discard may free, and grows again with new data", () =>
    Effect.gen(function*() {
      const { fs, ploop } = yield* services
      const { disk, target } = yield* makeMounted("ct")
      yield* fs.writeFile(`${target}/file`, bytes(20 * MiB))
      const full = yield* imageSize
      yield* fs.remove(`${target}/file`)
      assert.strictEqual(Number((yield* ploop.discard({ disk, toFree: "4M" })).truncated), 4 * MiB)
      assert.strictEqual(yield* imageSize, full - 4 * MiB)
      yield* fs.writeFile(`${target}/file`, bytes(20 * MiB))
      assert.strictEqual(yield* imageSize, full)
    }).pipe(Effect.provide(PloopFake.layer())))

  it.effect("of an idle disk shrinks at a discard that may mount the disk", () =>
    Effect.gen(function*() {
      const { fs, ploop } = yield* services
      const { disk, target } = yield* makeMounted("ct")
      yield* fs.writeFile(`${target}/file`, bytes(20 * MiB))
      yield* fs.remove(`${target}/file`)
      yield* ploop.umount({ disk })
      assert.strictEqual((yield* Effect.flip(ploop.discard({ disk })))._tag, "NotMounted")
      assert.isAtLeast(Number((yield* ploop.discard({ disk, automount: true })).truncated), 18 * MiB)
      assert.deepStrictEqual(yield* ploop.listDevices, [])
    }).pipe(Effect.provide(PloopFake.layer())))

  for (const format of ["preallocated", "raw"] as const) {
    it.effect(`that is ${format} has its whole size from the start, and keeps it`, () =>
      Effect.gen(function*() {
        const { fs, ploop } = yield* services
        const { disk, target } = yield* makeMounted("ct", { format })
        const before = yield* imageSize
        assert.strictEqual(before, (format === "raw" ? 300 : 301) * MiB)
        assert.strictEqual(yield* used, BigInt(before) + BigInt(yield* othersThan(image)))
        yield* fs.writeFile(`${target}/file`, bytes(20 * MiB))
        yield* fs.remove(`${target}/file`)
        if (format === "preallocated") yield* ploop.discardStatus({ disk })
        assert.strictEqual(yield* imageSize, before)
      }).pipe(Effect.provide(PloopFake.layer())))
  }

  it.effect("grows in units of its cluster size", () =>
    Effect.gen(function*() {
      const { fs } = yield* services
      const { target } = yield* makeMounted("ct", { clusterSize: "64K" })
      const before = yield* imageSize
      yield* fs.writeFile(`${target}/file`, bytes(10))
      const grown = (yield* imageSize) - before
      assert.strictEqual(grown % 65_536, 0)
      assert.isAtMost(grown, 2 * 65_536)
    }).pipe(Effect.provide(PloopFake.layer())))
})

/** The space of all files of the host but one, without the initial directories. */
const othersThan = (path: string) =>
  Effect.gen(function*() {
    const fs = yield* FileSystem.FileSystem
    const seen = new Set<number>()
    let sum = 0
    for (const top of ["/vz", "/tmp", "/mnt"]) {
      for (const name of yield* fs.readDirectory(top, { recursive: true })) {
        const info = yield* fs.stat(`${top}/${name}`)
        const ino = Option.getOrThrow(info.ino)
        if (info.dev !== 1 || seen.has(ino) || `${top}/${name}` === path) continue
        seen.add(ino)
        sum += 512 * Option.getOrThrow(info.blocks)
      }
    }
    // A directory that a mount hides takes a block as well.
    const state = yield* Effect.flatMap(FakeHost.FakeHost, (host) => host.state)
    return sum + 4096 * HostState.mountPoints(state).length
  })

describe("the space of the host", () => {
  it.effect.prop(
    "in use is the sum of what its files and directories take, after any operations",
    { steps: fc.array(fc.nat({ max: 11 }), { maxLength: 20 }) },
    ({ steps }) =>
      Effect.gen(function*() {
        const { fs, ploop } = yield* services
        const { disk, target } = yield* makeMounted("ct", { clusterSize: "256K" })
        const other = yield* makeDisk("other")
        const actions: ReadonlyArray<Effect.Effect<unknown, unknown>> = [
          fs.writeFile(`${target}/file`, bytes(3 * MiB)),
          fs.remove(`${target}/file`),
          fs.writeFile("/tmp/file", bytes(100_000)),
          fs.truncate("/tmp/file", 5000),
          fs.copyFile("/vz/other/root.hdd", "/tmp/copy"),
          fs.link("/vz/other/root.hdd", "/tmp/link"),
          fs.remove("/vz/other", { recursive: true }),
          ploop.createSnapshot({ disk }),
          Effect.flatMap(ploop.createSnapshot({ disk: other }), (id) => ploop.deleteSnapshot({ disk: other, id })),
          ploop.mergeSnapshots({ disk }),
          ploop.discard({ disk }),
          Effect.scoped(Effect.zipRight(fs.open("/tmp/file", { flag: "w" }), fs.remove("/tmp/file")))
        ]
        for (const step of steps) yield* Effect.ignore(actions[step]!)
        assert.strictEqual(Number(yield* used), yield* othersThan(""))
      }).pipe(Effect.provide(PloopFake.layer())),
    { fastCheck: { numRuns: 40 } }
  )

  it.effect("is not used by holes, in files of the host and in files of a disk", () =>
    Effect.gen(function*() {
      const { fs } = yield* services
      const { disk, target } = yield* makeMounted("ct")
      yield* fs.writeFile("/tmp/file", bytes(10))
      yield* fs.writeFile(`${target}/file`, bytes(10))
      const before = [yield* used, (yield* infoOf(disk)).free]
      for (const file of ["/tmp/file", `${target}/file`]) {
        yield* fs.truncate(file, 100 * 1024 * MiB)
        const { blocks, size } = yield* fs.stat(file)
        assert.deepStrictEqual([Number(size), Option.getOrThrow(blocks)], [100 * 1024 * MiB, 8])
      }
      assert.deepStrictEqual([yield* used, (yield* infoOf(disk)).free], before)
    }).pipe(Effect.provide(PloopFake.layer())))

  it.effect("makes an operation fail with NoSpace when there is too little, and the operation changes nothing", () =>
    Effect.gen(function*() {
      const { fs, host, ploop } = yield* services
      const disk = yield* makeDisk("ct", { clusterSize: "64M", size: "128M" })
      yield* ploop.listSnapshots({ disk })
      yield* ploop.createSnapshot({ disk, id: a })
      const before = yield* host.state
      const failures = [
        ploop.create({ image: "/vz/new.hdd", size: "1G", fileSystem: "none", format: "raw" }),
        ploop.create({ image: "/vz/new.hdd", size: "10G" }),
        ploop.createSnapshot({ disk }),
        ploop.switchSnapshot({ disk, id: a }),
        ploop.snapshotAndSwitch({ disk, id: a }),
        ploop.createTemporarySnapshot({ disk, component: "c" }),
        ploop.convert({ disk, format: "preallocated" })
      ]
      for (const [index, failure] of failures.entries()) {
        const error = yield* Effect.flip(failure as Effect.Effect<unknown, { readonly _tag: string }>)
        assert.strictEqual(error._tag, "NoSpace", `${index}`)
        assert.deepStrictEqual(yield* host.state, before, `${index}`)
      }
      assert.deepStrictEqual(yield* fs.readDirectory("/vz"), ["ct"])
    }).pipe(Effect.provide(PloopFake.layer({ capacity: "160M" }))))

  it.effect("makes a write fail with ENOSPC when there is too little, on the host and in a disk, and nothing is written", () =>
    Effect.gen(function*() {
      const { fs } = yield* services
      const { target } = yield* makeMounted("ct")
      yield* fs.writeFileString(`${target}/kept`, "kept")
      yield* fs.writeFileString("/tmp/kept", "kept")
      const before = yield* used
      assert.strictEqual(yield* code(fs.writeFile("/tmp/file", bytes(40 * MiB))), "ENOSPC")
      assert.strictEqual(yield* code(fs.writeFile(`${target}/file`, bytes(40 * MiB))), "ENOSPC")
      assert.strictEqual(yield* used, before)
      assert.strictEqual(yield* fs.readFileString("/tmp/kept"), "kept")
      assert.strictEqual(yield* fs.readFileString(`${target}/kept`), "kept")
      yield* fs.writeFile("/tmp/file", bytes(8 * MiB))
      yield* fs.remove("/tmp/file")
      yield* fs.writeFile(`${target}/file`, bytes(8 * MiB))
    }).pipe(Effect.provide(PloopFake.layer({ capacity: "40M" }))))

  it.effect("can be used to the last byte", () =>
    Effect.gen(function*() {
      const { fs } = yield* services
      yield* fs.writeFile("/tmp/file", bytes(MiB))
      assert.strictEqual(yield* used, BigInt(MiB))
      assert.strictEqual(yield* code(fs.writeFile("/tmp/other", bytes(1))), "ENOSPC")
      yield* fs.writeFile("/tmp/file", bytes(MiB, 2))
      yield* fs.remove("/tmp/file")
      yield* fs.writeFile("/tmp/other", bytes(1))
    }).pipe(Effect.provide(PloopFake.layer({ capacity: "1M" }))))
})

describe("the file system in a disk", () => {
  it.effect("is a little smaller than the disk, and is reported alike while mounted, from the cache and by a new mount", () =>
    Effect.gen(function*() {
      const { fs, ploop } = yield* services
      const { disk, target } = yield* makeMounted("ct", { size: "10G" })
      yield* fs.writeFile(`${target}/file`, bytes(MiB))
      const mounted = yield* ploop.fileSystemInfo({ disk })
      assert.isBelow(Number(mounted.size), 10 * 1024 * MiB)
      assert.isAbove(Number(mounted.size), 9 * 1024 * MiB)
      yield* ploop.umount({ disk })
      const cached = yield* ploop.fileSystemInfo({ disk })
      yield* fs.remove("/vz/ct/.statfs")
      const fresh = yield* ploop.fileSystemInfo({ disk, mayMount: true })
      assert.deepStrictEqual([mounted.source, cached.source, fresh.source], ["mounted", "cached", "temporary-mount"])
      for (const other of [cached, fresh]) assert.deepStrictEqual({ ...other, source: "mounted" }, mounted)
    }).pipe(Effect.provide(PloopFake.layer())))

  it.effect.prop(
    "loses the blocks of 4 KiB and the inode that each file takes, and gets them back",
    { sizes: fc.array(fc.nat({ max: 200_000 }), { maxLength: 12 }), directories: fc.nat({ max: 4 }) },
    ({ directories, sizes }) =>
      Effect.gen(function*() {
        const { fs } = yield* services
        const { disk, target } = yield* makeMounted("ct")
        const before = yield* infoOf(disk)
        for (const [index, size] of sizes.entries()) yield* fs.writeFile(`${target}/${index}`, bytes(size))
        for (let index = 0; index < directories; index++) yield* fs.makeDirectory(`${target}/d${index}`)
        const after = yield* infoOf(disk)
        const blocks = sizes.reduce((sum, size) => sum + Math.ceil(size / 4096), directories)
        assert.strictEqual(before.free - after.free, blocks * 4096)
        assert.strictEqual(before.freeInodes - after.freeInodes, sizes.length + directories)
        assert.strictEqual(after.size, before.size)
        for (const name of yield* fs.readDirectory(target)) {
          if (/^d?\d+$/.test(name)) yield* fs.remove(`${target}/${name}`, { recursive: true })
        }
        assert.deepStrictEqual(yield* infoOf(disk), before)
      }).pipe(Effect.provide(PloopFake.layer())),
    { fastCheck: { numRuns: 25 } }
  )

  it.effect("refuses data when it is full, keeps what it has, and accepts what fits once something is removed", () =>
    Effect.gen(function*() {
      const { fs } = yield* services
      const { disk, target } = yield* makeMounted("ct")
      let count = 0
      while ((yield* code(fs.writeFile(`${target}/${count}`, bytes(10 * MiB, count)))) === "ok") count++
      assert.isAbove(count, 3)
      assert.isBelow((yield* infoOf(disk)).free, 10 * MiB)
      assert.strictEqual(yield* code(fs.writeFile(`${target}/more`, bytes(10 * MiB))), "ENOSPC")
      for (let index = 0; index < count; index++) {
        const data = yield* fs.readFile(`${target}/${index}`)
        assert.deepStrictEqual([data.length, data[0], data.at(-1)], [10 * MiB, index, index])
      }
      yield* fs.remove(`${target}/0`)
      assert.strictEqual(yield* code(fs.writeFile(`${target}/more`, bytes(10 * MiB))), "ok")
    }).pipe(Effect.provide(PloopFake.layer())))
})

describe("a resize", () => {
  const MiBOf = (size: number): number => Math.round(size / MiB)

  for (const mode of ["online", "offline"] as const) {
    const begin = (options?: Partial<Request.CreateOptions>) =>
      Effect.gen(function*() {
        const { fs, ploop } = yield* services
        const { disk, target } = yield* makeMounted("ct", options)
        yield* fs.writeFileString(`${target}/motd`, "welcome")
        if (mode === "offline") yield* ploop.umount({ disk })
        yield* Effect.ignore(fs.remove("/vz/ct/.statfs"))
        const check = Effect.gen(function*() {
          if (mode === "offline") yield* ploop.mount({ disk, target })
          assert.strictEqual(yield* fs.readFileString(`${target}/motd`), "welcome")
        })
        return { disk, check }
      })

    it.effect(`that grows a disk ${mode} makes disk, image and file system larger, and keeps the files`, () =>
      Effect.gen(function*() {
        const { ploop } = yield* services
        const { check, disk } = yield* begin()
        const before = yield* infoOf(disk, true)
        yield* ploop.resize({ disk, size: "500M", mode })
        assert.strictEqual(Number((yield* ploop.imageInfo({ disk })).size), 500 * MiB)
        const after = yield* infoOf(disk, true)
        assert.isAtLeast(MiBOf(after.size - before.size), 180)
        assert.isAtLeast(MiBOf(after.free - before.free), 180)
        yield* check
      }).pipe(Effect.provide(PloopFake.layer())))

    it.effect(`that grows a disk ${mode} rounds the size up to whole clusters`, () =>
      Effect.gen(function*() {
        const { ploop } = yield* services
        const { disk } = yield* begin()
        yield* ploop.resize({ disk, size: BigInt(400 * MiB + 512), mode })
        assert.strictEqual(Number((yield* ploop.imageInfo({ disk })).size), 401 * MiB)
      }).pipe(Effect.provide(PloopFake.layer())))

    it.effect(`that shrinks a disk ${mode} keeps the size of the disk, and takes the space from the file system`, () =>
      Effect.gen(function*() {
        const { ploop } = yield* services
        const { check, disk } = yield* begin({ size: "1G" })
        const before = yield* infoOf(disk, true)
        yield* ploop.resize({ disk, size: "800M", mode })
        assert.strictEqual(Number((yield* ploop.imageInfo({ disk })).size), 1024 * MiB)
        const after = yield* infoOf(disk, true)
        assert.isAtLeast(MiBOf(before.free - after.free), 200)
        yield* check
        const { size } = yield* ploop.balloonStatus({ disk })
        assert.strictEqual(size > 0n, mode === "online")
        yield* ploop.resize({ disk, size: "1G", mode: "online" })
        assert.isAtLeast(MiBOf((yield* infoOf(disk)).free - after.free), 195)
      }).pipe(Effect.provide(PloopFake.layer())))

    // The attempt mounts an idle disk, which leaves traces.
    const kept = (disk: string) =>
      Effect.gen(function*() {
        const { fs, host, ploop } = yield* services
        if (mode === "online") return yield* host.state
        return yield* Effect.all([fs.readFileString(disk), ploop.imageInfo({ disk }), ploop.listDevices])
      })

    it.effect(`${mode} refuses a disk of four clusters or fewer, and changes nothing`, () =>
      Effect.gen(function*() {
        const { ploop } = yield* services
        const { disk } = yield* begin()
        yield* Effect.ignore(ploop.imageInfo({ disk }))
        const before = yield* kept(disk)
        const error = yield* Effect.flip(ploop.resize({ disk, size: "4M", mode }))
        assert.deepStrictEqual([error._tag, error.exitCode], ["SizeRefused", 38])
        assert.deepStrictEqual(yield* kept(disk), before)
      }).pipe(Effect.provide(PloopFake.layer())))

    it.effect(`${mode} refuses to remove space in use, and changes nothing`, () =>
      Effect.gen(function*() {
        const { ploop } = yield* services
        const { check, disk } = yield* begin()
        const before = yield* kept(disk)
        const error = yield* Effect.flip(ploop.resize({ disk, size: "100M", mode }))
        assert.deepStrictEqual(
          [error._tag, error.exitCode],
          mode === "online" ? ["SizeRefused", 38] : ["FileSystemResizeFailed", 26]
        )
        if (error._tag === "SizeRefused") {
          assert.isAbove(Number(error.minimum), 100 * MiB)
          assert.isBelow(Number(error.minimum), 300 * MiB)
        }
        assert.deepStrictEqual(yield* kept(disk), before)
        yield* check
      }).pipe(Effect.provide(PloopFake.layer())))
  }

  it.effect("that must be online requires a mounted disk, and one that must be offline requires an idle disk", () =>
    Effect.gen(function*() {
      const { ploop } = yield* services
      const { disk } = yield* makeMounted("ct")
      assert.strictEqual(
        (yield* Effect.flip(ploop.resize({ disk, size: "400M", mode: "offline" })))._tag,
        "AlreadyMounted"
      )
      yield* ploop.umount({ disk })
      assert.strictEqual((yield* Effect.flip(ploop.resize({ disk, size: "400M", mode: "online" })))._tag, "NotMounted")
      yield* ploop.resize({ disk, size: "400M" })
      yield* ploop.resize({ disk, size: "500M", mode: "auto" })
      assert.strictEqual(Number((yield* ploop.imageInfo({ disk })).size), 500 * MiB)
    }).pipe(Effect.provide(PloopFake.layer())))

  it.effect("fails on a disk without a file system, and leaves no device behind", () =>
    Effect.gen(function*() {
      const { ploop } = yield* services
      const disk = yield* makeDisk("ct")
      assert.strictEqual((yield* Effect.flip(ploop.resize({ disk, size: "400M" })))._tag, "MountFailed")
      assert.deepStrictEqual(yield* ploop.listDevices, [])
    }).pipe(Effect.provide(PloopFake.layer())))

  it.effect("grows a raw disk and its file, and shrinks neither online", () =>
    Effect.gen(function*() {
      const { fs, ploop } = yield* services
      const { disk, target } = yield* makeMounted("ct", { format: "raw", size: "1G" })
      yield* fs.writeFileString(`${target}/motd`, "welcome")
      yield* ploop.umount({ disk })
      yield* ploop.resize({ disk, size: "1200M" })
      assert.strictEqual(yield* imageSize, 1200 * MiB)
      assert.strictEqual(Number((yield* ploop.imageInfo({ disk })).size), 1200 * MiB)
      assert.include(yield* fs.readFileString(disk), `<Disk_size>${1200 * 2048}</Disk_size>`)
      yield* ploop.mount({ disk, target })
      assert.strictEqual(yield* fs.readFileString(`${target}/motd`), "welcome")
      const refused = yield* Effect.flip(ploop.resize({ disk, size: "700M", mode: "online" }))
      assert.strictEqual(refused._tag, "Unsupported")
      assert.strictEqual(yield* imageSize, 1200 * MiB)
    }).pipe(Effect.provide(PloopFake.layer())))

  it.effect("of a disk with snapshots changes only the top delta: a switch restores the old size", () =>
    Effect.gen(function*() {
      const { fs, ploop } = yield* services
      const { disk } = yield* makeMounted("ct")
      yield* ploop.createSnapshot({ disk, id: a })
      yield* ploop.resize({ disk, size: "400M" })
      yield* ploop.umount({ disk })
      yield* ploop.switchSnapshot({ disk, id: a })
      assert.strictEqual(Number((yield* ploop.imageInfo({ disk })).size), 300 * MiB)
      assert.include(yield* fs.readFileString(disk), `<Disk_size>${400 * 2048}</Disk_size>`)
    }).pipe(Effect.provide(PloopFake.layer())))

  it.effect("fails with NoSpace when the host has too little space, and changes nothing", () =>
    Effect.gen(function*() {
      const { host, ploop } = yield* services
      const { disk } = yield* makeMounted("ct", { format: "raw" })
      const before = yield* host.state
      assert.strictEqual((yield* Effect.flip(ploop.resize({ disk, size: "400M" })))._tag, "NoSpace")
      assert.strictEqual(Number((yield* ploop.imageInfo({ disk })).size), 300 * MiB)
      assert.strictEqual(yield* used, HostState.used(before))
    }).pipe(Effect.provide(PloopFake.layer({ capacity: "350M" }))))
})

describe("the balloon", () => {
  it.effect("takes free space from the file system, gives it back, and takes no more than is free", () =>
    Effect.gen(function*() {
      const { ploop } = yield* services
      const { disk } = yield* makeMounted("ct")
      const before = yield* infoOf(disk)
      const changed = yield* ploop.balloonChange({ disk, size: "20M" })
      assert.deepStrictEqual([Number(changed.before), Number(changed.after)], [0, 20 * MiB])
      assert.strictEqual(before.free - (yield* infoOf(disk)).free, 20 * MiB)
      const error = yield* Effect.flip(ploop.balloonChange({ disk, size: "1G" }))
      assert.deepStrictEqual([error._tag, error.exitCode], ["NoSpace", 20])
      assert.strictEqual(Number((yield* ploop.balloonStatus({ disk })).size), 20 * MiB)
      yield* ploop.balloonChange({ disk, size: 0n })
      assert.deepStrictEqual(yield* infoOf(disk), before)
    }).pipe(Effect.provide(PloopFake.layer())))

  it.effect("gives the clusters that it takes back to the host", () =>
    Effect.gen(function*() {
      const { fs, ploop } = yield* services
      const { disk, target } = yield* makeMounted("ct")
      yield* fs.writeFile(`${target}/file`, bytes(20 * MiB))
      yield* fs.remove(`${target}/file`)
      const before = yield* imageSize
      const { truncated } = yield* ploop.balloonChange({ disk, size: "20M" })
      assert.isAtLeast(Number(truncated), 18 * MiB)
      assert.strictEqual(before - (yield* imageSize), Number(truncated))
    }).pipe(Effect.provide(PloopFake.layer())))
})

describe.each(generations)("on generation %s", (generation) => {
  it.effect("a disk has a size, a cluster size and a version, and a raw disk has no version", () =>
    Effect.gen(function*() {
      const { ploop } = yield* services
      const disk = yield* makeDisk("ct", { size: 12_345n * 512n, clusterSize: "32K" })
      assert.deepStrictEqual(yield* ploop.imageInfo({ disk }), {
        size: BigInt(193 * 32_768),
        clusterSize: 32_768n,
        version: 2
      } as never)
      const raw = yield* makeDisk("raw", { format: "raw" })
      assert.deepStrictEqual(yield* ploop.imageInfo({ disk: raw }), {
        size: BigInt(10 * MiB),
        clusterSize: BigInt(MiB)
      } as never)
      yield* ploop.createSnapshot({ disk: raw, id: a })
      assert.strictEqual((yield* ploop.imageInfo({ disk: raw })).version, 2)
      yield* ploop.deleteSnapshot({ disk: raw, id: SnapshotId.top })
      assert.isUndefined((yield* ploop.imageInfo({ disk: raw })).version)
    }).pipe(Effect.provide(PloopFake.layer({ generation }))))

  it.effect("data that was written back survives as long as the images, in every format", () =>
    Effect.gen(function*() {
      const { fs, ploop } = yield* services
      const { disk, target } = yield* makeMounted("ct")
      yield* writeSynced(`${target}/motd`, "welcome")
      yield* ploop.umount({ disk })
      yield* ploop.convert({ disk, format: "preallocated" })
      assert.strictEqual(yield* imageSize, 301 * MiB)
      yield* ploop.convert({ disk, format: "expanded" })
      assert.strictEqual(yield* imageSize, 301 * MiB)
      if (generation !== "9") {
        yield* ploop.convert({ disk, format: "raw" })
        assert.strictEqual(yield* imageSize, 300 * MiB)
      }
      yield* ploop.mount({ disk, target })
      assert.strictEqual(yield* fs.readFileString(`${target}/motd`), "welcome")
    }).pipe(Effect.provide(PloopFake.layer({ generation }))))
})
