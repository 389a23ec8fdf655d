import * as Inspectable from "effect/Inspectable"
import * as Operation from "../Operation.js"
import { isPloopError, narrow, type PloopError, Unclassified } from "../PloopError.js"

const shown = (error: unknown): string => error instanceof Error ? String(error) : Inspectable.toStringUnknown(error, 0)

/** What is reported in place of a failure that has no class, which a backend without types can have. */
const classless = (operation: Operation.Name, subject: string, error: unknown) =>
  new Unclassified({
    operation,
    subject,
    text: "",
    reason: `the backend failed with ${shown(error)}, but it must fail with an error of PloopError`
  })

/** The failure of a call as the operation may have it. */
export const known = (name: Operation.Name) => {
  const narrowed = narrow<PloopError["_tag"]>(Operation.table[name].errors)
  return (subject: string) => (error: unknown): PloopError =>
    isPloopError(error) ? narrowed(error) : classless(name, subject, error)
}
