/** What is done to an idle disk that is attached for the limits of its size. */
import { ByteSize, Ploop } from "@effect-ploop/core"
import { FileSystem } from "@effect/platform"
import { NodeContext } from "@effect/platform-node"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Option } from "effect"
import { CurrentHostFiles } from "../src/internal/currentHostFiles.js"
import type { HostFiles } from "../src/internal/hostFiles.js"
import { nodeHostFiles } from "../src/internal/nodeHostFiles.js"
import * as superblock from "../src/internal/superblock.js"
import { scripted } from "./utils/host.js"
import { image } from "./utils/image.js"
import type { Answer } from "./utils/ScriptedExecutor.js"

/** The start of an ext4 file system of so many blocks, which have 4096 bytes. */
const ext4 = (blocks = 0) => {
  const start = new Uint8Array(2048)
  const view = new DataView(start.buffer)
  view.setUint32(1024 + 4, blocks, true)
  view.setUint32(1024 + 24, 2, true)
  view.setUint16(1024 + 56, 0xef53, true)
  return start
}

/** The files of this host, and the file system on a device. */
const files: HostFiles = {
  ...nodeHostFiles,
  start: (path, length, kind) =>
    path.startsWith("/dev/ploop") ? Effect.succeed(ext4()) : nodeHostFiles.start(path, length, kind)
}

/** The limits of an idle disk and what was attached and unmounted for them, when resize2fs ends so. */
const limits = (resize2fs: Answer, left?: string) =>
  Effect.gen(function*() {
    const fs = yield* FileSystem.FileSystem
    const devices = new Set(left === undefined ? [] : [left])
    const host = yield* scripted("1.15", (words, disk) => {
      const base = disk.replace("DiskDescriptor.xml", "root.hdd")
      const [command, flag, argument] = words
      if (command === "-P") return resize2fs
      if (command === "list") {
        return { stdout: [...devices].map((device) => `${device}       ${base}  sizeLimits\n`).join("") }
      }
      if (command === "info" && flag === "-s") return { stdout: "size:\t\t20480\nblocksize:\t2048\nfmt_version:\t2\n" }
      if (command === "mount") {
        devices.add("ploop7")
        return { stdout: `Adding delta dev=/dev/ploop7 img=${base} (ro)\n` }
      }
      if (command === "umount" && flag === "-d") devices.delete(`${argument}`.replace("/dev/", ""))
      return undefined
    }).pipe(Effect.provideService(CurrentHostFiles, files))
    for (const name of ["root.hdd", "root.hdd.1", "root.hdd.2"]) {
      yield* fs.writeFile(`${host.directory}/${name}`, image())
    }
    const found = yield* Effect.either(Effect.provide(
      Effect.flatMap(Ploop.Ploop, (ploop) => ploop.sizeLimits({ disk: host.disk, mayMount: true })),
      host.context
    ))
    const changes = (yield* host.commands).filter(([command]) => command === "mount" || command === "umount")
    return {
      minimum: Option.map(Option.getRight(found), ({ minimum }) => minimum),
      devices: [...devices],
      changes: changes.map(([command]) => command)
    }
  }).pipe(Effect.scoped, Effect.provide(NodeContext.layer))

const estimate = "Estimated minimum size of the filesystem: 768\n"

describe("an idle disk whose file system is inspected", () => {
  it.live("is attached for as long as that takes, and has the least size that resize2fs names", () =>
    Effect.gen(function*() {
      const { changes, devices, minimum } = yield* limits({ stdout: estimate })
      assert.deepStrictEqual(minimum, Option.some(ByteSize.MiB(7)))
      assert.deepStrictEqual([changes, devices], [["mount", "umount"], []])
    }))

  it.live("has no least size when resize2fs fails, whatever it has printed", () =>
    Effect.gen(function*() {
      const { devices, minimum } = yield* limits({ stdout: estimate, exitCode: 1 })
      assert.deepStrictEqual([minimum, devices], [Option.some(undefined), []])
    }))

  it.live("is unmounted when resize2fs cannot be run", () =>
    Effect.gen(function*() {
      const { devices, minimum } = yield* limits({ spawnError: "ENOENT" })
      assert.deepStrictEqual([minimum, devices], [Option.none(), []])
    }))

  it.live("loses the device that a call which was killed has left", () =>
    Effect.gen(function*() {
      const { changes, devices } = yield* limits({ stdout: estimate }, "ploop5")
      assert.deepStrictEqual([changes, devices], [["umount", "mount", "umount"], []])
    }))
})

/** The least size of a disk that is mounted, with so many free blocks, and so many that the balloon has. */
const least = (freeBlocks: number, ballooned: number) =>
  Effect.gen(function*() {
    const mounted: HostFiles = {
      ...nodeHostFiles,
      start: (path, length, kind) =>
        path.startsWith("/dev/ploop") ? Effect.succeed(ext4(5000)) : nodeHostFiles.start(path, length, kind),
      kernelText: () => Effect.succeedSome("/dev/ploop7p1 /mnt ext4 rw 0 0\n"),
      numbers: () =>
        Effect.succeed({
          blockSize: 4096n,
          blocks: 4800n,
          freeBlocks: BigInt(freeBlocks),
          inodes: 100n,
          freeInodes: 50n
        })
    }
    const host = yield* scripted("1.15", ([command, flag]) => {
      if (command === "balloon") return { stdout: `Current size of hidden balloon is ${4096 * ballooned} bytes\n` }
      if (command !== "info") return undefined
      return flag === "-d"
        ? { stdout: "device:\t\t/dev/ploop7\npartition:\t/dev/ploop7p1\n" }
        : { stdout: "size:\t\t40960\nblocksize:\t2048\nfmt_version:\t2\n" }
    }).pipe(Effect.provideService(CurrentHostFiles, mounted))
    const ask = Effect.flatMap(Ploop.Ploop, (ploop) => ploop.sizeLimits({ disk: host.disk }))
    return (yield* Effect.provide(ask, host.context)).minimum
  }).pipe(Effect.scoped, Effect.provide(NodeContext.layer))

describe("a disk that is mounted", () => {
  it.live("has a least size without what is free, and what its balloon has", () =>
    Effect.gen(function*() {
      const minimum = yield* least(3000, 0)
      assert.isDefined(minimum)
      assert.strictEqual(yield* least(1000, 2000), minimum)
      assert.notStrictEqual(yield* least(1000, 0), minimum)
    }))
})

describe("the superblock of an XFS file system", () => {
  it("is none when it is cut short", () => {
    const start = new Uint8Array(16)
    new DataView(start.buffer).setUint32(0, 0x58465342)
    new DataView(start.buffer).setUint32(4, 4096)
    new DataView(start.buffer).setBigUint64(8, 3n)
    assert.deepStrictEqual(superblock.size(start), Option.some(12_288n))
    for (const length of [4, 8, 15]) assert.deepStrictEqual(superblock.size(start.slice(0, length)), Option.none())
  })
})

describe("the superblock of an ext4 file system", () => {
  it("has the number of its blocks in two halves", () => {
    const start = ext4(7)
    new DataView(start.buffer).setUint32(1024 + 336, 3, true)
    assert.deepStrictEqual(superblock.size(start), Option.some((3n * 2n ** 32n + 7n) * 4096n))
  })
})
