import * as Classification from "@effect-ploop/core/Classification"
import { descriptorName } from "@effect-ploop/core/Disk"
import type { Generation } from "@effect-ploop/core/Generation"
import type * as Operation from "@effect-ploop/core/Operation"
import * as PloopError from "@effect-ploop/core/PloopError"
import * as Refusal from "@effect-ploop/core/Refusal"
import * as Remedy from "@effect-ploop/core/Remedy"
import * as Waiting from "@effect-ploop/core/Waiting"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Option from "effect/Option"
import * as afterKill from "./afterKill.js"
import * as args from "./arguments.js"
import type { Driver } from "./driver.js"
import type { About, Descriptor, Host } from "./host.js"
import type { HostFiles, Identity } from "./hostFiles.js"
import * as kernel from "./kernel.js"
import * as lease from "./lease.js"
import * as locks from "./locks.js"
import * as otherTools from "./otherTools.js"
import { context, outcome, unexpected } from "./outcome.js"
import type * as parse from "./parse.js"
import type { ProcessResult, Runner, Wait } from "./process.js"
import * as scratch from "./scratch.js"
import * as unfinished from "./unfinished.js"
import { childrenOf } from "./volumeLinks.js"

export interface Call extends About {
  /** The descriptor that it is about, where the tool may fail without a word about it. */
  readonly descriptor?: string | undefined
  readonly args: args.Arguments
  readonly kind: Operation.Kind
  /** How the wait before the tool is started is run, in a region that is uninterruptible otherwise. */
  readonly wait?: Wait | undefined
  /** A directory that the tool works in, and the one by which the caller knows what is there. */
  readonly alias?: { readonly from: string; readonly to: string } | undefined
}

type UseDisk = <A, E, R>(
  about: About,
  disk: string,
  use: (path: string) => Effect.Effect<A, E, R>
) => Effect.Effect<A, E | PloopError.PloopError, R>

/** The same, and the directory whose lock is held; none where the lock of the tool has to be enough. */
type HoldDisk = <A, E, R>(
  about: About,
  disk: string,
  use: (path: string, held: Option.Option<Identity>) => Effect.Effect<A, E, R>
) => Effect.Effect<A, E | PloopError.PloopError, R>

