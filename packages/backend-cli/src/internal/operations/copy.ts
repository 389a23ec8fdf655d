import type * as Ploop from "@effect-ploop/core/Ploop"
import * as Refusal from "@effect-ploop/core/Refusal"
import * as Effect from "effect/Effect"
import * as Sink from "effect/Sink"
import * as Stream from "effect/Stream"
import * as args from "../arguments.js"
import type { About } from "../host.js"
import { classified } from "../outcome.js"
import type { Session } from "../session.js"

type Methods = "copySend" | "copyReceive"

/** The generation, if its copy is a stream of bytes. */
const requireStream = (session: Session, about: About) =>
  Effect.tap(session.generation, (generation) => Refusal.copy(about, generation))

export const make = (session: Session): Pick<Ploop.Backend, Methods> => ({
  copySend: (request) => {
    const about = { operation: "copySend", subject: request.device } as const
    return Stream.unwrap(Effect.map(requireStream(session, about), (generation) =>
      session.runner.stream(
        { ...about, args: args.copySend(request), kind: "change" },
        classified(about, generation)
      )))
  },

  copyReceive: (request) => {
    const about = { operation: "copyReceive", subject: request.image } as const
    const image = session.host.absolute(request.image)
    return Sink.unwrap(Effect.gen(function*() {
      const generation = yield* requireStream(session, about)
      // The tool would overwrite it, and keep the tail of a longer one.
      yield* Refusal.existingFile(about, image, yield* session.host.exists(image))
      return session.runner.sink(
        { ...about, args: args.copyReceive(image), kind: "change" },
        classified(about, generation)
      ).pipe(Sink.ensuringWith((exit) => exit._tag === "Success" ? Effect.void : session.host.remove(image)))
    }))
  }
})
