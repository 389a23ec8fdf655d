import * as ByteSize from "@effect-ploop/core/ByteSize"
import * as CopyProtocol from "@effect-ploop/core/CopyProtocol"
import type { Wire } from "@effect-ploop/core/Duplex"
import type { Generation } from "@effect-ploop/core/Generation"
import type { Row } from "@effect-ploop/core/GenerationTraits"
import * as GenerationTraits from "@effect-ploop/core/GenerationTraits"
import * as Operation from "@effect-ploop/core/Operation"
import type * as Ploop from "@effect-ploop/core/Ploop"
import * as PloopError from "@effect-ploop/core/PloopError"
import * as Refusal from "@effect-ploop/core/Refusal"
import type * as Request from "@effect-ploop/core/Request"
import type * as Result from "@effect-ploop/core/Result"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Mailbox from "effect/Mailbox"
import * as Option from "effect/Option"
import * as Sink from "effect/Sink"
import * as Stream from "effect/Stream"
import * as args from "../arguments.js"
import type { About } from "../host.js"
import * as newFiles from "../newFiles.js"
import { classified } from "../outcome.js"
import * as paths from "../paths.js"
import type { Session } from "../session.js"
import { clearAbandoned } from "./abandoned.js"
import { chainOf } from "./attachments.js"
import * as missingDirectory from "./missingDirectory.js"
import * as ofDevice from "./ofDevice.js"

type Methods = "copySend" | "copyReceive" | "copyTo" | "copyFrom"

/** The generation, if its copy is a stream of bytes. */
const requireStream = (session: Session, about: About) =>
  Effect.tap(session.generation, (generation) => Refusal.copy(about, generation))

/** Where a copy writes its image. */
interface Reserved {
  readonly made: string
  /** What follows a copy that is complete. */
  readonly publish: Effect.Effect<void, PloopError.PloopError>
  /** What follows a copy that failed. */
  readonly explain: (error: PloopError.PloopError) => Effect.Effect<never, PloopError.PloopError>
}

/** A new image that is made in private, and gets its name when it is complete; what fails removes only what it made. */
const newImage = (session: Session, about: About, image: string) =>
  Effect.gen(function*() {
    const own = yield* newFiles.privateDirectory(session.files, about, session.host.directory(image))
    const made = session.host.join(own, session.host.name(image))
    const publish = newFiles.publish(session.files, about, [{ from: made, to: image }])
    const reserved: Reserved = { made, publish, explain: Effect.fail }
    return reserved
  })

/** The path of a new image, and its directory for this call alone. */
const reserve = (session: Session, about: About, path: string) =>
  Effect.gen(function*() {
    const image = yield* paths.require(about, "image", path, session.host.absolute(path))
    const directory = session.host.directory(image)
    if (session.ownsFiles) yield* clearAbandoned(session, about, directory)
    // The tool writes over a file that has come to be there meanwhile.
    else yield* session.hold(about, directory)
    yield* newFiles.refuseExisting(session.files, about, image)
    if (session.ownsFiles) return yield* newImage(session, about, image)
    const explain = missingDirectory.explain(session, directory)
    const reserved: Reserved = { made: image, publish: Effect.void, explain }
    return reserved
  })

const copyReceive = (session: Session) => (request: Request.CopyReceive) => {
  const about = { operation: "copyReceive", subject: request.image } as const
  return Sink.unwrapScoped(Effect.gen(function*() {
    const generation = yield* requireStream(session, about)
    const { explain, made, publish } = yield* reserve(session, about, request.image)
    return Sink.foldSink(
      session.runner.sink(
        { ...about, args: args.copyReceive(made), kind: Operation.kindOf("copyReceive", request) },
        classified(about, generation)
      ),
      { onFailure: (error) => Sink.fromEffect(explain(error)), onSuccess: () => Sink.fromEffect(publish) }
    )
  }))
}

/** Whether the tool does not find the device of a disk while it is copied. */
const hidesCopiedDevices: Row<boolean> = { "1.15": false, "7": false, "9": true }

interface Dialogue {
  readonly about: About
  readonly generation: Generation
  readonly args: args.Arguments
  readonly wire: Wire
  /** Whether the tool sends, and the other end receives. */
  readonly isSender: boolean
  /** What follows when all went over. */
  readonly after: Effect.Effect<void, PloopError.PloopError>
  /** What follows when the tool failed. */
  readonly explain: Reserved["explain"]
}

const requireComplete = ({ about, isSender }: Dialogue, watch: CopyProtocol.Watch) =>
  watch.isComplete && watch.hasData ? Effect.void : Effect.fail(
    new PloopError.CopyProtocolBroken({
      ...about,
      text: isSender ? "the other end has not confirmed the copy" : "the other end has sent no copy"
    })
  )

/**
 * The rounds of a copy. The tool is never killed: it resumes the device or unmounts the image before it ends, which it
 * does when its socket is closed.
 */
