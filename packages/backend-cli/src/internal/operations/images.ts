import type * as Ploop from "@effect-ploop/core/Ploop"
import * as Refusal from "@effect-ploop/core/Refusal"
import * as Effect from "effect/Effect"
import * as args from "../arguments.js"
import { outcome } from "../outcome.js"
import * as parse from "../parse.js"
import type { Session } from "../session.js"
import * as creation from "./creation.js"
import { devicesOfDisk, runningDevice } from "./queries.js"

type Methods = "create" | "restoreDescriptor" | "convert" | "check" | "replace"

export const make = (session: Session): Pick<Ploop.Backend, Methods> => ({
  ...creation.make(session),

  convert: (request) => {
    const about = { operation: "convert", subject: request.disk } as const
    return session.onDisk(about, request.disk, (path) =>
      Effect.gen(function*() {
        // The tool converts images while a device is running.
        const [running] = yield* devicesOfDisk(session, about, path)
        yield* Refusal.runningDisk(about, running?.device)
        yield* session.execute({
          ...about,
          args: args.convert(session.verbosity, request, path),
          kind: "uninterruptible"
        })
      }))
  },

  check: (request) => {
    const subject = request.disk ?? request.image ?? ""
    const about = { operation: "check", subject } as const
    const run = (path: string) =>
      Effect.gen(function*() {
        const generation = yield* session.generation
        yield* Refusal.check(about, generation, request)
        const call = {
          ...about,
          args: args.check(session.verbosity, request, path),
          kind: request.readOnly ? "query" : "uninterruptible"
        } as const
        const result = yield* session.runner.run(call)
        const checked = parse.checked(result)
        return checked ??
          (yield* Effect.fail(session.classify(outcome(about, generation, result))))
      })
    return request.disk === undefined
      ? Effect.suspend(() => {
        const path = session.host.absolute(subject)
        return session.exclusive(about, session.host.directory(path))(run(path))
      })
      : session.onDisk(about, request.disk, run)
  },

  replace: (request) => {
    const about = { operation: "replace", subject: request.disk } as const
    return session.onDisk(about, request.disk, (path) =>
      Effect.gen(function*() {
        const generation = yield* session.generation
        const replacement = session.host.absolute(request.with)
        yield* Refusal.missingImage(about, replacement, yield* session.host.exists(replacement))
        yield* Refusal.replace(about, generation, request, yield* runningDevice(session, about, path))
        yield* session.execute({
          ...about,
          args: args.replace(session.verbosity, request, {
            disk: path,
            file: request.file === undefined ? undefined : session.host.absolute(request.file),
            with: replacement
          }),
          kind: "uninterruptible"
        })
      }))
  }
})
