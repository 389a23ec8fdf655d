import { DevicePath } from "@effect-ploop/core"
import { assert, describe, it } from "@effect/vitest"
import { FastCheck } from "effect"
import * as mounts from "../src/internal/mounts.js"
import type { FileRef, Mount } from "../src/internal/state.js"
import { rootInode } from "../src/internal/state.js"

const file = FastCheck.record({
  volume: FastCheck.integer({ min: 1, max: 3 }),
  ino: FastCheck.integer({ min: rootInode, max: rootInode + 1 })
})

/** Few files, so that mounts are on top of and inside each other. */
const several = FastCheck.array(
  FastCheck.record({
    covers: file,
    volume: FastCheck.integer({ min: 1, max: 3 }),
    target: FastCheck.constant("/mnt"),
    device: FastCheck.constant(DevicePath.make("/dev/ploop1"))
  }),
  { maxLength: 6 }
)

const isSame = (a: FileRef, b: FileRef): boolean => a.volume === b.volume && a.ino === b.ino

const rootOf = ({ volume }: Mount): FileRef => ({ volume, ino: rootInode })

describe("mounts", () => {
  it("a directory shows what was mounted over it, then over that, in the order of the mounts", () => {
    FastCheck.assert(FastCheck.property(several, file, (all, place) => {
      const expected = all.reduce<FileRef>((at, mount) => isSame(mount.covers, at) ? rootOf(mount) : at, place)
      assert.deepStrictEqual(mounts.onto(all, place), expected)
    }))
  })

  it("the directory that a root hides is found from the last mount back to the first", () => {
    FastCheck.assert(FastCheck.property(several, file, (all, place) => {
      const expected = all.reduceRight<FileRef>((at, mount) => isSame(rootOf(mount), at) ? mount.covers : at, place)
      assert.deepStrictEqual(mounts.below(all, place), expected)
    }))
  })

  it("a root is a mount point if its file system is mounted", () => {
    FastCheck.assert(FastCheck.property(several, file, (all, place) => {
      assert.strictEqual(mounts.isMountPoint(all, place), all.some((mount) => isSame(rootOf(mount), place)))
    }))
  })
})
