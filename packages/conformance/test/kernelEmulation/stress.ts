import { Disk, LowLevel, Ploop, SnapshotId } from "@effect-ploop/core"
import { Command, FileSystem, Path } from "@effect/platform"
import { Array as Arr, Effect, Random } from "effect"
import assert from "node:assert/strict"

const MiB = 1024 * 1024
const sector = 512

/** Reproducible noise that almost never equals other noise. */
const noise = (seed: number, length: number): Uint8Array => {
  const words = new Uint32Array(length / 4)
  let state = seed | 1
  for (let index = 0; index < words.length; index++) {
    state ^= state << 13
    state ^= state >>> 17
    state ^= state << 5
    words[index] = state
  }
  return new Uint8Array(words.buffer)
}

const snapshotId = (number: number) =>
  SnapshotId.make(`${number.toString(16).padStart(8, "0")}-0000-4000-8000-000000000000`)

/** The position of the first difference; -1 when there is none. */
const difference = (left: Uint8Array, right: Uint8Array): number =>
  Buffer.compare(left, right) === 0 ? -1 : left.findIndex((byte, index) => byte !== right[index])

/**
 * Random writes, snapshots, deletions, merges, and growth of one disk. Its bytes
 * are compared with an array throughout, and its images are checked after every
 * unmount.
 */
export const stress = (options: { readonly directory: string; readonly steps: number; readonly qemu: boolean }) =>
  Effect.gen(function*() {
    const ploop = yield* Ploop.Ploop
    const low = yield* LowLevel.LowLevel
    const fs = yield* FileSystem.FileSystem
    const path = yield* Path.Path
    const disk = Disk.inDirectory(options.directory)
    const version = (yield* Random.nextBoolean) ? 1 : 2
    const clusterSize = yield* Random.choice(["32K", "128K", "1M"] as const)
    let expected: Uint8Array = new Uint8Array(16 * MiB)
    let snapshots: ReadonlyArray<SnapshotId.SnapshotId> = []
    let taken = 0
    let device = ""

    yield* ploop.create({
      image: path.join(options.directory, "root.hdd"),
      size: `${expected.length}B`,
      fileSystem: "none",
      version,
      clusterSize
    })

    const mount = Effect.map(ploop.mount({ disk }), (mounted) => {
      device = mounted.device
    })

    const images = Effect.map(
      fs.readDirectory(options.directory),
      (names) => names.filter((name) => name.includes(".hdd")).map((name) => path.join(options.directory, name))
    )

    const checkImages = Effect.flatMap(
      images,
      Effect.forEach((image) =>
        Effect.gen(function*() {
          const { findings } = yield* ploop.check({ image, force: true })
          // The tool loses the empty flag of an image that it merges into.
          assert.deepStrictEqual(findings.filter((finding) => !finding.includes("CIF_Empty flag is incorrect")), [])
          if (!options.qemu) return
          const output = yield* Command.string(Command.make("qemu-img", "check", "-f", "parallels", image))
          assert.match(output, /No errors were found/)
        })
      )
    )

    /** Compares the contents of the device, not of the kernel's cache. */
    const compare = Effect.gen(function*() {
      assert.strictEqual(yield* Command.exitCode(Command.make("blockdev", "--flushbufs", device)), 0)
      const found = yield* fs.readFile(device)
      assert.strictEqual(found.length, expected.length)
      assert.strictEqual(difference(found, expected), -1, "the first byte that differs")
    })

    const write = Effect.scoped(Effect.gen(function*() {
      const file = yield* fs.open(device, { flag: "r+" })
      for (let left = yield* Random.nextIntBetween(1, 8); left > 0; left--) {
        const longest = yield* Random.choice([4, 200, 3000])
        const length = sector * (yield* Random.nextIntBetween(1, longest + 1))
        const offset = sector * (yield* Random.nextIntBetween(0, (expected.length - length) / sector + 1))
        const zero = (yield* Random.next) < 0.15
        const bytes = zero ? new Uint8Array(length) : noise(yield* Random.nextInt, length)
        yield* file.seek(offset, "start")
        yield* file.writeAll(bytes)
        expected.set(bytes, offset)
      }
      yield* file.sync
    }))

    const snapshot = Effect.suspend(() => {
      if (snapshots.length === 6) return Effect.void
      taken++
      const id = snapshotId(taken)
      snapshots = [...snapshots, id]
      return ploop.createSnapshot({ disk, id })
    })

    const remove = Effect.gen(function*() {
      if (snapshots.length === 0) return
      const id = yield* Random.choice(snapshots)
      snapshots = snapshots.filter((other) => other !== id)
      yield* ploop.deleteSnapshot({ disk, id })
    }).pipe(Effect.catchTag("NoSuchElementException", Effect.die))

    const mergeAll = Effect.suspend(() => {
      if (snapshots.length === 0) return Effect.void
      snapshots = []
      return ploop.mergeSnapshots({ disk, all: true })
    })

    const mergeRange = Effect.gen(function*() {
      if (snapshots.length < 2) return
      const lower = yield* Random.nextIntBetween(0, snapshots.length - 1)
      yield* ploop.mergeSnapshots({
        disk,
        snapshot: snapshots[lower + 1],
        downTo: snapshots[lower],
        into: path.join(options.directory, `merged-${taken++}.hdd`)
      })
      snapshots = Arr.remove(snapshots, lower)
    })

    const remount = Effect.gen(function*() {
      yield* ploop.umount({ disk })
      yield* checkImages
      yield* mount
    })

    const grow = Effect.gen(function*() {
      if (expected.length > 64 * MiB) return
      const larger = new Uint8Array(expected.length + MiB * (yield* Random.nextIntBetween(1, 12)))
      larger.set(expected)
      yield* low.grow({ device, size: `${larger.length}B` })
      expected = larger
    })

    const weighted = [
      ...Arr.replicate(write, 10),
      ...Arr.replicate(snapshot, 4),
      ...Arr.replicate(remove, 3),
      ...Arr.replicate(compare, 3),
      mergeAll,
      mergeRange,
      remount,
      grow
    ]

    yield* mount
    for (let step = 0; step < options.steps; step++) {
      yield* weighted[yield* Random.nextIntBetween(0, weighted.length)]!
    }
    yield* compare
    yield* mergeAll
    yield* compare
    yield* ploop.umount({ disk })
    yield* checkImages
    const left = yield* images
    assert.strictEqual(left.length, 1)
    if (options.qemu) {
      const raw = path.join(options.directory, "out.raw")
      yield* Command.exitCode(Command.make("qemu-img", "convert", "-f", "parallels", "-O", "raw", left[0]!, raw))
      assert.strictEqual(difference(yield* fs.readFile(raw), expected), -1, "the first byte that differs for qemu-img")
    }
  })
