import type * as Duplex from "@effect-ploop/core/Duplex"
import * as GenerationTraits from "@effect-ploop/core/GenerationTraits"
import * as Ploop from "@effect-ploop/core/Ploop"
import * as Chunk from "effect/Chunk"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Sink from "effect/Sink"
import * as Stream from "effect/Stream"
import * as Case from "../../Case.js"
import * as Check from "../../Check.js"
import * as Conformance from "../../Conformance.js"
import * as FileTree from "../../FileTree.js"
import * as copies from "./copies.js"
import * as disks from "./disks.js"

/** An end that takes the first bytes and no others, and what waits for them. */
const stalled = Effect.map(Deferred.make<void>(), (began) => ({
  began: Deferred.await(began),
  peer: {
    incoming: Stream.never,
    outgoing: Sink.forEach(() => Effect.zipRight(Deferred.succeed(began, undefined), Effect.never))
  } satisfies Duplex.Duplex
}))

/** Checks that the device still runs, and can be copied. */
const isUnharmed = (mounted: Effect.Effect.Success<ReturnType<typeof Conformance.mounted>>) =>
  Effect.gen(function*() {
    const image = yield* copies.newImage
    yield* FileTree.write(mounted.target, { after: "written after it" })
    yield* disks.synced(mounted.target)
    yield* copies.copied(mounted.device, image)
    const ploop = yield* Ploop.Ploop
    const copy = yield* ploop.restoreDescriptor({ image })
    const { after, motd } = yield* disks.contents(copy)
    yield* Check.equal({ after, motd }, { after: "written after it", motd: "kept" }, "the files of the next copy")
  })

const withMotd = Effect.gen(function*() {
  const { disk } = yield* Conformance.formatted()
  yield* disks.write(disk, { motd: "kept" })
  return yield* Conformance.mounted(disk)
})

