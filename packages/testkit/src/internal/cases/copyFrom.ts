import * as CopyProtocol from "@effect-ploop/core/CopyProtocol"
import * as Duplex from "@effect-ploop/core/Duplex"
import * as GenerationTraits from "@effect-ploop/core/GenerationTraits"
import * as Ploop from "@effect-ploop/core/Ploop"
import * as FileSystem from "@effect/platform/FileSystem"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Sink from "effect/Sink"
import * as Stream from "effect/Stream"
import * as Case from "../../Case.js"
import * as Check from "../../Check.js"
import * as Conformance from "../../Conformance.js"
import * as copies from "./copies.js"
import * as disks from "./disks.js"

const { data } = CopyProtocol.types

const form = Conformance.ofGeneration(CopyProtocol.form)

/** A packet of the tool's generation. */
const packet = (type: number, position: bigint, bytes: Uint8Array) =>
  Effect.map(form, (form) => CopyProtocol.format(form, { type, position }, bytes))

const received = (image: string, ...bytes: ReadonlyArray<Uint8Array>) =>
  Effect.flatMap(
    Ploop.Ploop,
    (ploop) => Stream.runDrain(ploop.copyFrom({ image }, copies.sending(...bytes)))
  )

const garbage = new Uint8Array(64).fill(0x41)

