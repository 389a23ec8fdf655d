/** What the backend reads of a host, by what the files of the host say. */
import { PloopError } from "@effect-ploop/core"
import { Error as Errors } from "@effect/platform"
import { NodeContext } from "@effect/platform-node"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Either, identity, Option, TestClock } from "effect"
import { CurrentHostFiles } from "../src/internal/currentHostFiles.js"
import * as driver from "../src/internal/driver.js"
import * as host from "../src/internal/host.js"
import type { HostFiles, Stamp } from "../src/internal/hostFiles.js"
import * as lease from "../src/internal/lease.js"
import { nodeHostFiles } from "../src/internal/nodeHostFiles.js"
import { descriptor } from "./utils/host.js"

const about = { operation: "listSnapshots", subject: "/vz/a/DiskDescriptor.xml" } as const

const over = (files: Partial<HostFiles>) =>
  host.make.pipe(
    Effect.provideService(CurrentHostFiles, { ...nodeHostFiles, ...files }),
    Effect.provide(NodeContext.layer)
  )

const failing = (reason: Errors.SystemErrorReason) =>
  Effect.fail(new Errors.SystemError({ module: "FileSystem", method: "whole", reason, description: "as it is" }))

describe("a descriptor that cannot be read", () => {
  for (
    const [reason, tag] of [
      ["NotFound", "DiskNotFound"],
      ["PermissionDenied", "PermissionDenied"],
      ["BadResource", "DescriptorInvalid"],
      ["InvalidData", "DescriptorInvalid"],
      ["Unknown", "InputOutputFailed"],
      ["TimedOut", "InputOutputFailed"],
      ["Busy", "InputOutputFailed"]
    ] as const
  ) {
    it.effect(`is ${tag} when the host says ${reason}`, () =>
      Effect.gen(function*() {
        const { descriptor } = yield* over({ resolve: () => failing(reason), whole: () => failing(reason) })
        const error = yield* Effect.flip(descriptor(about, about.subject))
        assert.strictEqual(error._tag, tag)
        assert.isTrue(PloopError.isPloopError(error))
      }))
  }
})

describe("a descriptor", () => {
  const changed = 1_000_000_000_000n

  const stamp: Stamp = { device: 1n, inode: 2n, size: 3n, modified: changed, changed }

  const setAge = (age: bigint) => TestClock.setTime(Number((changed + age) / 1_000_000n))

  /** How often a descriptor is read that is asked for twice, so long after it was changed. */
  const reads = (
    age: bigint,
    second: Partial<Stamp> = {},
    between: Effect.Effect<void> = Effect.void,
    each: typeof lease.during = identity
  ) =>
    Effect.gen(function*() {
      let count = 0
      let asked = 0
      const { descriptor: read } = yield* over({
        resolve: () =>
          Effect.sync(() => ({ path: about.subject, stamp: asked++ === 0 ? stamp : { ...stamp, ...second } })),
        stamp: () => Effect.succeed(stamp),
        whole: () => Effect.sync(() => (count++, new TextEncoder().encode(descriptor("root.hdd.2"))))
      })
      yield* setAge(age)
      yield* each(read(about, about.subject))
      yield* between
      yield* each(read(about, about.subject))
      return count
    })

  it.effect("is read once while it stays as it is", () =>
    Effect.gen(function*() {
      assert.strictEqual(yield* reads(2_000_000_000n), 1)
    }))

  it.effect("is read again when it was changed just now, since it can change again without another stamp", () =>
    Effect.gen(function*() {
      assert.strictEqual(yield* reads(500_000_000n), 2)
    }))

  describe("that was changed just now, read by an operation that holds the lock of the disk,", () => {
    const young = 500_000_000n

    it.effect("is read once before the operation changes something", () =>
      Effect.gen(function*() {
        assert.strictEqual(yield* lease.during(reads(young)), 1)
      }))

    it.effect("is read again after the operation has started a command that changes something", () =>
      Effect.gen(function*() {
        assert.strictEqual(yield* lease.during(reads(young, {}, lease.end)), 2)
      }))

    it.effect("is read again by the next operation", () =>
      Effect.gen(function*() {
        assert.strictEqual(yield* reads(young, {}, Effect.void, lease.during), 2)
      }))

    it.effect("is read again when it has another stamp", () =>
      Effect.gen(function*() {
        assert.strictEqual(yield* lease.during(reads(young, { inode: 4n })), 2)
      }))

    it.effect("is read again when the operation has lasted longer than a change goes unseen", () =>
      Effect.gen(function*() {
        assert.strictEqual(yield* lease.during(reads(young, {}, setAge(2_000_000_000n))), 2)
      }))
  })

  for (const field of ["device", "inode", "size", "modified", "changed"] as const) {
    it.effect(`is read again when its stamp has another ${field}`, () =>
      Effect.gen(function*() {
        assert.strictEqual(yield* reads(2_000_000_000n, { [field]: 4n }), 2)
      }))
  }
})

