import type * as Ploop from "@effect-ploop/core/Ploop"
import * as PloopError from "@effect-ploop/core/PloopError"
import * as Effect from "effect/Effect"
import * as Sink from "effect/Sink"
import * as Stream from "effect/Stream"
import * as args from "../arguments.js"
import type { About } from "../host.js"
import { classified, context, unsupported } from "../outcome.js"
import type { Session } from "../session.js"

type Methods = "copySend" | "copyReceive"

/** Later generations answer every packet, so their copy is no stream of bytes in one direction. */
const requireOneWay = (session: Session, about: About) =>
  Effect.flatMap(
    session.generation,
    (generation) =>
      generation === "1.15" ? Effect.succeed(generation) : Effect.fail(unsupported(
        about,
        `generation ${generation} copies over a two-way socket only, which a stream of bytes cannot carry`
      ))
  )

export const make = (session: Session): Pick<Ploop.Backend, Methods> => ({
  copySend: (request) => {
    const about = { operation: "copySend", subject: request.device } as const
    return Stream.unwrap(Effect.map(requireOneWay(session, about), (generation) =>
      session.runner.stream(
        { ...about, args: args.copySend(request), kind: "change" },
        classified(about, generation)
      )))
  },

  copyReceive: (request) => {
    const about = { operation: "copyReceive", subject: request.image } as const
    const image = session.host.absolute(request.image)
    return Sink.unwrap(Effect.gen(function*() {
      const generation = yield* requireOneWay(session, about)
      // The tool would overwrite it, and keep the tail of a longer one.
      if (yield* session.host.exists(image)) {
        return yield* new PloopError.AlreadyExists({ ...context(about), path: image })
      }
      return session.runner.sink(
        { ...about, args: args.copyReceive(image), kind: "change" },
        classified(about, generation)
      ).pipe(Sink.ensuringWith((exit) => exit._tag === "Success" ? Effect.void : session.host.remove(image)))
    }))
  }
})
