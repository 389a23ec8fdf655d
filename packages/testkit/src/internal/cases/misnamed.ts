import * as Disk from "@effect-ploop/core/Disk"
import type * as Operation from "@effect-ploop/core/Operation"
import * as Ploop from "@effect-ploop/core/Ploop"
import type { PloopError } from "@effect-ploop/core/PloopError"
import * as FileSystem from "@effect/platform/FileSystem"
import * as Path from "@effect/platform/Path"
import * as Effect from "effect/Effect"
import * as Case from "../../Case.js"
import * as Check from "../../Check.js"
import * as Conformance from "../../Conformance.js"

/** How an operation refuses a path that names no disk. */
export const misnamed = (
  operation: Operation.Name,
  use: (ploop: Ploop.Ploop, disk: Disk.Disk, directory: string) => Effect.Effect<unknown, PloopError>
): ReadonlyArray<Case.Case> => [
  Case.make({
    id: `${operation}/refuses-a-missing-disk`,
    title: "MUST refuse a disk without a descriptor, and create no files",
    source: Case.source("tools/common.c, lib/xml.c ploop_open_dd"),
    run: Effect.gen(function*() {
      const ploop = yield* Ploop.Ploop
      const fs = yield* FileSystem.FileSystem
      const home = yield* Conformance.directory("disk")
      yield* Check.fails(use(ploop, Disk.inDirectory(home), home), "DiskNotFound")
      yield* Check.equal(yield* fs.readDirectory(home), [], "the files of the directory")
    })
  }),
  Case.make({
    id: `${operation}/refuses-a-damaged-descriptor`,
    title: "MUST refuse a damaged descriptor, and not change it",
    source: Case.source("lib/xml.c ploop_read_dd"),
    run: Effect.gen(function*() {
      const ploop = yield* Ploop.Ploop
      const fs = yield* FileSystem.FileSystem
      const path = yield* Path.Path
      const { directory, disk } = yield* Conformance.disk()
      const whole = yield* fs.readFileString(disk)
      const damaged = [
        ["not XML", "nonsense"],
        ["half of it", whole.slice(0, whole.length / 2)],
        ["another top", whole.replace(/(<TopGUID>\{)5/, (_, before: string) => `${before}6`)],
        ["an invalid cluster size", whole.replace("<Blocksize>2048<", "<Blocksize>2047<")]
      ] as const
      for (const [what, text] of damaged) {
        yield* fs.writeFileString(disk, text)
        yield* Check.fails(use(ploop, disk, directory), "DescriptorInvalid").pipe(
          Effect.mapError((error) => new Check.CheckFailed({ ...error, what: `${error.what}, given ${what}` }))
        )
        yield* Check.equal(yield* fs.readFileString(disk), text, `the descriptor, ${what}`)
      }
      yield* Check.equal(yield* fs.exists(path.join(directory, "root.hdd.mnt")), false, "whether a mount was tried")
    })
  })
]
