import type { DevicePath } from "@effect-ploop/core/DevicePath"
import type { Generation } from "@effect-ploop/core/Generation"
import * as GenerationTraits from "@effect-ploop/core/GenerationTraits"
import * as Operation from "@effect-ploop/core/Operation"
import * as PloopError from "@effect-ploop/core/PloopError"
import * as Request from "@effect-ploop/core/Request"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import * as args from "../arguments.js"
import type { About } from "../host.js"
import { context, unexpected } from "../outcome.js"
import type { ProcessResult, Runner } from "../process.js"
import type { Session } from "../session.js"
import { attach } from "./mounts.js"

/** The option that the tool does not have, so that this backend makes the file system itself. */
export const lacking = (generation: Generation, request: Request.Create): string | undefined => {
  if (request.journalSize !== undefined) return "journalSize"
  if (request.growsTo !== undefined) return "growsTo"
  if (!request.balloon) return "balloon"
  if (GenerationTraits.shapesNewDisks[generation]) return undefined
  return request.label !== undefined ? "label" : request.partition ? undefined : "partition"
}

/** The same request for the tool, which then makes the image alone. */
export const blank = (request: Request.Create): Request.Create => ({
  ...request,
  fileSystem: "none",
  fileSystemBlockSize: undefined,
  lazy: true,
  label: undefined,
  partition: true
})

interface Scene {
  readonly session: Session
  readonly about: About & { readonly operation: "create" }
  readonly request: Request.Create
  /** The descriptor of the new image. */
  readonly path: string
}

const failed = (about: About, result: ProcessResult): PloopError.PloopError => {
  const shared = context(about, result)
  if (result.signal !== undefined) return new PloopError.ToolAborted(shared)
  return /No space left on device/.test(result.stderr)
    ? new PloopError.NoSpace(shared)
    : new PloopError.FileSystemMakeFailed(shared)
}

/** Runs a program of another package than the tool's, which the tool runs too. */
const program = (about: About, runner: Runner, name: string, args: args.Arguments) =>
  runner.run({ ...about, args, kind: Operation.table.create.kind }).pipe(
    Effect.catchTags({
      ToolNotFound: () =>
        Effect.fail(new PloopError.PrerequisiteMissing({ ...context(about), what: `the program ${name}` })),
      ToolNotExecutable: ({ text }) =>
        Effect.fail(new PloopError.PrerequisiteMissing({ ...context(about), text, what: `an executable ${name}` }))
    }),
    Effect.flatMap((result) => result.exitCode === 0 ? Effect.succeed(result) : Effect.fail(failed(about, result)))
  )

const attached = ({ about, path, session }: Scene) =>
  Effect.gen(function*() {
    const request = yield* Effect.orDie(Schema.decode(Request.Mount)({ disk: path, readOnly: false }))
    const found = { disk: path, target: undefined, snapshot: undefined, readOnly: false }
    return yield* attach(session, about, {
      args: args.mount(session.verbosity, request, found),
      path,
      component: undefined
    })
  })

const detach = ({ about, session }: Scene, device: DevicePath) =>
  session.execute({ ...about, args: args.umount(session.verbosity, { device }), kind: Operation.table.create.kind })

/** Makes the partition. The tool finds it when it attaches the disk again. */
const partitioned = (scene: Scene, device: DevicePath, size: bigint) =>
  Effect.gen(function*() {
    const { about, request, session } = scene
    yield* program(about, session.parted, "parted", args.partitionTable(device, request.clusterSize, size))
    yield* detach(scene, device)
    const again = yield* attached(scene)
    return again.partition === undefined
      ? yield* unexpected(about, undefined, { line: again.device, expected: "a device with a partition" })
      : { device: again.device, node: again.partition }
  })

/** Makes the file of the balloon without a mount: without this file, the tool may refuse one. */
const makeBalloon = ({ about, session }: Scene, node: string) =>
  Effect.gen(function*() {
    for (const command of args.makeBalloon(node)) yield* program(about, session.debugfs, "debugfs", command)
    // debugfs succeeds whatever happens.
    const { stdout } = yield* program(about, session.debugfs, "debugfs", args.statBalloon(node))
    return /Type: regular +Mode: +0600/.test(stdout)
      ? undefined
      : yield* unexpected(about, undefined, { line: stdout.split("\n")[0] ?? "", expected: "the file of the balloon" })
  })

/** Makes a file system in a new image, as the tool makes one: an ext file system, which is the only one that can be asked for. */
export const make = (scene: Scene): Effect.Effect<void, PloopError.PloopError> =>
  Effect.gen(function*() {
    const { about, path, request, session } = scene
    const generation = yield* session.generation
    const { descriptor: { diskSize } } = yield* session.host.descriptor(about, path)
    const { device: first } = yield* attached(scene)
    const { device, node } = request.partition
      ? yield* partitioned(scene, first, diskSize)
      : { device: first, node: first }
    yield* program(about, session.mkfs, "mkfs", args.makeFileSystem(generation, request, node))
    yield* program(about, session.tune2fs, "tune2fs", args.tuneFileSystem(node))
    if (request.balloon) yield* makeBalloon(scene, node)
    yield* detach(scene, device)
  })
