import { ByteSize, DevicePath, Generation, HostPath, Request, SnapshotId } from "@effect-ploop/core"
import { assert, describe, it } from "@effect/vitest"
import { FastCheck as fc, Schema } from "effect"
import * as args from "../src/internal/arguments.js"

const A = SnapshotId.make("aaaaaaaa-0000-4000-8000-00000000000a")
const B = SnapshotId.make("bbbbbbbb-0000-4000-8000-00000000000b")
const C = SnapshotId.make("cccccccc-0000-4000-8000-00000000000c")

const device = DevicePath.make("/dev/ploop1")

/** Every command that takes paths, with each path replaced by the given one. */
const commands = (path: string): ReadonlyArray<args.Arguments> => {
  const host = HostPath.make(path)
  const create = Schema.decodeSync(Request.Create)({
    image: "/x",
    size: "10M",
    fileSystemBlockSize: "4K",
    clusterSize: "1M",
    lazy: false
  })
  const mount = Schema.decodeSync(Request.Mount)({
    disk: "/x.xml",
    target: "/t",
    fsck: true,
    data: ["noatime"],
    component: "c"
  })
  const check = Schema.decodeSync(Request.Check)({ image: "/x", force: true, raw: true, clusterSize: "1M" })
  const replace = Schema.decodeSync(Request.Replace)({ disk: "/x.xml", file: "/f", with: "/w", keepName: true })
  const resize = Schema.decodeSync(Request.Resize)({ disk: "/x.xml", size: "1G" })
  const convert = Schema.decodeSync(Request.Convert)({ disk: "/x.xml", format: "raw" })
  const discard = Schema.decodeSync(Request.Discard)({ disk: "/x.xml", automount: true, defrag: true, toFree: "1G" })
  const volume = Schema.decodeSync(Request.CreateVolume)({ directory: "/x", size: "1G", clusterSize: "64K" })
  const grow = Schema.decodeSync(Request.Grow)({ image: "/x", raw: true, size: "1G" })
  return [
    args.create(3, create, host, 2),
    args.restoreDescriptor(3, { image: host, format: "raw" }, path, path),
    args.convert(3, convert, path),
    args.check(3, check, path),
    args.replace(3, replace, { disk: path, file: path, with: path }),
    args.mount(3, mount, { disk: path, target: path, snapshot: A, readOnly: true }),
    args.umount(3, { disk: path, component: "c" }),
    args.umount(3, { target: path }),
    args.resize(3, resize, path),
    args.resize(3, { ...resize, balloon: true }, path),
    args.createSnapshot(3, A, path),
    args.createTemporarySnapshot(3, A, "c", path, path),
    args.switchSnapshot(3, A, path),
    args.deleteSnapshot(3, A, path),
    args.mergeSnapshots(3, { _tag: "Range", id: A, downTo: A }, path, path),
    args.mergeSnapshots(3, { _tag: "All" }, undefined, path),
    args.imageInfo(path),
    args.deviceOf(path),
    args.fileSystemInfo(path),
    args.balloonShow({ disk: path }),
    args.balloonChange(ByteSize.make(0), { target: path }),
    args.discard(discard, { disk: path }),
    args.discard({ ...discard, defragThreshold: 5 }, { disk: path }),
    args.discard({ ...discard, defrag: false, defragOnly: true }, { disk: path }),
    args.copyReceive(path),
    args.grow(3, grow, path),
    args.mergeDelta(3, path, path),
    args.createVolume(volume, path),
    args.snapshotVolume(path, path),
    args.cloneVolume(path, path),
    args.deleteVolume(path)
  ]
}

/** Options that take the next word as their value, whatever it looks like. */
const valued = new Set(["-o", "-i", "-m", "-n", "-d", "-u", "-U", "-c"])

describe("a path", () => {
  const paths = fc.oneof(
    fc.string({ unit: "grapheme", minLength: 1, maxLength: 40 }),
    fc.constantFrom("-rf", "--", "-", "-u", "--help", "-v-1", "a b", "a\tb", "$(id)", "'", "*")
  ).filter((path) => !/[\0\p{Surrogate}]/u.test(path))

  it("is one word, and stands behind `--` or as the value of an option, so that it is never taken for an option", () => {
    fc.assert(fc.property(paths, (path) => {
      // The placeholder is a word that no command contains.
      const marked = commands("/\u{1f4be}")
      commands(path).forEach((command, index) => {
        const where = marked[index]!.flatMap((word, at) => word === "/\u{1f4be}" ? [at] : [])
        assert.isNotEmpty(where)
        for (const at of where) {
          assert.strictEqual(command[at], path)
          const separated = command.slice(0, at).includes("--")
          assert.isTrue(separated || valued.has(command[at - 1]!), JSON.stringify(command))
        }
      })
    }))
  })
})

describe("what must never be asked of the tool", () => {
  it("is a switch with -D, which leaves a descriptor that nothing can read", () => {
    for (const command of commands("/x")) assert.notInclude(command, "-D")
  })

  it("is a snapshot without an identifier of ours, which would have to be read from a log", () => {
    assert.include(args.createSnapshot(3, A, "/x"), A)
  })

  it("is a size without a meaning: it is always a number of sectors", () => {
    const create = Schema.decodeSync(Request.Create)({ image: "/x", size: "10M" })
    assert.strictEqual(args.create(3, create, "/x", 2)[3], "20480")
  })
})

