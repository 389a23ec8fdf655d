import * as Classification from "@effect-ploop/core/Classification"
import { descriptorName } from "@effect-ploop/core/Disk"
import type { Generation } from "@effect-ploop/core/Generation"
import { HostPath } from "@effect-ploop/core/HostPath"
import type * as Operation from "@effect-ploop/core/Operation"
import * as PloopError from "@effect-ploop/core/PloopError"
import type * as Path from "@effect/platform/Path"
import * as Either from "effect/Either"
import type { Code } from "./errno.js"
import { strerror } from "./errno.js"
import type { Transaction } from "./transaction.js"

/** One operation in the making. */
export interface Tool {
  readonly tx: Transaction
  readonly path: Path.Path
  readonly operation: Operation.Name
  readonly subject: string
}

export type Answer<A> = Either.Either<A, PloopError.PloopError>

export const generation = (tool: Tool): Generation => tool.tx.state.generation

export const absolute = (tool: Tool, name: string): HostPath => HostPath.make(tool.path.resolve("/", name))

/** What every error carries; without words, when a backend would refuse before it asks the tool. */
export const context = (tool: Tool, text = "") => ({ operation: tool.operation, subject: tool.subject, text })

/** A failure of the tool: its exit code and words, from which the cause is told as everywhere else. */
export const said = (tool: Tool, exitCode: number, words: string): Either.Either<never, PloopError.PloopError> =>
  Either.left(
    Classification.classify({
      operation: tool.operation,
      subject: tool.subject,
      generation: generation(tool),
      exitCode,
      stdout: "",
      stderr: words
    })
  )

export const refused = (error: PloopError.PloopError): Either.Either<never, PloopError.PloopError> => Either.left(error)

export const unsupported = (tool: Tool, reason: string): Either.Either<never, PloopError.PloopError> =>
  refused(new PloopError.Unsupported({ ...context(tool), reason }))

/** A call of the kernel that failed on the way. */
export const denied = (tool: Tool, exitCode: number, doing: string) => <A>(result: Either.Either<A, Code>): Answer<A> =>
  Either.isRight(result) ? Either.right(result.right) : said(tool, exitCode, `${doing}: ${strerror[result.left]}`)

/** Generation 9 takes only one name for a descriptor. */
export const requireName = (tool: Tool, disk: string): Answer<void> =>
  generation(tool) === "9" && !`/${disk}`.endsWith(`/${descriptorName}`)
    ? unsupported(tool, `generation 9 takes a descriptor for one only if it is called ${descriptorName}`)
    : Either.void