const dialogue = (session: Session, copy: Dialogue): Stream.Stream<Result.CopyRound, PloopError.PloopError> =>
  Stream.unwrapScoped(Effect.gen(function*() {
    const { about, generation, isSender, wire } = copy
    const rounds = yield* Mailbox.make<Result.CopyRound, PloopError.PloopError>()
    const watch = new CopyProtocol.Watch(CopyProtocol.form[generation])
    const packets = (bytes: Uint8Array) => Effect.asVoid(rounds.offerAll(watch.sent(bytes).map(roundOf)))
    const replies = (bytes: Uint8Array) => Effect.sync(() => watch.replied(bytes))
    yield* session.runner.dialogue(
      { ...about, args: copy.args, kind: "uninterruptible" },
      wire,
      isSender ? { sent: packets, received: replies } : { sent: replies, received: packets },
      classified(about, generation)
    ).pipe(
      Effect.catchAll(copy.explain),
      Effect.zipRight(Effect.suspend(() => requireComplete(copy, watch))),
      Effect.zipRight(copy.after),
      Effect.exit,
      Effect.flatMap((exit) => rounds.done(Exit.asVoid(exit))),
      Effect.forkScoped
    )
    return Mailbox.toStream(rounds)
  }))

const roundOf = ({ bytes, number }: CopyProtocol.Round): Result.CopyRound => ({ number, bytes: ByteSize.make(bytes) })

/** What the tool of generation 1.15 prints is the copy. */
const sendOneWay = (session: Session, about: About, generation: Generation, request: Request.CopySend, wire: Wire) =>
  Stream.suspend(() => {
    const watch = new CopyProtocol.Watch("oneWay")
    return session.runner.stream(
      { ...about, args: args.copySend(request), kind: Operation.kindOf("copyTo", request) },
      classified(about, generation)
    ).pipe(
      Stream.mapEffect((bytes) =>
        Effect.flatMap(
          wire.offer(bytes),
          (taken) => taken ? Effect.succeed(watch.sent(bytes)) : Effect.fail(gone(about))
        )
      ),
      Stream.mapConcat((rounds) => rounds.map(roundOf))
    )
  })

const gone = (about: About) => new PloopError.CopyProtocolBroken({ ...about, text: "the other end takes nothing more" })

/** How many images the device has, where that matters; of one that is not there, the tool says so. */
const imagesOf = (session: Session, about: About, generation: Generation, device: string) =>
  GenerationTraits.copiesZerosAsHoles[generation]
    ? Effect.map(
      chainOf(session, about, device),
      Option.match({ onNone: () => 0, onSome: ({ images }) => images.length })
    )
    : Effect.succeed(0)

const copyTo = (session: Session): Ploop.Backend["copyTo"] => (request, wire) => {
  const about = { operation: "copyTo", subject: request.device } as const
  return Stream.unwrap(Effect.map(session.generation, (generation) => {
    if (CopyProtocol.form[generation] === "oneWay") return sendOneWay(session, about, generation, request, wire)
    const sent = dialogue(session, {
      about,
      generation,
      args: args.copyTo(request),
      wire,
      isSender: true,
      after: Effect.void,
      explain: Effect.fail
    })
    return Stream.unwrapScoped(
      Effect.gen(function*() {
        if (hidesCopiedDevices[generation]) yield* ofDevice.hold(session, about, request)
        yield* Refusal.copyTo(about, generation, request, yield* imagesOf(session, about, generation, request.device))
        return sent
      })
    )
  }))
}

/** Feeds the tool of generation 1.15, which replies nothing. */
const receiveOneWay = (session: Session, about: About, generation: Generation, path: string, wire: Wire) =>
  Stream.unwrapScoped(Effect.gen(function*() {
    const rounds = yield* Mailbox.make<Result.CopyRound, PloopError.PloopError>()
    const watch = new CopyProtocol.Watch("oneWay")
    const { explain, made, publish } = yield* reserve(session, about, path)
    yield* wire.incoming.pipe(
      Stream.tap((bytes) => rounds.offerAll(watch.sent(bytes).map(roundOf))),
      Stream.run(session.runner.sink(
        { ...about, args: args.copyReceive(made), kind: "change" },
        classified(about, generation)
      )),
      Effect.catchAll(explain),
      Effect.zipRight(publish),
      Effect.exit,
      Effect.flatMap((exit) => rounds.done(Exit.asVoid(exit))),
      Effect.forkScoped
    )
    return Mailbox.toStream(rounds)
  }))

const copyFrom = (session: Session): Ploop.Backend["copyFrom"] => (request, wire) => {
  const about = { operation: "copyFrom", subject: request.image } as const
  return Stream.unwrapScoped(Effect.gen(function*() {
    const generation = yield* session.generation
    if (CopyProtocol.form[generation] === "oneWay") {
      return receiveOneWay(session, about, generation, request.image, wire)
    }
    const { explain, made, publish } = yield* reserve(session, about, request.image)
    return dialogue(session, {
      about,
      generation,
      args: args.copyFrom(made),
      wire,
      isSender: false,
      after: publish,
      explain
    })
  }))
}

export const make = (session: Session): Pick<Ploop.Backend, Methods> => ({
  copySend: (request) => {
    const about = { operation: "copySend", subject: request.device } as const
    return Stream.unwrap(Effect.map(requireStream(session, about), (generation) =>
      session.runner.stream(
        { ...about, args: args.copySend(request), kind: Operation.kindOf("copySend", request) },
        classified(about, generation)
      )))
  },
  copyReceive: copyReceive(session),
  copyTo: copyTo(session),
  copyFrom: copyFrom(session)
})
