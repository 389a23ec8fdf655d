import { Ploop, PloopError, Remedy } from "@effect-ploop/core"
import type { OperationError } from "@effect-ploop/core"
import { assert } from "@effect/vitest"
import { Effect } from "effect"
import type { Executions } from "./execution.js"
import { a, about, disk, image, made, motd, passing, remedied, services, snapshot } from "./execution.js"

const { texts } = Remedy

/** The host gets what was missing: the failure hits one call, and after it the same call works. */
const provided = (error: OperationError.Of<"createSnapshot">, remedy: Remedy.Text) =>
  [{}, passing("createSnapshot", error, snapshot, remedy)] as const

/** The tool, its process, and what a host needs for it. */
export const processes: Executions = {
  "locked": [{}, passing("createSnapshot", new PloopError.Locked(about("createSnapshot")), snapshot, texts.locked())],
  "connection-lost": [
    {},
    passing(
      "createSnapshot",
      new PloopError.ConnectionLost({ ...about("createSnapshot"), reason: "closed", mayHaveHappened: true }),
      snapshot,
      texts["connection-lost"]()
    )
  ],
  "connection-lost-before": [
    {},
    passing(
      "createSnapshot",
      new PloopError.ConnectionLost({ ...about("createSnapshot"), reason: "refused", mayHaveHappened: false }),
      snapshot,
      texts["connection-lost-before"]()
    )
  ],
  "limit-exceeded": [
    {},
    passing(
      "createSnapshot",
      new PloopError.LimitExceeded({ ...about("createSnapshot"), limit: "requests", value: 1 }),
      snapshot,
      texts["limit-exceeded"]()
    )
  ],
  "operation-not-provided": [
    {},
    Effect.gen(function*() {
      const { ploop } = yield* services
      yield* remedied(
        Effect.flatMap(Ploop.Ploop, (none) => none.listDevices).pipe(Effect.provide(Ploop.layerNoop({}))),
        texts["operation-not-provided"]({ operation: "listDevices" })
      )
      yield* Effect.flatMap(Ploop.Ploop, (given) => given.listDevices).pipe(
        Effect.provide(Ploop.layerNoop({ listDevices: ploop.listDevices }))
      )
    })
  ],
  "prerequisite-missing": [
    {},
    Effect.gen(function*() {
      const { host, ploop } = yield* services
      yield* made
      const what = "the ploop kernel driver"
      yield* host.fail("mount", new PloopError.PrerequisiteMissing({ ...about("mount"), what }))
      yield* remedied(ploop.mount({ disk }), texts["prerequisite-missing"]({ what }))
      const missing = (yield* ploop.prerequisites).filter(({ status }) => status === "missing")
      assert.deepStrictEqual(missing, [])
      assert.strictEqual(yield* motd, "kept")
    })
  ],
  "access-refused": provided(
    new PloopError.AccessRefused({ ...about("createSnapshot"), what: "operation", reason: "not granted" }),
    texts["access-refused"]()
  ),
  "limit-exceeded-bytes": provided(
    new PloopError.LimitExceeded({ ...about("createSnapshot"), limit: "bytes", value: 1 }),
    texts["limit-exceeded-bytes"]()
  ),
  "protocol-mismatch": provided(
    new PloopError.ProtocolMismatch({ ...about("createSnapshot"), client: 1, server: 2 }),
    texts["protocol-mismatch"]({ client: 1, server: 2 })
  ),
  "rolled-back": [
    {},
    Effect.gen(function*() {
      const { fs, host, ploop } = yield* services
      yield* made
      const copied = fs.copyFile(image, "/vz/copy.hdd")
      const replace = { disk, snapshot: a, with: "/vz/copy.hdd" }
      yield* copied
      yield* ploop.mount({ disk, target: "/mnt" })
      yield* host.fail("replace", new PloopError.RolledBack(about("replace")))
      yield* remedied(ploop.replace({ ...replace, keepName: true }), texts["rolled-back"]())
      yield* ploop.replace(replace)
      yield* ploop.umount({ disk })
      yield* fs.copyFile("/vz/copy.hdd", "/vz/again.hdd")
      yield* ploop.replace({ ...replace, with: "/vz/again.hdd", keepName: true })
      assert.strictEqual(yield* motd, "kept")
    })
  ]
}
