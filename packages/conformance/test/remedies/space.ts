import { Remedy } from "@effect-ploop/core"
import { assert } from "@effect/vitest"
import { Effect } from "effect"
import type { Executions } from "./execution.js"
import { a, bare, disk, image, inspected, made, motd, remedied, services, snapshot } from "./execution.js"

const { texts } = Remedy

/** A file that takes this much of the host, without any memory. */
const ballast = (size: `${number}M`) =>
  Effect.gen(function*() {
    const { fs, ploop } = yield* services
    yield* fs.makeDirectory("/ballast")
    yield* ploop.create({ image: "/ballast/root.hdd", size, format: "preallocated", fileSystem: "none" })
    return fs.remove("/ballast", { recursive: true })
  })

/** Space on the host and in the disk. */
export const space: Executions = {
  "no-space-snapshots": [
    { capacity: "20M" },
    Effect.gen(function*() {
      const { fs, ploop } = yield* services
      yield* bare("expanded")
      yield* fs.writeFile("/tmp/ballast", new Uint8Array(20 << 20)).pipe(
        Effect.catchAll(() => fs.writeFile("/tmp/ballast", new Uint8Array(17 << 20)))
      )
      yield* remedied(Effect.forever(ploop.createSnapshot({ disk })), texts["no-space-snapshots"]())
      yield* fs.remove("/tmp/ballast")
      const { nodes } = yield* ploop.listSnapshots({ disk })
      assert.include(nodes.map(({ id }) => id), a)
      yield* snapshot(ploop)
    })
  ],
  "no-space": [
    { capacity: "100M" },
    Effect.gen(function*() {
      const { fs, ploop } = yield* services
      const freed = yield* ballast("80M")
      const before = yield* fs.readDirectory("/vz")
      const create = ploop.create({ image, size: "64M", format: "preallocated", fileSystem: "none" })
      const { isRetryable } = yield* remedied(create, texts["no-space"]())
      assert.isTrue(isRetryable)
      yield* remedied(create, texts["no-space"]())
      assert.deepStrictEqual(yield* fs.readDirectory("/vz"), before)
      yield* freed
      yield* create
    })
  ],
  "no-space-half-way": [
    { capacity: "500M" },
    Effect.gen(function*() {
      const { ploop } = yield* services
      const freed = yield* ballast("300M")
      yield* made
      const convert = ploop.convert({ disk, format: "preallocated" })
      const { isRetryable } = yield* remedied(convert, texts["no-space-half-way"]())
      assert.isFalse(isRetryable)
      yield* freed
      yield* inspected
      yield* convert
      assert.strictEqual(yield* motd, "kept")
    })
  ],
  "size-refused": [
    {},
    Effect.gen(function*() {
      const { fs, ploop } = yield* services
      yield* made
      yield* ploop.deleteSnapshot({ disk, id: a })
      yield* ploop.mount({ disk, target: "/mnt" })
      yield* fs.writeFile("/mnt/large", new Uint8Array(90 << 20).fill(1))
      const resize = (size: bigint) => ploop.resize({ disk, size })
      const error = yield* remedied(resize(100n << 20n), texts["size-refused"]())
      const minimum = error._tag === "SizeRefused" ? error.minimum : undefined
      assert.isDefined(minimum)
      yield* resize(minimum!)
      yield* fs.remove("/mnt/large")
      yield* resize(200n << 20n)
      yield* ploop.umount({ disk })
      assert.strictEqual(yield* motd, "kept")
    })
  ]
}
