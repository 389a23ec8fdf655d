import { Ploop, PloopError, Remedy } from "@effect-ploop/core"
import { assert } from "@effect/vitest"
import { Effect } from "effect"
import type { Executions } from "./execution.js"
import { a, about, disk, image, made, motd, remedied, services } from "./execution.js"

const { texts } = Remedy

const copy = "/copy/DiskDescriptor.xml"

/** Copies the directory of the disk. */
const copied = Effect.gen(function*() {
  const { fs } = yield* services
  yield* fs.makeDirectory("/copy")
  const names = (yield* fs.readDirectory("/vz")).filter((name) => !name.endsWith(".lck"))
  yield* Effect.forEach(names, (name) => fs.copyFile(`/vz/${name}`, `/copy/${name}`))
})

/** Mounts, and file systems in images. */
export const mounts: Executions = {
  "busy": [
    {},
    Effect.gen(function*() {
      const { fs, ploop } = yield* services
      yield* made
      yield* ploop.mount({ disk, target: "/mnt" })
      yield* Effect.scoped(Effect.zipRight(fs.open("/mnt/motd"), remedied(ploop.umount({ disk }), texts.busy())))
      yield* ploop.umount({ disk })
      assert.strictEqual(yield* motd, "kept")
    })
  ],
  "umount-idle": [
    { generation: "9" },
    Effect.gen(function*() {
      const { ploop } = yield* services
      yield* made
      yield* ploop.mount({ disk })
      yield* remedied(ploop.umount({ disk, onlyIdle: true }), texts["umount-idle"]())
      assert.deepStrictEqual((yield* ploop.attachments({ disk })).map(({ targets }) => targets), [[]])
      yield* ploop.umount({ disk })
      assert.strictEqual(yield* motd, "kept")
    })
  ],
  "umount-failed": [
    {},
    Effect.gen(function*() {
      const { host, ploop } = yield* services
      yield* made
      yield* ploop.mount({ disk, target: "/mnt" })
      // The kernel refuses no unmount but of what is in use.
      yield* host.fail("umount", new PloopError.UmountFailed(about("umount")))
      yield* remedied(ploop.umount({ disk }), texts["umount-failed"]())
      yield* ploop.umount({ disk })
      assert.strictEqual(yield* motd, "kept")
    })
  ],
  "mount-failed": [
    {},
    Effect.gen(function*() {
      const { fs, ploop } = yield* services
      yield* made
      yield* ploop.mount({ disk, target: "/mnt" })
      yield* Effect.scoped(
        Effect.flatMap(
          fs.open("/mnt/live", { flag: "w" }),
          (file) => Effect.zipRight(file.writeAll(new TextEncoder().encode("live")), file.sync)
        )
      )
      yield* copied
      // The copy has the in-use flag, which a check clears.
      yield* ploop.check({ disk: copy })
      yield* fs.makeDirectory("/of-the-copy")
      const shown = { disk: copy, target: "/of-the-copy", readOnly: true }
      yield* remedied(ploop.mount(shown), texts["mount-failed"]())
      yield* Ploop.withMount({ ...shown, data: ["noload"] }, () => fs.readFileString("/of-the-copy/motd"))
      yield* Ploop.withMount({ disk: copy }, ({ device }) => ploop.deviceStatistics({ device }))
      yield* Ploop.withMount({ disk: copy, target: "/of-the-copy" }, () => fs.readFileString("/of-the-copy/live"))
      yield* ploop.umount({ disk })
      assert.strictEqual(yield* motd, "kept")
    })
  ],
  "mount-failed-create": [
    {},
    Effect.gen(function*() {
      const { host, ploop } = yield* services
      // Every kernel that runs the tests mounts what the tool makes.
      yield* host.fail("create", new PloopError.MountFailed(about("create")))
      yield* remedied(ploop.create({ image, size: "300M" }), texts["mount-failed-create"]())
      yield* ploop.create({ image, size: "300M", fileSystem: "ext3" })
      yield* Ploop.withMount({ disk, target: "/mnt" }, () => Effect.void)
    })
  ],
  "mount-failed-other": [
    {},
    Effect.gen(function*() {
      const { host, ploop } = yield* services
      yield* made
      // Which mount options a file system needs so that it can be resized depends on a kernel that this host has not.
      yield* host.fail("resize", new PloopError.MountFailed(about("resize")))
      const resize = ploop.resize({ disk, size: "400M" })
      yield* remedied(resize, texts["mount-failed-other"]())
      yield* Ploop.withMount({ disk, target: "/mnt", data: ["data=ordered"] }, () => resize)
      assert.strictEqual((yield* ploop.imageInfo({ disk })).size, 400n << 20n)
      assert.strictEqual(yield* motd, "kept")
    })
  ],
  "file-system-unsupported": [
    {},
    Effect.gen(function*() {
      const { fs, host, ploop } = yield* services
      yield* made
      // The emulated kernel takes images on every file system, as does this host.
      yield* host.fail("mount", new PloopError.FileSystemUnsupported(about("mount")))
      yield* remedied(ploop.mount({ disk, target: "/mnt" }), texts["file-system-unsupported"]())
      yield* copied
      yield* Ploop.withMount(
        { disk: copy, target: "/mnt" },
        () => Effect.map(fs.readFileString("/mnt/motd"), (text) => assert.strictEqual(text, "kept"))
      )
    })
  ],
  "file-system-make-failed": [
    {},
    Effect.gen(function*() {
      const { ploop } = yield* services
      const create = (size: `${number}M`) => ploop.create({ image, size })
      yield* remedied(create("128M"), texts["file-system-make-failed"]())
      yield* create("300M")
      yield* Ploop.withMount({ disk, target: "/mnt" }, () => Effect.void)
    })
  ],
  "file-system-resize-failed": [
    {},
    Effect.gen(function*() {
      const { fs, ploop } = yield* services
      yield* made
      yield* ploop.deleteSnapshot({ disk, id: a })
      yield* Ploop.withMount(
        { disk, target: "/mnt" },
        () => fs.writeFile("/mnt/large", new Uint8Array(90 << 20).fill(1))
      )
      const resize = (size: bigint) => ploop.resize({ disk, size, mode: "offline" })
      const { text } = yield* remedied(resize(100n << 20n), texts["file-system-resize-failed"]())
      const [, blocks = "none"] = /minimum \((\d+)\)/.exec(text) ?? []
      // The disk has its partition table beside the file system.
      yield* resize(BigInt(blocks) * 4096n + (4n << 20n))
      assert.strictEqual(yield* motd, "kept")
    })
  ]
}
