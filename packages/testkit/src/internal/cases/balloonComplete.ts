import * as ByteSize from "@effect-ploop/core/ByteSize"
import * as Ploop from "@effect-ploop/core/Ploop"
import * as Effect from "effect/Effect"
import * as Case from "../../Case.js"
import * as Check from "../../Check.js"
import * as Conformance from "../../Conformance.js"
import * as FileTree from "../../FileTree.js"
import { onMounted } from "./balloon.js"

export const balloonComplete: ReadonlyArray<Case.Case> = [
  ...onMounted(
    "balloonComplete",
    (request) => Effect.flatMap(Ploop.Ploop, (ploop) => ploop.balloonComplete(request)),
    ["1.15", "7"]
  ),
  Case.make({
    id: "balloonComplete/keeps-balloon-and-files",
    title: "MUST report what it did, and not change the balloon or files when there is nothing to complete",
    source: Case.manual("balloon complete"),
    needs: ["mount", "balloon"],
    generations: ["1.15", "7"],
    run: Effect.gen(function*() {
      const ploop = yield* Ploop.Ploop
      const { disk } = yield* Conformance.formatted()
      const { target } = yield* Conformance.mounted(disk)
      yield* FileTree.write(target, { motd: "kept" })
      yield* ploop.balloonChange({ disk, size: "16M" })
      const lines = yield* ploop.balloonComplete({ disk })
      yield* Check.isTrue(lines.length > 0, "there is at least one line", lines)
      yield* Check.equal((yield* ploop.balloonStatus({ disk })).size, ByteSize.MiB(16), "the size of the balloon")
      yield* Check.equal(yield* FileTree.read(target), { motd: "kept" }, "the files")
    })
  })
]
