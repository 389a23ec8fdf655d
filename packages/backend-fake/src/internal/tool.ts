import * as Classification from "@effect-ploop/core/Classification"
import type { Generation } from "@effect-ploop/core/Generation"
import type { Row } from "@effect-ploop/core/GenerationTraits"
import { HostPath } from "@effect-ploop/core/HostPath"
import type * as Operation from "@effect-ploop/core/Operation"
import type * as PloopError from "@effect-ploop/core/PloopError"
import type * as Path from "@effect/platform/Path"
import * as Either from "effect/Either"
import type { Disk } from "./describedDisk.js"
import type { Code } from "./errno.js"
import { strerror } from "./errno.js"
import type { Transaction } from "./transaction.js"

/** The context of a running operation. */
export interface Tool {
  readonly tx: Transaction
  readonly path: Path.Path
  readonly operation: Operation.Name
  readonly subject: string
  /** The disk that was read last, and after which change of the host: an operation reads its disk several times. */
  last?:
    | { readonly version: number; readonly name: string; readonly path: HostPath; readonly disk: Answer<Disk> }
    | undefined
}

export type Answer<A> = Either.Either<A, PloopError.PloopError>

export const generation = (tool: Tool): Generation => tool.tx.generation

/** The entry of a table for the generation of this host. */
export const trait = <A>(tool: Tool, row: Row<A>): A => row[generation(tool)]

/** Whether the path begins at the root and has no parts that the way to a file does not need. */
const isResolved = (name: string): boolean =>
  name.startsWith("/") && !name.includes("//") && !name.includes("/.") && !name.endsWith("/")

export const absolute = (tool: Tool, name: string): HostPath =>
  HostPath.make(isResolved(name) ? name : tool.path.resolve("/", name))

/** The fields of every error. The text is empty when a backend would refuse before it runs the tool. */
export const context = (tool: Tool, text = "") => ({ operation: tool.operation, subject: tool.subject, text })

/** A failure of the tool. Core classifies it by exit code and output, as for a real tool. */
export const toolError = (tool: Tool, exitCode: number, stderr: string): Either.Either<never, PloopError.PloopError> =>
  Either.left(
    Classification.classify({
      operation: tool.operation,
      subject: tool.subject,
      generation: generation(tool),
      exitCode,
      stdout: "",
      stderr
    })
  )

export const refused = (error: PloopError.PloopError): Either.Either<never, PloopError.PloopError> => Either.left(error)

/**
 * Makes checks in order, up to the first that fails. `Either.gen` does the same, but takes longer than most of the
 * checks, and an operation makes many of them. A call of a generator function also makes a hidden class, which is not
 * young: it keeps all variables that the function sees, up to the state of the host, until the next major collection.
 */
export const checks = (...all: ReadonlyArray<() => Answer<unknown>>): Answer<void> => {
  for (const check of all) {
    const checked = check()
    if (Either.isLeft(checked)) return Either.left(checked.left)
  }
  return Either.void
}

/** Turns a failed system call into a failure of the tool. */
export const denied = (tool: Tool, exitCode: number, doing: string) => <A>(result: Either.Either<A, Code>): Answer<A> =>
  Either.isRight(result) ? Either.right(result.right) : toolError(tool, exitCode, `${doing}: ${strerror[result.left]}`)
