import type { Ploop } from "@effect-ploop/core/Ploop"
import * as Command from "@effect/cli/Command"
import * as FileSystem from "@effect/platform/FileSystem"
import type { Path } from "@effect/platform/Path"
import type { Terminal } from "@effect/platform/Terminal"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type { Options } from "../../Request.js"
import { StorageFailed } from "../../StorageError.js"
import * as instance from "../instance.js"
import { footer } from "./exit.js"
import * as metrics from "./metrics.js"
import * as options from "./options.js"
import * as plain from "./plain.js"
import { version } from "./version.js"

/** The directory, for this process alone. */
const owned = (root: string) =>
  Effect.gen(function*() {
    const fs = yield* FileSystem.FileSystem
    yield* fs.makeDirectory(root, { recursive: true, mode: 0o700 })
    yield* Effect.mapError(instance.own(root), (reason) => new StorageFailed({ step: `use ${root}`, reason }))
  })

type Services = Ploop | FileSystem.FileSystem | Path

/** A command that serves disks until it is told to stop. */
export interface Service<E> extends options.Defaults {
  readonly name: string
  /** What the command does, in a few words without a period. */
  readonly summary: string
  readonly description: string
  /** What is served, as in "snapshots". */
  readonly what: string
  readonly layer: (socket: string, options: Options) => Layer.Layer<never, E, Services>
}

/** The command, with its options. */
export const commandOf = <E>(service: Service<E>) =>
  Command.make(
    service.name,
    options.make(service),
    ({ metrics: file, socket, ...options }) =>
      Effect.scoped(Effect.gen(function*() {
        yield* owned(options.root)
        yield* Effect.transposeMapOption(file, metrics.writing)
        yield* Layer.build(service.layer(socket, options))
        yield* Effect.logInfo(`serving ${service.what} of ${options.root} at ${socket}`)
        return yield* Effect.never
      }))
  ).pipe(Command.withDescription(service.description))

/** Runs a command for its arguments. It prints an error, and fails with it. */
export const run = <E>(
  service: Service<E>
): (argv: ReadonlyArray<string>) => Effect.Effect<void, unknown, Services | Terminal> => {
  const parse = Command.run(commandOf(service), { name: service.name, version, footer })
  return (argv) => plain.run(service.name, parse(argv))
}
