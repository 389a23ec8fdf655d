import { PloopFake } from "@effect-ploop/backend-fake"
import { Disk, DiskDescriptor, Ploop, SnapshotId } from "@effect-ploop/core"
import { FileSystem } from "@effect/platform"
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { a, b, diskOf, generations, makeDisk, makeMounted } from "./utils/host.js"

/** The reason and the error code of a failed system call. */
const refusal = <A>(use: Effect.Effect<A, { readonly _tag: string }>) =>
  Effect.map(Effect.flip(use), (error) => error as { readonly reason?: string; readonly description?: string })

const services = Effect.all({ fs: FileSystem.FileSystem, ploop: Ploop.Ploop })

describe.each(generations)("on generation %s", (generation) => {
  const layer = PloopFake.layer({ generation })

  it.effect("a disk goes back to a snapshot, which is visible beside it, read-only", () =>
    Effect.gen(function*() {
      const { fs, ploop } = yield* services
      const { disk, target } = yield* makeMounted("ct")
      const motd = `${target}/etc/motd`
      yield* fs.makeDirectory(`${target}/etc`)
      yield* fs.writeFileString(motd, "first")
      yield* ploop.createSnapshot({ disk, id: a })
      yield* fs.writeFileString(motd, "second")
      yield* ploop.umount({ disk })
      assert.isFalse(yield* fs.exists(motd))

      yield* ploop.switchSnapshot({ disk, id: a })
      yield* ploop.mount({ disk, target })
      assert.strictEqual(yield* fs.readFileString(motd), "first")
      yield* fs.writeFileString(motd, "third")

      yield* fs.makeDirectory("/mnt/a")
      yield* ploop.mount({ disk, target: "/mnt/a", snapshot: a, readOnly: true, component: "a" })
      assert.strictEqual(yield* fs.readFileString("/mnt/a/etc/motd"), "first")
      assert.strictEqual(yield* fs.readFileString(motd), "third")
      for (
        const write of [
          fs.writeFileString("/mnt/a/etc/motd", "fourth"),
          fs.writeFileString("/mnt/a/new", ""),
          fs.makeDirectory("/mnt/a/new"),
          fs.remove("/mnt/a/etc/motd"),
          fs.rename("/mnt/a/etc/motd", "/mnt/a/etc/issue"),
          fs.chmod("/mnt/a/etc/motd", 0o600)
        ]
      ) {
        assert.include((yield* refusal(write)).description, "EROFS: read-only file system")
      }
      assert.strictEqual(yield* fs.readFileString("/mnt/a/etc/motd"), "first")
    }).pipe(Effect.provide(layer)))

  it.effect("a base delta is replaced by its copy, and the disk is unchanged", () =>
    Effect.gen(function*() {
      const { fs, ploop } = yield* services
      const { disk, target } = yield* makeMounted("ct")
      yield* fs.writeFileString(`${target}/motd`, "welcome")
      yield* ploop.createSnapshot({ disk, id: a })
      yield* fs.writeFileString(`${target}/later`, "later")
      // Generation 9 replaces images only below a running device; the others replace them on an idle disk too.
      if (generation !== "9") yield* ploop.umount({ disk })
      yield* fs.copyFile("/vz/ct/root.hdd", "/vz/ct/copy.hdd")
      yield* ploop.replace({ disk, snapshot: a, with: "/vz/ct/copy.hdd" })
      yield* fs.remove("/vz/ct/root.hdd")
      if (generation === "9") yield* ploop.umount({ disk })
      yield* ploop.mount({ disk, target })
      assert.strictEqual(yield* fs.readFileString(`${target}/motd`), "welcome")
      assert.strictEqual(yield* fs.readFileString(`${target}/later`), "later")
    }).pipe(Effect.provide(layer)))

  it.effect("a deleted delta makes the next mount fail, until the delta is restored", () =>
    Effect.gen(function*() {
      const { fs, ploop } = yield* services
      const { disk, target } = yield* makeMounted("ct")
      yield* fs.writeFileString(`${target}/motd`, "welcome")
      yield* ploop.createSnapshot({ disk, id: a })
      yield* ploop.umount({ disk })
      yield* fs.rename("/vz/ct/root.hdd", "/vz/away")
      const error = yield* Effect.flip(ploop.mount({ disk, target }))
      assert.deepStrictEqual([error._tag, error.exitCode], ["ImageNotFound", generation === "9" ? 23 : 21])
      assert.include(error.text, "/vz/ct/root.hdd: No such file or directory")
      assert.isFalse(yield* ploop.isMounted({ disk }))
      yield* fs.rename("/vz/away", "/vz/ct/root.hdd")
      yield* ploop.mount({ disk, target })
      assert.strictEqual(yield* fs.readFileString(`${target}/motd`), "welcome")
    }).pipe(Effect.provide(layer)))

  it.effect("a deleted image stays in use below its running device, and is gone after that", () =>
    Effect.gen(function*() {
      const { fs, ploop } = yield* services
      const { device, disk, target } = yield* makeMounted("ct")
      yield* fs.writeFileString(`${target}/motd`, "welcome")
      yield* fs.remove("/vz/ct/root.hdd")
      assert.strictEqual(yield* fs.readFileString(`${target}/motd`), "welcome")
      yield* fs.writeFileString(`${target}/motd`, "still here")
      assert.strictEqual(yield* fs.readFileString(`${target}/motd`), "still here")
      yield* ploop.umount({ device })
      assert.strictEqual((yield* Effect.flip(ploop.mount({ disk, target })))._tag, "ImageNotFound")
    }).pipe(Effect.provide(layer)))

  it.effect("a copied descriptor with hard links to the deltas is a clone, with its own top delta", () =>
    Effect.gen(function*() {
      const { fs, ploop } = yield* services
      const base = yield* makeMounted("base")
      yield* fs.writeFileString(`${base.target}/motd`, "from the base")
      yield* ploop.createSnapshot({ disk: base.disk, id: a })
      yield* ploop.umount({ disk: base.disk })
      yield* fs.makeDirectory("/vz/clone")
      for (const name of yield* fs.readDirectory("/vz/base")) {
        if (name.startsWith("root.hdd")) yield* fs.link(`/vz/base/${name}`, `/vz/clone/${name}`)
      }
      const clone = Disk.make("/vz/clone/DiskDescriptor.xml")
      yield* fs.copyFile(base.disk, clone)
      yield* ploop.switchSnapshot({ disk: clone, id: a })
      yield* fs.makeDirectory("/mnt/clone")
      yield* ploop.mount({ disk: clone, target: "/mnt/clone" })
      yield* fs.writeFileString("/mnt/clone/motd", "from the clone")
      yield* ploop.umount({ disk: clone })
      yield* ploop.mount({ disk: base.disk, target: base.target })
      assert.strictEqual(yield* fs.readFileString(`${base.target}/motd`), "from the base")
      yield* ploop.umount({ disk: base.disk })
      yield* fs.remove("/vz/base", { recursive: true })
      yield* ploop.mount({ disk: clone, target: "/mnt/clone" })
      assert.strictEqual(yield* fs.readFileString("/mnt/clone/motd"), "from the clone")
    }).pipe(Effect.provide(layer)))

  it.effect("a renamed image is found once the descriptor has its new name", () =>
    Effect.gen(function*() {
      const { fs, ploop } = yield* services
      const { disk, target } = yield* makeMounted("ct")
      yield* fs.writeFileString(`${target}/motd`, "welcome")
      yield* ploop.umount({ disk })
      yield* fs.rename("/vz/ct/root.hdd", "/vz/ct/other.hdd")
      assert.strictEqual((yield* Effect.flip(ploop.mount({ disk, target })))._tag, "ImageNotFound")
      const text = yield* fs.readFileString(disk)
      yield* fs.writeFileString(disk, text.replace("root.hdd", "other.hdd"))
      yield* ploop.mount({ disk, target })
      assert.strictEqual(yield* fs.readFileString(`${target}/motd`), "welcome")
      assert.strictEqual((yield* ploop.listDevices)[0]?.image, "/vz/ct/other.hdd")
    }).pipe(Effect.provide(layer)))

  it.effect("a disk can be moved with its directory, because its descriptor has relative names", () =>
    Effect.gen(function*() {
      const { fs, ploop } = yield* services
      const { disk, target } = yield* makeMounted("ct")
      yield* fs.writeFileString(`${target}/motd`, "welcome")
      yield* ploop.createSnapshot({ disk })
      yield* ploop.umount({ disk })
      yield* fs.rename("/vz/ct", "/vz/moved")
      yield* ploop.mount({ disk: diskOf("moved"), target })
      assert.strictEqual(yield* fs.readFileString(`${target}/motd`), "welcome")
    }).pipe(Effect.provide(layer)))

  it.effect("a descriptor is a file that core can read", () =>
    Effect.gen(function*() {
      const { fs, ploop } = yield* services
      const disk = yield* makeDisk("ct")
      yield* ploop.createSnapshot({ disk, id: a })
      const descriptor = yield* DiskDescriptor.parse(yield* fs.readFileString(disk))
      assert.strictEqual(descriptor.diskSize, 10n << 20n)
      assert.deepStrictEqual(descriptor.images.map(({ id }) => id), [a, SnapshotId.top])
      for (const { file } of descriptor.images) assert.isTrue(yield* fs.exists(`/vz/ct/${file}`))
      yield* fs.writeFileString(disk, "<Nonsense/>")
      assert.strictEqual((yield* Effect.flip(ploop.createSnapshot({ disk })))._tag, "DescriptorInvalid")
    }).pipe(Effect.provide(layer)))
})

