import * as Ploop from "@effect-ploop/core/Ploop"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Case from "../../../Case.js"
import * as Check from "../../../Check.js"
import * as Conformance from "../../../Conformance.js"
import * as FileTree from "../../../FileTree.js"
import * as disks from "../disks.js"

/** The ways in which an effect in a scope can end, each with the exit outside. */
const endings = [
  { id: "failure", what: "fails", end: Effect.fail("failed"), is: Exit.fail("failed") },
  { id: "defect", what: "dies", end: Effect.die("died"), is: Exit.die("died") }
]

/** Starts an effect, and then interrupts it. */
const interrupted = <A, E, R, R2>(effect: (begun: Effect.Effect<void>) => Effect.Effect<A, E, R | R2>) =>
  Effect.gen(function*() {
    const begun = yield* Deferred.make<void>()
    const fiber = yield* Effect.fork(effect(Deferred.succeed(begun, undefined)))
    yield* Deferred.await(begun)
    return yield* Fiber.interrupt(fiber)
  })

const isReleased = (made: Conformance.TestDisk, tree: ReadonlyArray<unknown>) =>
  Effect.gen(function*() {
    const ploop = yield* Ploop.Ploop
    const left = (yield* ploop.listDevices).filter(({ image }) => image === made.image)
    yield* Check.equal(left, [], "the devices of the disk")
    yield* Check.equal<ReadonlyArray<unknown>>(yield* Conformance.parents(made.disk), tree, "the tree")
    yield* disks.hasNoStrayImages(made)
  })

