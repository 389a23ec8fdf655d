import * as Ploop from "@effect-ploop/core/Ploop"
import * as Effect from "effect/Effect"
import * as Case from "../../Case.js"
import * as Check from "../../Check.js"
import * as Conformance from "../../Conformance.js"

export const tool: ReadonlyArray<Case.Case> = [
  Case.make({
    id: "tool/answers-what-is-behind-the-backend",
    title: "MUST return the generation of the backend's disks, and the path of the tool",
    source: Case.service("Ploop.tool"),
    run: Effect.gen(function*() {
      const ploop = yield* Ploop.Ploop
      const { generation, path } = yield* ploop.tool
      yield* Check.equal(generation, (yield* Conformance.Conformance).generation, "the generation")
      yield* Check.isTrue(path !== "", "whether it has the path of the tool", path)
      yield* Check.equal(yield* ploop.tool, { generation, path }, "the second result")
    })
  })
]

export const prerequisites: ReadonlyArray<Case.Case> = [
  Case.make({
    id: "prerequisites/say-what-to-do",
    title: "MUST list each prerequisite once, with what needs it, and with a remedy if it is missing",
    source: Case.service("Result.Prerequisite"),
    run: Effect.gen(function*() {
      const found = yield* (yield* Ploop.Ploop).prerequisites
      yield* Check.isTrue(found.some(({ status }) => status === "present"), "whether something is present", found)
      const names = found.map(({ name }) => name)
      yield* Check.equal([...new Set(names)], names, "the names")
      for (const { name, neededFor, remedy, status } of found) {
        yield* Check.isTrue(name !== "" && neededFor !== "", "whether it has a name and a use", name)
        yield* Check.isTrue(status !== "missing" || remedy !== "", `whether there is a remedy for ${name}`)
      }
    })
  }),
  Case.make({
    id: "prerequisites/agree-with-what-operations-say",
    title: "MUST list a missing prerequisite on a host where a mount fails because of one",
    source: Case.service("PloopError.PrerequisiteMissing"),
    run: Effect.gen(function*() {
      const ploop = yield* Ploop.Ploop
      const { disk } = yield* Conformance.disk()
      const { capabilities } = yield* Conformance.Conformance
      if (capabilities.has("device")) {
        yield* ploop.umount({ device: (yield* ploop.mount({ disk })).device })
      } else {
        yield* Check.fails(ploop.mount({ disk }), "PrerequisiteMissing")
        const missing = (yield* ploop.prerequisites).filter(({ status }) => status === "missing")
        yield* Check.isTrue(missing.length > 0, "whether something is missing", missing)
      }
    })
  })
]
