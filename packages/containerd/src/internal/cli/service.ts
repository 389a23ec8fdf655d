import { variables } from "@effect-ploop/backend-cli/Environment"
import * as Manual from "@effect-ploop/command-line/Manual"
import * as Program from "@effect-ploop/command-line/Program"
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
import * as metrics from "./metrics.js"
import * as options from "./options.js"
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
const commandOf = <E>(service: Service<E>) =>
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

const exitCodes = [
  ["0", "It was told to stop, by SIGTERM or SIGINT."],
  ["2", "It could not begin: a wrong option or variable, a missing tool, or a directory or socket in use."],
  ["70", "A bug of this command."]
] as const

/** The program of a service. */
export const make = <E>(service: Service<E>) =>
  Program.make({
    command: commandOf(service),
    version,
    summary: service.summary,
    exitCodes,
    environment: Manual.ofVariables(variables),
    examples: {
      "": [
        ["", `Serves ${service.what} of ${service.root} at ${service.socket}.`],
        ["--root /vz/disks --size 20G", "The same of another directory, with larger disks."],
        [
          `--metrics /var/lib/prometheus/node-exporter/${service.name}.prom`,
          "Also writes metrics for the node exporter of Prometheus."
        ]
      ]
    }
  })

/** The program of any service. */
export interface Served {
  readonly name: string
  readonly version: string
  readonly run: (argv: ReadonlyArray<string>) => Effect.Effect<void, unknown, Services | Terminal>
}