export const scopes: ReadonlyArray<Case.Case> = [
  ...endings.map(({ end, id, is, what }) =>
    Case.make({
      id: `scenario/with-mount-${id}`,
      title: `MUST unmount after withMount when its effect ${what}, keep the files, and end in the same way`,
      source: Case.service("Ploop.withMount"),
      needs: ["mount"],
      run: Effect.gen(function*() {
        const made = yield* Conformance.formatted()
        const tree = yield* Conformance.parents(made.disk)
        const exit = yield* Effect.exit(
          disks.inside(made.disk, (target) => Effect.zipRight(FileTree.write(target, { motd: "kept" }), end))
        )
        yield* Check.equal<unknown>(exit, is, "the exit")
        yield* isReleased(made, tree)
        yield* disks.holds(made.disk, { motd: "kept" }, "the files")
      })
    })
  ),
  Case.make({
    id: "scenario/with-mount-interruption",
    title: "MUST unmount before an interruption of withMount completes, and keep the files",
    source: Case.service("Ploop.withMount"),
    needs: ["mount"],
    run: Effect.gen(function*() {
      const made = yield* Conformance.formatted()
      const tree = yield* Conformance.parents(made.disk)
      const exit = yield* interrupted((begun) =>
        disks.inside(
          made.disk,
          (target) =>
            FileTree.write(target, { motd: "kept" }).pipe(Effect.zipRight(begun), Effect.zipRight(Effect.never))
        )
      )
      yield* Check.equal(Exit.isInterrupted(exit), true, "whether it was interrupted")
      yield* isReleased(made, tree)
      yield* disks.holds(made.disk, { motd: "kept" }, "the files")
    })
  }),
  Case.make({
    id: "scenario/with-mount-umounted-meanwhile",
    title: "MUST succeed when the mount of withMount was unmounted meanwhile",
    source: Case.service("Ploop.withMount"),
    needs: ["mount"],
    run: Effect.gen(function*() {
      const ploop = yield* Ploop.Ploop
      const made = yield* Conformance.formatted()
      const tree = yield* Conformance.parents(made.disk)
      yield* disks.inside(made.disk, () => ploop.umount({ disk: made.disk }))
      yield* isReleased(made, tree)
    })
  }),
  Case.make({
    id: "scenario/with-mount-refused",
    title: "MUST NOT touch an existing mount when withMount finds the disk mounted",
    source: Case.service("Ploop.withMount"),
    needs: ["device"],
    run: Effect.gen(function*() {
      const ploop = yield* Ploop.Ploop
      const { disk } = yield* Conformance.disk()
      yield* disks.attached(disk)
      yield* Check.fails(Ploop.withMount({ disk }, () => Effect.void), "AlreadyMounted")
      yield* Check.equal(yield* ploop.isMounted({ disk }), true, "whether it is attached")
    })
  }),
  Case.make({
    id: "scenario/mount-scoped-order",
    title: "MUST unmount nested mounts of mountScoped in reverse order at the end of the scope",
    source: Case.service("Ploop.mountScoped"),
    needs: ["mount"],
    run: Effect.gen(function*() {
      const ploop = yield* Ploop.Ploop
      const outer = yield* Conformance.formatted({ name: "outer" })
      const inner = yield* Conformance.formatted({ name: "inner" })
      yield* disks.write(outer.disk, { "below/": "" })
      const target = yield* Conformance.directory("mnt")
      yield* Effect.scoped(Effect.gen(function*() {
        yield* Ploop.mountScoped({ disk: outer.disk, target })
        yield* Ploop.mountScoped({ disk: inner.disk, target: `${target}/below` })
        yield* FileTree.write(target, { "below/motd": "inner" })
      }))
      yield* Check.equal(yield* ploop.isMounted({ disk: outer.disk }), false, "whether the outer disk is mounted")
      yield* Check.equal(yield* ploop.isMounted({ disk: inner.disk }), false, "whether the inner disk is mounted")
      yield* disks.holds(inner.disk, { motd: "inner" }, "the files of the inner disk")
    })
  }),
  ...endings.map(({ end, id, is, what }) =>
    Case.make({
      id: `scenario/with-temporary-snapshot-${id}`,
      title:
        `MUST remove the device and the snapshot after withTemporarySnapshot when its effect ${what}, and end in the same way`,
      source: Case.service("Ploop.withTemporarySnapshot"),
      needs: ["device", "temporarySnapshot"],
      run: Effect.gen(function*() {
        const made = yield* Conformance.disk()
        const tree = yield* Conformance.parents(made.disk)
        const exit = yield* Effect.exit(
          Ploop.withTemporarySnapshot({ disk: made.disk, component: "backup" }, () => end)
        )
        yield* Check.equal<unknown>(exit, is, "the exit")
        yield* isReleased(made, tree)
      })
    })
  ),
  Case.make({
    id: "scenario/with-temporary-snapshot-interruption",
    title: "MUST remove the device and the snapshot when withTemporarySnapshot is interrupted",
    source: Case.service("Ploop.withTemporarySnapshot"),
    needs: ["device", "temporarySnapshot"],
    run: Effect.gen(function*() {
      const made = yield* Conformance.disk()
      const tree = yield* Conformance.parents(made.disk)
      const exit = yield* interrupted((begun) =>
        Ploop.withTemporarySnapshot(
          { disk: made.disk, component: "backup" },
          () => Effect.zipRight(begun, Effect.never)
        )
      )
      yield* Check.equal(Exit.isInterrupted(exit), true, "whether it was interrupted")
      yield* isReleased(made, tree)
    })
  }),
  Case.make({
    id: "scenario/with-temporary-snapshot-merged-meanwhile",
    title: "MUST succeed when the snapshot of withTemporarySnapshot was merged meanwhile",
    source: Case.service("Ploop.withTemporarySnapshot"),
    needs: ["device", "temporarySnapshot"],
    run: Effect.gen(function*() {
      const ploop = yield* Ploop.Ploop
      const made = yield* Conformance.disk()
      const tree = yield* Conformance.parents(made.disk)
      yield* Ploop.withTemporarySnapshot(
        { disk: made.disk, component: "backup" },
        ({ component, id }) =>
          Effect.zipRight(
            ploop.umount({ disk: made.disk, component }),
            ploop.deleteSnapshot({ disk: made.disk, id })
          )
      )
      yield* isReleased(made, tree)
    })
  })
]
