import * as PloopCli from "@effect-ploop/backend-cli/PloopCli"
import * as FileSystem from "@effect/platform/FileSystem"
import * as Config from "effect/Config"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Random from "effect/Random"
import type { KernelEmulation } from "../../KernelEmulation.js"
import * as benches from "./bench.js"
import type { Found } from "./round.js"
import * as round from "./round.js"
import type { Name } from "./scenario.js"
import type * as strike from "./strike.js"
import * as toolsOf from "./tools.js"

export interface Options {
  readonly emulation: KernelEmulation
  /** Where the disks are; everything in it is removed. */
  readonly scratch: string
  readonly operations: ReadonlyArray<Name>
  readonly victims: ReadonlyArray<strike.Victim>
  /** The number of kills of each operation by each victim. */
  readonly rounds: number
  readonly seed: number
  readonly onFound: (found: Found) => Effect.Effect<void>
  readonly onSkipped: (operation: Name, reason: string) => Effect.Effect<void>
}

const rounds = (options: Options, setting: round.Setting, operation: Name) =>
  Effect.gen(function*() {
    const usual = yield* round.measure(setting, operation)
    return yield* Effect.forEach(options.victims, (victim) =>
      Effect.forEach(
        Array.from({ length: options.rounds }, (_, number) => number),
        (number) =>
          round.play(setting, operation, victim, usual).pipe(
            Effect.withRandom(Random.make(`${options.seed} ${operation} ${victim} ${number}`)),
            Effect.tap(options.onFound)
          )
      ))
  }).pipe(
    Effect.map((found) => found.flat()),
    Effect.catchTag("Unsupported", (error) => Effect.as(options.onSkipped(operation, error.message), []))
  )

/** Kills the operations, and returns what each kill left. */
export const kill = (options: Options) =>
  Effect.gen(function*() {
    const fs = yield* FileSystem.FileSystem
    const tools = yield* toolsOf.make
    const { prefix, sysfs } = options.emulation
    const backend = PloopCli.layerConfig(
      Config.map(PloopCli.config, (config) => ({ ...config, prefix, sysfs }))
    ).pipe(Layer.provide(tools.executor))
    return yield* Effect.gen(function*() {
      const scratch = yield* fs.makeTempDirectoryScoped({ directory: options.scratch, prefix: "ploop-kill-" })
      const template = `${scratch}/template`
      yield* fs.makeDirectory(template)
      yield* benches.prepare(benches.make(template))
      const setting = { prefix, sysfs, tools, template, scratch }
      return yield* Effect.forEach(options.operations, (operation) => rounds(options, setting, operation))
    }).pipe(Effect.scoped, Effect.provide(backend), Effect.map((found) => found.flat()))
  })