export const copyFrom: ReadonlyArray<Case.Case> = [
  Case.make({
    id: "copyFrom/refuses-an-existing-file",
    title: "MUST refuse to write to an existing file at once, name it, and not touch it",
    source: Case.service("Ploop.copyFrom"),
    needs: ["duplexCopy"],
    run: Effect.gen(function*() {
      const ploop = yield* Ploop.Ploop
      const fs = yield* FileSystem.FileSystem
      const image = yield* copies.newImage
      yield* fs.writeFileString(image, "precious")
      yield* Check.fails(Stream.runDrain(ploop.copyFrom({ image }, copies.silent)), "AlreadyExists", { path: image })
      yield* Check.equal(yield* fs.readFileString(image), "precious", "the file")
    })
  }),
  Case.make({
    id: "copyFrom/missing-directory",
    title: "MUST fail when the directory of the file is missing",
    source: Case.service("Ploop.copyFrom"),
    needs: ["duplexCopy"],
    run: Effect.gen(function*() {
      const ploop = yield* Ploop.Ploop
      const image = yield* Conformance.path("missing", "copy")
      yield* Check.fails(Stream.runDrain(ploop.copyFrom({ image }, copies.silent)), "DirectoryNotFound", {
        operation: "copyFrom",
        subject: image
      })
    })
  }),
  Case.make({
    id: "copyFrom/nothing-comes",
    title: "MUST report a sender that goes away before it has sent anything as a broken copy, and leave no file",
    source: Case.observed("copy -d from a broken stream"),
    needs: ["duplexCopy"],
    run: Effect.gen(function*() {
      const image = yield* copies.newImage
      yield* Check.fails(received(image), "CopyProtocolBroken", { operation: "copyFrom", subject: image, exitCode: 6 })
      yield* copies.isEmpty(copies.directoryOf(image))
    })
  }),
  Case.make({
    id: "copyFrom/no-copy",
    title: "MUST report other bytes as a broken copy, and leave no file",
    source: Case.observed("copy -d from a broken stream"),
    needs: ["duplexCopy"],
    run: Effect.gen(function*() {
      const image = yield* copies.newImage
      yield* Check.fails(received(image, garbage), "CopyProtocolBroken", {
        operation: "copyFrom",
        subject: image,
        exitCode: 13
      })
      yield* copies.isEmpty(copies.directoryOf(image))
    })
  }),
  Case.make({
    id: "copyFrom/cut-short",
    title: "MUST report a sender that goes away in the middle as a broken copy, and leave no file",
    source: Case.observed("copy -d from a broken stream"),
    needs: ["duplexCopy"],
    run: Effect.gen(function*() {
      const image = yield* copies.newImage
      const whole = yield* packet(data, 0n, new Uint8Array(4096).fill(1))
      yield* Check.fails(received(image, whole, whole.slice(0, 3000)), "CopyProtocolBroken", {
        operation: "copyFrom",
        subject: image,
        exitCode: 6
      })
      yield* copies.isEmpty(copies.directoryOf(image))
    })
  }),
  Case.make({
    id: "copyFrom/empty",
    title: "MUST report a copy that ends before it has any data as broken, and leave no file",
    source: Case.source("lib/ploop-copy.c ploop_copy_receiver"),
    needs: ["duplexCopy"],
    generations: ["7", "9"],
    run: Effect.gen(function*() {
      const image = yield* copies.newImage
      const end = yield* packet(CopyProtocol.types.command, 0n, new Uint8Array())
      yield* Check.fails(received(image, end), "CopyProtocolBroken", { operation: "copyFrom", subject: image })
      yield* copies.isEmpty(copies.directoryOf(image))
    })
  }),
  Case.make({
    id: "copyFrom/connection-fails",
    title: "MUST leave no file when the connection fails, and fail with its error",
    source: Case.service("Ploop.copyFrom"),
    needs: ["duplexCopy"],
    run: Effect.gen(function*() {
      const ploop = yield* Ploop.Ploop
      const image = yield* copies.newImage
      const broken = new Check.CheckFailed({ what: "the line", expected: "up", actual: "down" })
      const whole = yield* packet(data, 0n, new Uint8Array(4096).fill(1))
      const peer = { incoming: Stream.concat(Stream.make(whole), Stream.fail(broken)), outgoing: Sink.drain }
      const error = yield* Check.fails(Stream.runDrain(ploop.copyFrom({ image }, peer)), "CheckFailed")
      yield* Check.equal(error.what, "the line", "what failed")
      yield* copies.isEmpty(copies.directoryOf(image))
    })
  }),
  Case.make({
    id: "copyFrom/interrupted",
    title: "MUST leave no file and no device when it is interrupted, of which a sender that waits for replies learns",
    source: Case.service("Ploop.copyFrom"),
    needs: ["mount", "duplexCopy"],
    run: Effect.gen(function*() {
      const ploop = yield* Ploop.Ploop
      const { disk } = yield* Conformance.formatted()
      yield* disks.write(disk, { motd: "kept" })
      const { device } = yield* Conformance.mounted(disk)
      const image = yield* copies.newImage
      const [here, there] = yield* Duplex.pair
      // The sender waits after its first bytes, so that the copy cannot be over.
      const began = yield* Deferred.make<void>()
      const slow: Duplex.Duplex = {
        incoming: there.incoming.pipe(
          Stream.zipWithIndex,
          Stream.mapEffect(([bytes, index]) =>
            index < 1 ? Effect.succeed(bytes) : Effect.zipRight(Deferred.succeed(began, undefined), Effect.never)
          )
        ),
        outgoing: there.outgoing
      }
      const sending = yield* Effect.fork(Stream.runDrain(ploop.copyTo({ device }, here)))
      const receiving = yield* Effect.fork(Stream.runDrain(ploop.copyFrom({ image }, slow)))
      yield* Deferred.await(began)
      yield* Fiber.interrupt(receiving)
      // Without replies, a sender may be at its end by then.
      const learns = yield* Conformance.ofGeneration(GenerationTraits.copiesInDialogue)
      if (learns) yield* Check.fails(Fiber.join(sending), "CopyProtocolBroken", { operation: "copyTo" })
      else yield* Fiber.interrupt(sending)
      yield* copies.isEmpty(copies.directoryOf(image))
      const left = (yield* ploop.listDevices).filter((device) => device.image.startsWith(copies.directoryOf(image)))
      yield* Check.equal(left, [], "the devices of the copy")
    })
  })
]