export const copyTo: ReadonlyArray<Case.Case> = [
  Case.make({
    id: "copyTo/round-trip",
    title: "MUST send a running disk to copyFrom, which writes an image with the same files",
    source: Case.manual("copy"),
    needs: ["mount", "duplexCopy"],
    run: Effect.gen(function*() {
      const ploop = yield* Ploop.Ploop
      const { disk } = yield* Conformance.formatted()
      yield* disks.write(disk, { "etc/motd": "copied", "large": "ploop ".repeat(500_000) })
      const { device } = yield* Conformance.mounted(disk)
      const image = yield* copies.newImage
      const { received, sent } = yield* copies.copied(device, image)
      const numbers = Chunk.toReadonlyArray(sent).map(({ number }) => number)
      yield* Check.equal(numbers, numbers.map((_, index) => index + 1), "the numbers of the rounds")
      yield* Check.isTrue(numbers.length > 0, "there is a round")
      yield* Check.equal([...received], [...sent], "the rounds that the receiver has seen")
      yield* Check.equal(yield* ploop.isMounted({ disk }), true, "whether the device is still running")
      const copy = yield* ploop.restoreDescriptor({ image })
      yield* Check.equal(
        yield* ploop.check({ disk: copy }),
        { outcome: "clean", findings: [] },
        "the check of the copy"
      )
      yield* ploop.umount({ disk })
      yield* disks.holds(copy, yield* disks.contents(disk), "the files of the copy")
    })
  }),
  Case.make({
    id: "copyTo/written-while-it-is-copied",
    title: "MUST copy a disk that is written meanwhile, with all that was written before, and leave the disk in use",
    source: Case.manual("copy"),
    needs: ["mount", "duplexCopy"],
    run: Effect.gen(function*() {
      const ploop = yield* Ploop.Ploop
      const { disk } = yield* Conformance.formatted()
      const { device, target } = yield* Conformance.mounted(disk)
      yield* FileTree.write(target, { motd: "before" })
      yield* disks.synced(target)
      const image = yield* copies.newImage
      const writing = yield* Effect.iterate(0, {
        while: () => true,
        body: (round) =>
          FileTree.write(target, { log: `line ${round}\n` }).pipe(
            Effect.zipRight(disks.synced(target)),
            Effect.zipLeft(Effect.yieldNow()),
            Effect.as(round + 1)
          )
      }).pipe(Effect.forkScoped)
      yield* copies.copied(device, image)
      yield* Fiber.interrupt(writing)
      yield* FileTree.write(target, { log: "after" })
      yield* ploop.umount({ disk })
      const { log } = yield* disks.contents(disk)
      yield* Check.equal(log, "after", "what the disk has of what was written afterwards")
      const { motd } = yield* disks.contents(yield* ploop.restoreDescriptor({ image }))
      yield* Check.equal(motd, "before", "what the copy has of what was written before")
    })
  }),
  Case.make({
    id: "copyTo/interrupted",
    title: "MUST leave the device running when it is interrupted, and send everything the next time",
    source: Case.service("Ploop.copyTo"),
    needs: ["mount", "duplexCopy"],
    run: Effect.gen(function*() {
      const ploop = yield* Ploop.Ploop
      const mounted = yield* withMotd
      const { began, peer } = yield* stalled
      const copying = yield* Effect.fork(Stream.runDrain(ploop.copyTo({ device: mounted.device }, peer)))
      yield* began
      yield* Fiber.interrupt(copying)
      yield* isUnharmed(mounted)
    })
  }),
  Case.make({
    id: "copyTo/peer-goes-away",
    title: "MUST report a receiver that goes away as a broken copy, and leave the device running",
    source: Case.service("Ploop.copyTo"),
    needs: ["mount", "duplexCopy"],
    run: Effect.gen(function*() {
      const ploop = yield* Ploop.Ploop
      const mounted = yield* withMotd
      const { device } = mounted
      yield* Check.fails(Stream.runDrain(ploop.copyTo({ device }, copies.gone)), "CopyProtocolBroken", {
        operation: "copyTo",
        subject: device
      })
      yield* isUnharmed(mounted)
    })
  }),
  Case.make({
    id: "copyTo/connection-fails",
    title: "MUST fail with the error of the connection, and leave the device running",
    source: Case.service("Ploop.copyTo"),
    needs: ["mount", "duplexCopy"],
    run: Effect.gen(function*() {
      const ploop = yield* Ploop.Ploop
      const mounted = yield* withMotd
      const broken = new Check.CheckFailed({ what: "the line", expected: "up", actual: "down" })
      const peer = { incoming: Stream.never, outgoing: Sink.forEach(() => Effect.fail(broken)) }
      const error = yield* Check.fails(
        Stream.runDrain(ploop.copyTo({ device: mounted.device }, peer)),
        "CheckFailed"
      )
      yield* Check.equal(error.what, "the line", "what failed")
      yield* isUnharmed(mounted)
    })
  }),
  Case.make({
    id: "copyTo/wrong-replies",
    title: "MUST report replies that a receiver does not give as a broken copy, and leave the device running",
    source: Case.source("lib/ploop-copy.c handshake"),
    needs: ["mount", "duplexCopy"],
    generations: ["7", "9"],
    run: Effect.gen(function*() {
      const ploop = yield* Ploop.Ploop
      const mounted = yield* withMotd
      const peer = copies.sending(new Uint8Array(64).fill(0x41))
      yield* Check.fails(
        Stream.runDrain(ploop.copyTo({ device: mounted.device }, peer)),
        "CopyProtocolBroken",
        { operation: "copyTo" }
      )
      yield* isUnharmed(mounted)
    })
  }),
  Case.make({
    id: "copyTo/needs-a-mount",
    title: "MUST refuse a device whose file system is not mounted, and leave it running",
    source: Case.source("lib/pcopy.c open_mount_point"),
    needs: ["device", "duplexCopy"],
    generations: ["1.15"],
    run: Effect.gen(function*() {
      const ploop = yield* Ploop.Ploop
      const { disk } = yield* Conformance.disk()
      const device = yield* disks.attached(disk)
      yield* Check.fails(Stream.runDrain(ploop.copyTo({ device }, copies.silent)), "NotMounted", { subject: device })
      yield* Check.equal(yield* ploop.isMounted({ disk }), true, "whether it is attached")
    })
  }),
  Case.make({
    id: "copyTo/unknown-device",
    title: "MUST report a missing device",
    source: Case.observed("copy -s of a missing device"),
    needs: ["device", "duplexCopy"],
    run: Effect.gen(function*() {
      const ploop = yield* Ploop.Ploop
      const device = disks.noDevice
      yield* Check.fails(Stream.runDrain(ploop.copyTo({ device }, copies.silent)), "DeviceNotFound", {
        operation: "copyTo",
        subject: device
      })
    })
  }),
  Case.make({
    id: "copyTo/no-command",
    title: "MUST refuse a command to freeze the file system where the tool runs none",
    source: Case.source("tools/ploop-copy.c of 7.0.280 and 9.0.30"),
    needs: ["duplexCopy"],
    generations: ["7", "9"],
    run: Effect.gen(function*() {
      const ploop = yield* Ploop.Ploop
      const options = { device: disks.noDevice, freezeCommand: "true" }
      yield* Check.fails(Stream.runDrain(ploop.copyTo(options, copies.silent)), "Unsupported")
    })
  }),
  Case.make({
    id: "copyTo/above-a-snapshot",
    title: "MUST copy the top delta of a disk with snapshots, or refuse where the tool would leave out its zeros",
    source: Case.source("lib/ploop-copy.c of 9.0.30"),
    needs: ["mount", "duplexCopy"],
    run: Effect.gen(function*() {
      const ploop = yield* Ploop.Ploop
      const { disk } = yield* Conformance.formatted()
      const { device, target } = yield* Conformance.mounted(disk)
      yield* FileTree.write(target, { motd: "kept" })
      yield* disks.synced(target)
      yield* ploop.createSnapshot({ disk })
      const image = yield* copies.newImage
      if (yield* Conformance.ofGeneration(GenerationTraits.copiesZerosAsHoles)) {
        yield* Check.fails(Stream.runDrain(ploop.copyTo({ device }, copies.silent)), "Unsupported")
        yield* Check.equal(yield* ploop.isMounted({ disk }), true, "whether the device is still running")
      } else {
        const { sent } = yield* copies.copied(device, image)
        yield* Check.isTrue(Chunk.size(sent) > 0, "there is a round")
      }
    })
  })
]