export interface Session {
  readonly host: Host
  readonly files: HostFiles
  readonly verbosity: number
  readonly tool: string
  readonly runner: Runner
  readonly generation: Effect.Effect<Generation, PloopError.PloopError>
  readonly kernel: kernel.Kernel
  /** Runs `dmsetup` where the tool runs. */
  readonly dmsetup: Runner
  /** Runs `resize2fs` where the tool runs. */
  readonly resize2fs: Runner
  /** Runs `parted` where the tool runs. */
  readonly parted: Runner
  /** Runs `mkfs` where the tool runs. */
  readonly mkfs: Runner
  /** Runs `tune2fs` where the tool runs. */
  readonly tune2fs: Runner
  /** Runs `debugfs` where the tool runs. */
  readonly debugfs: Runner
  /** Runs `ploop-cbt`, which is beside the tool. */
  readonly trackingTool: Runner
  /** Runs `ploop-volume`, which is beside the tool. */
  readonly volumeTool: Runner
  /** Runs `qemu-img` as this process, whose files it reads and writes. */
  readonly qemuImg: Runner
  /**
   * Whether the files that the tool makes are this process's own, so that it may
   * give them other names: not those of a tool that a prefix runs as another user.
   */
  readonly ownsFiles: boolean
  /** Whether an operation may change images outside the directory of the descriptor. */
  readonly allowsOutsideImages: boolean
  /** The drivers whose devices queries may read in sysfs, in place of asking the tool. */
  readonly drivers: Readonly<Record<Generation, Option.Option<Driver>>>
  /** Runs the tool; a failure is classified. */
  readonly execute: (call: Call) => Effect.Effect<ProcessResult, PloopError.PloopError>
  readonly classify: (outcome: Classification.Outcome) => PloopError.PloopError
  /** Runs the tool and reads its answer. */
  readonly ask: <A>(
    call: Call,
    read: (stdout: string) => Either.Either<A, parse.Unexpected>
  ) => Effect.Effect<A, PloopError.PloopError>
  /** The descriptor. What is wrong with one, the tool reports with its own exit code. */
  readonly descriptor: (about: About, path: string) => Effect.Effect<Descriptor, PloopError.PloopError>
  /** The absolute path of the descriptor, and the only writer of the disk that it leads to. */
  readonly onDisk: HoldDisk
  /** Refuses to mount a disk or to write its descriptor where something in the descriptor speaks against that. */
  readonly judge: (about: About, path: string) => Effect.Effect<void, PloopError.PloopError>
  /** Refuses to harm a volume that has children. */
  readonly requireNoChildren: (
    about: About,
    path: string,
    descriptor: Descriptor["descriptor"]
  ) => Effect.Effect<void, PloopError.PloopError>
  /** The only writer of a disk whose descriptor was judged. */
  readonly onSoundDisk: UseDisk
  /** The same for a query, which waits for no one: not for a merge that takes an hour either. */
  readonly lookAt: UseDisk
  /** Settles a snapshot of the disk in a directory that was cut short, before one of its devices is unmounted. */
  readonly settle: (about: About, directory: string) => Effect.Effect<void>
  /** The absolute path of an image file, and the only one that works in its directory. */
  readonly onImage: <A, E, R>(
    about: About,
    image: string,
    use: (path: string) => Effect.Effect<A, E, R>
  ) => Effect.Effect<A, E | PloopError.PloopError, R>
  /** Lets nobody else work on the images in a directory until the scope is closed. */
  readonly hold: locks.Locks["hold"]
  /** The only one that works on the images in a directory. */
  readonly exclusive: locks.Locks["exclusive"]
  /** The only one that works on the devices of the images in a directory, where it may be locked. */
  readonly onlyUser: locks.Locks["onlyUser"]
}

interface Options {
  readonly host: Host
  readonly files: HostFiles
  readonly generation: Session["generation"]
  readonly ownsFiles: boolean
  readonly allowsOutsideImages: boolean
  readonly drivers: Session["drivers"]
  readonly runner: Runner
  readonly dmsetup: Runner
  readonly resize2fs: Runner
  readonly parted: Runner
  readonly mkfs: Runner
  readonly tune2fs: Runner
  readonly debugfs: Runner
  readonly trackingTool: Runner
  readonly volumeTool: Runner
  readonly qemuImg: Runner
  readonly tool: string
  readonly verbosity: number
}

const renamed = (result: ProcessResult, { alias }: Call): ProcessResult =>
  alias === undefined ? result : {
    ...result,
    stdout: result.stdout.replaceAll(`${alias.from}/`, `${alias.to}/`),
    stderr: result.stderr.replaceAll(`${alias.from}/`, `${alias.to}/`)
  }

type Seen = Pick<Options, "files" | "host">

/** Which of the files are FIFOs, sockets or character devices, also by way of a symbolic link. */
const endless = ({ files }: Seen, images: ReadonlyArray<string>) =>
  Effect.map(
    files.kindsAt(images),
    (kinds) => images.filter((_, index) => Option.contains(kinds[index] ?? Option.none(), "Other"))
  )

/** Refuses an image for whose writer the tool would wait, or which it would read without an end. */
const requireFiles = (seen: Seen, about: About, { descriptor, image }: Descriptor) =>
  Effect.flatMap(endless(seen, descriptor.images.map(({ file }) => image(file))), ([first]) =>
    first === undefined
      ? Effect.void
      : new PloopError.DescriptorInvalid({
        ...context(about),
        reason: `its image ${first} is a FIFO, a socket or a character device`,
        instead: Remedy.texts["not-a-file"]({ name: seen.host.name(first) })
      }))

