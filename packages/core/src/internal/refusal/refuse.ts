import * as Either from "effect/Either"
import * as PloopError from "../../PloopError.js"
import type { Text } from "../remedies.js"
import type { About } from "./model.js"

/** What every error carries. The text is empty unless the class alone does not say enough. */
export const context = ({ operation, subject }: About, text = "") => ({ operation, subject, text })

/** Fails with the error if the condition holds. */
export const when = <E>(condition: boolean, error: () => E): Either.Either<void, E> =>
  condition ? Either.left(error()) : Either.void

/** Makes checks in order, up to the first that fails. */
export const inOrder = <E>(...checks: ReadonlyArray<() => Either.Either<unknown, E>>): Either.Either<void, E> => {
  for (const check of checks) {
    const checked = check()
    if (Either.isLeft(checked)) return Either.left(checked.left)
  }
  return Either.void
}

export const unsupported = (about: About, reason: string, instead: Text): PloopError.Unsupported =>
  new PloopError.Unsupported({ ...context(about), reason, instead })
