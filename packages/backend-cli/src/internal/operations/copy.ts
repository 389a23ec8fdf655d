import * as Operation from "@effect-ploop/core/Operation"
import type * as Ploop from "@effect-ploop/core/Ploop"
import type * as PloopError from "@effect-ploop/core/PloopError"
import * as Refusal from "@effect-ploop/core/Refusal"
import type * as Request from "@effect-ploop/core/Request"
import * as Effect from "effect/Effect"
import * as Sink from "effect/Sink"
import * as Stream from "effect/Stream"
import * as args from "../arguments.js"
import type { About } from "../host.js"
import * as newFiles from "../newFiles.js"
import { classified } from "../outcome.js"
import * as paths from "../paths.js"
import type { Session } from "../session.js"
import { clearAbandoned } from "./abandoned.js"

type Methods = "copySend" | "copyReceive"

/** The generation, if its copy is a stream of bytes. */
const requireStream = (session: Session, about: About) =>
  Effect.tap(session.generation, (generation) => Refusal.copy(about, generation))

type Receive = Sink.Sink<void, Uint8Array, never, PloopError.PloopError>

/** The file gets its name when it is whole: a copy that fails removes only what it made itself. */
const receiveInPrivate = (
  session: Session,
  about: About,
  image: string,
  receive: (path: string) => Receive
): Receive =>
  Sink.unwrapScoped(Effect.gen(function*() {
    const own = yield* newFiles.privateDirectory(session.files, about, session.host.directory(image))
    const made = session.host.join(own, session.host.name(image))
    return Sink.mapEffect(
      receive(made),
      () => newFiles.publish(session.files, about, [{ from: made, to: image }])
    )
  }))

const copyReceive = (session: Session) => (request: Request.CopyReceive) => {
  const about = { operation: "copyReceive", subject: request.image } as const
  return Sink.unwrapScoped(Effect.gen(function*() {
    const image = yield* paths.require(about, "image", request.image, session.host.absolute(request.image))
    const generation = yield* requireStream(session, about)
    const directory = session.host.directory(image)
    if (session.ownsFiles) yield* clearAbandoned(session, about, directory)
    // The tool writes over a file that has come to be there meanwhile.
    else yield* session.hold(about, directory)
    yield* newFiles.refuseExisting(session.files, about, image)
    const receive = (path: string): Receive =>
      session.runner.sink(
        { ...about, args: args.copyReceive(path), kind: Operation.kindOf("copyReceive", request) },
        classified(about, generation)
      )
    return session.ownsFiles ? receiveInPrivate(session, about, image, receive) : receive(image)
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
  copyReceive: copyReceive(session)
})