/** The same for a query; what is wrong with a descriptor, the tool reports. */
const requireReadable = (seen: Seen, { descriptor, ...about }: Call) =>
  descriptor === undefined
    ? Effect.void
    : Effect.flatMap(
      Effect.option(seen.host.descriptor(about, descriptor)),
      Option.match({ onNone: () => Effect.void, onSome: (disk) => requireFiles(seen, about, disk) })
    )

const makeExecute = ({ files, generation, host, runner }: Options): Session["execute"] => (call) =>
  Effect.gen(function*() {
    const found = yield* generation
    yield* requireReadable({ files, host }, call)
    const result = renamed(yield* runner.run(call, call.wait), call)
    const ended = outcome(call, found, result)
    if (result.exitCode !== 0) {
      // Generation 9 silences itself for queries, the reason of their failure included.
      const silent = call.descriptor !== undefined && result.stderr === "" && result.stdout === ""
      if (silent && !(yield* host.exists(call.descriptor))) {
        return yield* new PloopError.DiskNotFound(context(call, result))
      }
      return yield* Classification.classify(ended)
    }
    return yield* Option.match(Classification.hiddenFailure(ended), {
      onNone: () => Effect.succeed(result),
      onSome: (error) => Effect.fail(error)
    })
  })

const makeAsk = (execute: Session["execute"]): Session["ask"] => (call, read) =>
  Effect.flatMap(execute(call), (result) =>
    Either.mapLeft(
      result.truncated
        ? Either.left({ line: result.stdout, expected: "a short answer" })
        : read(result.stdout),
      (found) => unexpected(call, result, found)
    ))

/** Refuses a name that the generation would take for that of an image. */
const makeNamed = (generation: Session["generation"]): UseDisk => (about, path, use) =>
  // The first run of the tool reports a probe that fails, with its own error.
  Waiting.interruptible(Effect.option(generation)).pipe(
    Effect.flatMap(Option.match({
      onNone: () => Effect.void,
      onSome: (generation) => Refusal.descriptorName(about, generation, path)
    })),
    Effect.zipRight(Effect.suspend(() => use(path)))
  )

/** The tool takes a name of a descriptor for the whole disk, and waits for the writer of a FIFO. */
const requireImage = (seen: Seen, about: About, image: string, real: string) =>
  Effect.gen(function*() {
    const refuse = (rule: string) =>
      new PloopError.InvalidArgument({ ...context(about), field: "image", value: image, rule })
    if ([seen.host.absolute(image), real].some((path) => path.endsWith(".xml"))) {
      return yield* refuse("must be an image file; a disk is named by its descriptor, as disk")
    }
    if ((yield* endless(seen, [image])).length > 0) {
      return yield* refuse("must not be a FIFO, a socket or a character device")
    }
  })

/** The top images of the devices that take writes; none where no driver shows them. */
const writtenImages = (found: Option.Option<Driver>): Effect.Effect<ReadonlyArray<string>> =>
  Effect.gen(function*() {
    const driver = yield* found
    const devices = yield* Effect.flatten(driver.devices)
    const chains = yield* Effect.forEach(devices, ({ name }) => driver.chain(name))
    return chains.flatMap((chain) => Option.isSome(chain) && !chain.value.readOnly ? chain.value.images.slice(-1) : [])
  }).pipe(Effect.orElseSucceed(() => []))

/** Where the lock of the tool has to be enough, another one may be at work before that is taken. */
const leased = (held: Option.Option<Identity>) => <A, E, R>(operation: Effect.Effect<A, E, R>) =>
  Option.isSome(held) ? lease.during(operation) : operation

