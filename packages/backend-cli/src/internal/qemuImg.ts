import * as PloopError from "@effect-ploop/core/PloopError"
import * as Effect from "effect/Effect"
import type { About } from "./host.js"
import { context } from "./outcome.js"
import type { ProcessResult, Runner } from "./process.js"

export const program = "qemu-img"

/** A raw file as a qcow2 image. Without the cache mode the result would not be flushed to the disk. */
const toQcow2 = (from: string, to: string): ReadonlyArray<string> => [
  "convert",
  "-f",
  "raw",
  "-O",
  "qcow2",
  "-t",
  "writeback",
  "--",
  from,
  to
]

/** A qcow2 image as a raw file. It is read without a backing file, whatever its header says by then. */
const fromQcow2 = (from: string, to: string): ReadonlyArray<string> => [
  "convert",
  "-O",
  "raw",
  "--",
  `json:${JSON.stringify({ driver: "qcow2", file: { driver: "file", filename: from }, backing: null })}`,
  to
]

const failed = (about: About, result: ProcessResult): PloopError.PloopError => {
  const shared = context(about, result)
  if (result.signal !== undefined) return new PloopError.ToolAborted(shared)
  return /No space left on device|Disk quota exceeded/.test(result.stderr)
    ? new PloopError.NoSpace(shared)
    : new PloopError.InputOutputFailed(shared)
}

const run = (runner: Runner, about: About, args: ReadonlyArray<string>): Effect.Effect<void, PloopError.PloopError> =>
  runner.run({ ...about, args, kind: "change" }).pipe(
    Effect.catchTags({
      ToolNotFound: () => Effect.fail(new PloopError.PrerequisiteMissing({ ...context(about), what: program })),
      ToolNotExecutable: ({ text }) =>
        Effect.fail(new PloopError.PrerequisiteMissing({ ...context(about), text, what: `an executable ${program}` }))
    }),
    Effect.flatMap((result) => result.exitCode === 0 ? Effect.void : Effect.fail(failed(about, result)))
  )

/** Writes a raw file as a qcow2 image, into a file that is there already. */
export const pack = (runner: Runner, about: About, from: string, to: string) => run(runner, about, toQcow2(from, to))

/** Writes a qcow2 image as a raw file. */
export const unpack = (runner: Runner, about: About, from: string, to: string) =>
  run(runner, about, fromQcow2(from, to))