describe("a path", () => {
  it.effect("that may not be seen may be there: only what was seen not to be there is missing", () =>
    Effect.gen(function*() {
      const { exists } = yield* over({ find: () => failing("PermissionDenied") })
      assert.isTrue(yield* exists("/vz/a/root.hdd"))
      const seen = yield* over({ find: () => Effect.succeedNone })
      assert.isFalse(yield* seen.exists("/vz/a/root.hdd"))
    }))

  it.effect("of an image that no host can have is an error of the descriptor, and no defect", () =>
    Effect.gen(function*() {
      const read = (file: string) =>
        Effect.flatMap(
          over({
            resolve: () => failing("NotFound"),
            whole: () => Effect.sync(() => new TextEncoder().encode(descriptor(file)))
          }),
          ({ descriptor }) => Effect.either(descriptor(about, about.subject))
        )
      assert.isTrue(Either.isRight(yield* read("x".repeat(4000))))
      const found = yield* read("x".repeat(4090))
      assert.strictEqual(Either.isLeft(found) ? found.left._tag : "read", "DescriptorInvalid")
    }))
})

describe("the path of a file as it is seen from a directory", () => {
  for (
    const [path, below] of [
      ["/vz/a/root.hdd", "root.hdd"],
      ["/vz/a/images/root.hdd", "images/root.hdd"],
      ["/vz/a/..hidden", "..hidden"],
      ["/vz/a/..d/root.hdd", "..d/root.hdd"],
      ["/vz/b/root.hdd", "/vz/b/root.hdd"],
      ["/vz/ab", "/vz/ab"],
      ["/vz", "/vz"]
    ] as const
  ) {
    it.effect(`is ${below} for ${path}, seen from /vz/a`, () =>
      Effect.gen(function*() {
        const found = yield* over({})
        assert.strictEqual(found.below("/vz/a", path), below)
      }))
  }
})

describe("what sysfs does not tell", () => {
  /** sysfs as it is, but for one path that cannot be read. */
  const unreadable = (path: string) => {
    const shown: Record<string, string> = {
      "/sys/block/ploop7/pdelta/0/image": "/vz/a/root.hdd\n",
      "/sys/block/ploop7/pstate/cookie": "\n",
      "/sys/block/ploop7/size": "20480\n",
      "/sys/block/ploop7/pstate/block_size": "2048\n",
      "/sys/block/ploop7/pstate/fmt_version": "2\n",
      "/sys/block/ploop7/pstat/bio_reads": "1\n"
    }
    const names: Record<string, ReadonlyArray<string>> = {
      "/sys/block": ["sda", "ploop7"],
      "/sys/block/ploop7/pstat": ["bio_reads"],
      "/sys/class/block/ploop7/holders": [],
      "/sys/class/block/ploop7p1/holders": []
    }
    return driver.make({
      ...nodeHostFiles,
      kernelText: (asked) =>
        asked === path ? failing("PermissionDenied") : Effect.succeed(Option.fromNullable(shown[asked])),
      kernelNames: (asked) =>
        asked === path ? failing("PermissionDenied") : Effect.succeed(Option.fromNullable(names[asked]))
    }, "/sys")
  }

  const block = "/sys/block/ploop7"

  it.effect("is not guessed, and all else is read", () =>
    Effect.gen(function*() {
      for (const path of ["", "/sys/block", `${block}/pdelta/0/image`, `${block}/pstate/cookie`]) {
        assert.strictEqual(Option.isSome(yield* unreadable(path).devices), path === "")
      }
      for (const path of ["", `${block}/size`, `${block}/pstate/block_size`, `${block}/pstate/fmt_version`]) {
        assert.strictEqual(Option.isSome(yield* unreadable(path).geometry("ploop7")), path === "")
      }
      for (const path of ["", `${block}/pstat`, `${block}/pstat/bio_reads`]) {
        assert.strictEqual(Option.isSome(yield* unreadable(path).statistics("ploop7")), path === "")
      }
    }))

  it.effect("may be another device that lies on one", () =>
    Effect.gen(function*() {
      assert.isFalse(yield* unreadable("").isWrapped("ploop7"))
      for (const part of ["ploop7", "ploop7p1"]) {
        assert.isTrue(yield* unreadable(`/sys/class/block/${part}/holders`).isWrapped("ploop7"))
      }
    }))
})