describe("a merge", () => {
  const step = { survivor: A, merged: [B] }
  const range = { survivor: A, merged: [B, C] }
  const one = { _tag: "One", id: A } as const

  it("is one command for each image on generations 7 and 9, which know no end of a range", () => {
    for (const generation of ["7", "9"] as const) {
      assert.deepStrictEqual(args.merges(generation, {}, step, undefined), [one])
      assert.deepStrictEqual(args.merges(generation, {}, range, undefined), [one, one])
      assert.deepStrictEqual(args.merges(generation, {}, step, "/new"), [one])
    }
  })

  it("is one command on generation 1.15, with the end of the range unless that is the parent", () => {
    assert.deepStrictEqual(args.merges("1.15", {}, step, undefined), [one])
    assert.deepStrictEqual(args.merges("1.15", {}, range, undefined), [{ _tag: "Range", id: A, downTo: C }])
  })

  it("always has an end on generation 1.15 when it goes into a new file, without which the tool crashes", () => {
    assert.deepStrictEqual(args.merges("1.15", {}, step, "/new"), [{ _tag: "Range", id: A, downTo: B }])
  })

  it("is one command for all images", () => {
    for (const generation of Generation.Generation.literals) {
      assert.deepStrictEqual(args.merges(generation, { all: true }, range, undefined), [{ _tag: "All" }])
    }
  })
})

describe("a merge", () => {
  const step = { survivor: A, merged: [B] }
  const range = { survivor: A, merged: [B, C] }
  const one = { _tag: "One", id: A } as const

  it("is one command for each image on generations 7 and 9, which know no end of a range", () => {
    for (const generation of ["7", "9"] as const) {
      assert.deepStrictEqual(args.merges(generation, {}, step, undefined), [one])
      assert.deepStrictEqual(args.merges(generation, {}, range, undefined), [one, one])
      assert.deepStrictEqual(args.merges(generation, {}, step, "/new"), [one])
    }
  })

  it("is one command on generation 1.15, with the end of the range unless that is the parent", () => {
    assert.deepStrictEqual(args.merges("1.15", {}, step, undefined), [one])
    assert.deepStrictEqual(args.merges("1.15", {}, range, undefined), [{ _tag: "Range", id: A, downTo: C }])
  })

  it("always has an end on generation 1.15 when it goes into a new file, without which the tool crashes", () => {
    assert.deepStrictEqual(args.merges("1.15", {}, step, "/new"), [{ _tag: "Range", id: A, downTo: B }])
  })

  it("is one command for all images", () => {
    for (const generation of Generation.Generation.literals) {
      assert.deepStrictEqual(args.merges(generation, { all: true }, range, undefined), [{ _tag: "All" }])
    }
  })
})

describe("how much the tool says", () => {
  it("is errors only, where the answer is on its standard output", () => {
    for (
      const command of [
        args.imageInfo("/x"),
        args.deviceOf("/x"),
        args.fileSystemInfo("/x"),
        args.list,
        args.listLong,
        args.nextDevice,
        args.statistics(device)
      ]
    ) {
      assert.strictEqual(command[0], "-v-1")
    }
  })

  it("is at least the device, where one is attached", () => {
    const mount = Schema.decodeSync(Request.Mount)({ disk: "/x.xml" })
    const resolved = { disk: "/x.xml", target: undefined, snapshot: undefined, readOnly: false }
    assert.strictEqual(args.mount(-2, mount, resolved)[0], "-v0")
    assert.strictEqual(args.createTemporarySnapshot(-1, A, "c", undefined, "/x")[0], "-v0")
    assert.strictEqual(args.mount(5, mount, resolved)[0], "-v5")
  })
})

describe("a file system that is made without the tool", () => {
  const request = Schema.decodeSync(Request.Create)({
    image: "/x",
    size: "1G",
    fileSystemBlockSize: "4K",
    growsTo: "1T",
    journalSize: "64M"
  })
  const extended = (request: Request.Create) =>
    args.makeFileSystem("7", request, "/dev/ploop1p1").filter((word) => /^-[EJ]/.test(word))

  it("can grow by one block of descriptors more than to the size that was asked for, and has the journal", () => {
    const blocks = 2n ** 28n + 4096n ** 2n / 4n
    assert.deepStrictEqual(extended(request), [`-Elazy_itable_init=1,resize=${blocks}`, "-Jsize=64"])
    assert.deepStrictEqual(extended({ ...request, growsTo: undefined, journalSize: undefined, lazy: false }), [
      `-Elazy_itable_init=0,resize=${50n * 2n ** 28n}`,
      "-Jsize=128"
    ])
  })

  it("has a partition that ends with the last byte before the second table, which has a cluster", () => {
    assert.deepStrictEqual(args.partitionTable(device, 1_048_576n, 10_485_760n).slice(-2), ["1048576b", "9437183b"])
  })
})
