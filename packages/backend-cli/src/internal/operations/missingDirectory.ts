import * as PloopError from "@effect-ploop/core/PloopError"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import type { Session } from "../session.js"

/** The tool does not say that the directory of a new file is missing. The host does, where this process sees it. */
export const explain =
  (session: Session, directory: string) =>
  (error: PloopError.PloopError): Effect.Effect<never, PloopError.PloopError> =>
    error._tag === "InputOutputFailed"
      ? Effect.flatMap(
        Effect.option(session.files.find(directory)),
        (found) =>
          Effect.fail(
            Option.exists(found, Option.isNone) ? new PloopError.DirectoryNotFound({ ...error, directory }) : error
          )
      )
      : Effect.fail(error)
