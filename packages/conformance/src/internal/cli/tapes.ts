import { type Ended, misused } from "@effect-ploop/command-line/Ended"
import type * as Runner from "@effect-ploop/testkit/Runner"
import * as Target from "@effect-ploop/testkit/Target"
import * as FileSystem from "@effect/platform/FileSystem"
import * as Path from "@effect/platform/Path"
import * as Effect from "effect/Effect"
import * as TapedRun from "../../TapedRun.js"
import * as backends from "./backends.js"
import { words } from "./words.js"

/** The file that a run writes, and whether it keeps what that has. */
export interface Destination {
  readonly file: string
  readonly update: boolean
}

/** Checks that the tape can be written, and read if it is kept, before anything runs. */
export const destination = (
  { file, update }: Destination
): Effect.Effect<Destination, Ended, FileSystem.FileSystem | Path.Path> =>
  Effect.gen(function*() {
    const fs = yield* FileSystem.FileSystem
    const path = yield* Path.Path
    yield* Effect.mapError(
      fs.access(path.dirname(path.resolve(file)), { writable: true }),
      (error) => misused(`--tape is ${file}, but the directory of the file must be writable: ${error.message}`)
    )
    if (update) yield* Effect.mapError(TapedRun.read(file), (error) => misused(words(error)))
    return { file, update }
  })

const commandOf = ({ directory, emulateKernel }: backends.Wanted): string =>
  [
    "run --backend cli",
    ...emulateKernel ? ["--emulate-kernel"] : [],
    ...directory === undefined ? [] : [`--dir ${directory}`]
  ].join(" ")

/** Runs cases on the tool, and writes the tape when they have ended. */
export const record = ({ file, update }: Destination, wanted: backends.Wanted, options: Runner.Options) =>
  Effect.gen(function*() {
    const tool = yield* backends.tool(wanted)
    const source = {
      profile: yield* Effect.provide(Target.profile(tool.target), tool.target.layer),
      scratch: tool.target.scratch,
      options: yield* tool.options,
      command: commandOf(wanted)
    }
    const merged = (tape: TapedRun.TapedRun) =>
      update ? Effect.mapError(TapedRun.update(file, tape), (error) => misused(words(error))) : Effect.succeed(tape)
    // A run of no cases shows that the tape fits, before the cases take their time.
    yield* Effect.flatMap(TapedRun.record(source, { cases: [] }), ({ tape }) => merged(tape))
    const { report, tape } = yield* TapedRun.record(source, options)
    const whole = yield* merged(tape)
    yield* Effect.mapError(
      TapedRun.write(file, whole),
      (error) => misused(`the tape ${file} could not be written: ${error.message}`)
    )
    return report
  })