describe("a mounted disk", () => {
  it.effect("appears at its target and hides what was there until the unmount", () =>
    Effect.gen(function*() {
      const { fs, ploop } = yield* services
      yield* fs.makeDirectory("/mnt/ct/old", { recursive: true })
      yield* fs.writeFileString("/mnt/ct/below", "below")
      const { disk, target } = yield* makeMounted("ct")
      assert.notIncludeMembers(yield* fs.readDirectory(target), ["below", "old"])
      assert.include(yield* fs.readDirectory(target), "lost+found")
      yield* fs.writeFileString(`${target}/below`, "in the disk")
      yield* ploop.umount({ disk })
      assert.deepStrictEqual(yield* fs.readDirectory(target), ["below", "old"])
      assert.strictEqual(yield* fs.readFileString(`${target}/below`), "below")
    }).pipe(Effect.provide(PloopFake.layer())))

  it.effect("is a separate file system: links and renames across it fail, and copies succeed", () =>
    Effect.gen(function*() {
      const { fs } = yield* services
      const { target } = yield* makeMounted("ct")
      yield* fs.writeFileString(`${target}/motd`, "welcome")
      assert.include((yield* refusal(fs.rename(`${target}/motd`, "/tmp/motd"))).description, "EXDEV")
      assert.include((yield* refusal(fs.link(`${target}/motd`, "/tmp/motd"))).description, "EXDEV")
      yield* fs.copyFile(`${target}/motd`, "/tmp/motd")
      assert.strictEqual(yield* fs.readFileString("/tmp/motd"), "welcome")
      assert.notStrictEqual((yield* fs.stat(target)).dev, (yield* fs.stat("/mnt")).dev)
    }).pipe(Effect.provide(PloopFake.layer())))

  it.effect("prevents the removal and renaming of its target", () =>
    Effect.gen(function*() {
      const { fs } = yield* services
      const { target } = yield* makeMounted("ct")
      assert.strictEqual((yield* refusal(fs.rename(target, "/mnt/other"))).reason, "Busy")
      yield* Effect.flip(fs.remove(target, { recursive: true }))
      assert.isTrue(yield* fs.exists(target))
    }).pipe(Effect.provide(PloopFake.layer())))

  it.effect("can contain another mount, and is busy until that one is unmounted", () =>
    Effect.gen(function*() {
      const { fs, ploop } = yield* services
      const outer = yield* makeMounted("outer")
      yield* fs.makeDirectory(`${outer.target}/inner`)
      const inner = yield* makeDisk("inner", { size: "300M", fileSystem: "ext4" })
      yield* ploop.mount({ disk: inner, target: `${outer.target}/inner` })
      yield* fs.writeFileString(`${outer.target}/inner/motd`, "inner")
      assert.strictEqual((yield* Effect.flip(ploop.umount({ disk: outer.disk })))._tag, "Busy")
      assert.strictEqual(yield* fs.realPath(`${outer.target}/inner/../inner/motd`), `${outer.target}/inner/motd`)
      yield* ploop.umount({ disk: inner })
      assert.deepStrictEqual(yield* fs.readDirectory(`${outer.target}/inner`), [])
      yield* ploop.umount({ disk: outer.disk })
    }).pipe(Effect.provide(PloopFake.layer())))

  it.effect("is hidden by another at the same target until that one is unmounted", () =>
    Effect.gen(function*() {
      const { fs, ploop } = yield* services
      const first = yield* makeMounted("ct")
      yield* fs.writeFileString("/mnt/ct/name", "first")
      const second = yield* makeDisk("second", { size: "300M", fileSystem: "ext4" })
      yield* ploop.mount({ disk: second, target: "/mnt/ct" })
      assert.isFalse(yield* fs.exists("/mnt/ct/name"))
      yield* ploop.umount({ disk: second })
      assert.strictEqual(yield* fs.readFileString("/mnt/ct/name"), "first")
      yield* ploop.umount({ disk: first.disk })
    }).pipe(Effect.provide(PloopFake.layer())))

  it.effect("shares nothing with other mounted disks", () =>
    Effect.gen(function*() {
      const { fs, ploop } = yield* services
      const names = ["one", "two", "three", "four"]
      for (const name of names) {
        const { target } = yield* makeMounted(name)
        yield* fs.writeFileString(`${target}/name`, name)
      }
      yield* ploop.createSnapshot({ disk: diskOf("two"), id: b })
      yield* fs.writeFileString("/mnt/two/name", "changed")
      assert.deepStrictEqual(
        yield* Effect.forEach(names, (name) => fs.readFileString(`/mnt/${name}/name`)),
        ["one", "changed", "three", "four"]
      )
      assert.deepStrictEqual(
        (yield* ploop.listDevices).map((running) => running.target?.toString()),
        names.map((name) => `/mnt/${name}`)
      )
    }).pipe(Effect.provide(PloopFake.layer())))

  it.effect("is busy while a file in it is open, and is unmounted once the file is closed", () =>
    Effect.gen(function*() {
      const { fs, ploop } = yield* services
      const { disk, target } = yield* makeMounted("ct")
      yield* Effect.scoped(Effect.gen(function*() {
        yield* fs.open(`${target}/log`, { flag: "a" })
        assert.strictEqual((yield* Effect.flip(ploop.umount({ disk })))._tag, "Busy")
        assert.isTrue(yield* fs.exists(`${target}/log`))
      }))
      yield* ploop.umount({ disk })
    }).pipe(Effect.provide(PloopFake.layer())))
})
