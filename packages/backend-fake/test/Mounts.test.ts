import { DevicePath } from "@effect-ploop/core"
import { assert, describe, it } from "@effect/vitest"
import { FastCheck, HashMap } from "effect"
import * as mounts from "../src/internal/mounts.js"
import type { Mount } from "../src/internal/mounts.js"
import type { FileRef } from "../src/internal/state.js"
import { hostVolume, rootInode } from "../src/internal/state.js"

const file = FastCheck.record({
  volume: FastCheck.integer({ min: 1, max: 3 }),
  ino: FastCheck.integer({ min: rootInode, max: rootInode + 1 })
})

/** Few files, so that mounts are on top of and inside each other. */
const mount: FastCheck.Arbitrary<Mount> = FastCheck.record({
  covers: file,
  volume: FastCheck.integer({ min: 1, max: 3 }),
  target: FastCheck.constantFrom("/mnt", "/srv"),
  device: FastCheck.constantFrom(DevicePath.make("/dev/ploop1"), DevicePath.make("/dev/ploop2"))
})

/** Mounts of which some were removed again, and those that are left, oldest first. */
const several = FastCheck.array(FastCheck.tuple(mount, FastCheck.boolean()), { maxLength: 8 }).map((all) => {
  const left = all.filter(([, isRemoved]) => !isRemoved).map(([mount]) => mount)
  const added = all.reduce((table, [mount]) => mounts.add(table, mount), mounts.empty)
  const gone = all.filter(([, isRemoved]) => isRemoved).map(([mount]) => mount)
  return { left, table: gone.reduce(mounts.remove, added) }
})

const isSame = (a: FileRef, b: FileRef): boolean => a.volume === b.volume && a.ino === b.ino

const rootOf = ({ volume }: Mount): FileRef => ({ volume, ino: rootInode })

describe("mounts", () => {
  it("a directory shows what was mounted over it, then over that, in the order of the mounts", () => {
    FastCheck.assert(FastCheck.property(several, file, ({ left, table }, place) => {
      const expected = left.reduce<FileRef>((at, mount) => isSame(mount.covers, at) ? rootOf(mount) : at, place)
      assert.deepStrictEqual(mounts.onto(table, place), expected)
    }))
  })

  it("the directory that a root hides is found from the last mount back to the first", () => {
    FastCheck.assert(FastCheck.property(several, file, ({ left, table }, place) => {
      const expected = left.reduceRight<FileRef>((at, mount) => isSame(rootOf(mount), at) ? mount.covers : at, place)
      assert.deepStrictEqual(mounts.below(table, place), expected)
    }))
  })

  it("a root is a mount point if its file system is mounted", () => {
    FastCheck.assert(FastCheck.property(several, file, ({ left, table }, place) => {
      assert.strictEqual(mounts.isMountPoint(table, place), left.some((mount) => isSame(rootOf(mount), place)))
    }))
  })

  it("the mounts of a device, at a mount point and in a file system are found in their order", () => {
    FastCheck.assert(FastCheck.property(several, mount, ({ left, table }, { covers, device, target }) => {
      assert.deepStrictEqual(mounts.all(table), left)
      assert.deepStrictEqual(mounts.ofDevice(table, device), left.filter((other) => other.device === device))
      assert.strictEqual(mounts.ofTarget(table, target), left.findLast((other) => other.target === target))
      const inside = left.filter((other) => other.covers.volume === covers.volume)
      assert.deepStrictEqual(mounts.inside(table, covers.volume), covers.volume === hostVolume ? [] : inside)
    }))
  })

  it("one more is added, found and removed without reading the others, whatever their number", () => {
    let reads = 0
    const numbered = (number: number): Mount => ({
      covers: { volume: 1, ino: 100 + number },
      volume: 100 + number,
      device: DevicePath.make(`/dev/ploop${number}`),
      get target() {
        reads++
        return `/mnt/${number}`
      }
    })
    const many = Array.from({ length: 1000 }, (_, number) => numbered(number)).reduce(mounts.add, mounts.empty)
    reads = 0
    const last = { ...numbered(1000) }
    const added = mounts.add(many, last)
    assert.deepStrictEqual(mounts.ofDevice(added, last.device), [last])
    assert.deepStrictEqual(mounts.onto(added, last.covers), { volume: last.volume, ino: rootInode })
    assert.strictEqual(HashMap.size(mounts.remove(added, last).entries), 1000)
    assert.strictEqual(reads, 1, "the new mount itself")
  })
})