export const make = (options: Options): Session => {
  const { files, generation, host } = options
  const execute = makeExecute(options)
  const named = makeNamed(generation)
  const { exclusive, hold, onlyUser, onlyWriter } = locks.make(files, generation)

  const written = Effect.orElseSucceed(
    Effect.flatMap(generation, (found) => writtenImages(options.drivers[found])),
    (): ReadonlyArray<string> => []
  )

  /** This process may not remove what the tool of another user leaves. */
  const cleared = <A, E, R>(
    about: About,
    path: string,
    operation: Effect.Effect<A, E, R>
  ): Effect.Effect<A, E | PloopError.PloopError, R> =>
    options.ownsFiles ? afterKill.clearing({ host, files, about, path, written }, operation) : operation

  const settle: Session["settle"] = (about, directory) =>
    options.ownsFiles
      ? unfinished.settleOrLog({ host, files, about, path: host.join(directory, descriptorName), written })
      : Effect.void

  /** While it waits for the lock, the name may come to lead to another disk. */
  const onDisk: HoldDisk = (about, disk, use) =>
    Effect.flatMap(host.real(disk), (real) =>
      Effect.flatten(
        onlyWriter(about, host.directory(real))((held) =>
          Effect.flatMap(host.real(disk), (now) =>
            now === real
              ? Effect.zipRight(
                otherTools.awaitChanges(options, host.directory(real)),
                scratch.requireOwn(options, about, real).pipe(
                  Effect.zipRight(cleared(about, real, named(about, host.absolute(disk), (path) => use(path, held)))),
                  leased(held),
                  Effect.map(Effect.succeed)
                )
              )
              : Effect.succeed(onDisk(about, disk, use)))
        )
      ))

  const requireNoChildren: Session["requireNoChildren"] = (about, path, { volume }) =>
    volume === undefined || !Refusal.harmsVolumes(about.operation)
      ? Effect.void
      : Effect.flatMap(host.real(path), (real) =>
        Effect.flatMap(
          childrenOf({ files, host }, about, host.directory(real)),
          (children) => Refusal.volumeChildren(about, volume, children)
        ))

  /** A descriptor that is not there, or cannot be read, is left to the tool, which reports it. */
  const judge: Session["judge"] = (about, path) =>
    Effect.matchEffect(host.descriptor(about, path), {
      onFailure: (error) =>
        error._tag === "DescriptorInvalid" || error._tag === "Unsupported" ? Effect.fail(error) : Effect.void,
      onSuccess: (disk) =>
        Effect.all([generation, host.imageStarts(disk), requireFiles(options, about, disk)]).pipe(
          Effect.flatMap(([generation, images]) => Refusal.descriptor(about, generation, disk, images)),
          Effect.zipRight(requireNoChildren(about, path, disk.descriptor))
        )
    })

  const onSoundDisk: UseDisk = (about, disk, run) =>
    onDisk(about, disk, (path) => Effect.zipRight(judge(about, path), Effect.suspend(() => run(path))))

  /** While it waits for the lock, the name may come to lead to another image. */
  const onImage: UseDisk = (about, image, use) =>
    Effect.gen(function*() {
      const real = yield* host.real(image)
      yield* requireImage(options, about, image, real)
      return yield* Effect.flatten(
        exclusive(about, host.directory(real))(
          Effect.flatMap(host.real(image), (now) =>
            now === real
              ? Effect.map(use(host.absolute(image)), Effect.succeed)
              : Effect.succeed(onImage(about, image, use)))
        )
      )
    })

  return {
    ...options,
    kernel: kernel.make(options),
    execute,
    classify: Classification.classify,
    hold,
    exclusive,
    onlyUser,
    ask: makeAsk(execute),
    lookAt: (about, disk, use) => Effect.suspend(() => named(about, host.absolute(disk), use)),
    onDisk,
    judge,
    requireNoChildren,
    onSoundDisk,
    settle,
    descriptor: (about, path) =>
      Effect.catchAll(host.descriptor(about, path), (error) =>
        Effect.zipRight(
          execute({ ...about, args: args.imageInfo(path), descriptor: path, kind: "query" }),
          Effect.fail(error)
        )),
    onImage
  }
}
