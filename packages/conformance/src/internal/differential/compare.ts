import * as Disk from "@effect-ploop/core/Disk"
import type { CreateError } from "@effect-ploop/core/OperationError"
import * as Ploop from "@effect-ploop/core/Ploop"
import type { PloopError } from "@effect-ploop/core/PloopError"
import type { CreateOptions } from "@effect-ploop/core/Request"
import type * as Case from "@effect-ploop/testkit/Case"
import { formattedSize } from "@effect-ploop/testkit/Conformance"
import * as Scratch from "@effect-ploop/testkit/Scratch"
import type { Profile, Target } from "@effect-ploop/testkit/Target"
import { profile as profileOf } from "@effect-ploop/testkit/Target"
import type { PlatformError } from "@effect/platform/Error"
import * as FileSystem from "@effect/platform/FileSystem"
import type * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as FastCheck from "effect/FastCheck"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Runtime from "effect/Runtime"
import type * as Scope from "effect/Scope"
import * as observation from "./observe.js"
import type { Model, Place, Step } from "./step.js"
import { furtherName, mountPoints } from "./step.js"
import { steps } from "./steps.js"
import type { Kind } from "./steps/images.js"
import { creation, disks, kindOf, kinds, kindsOf } from "./steps/images.js"

/** The options of the caller, with every default. */
export interface Plan {
  readonly sequences: number
  readonly seed: number
  readonly steps: number
  readonly mounts: boolean
  readonly volumes: boolean
  readonly extended: boolean
  readonly jobs: number
  readonly shrink: boolean
}

/** The options for the disk of a sequence, if it has no file system. */
type Creation = Omit<CreateOptions, "image">

/** One of the two targets, ready for sequences. */
interface Side {
  readonly name: string
  readonly run: <A, E>(effect: Effect.Effect<A, E, Case.Services>, signal?: AbortSignal) => Promise<A>
  readonly profile: Profile
  readonly scratch: string
  /** Whether each sequence works on a copy of a disk that was made once, with an empty file system. */
  readonly copies: boolean
}

const makeSide = <E>(
  target: Target<E>,
  mounts: boolean
): Effect.Effect<Side, E | TargetError | CreateError | PlatformError, Scope.Scope> =>
  Effect.gen(function*() {
    const context: Context.Context<Case.Services> = yield* Layer.build(target.layer)
    const runtime = yield* Effect.runtime<never>()
    return yield* Effect.provide(
      Effect.gen(function*() {
        const fs = yield* FileSystem.FileSystem
        const profile = yield* profileOf(target)
        const scratch = yield* Effect.acquireRelease(
          fs.makeTempDirectory({ directory: yield* fs.realPath(target.scratch), prefix: Scratch.prefix }),
          (directory) => Effect.orDie(Effect.provide(Scratch.clear(profile, directory), context))
        )
        const side: Side = {
          name: target.name,
          run: (effect, signal) =>
            Runtime.runPromise(runtime)(Effect.provide(effect, context), signal === undefined ? {} : { signal }),
          profile,
          scratch,
          copies: mounts
        }
        if (mounts) yield* Effect.forEach(kindsOf(profile.generation), (kind) => format(side, kind), { discard: true })
        return side
      }),
      context
    )
  })

type TargetError = Effect.Effect.Error<ReturnType<typeof profileOf>>

/** The image of a kind that sequences copy. */
const formatted = ({ scratch }: Side, kind: Kind): string => `${scratch}/formatted-${kinds.indexOf(kind)}/root.hdd`

const format = (side: Side, kind: Kind) =>
  Effect.gen(function*() {
    const ploop = yield* Ploop.Ploop
    const fs = yield* FileSystem.FileSystem
    const image = formatted(side, kind)
    yield* fs.makeDirectory(image.slice(0, image.lastIndexOf("/")))
    yield* ploop.create({ image, size: formattedSize, version: 2, ...disks[kind] })
  })

/** How a sequence begins: with this disk where nothing is mounted, and with a copy of that one otherwise. */
interface Beginning {
  readonly made: Creation
  readonly kind: Kind
}

/** Creates the directory and the disk of a sequence. */
const begin = (
  side: Side,
  name: string,
  { kind, made }: Beginning
): Effect.Effect<Place, PloopError | PlatformError, Case.Services> =>
  Effect.gen(function*() {
    const ploop = yield* Ploop.Ploop
    const fs = yield* FileSystem.FileSystem
    const directory = `${side.scratch}/${name}`
    const image = `${directory}/root.hdd`
    for (const name of [...mountPoints, furtherName]) {
      yield* fs.makeDirectory(`${directory}/${name}`, { recursive: true })
    }
    if (side.copies) {
      yield* fs.copyFile(formatted(side, kind), image)
      yield* ploop.restoreDescriptor({
        image,
        ...("format" in disks[kind] && disks[kind].format === "raw" && { format: "raw" })
      })
    } else yield* ploop.create({ image, ...made })
    return { directory, disk: `${directory}/${Disk.descriptorName}` }
  })

/** A difference, and the steps that lead to it. */
export interface Difference {
  readonly seed: number
  readonly steps: ReadonlyArray<string>
  readonly one: { readonly name: string; readonly seen: ReadonlyArray<string> }
  readonly other: { readonly name: string; readonly seen: ReadonlyArray<string> }
}

class Mismatch extends Error {
  constructor(
    readonly steps: ReadonlyArray<string>,
    readonly one: ReadonlyArray<string>,
    readonly other: ReadonlyArray<string>
  ) {
    super("the targets differ")
  }
}

/** The progress of all jobs. */
class Progress {
  /** How often each operation succeeded and failed. */
  readonly operations: Record<string, { readonly succeeded: number; readonly failed: number }> = {}

  /** The job that found a difference first; the others stop. */
  foundBy: number | undefined

  count(step: Step, succeeded: boolean): void {
    const name = step.name.split(/[ ,]/, 1)[0] ?? step.name
    const before = this.operations[name] ?? { succeeded: 0, failed: 0 }
    this.operations[name] = succeeded
      ? { ...before, succeeded: before.succeeded + 1 }
      : { ...before, failed: before.failed + 1 }
  }

  isOver(job: number): boolean {
    return this.foundBy !== undefined && this.foundBy !== job
  }
}

/** Both targets of one sequence. */
interface Sides {
  readonly one: (step: Step) => Promise<observation.Observation>
  readonly other: (step: Step) => Promise<observation.Observation>
  /** The names of the steps that were run. */
  readonly done: Array<string>
  readonly progress: Progress
}

/** How many steps are generated for each one that runs. Steps that do not apply when their turn comes are omitted. */
const candidates = 4

class StepCommand implements FastCheck.AsyncCommand<Model, Sides> {
  constructor(readonly step: Step) {}

  check(model: Readonly<Model>): boolean {
    const { needs, when } = this.step
    return model.left > 0 && (needs === undefined || model.capabilities.has(needs)) && when(model)
  }

  async run(model: Model, sides: Sides): Promise<void> {
    model.left--
    const seen = await Promise.all([sides.one(this.step), sides.other(this.step)])
    const [one, other] = [seen[0].lines, seen[1].lines]
    sides.done.push(this.step.name)
    const first = one.findIndex((line, index) => line !== other[index])
    if (first >= 0 || one.length !== other.length) {
      const excerpt = (lines: ReadonlyArray<string>) =>
        lines.slice(Math.max((first < 0 ? one.length : first) - 3, 0)).slice(0, 9)
      throw new Mismatch(sides.done, excerpt(one), excerpt(other))
    }
    sides.progress.count(this.step, seen[0].succeeded)
    model.readable = seen[0].readable
    model.snapshots = seen[0].snapshots
    if (seen[0].succeeded) Object.assign(model, this.step.leads)
  }

  toString(): string {
    return this.step.name
  }
}

/** Runs a sequence in a directory of its own on each target, and removes both directories whatever the outcome. */
const sequence = async (
  one: Side,
  other: Side,
  name: string,
  beginning: Beginning,
  commands: Iterable<FastCheck.AsyncCommand<Model, Sides>>,
  limit: number,
  progress: Progress,
  signal: AbortSignal
): Promise<void> => {
  const cleared = (side: Side) => side.run(Scratch.clear(side.profile, `${side.scratch}/${name}`))
  const start = async (side: Side) => {
    const place = await side.run(begin(side, name, beginning), signal)
    const normalized = observation.normalizer(place)
    const sizes = !side.copies
    return {
      place,
      see: (step: Step) => side.run(observation.observe(place, normalized, step.run(place), { sizes }), signal)
    }
  }
  try {
    const [first, second] = await Promise.all([start(one), start(other)])
    const sides: Sides = {
      one: first.see,
      other: second.see,
      done: [],
      progress
    }
    const model: Model = {
      attached: false,
      mounted: false,
      writable: false,
      beside: false,
      edited: false,
      readable: true,
      snapshots: new Set(),
      generation: one.profile.generation,
      capabilities: new Set(one.profile.capabilities.filter((name) => other.profile.capabilities.includes(name))),
      left: limit
    }
    await FastCheck.asyncModelRun(() => ({ model, real: sides }), commands)
  } finally {
    await Promise.all([cleared(one), cleared(other)])
  }
}

/** Runs a share of the sequences, and returns the difference, if there is one. */
const check = (
  one: Side,
  other: Side,
  plan: Plan,
  progress: Progress,
  job: number,
  sequences: number
): Effect.Effect<Option.Option<Difference>> =>
  Effect.promise(async (signal) => {
    const seed = plan.seed + job
    const limit = plan.steps
    const step = steps(plan).map((step) => new StepCommand(step))
    const commands = FastCheck.commands([step], { maxCommands: limit * candidates, size: "max" })
    let begun = 0
    const details = await FastCheck.check(
      FastCheck.asyncProperty(creation, kindOf(one.profile.generation), commands, async (made, kind, commands) => {
        if (progress.isOver(job)) return
        try {
          await sequence(one, other, `sequence-${job}-${begun++}`, { made, kind }, commands, limit, progress, signal)
        } catch (error) {
          if (error instanceof Mismatch) progress.foundBy ??= job
          throw error
        }
      }),
      {
        seed,
        numRuns: sequences,
        endOnFailure: !plan.shrink,
        // Otherwise the first sequences would be short and similar.
        unbiased: true
      }
    )
    if (!details.failed) return Option.none()
    const mismatch = details.errorInstance
    if (!(mismatch instanceof Mismatch)) throw mismatch
    const [made, kind] = details.counterexample ?? []
    const head = plan.mounts ? `a disk with ${kind}` : `create ${JSON.stringify(made)}`
    return Option.some({
      seed,
      steps: [head, ...mismatch.steps],
      one: { name: one.name, seen: mismatch.one },
      other: { name: other.name, seen: mismatch.other }
    })
  })

export const compare = <E1, E2>(one: Target<E1>, other: Target<E2>, plan: Plan) =>
  Effect.gen(function*() {
    const sides = yield* Effect.all([makeSide(one, plan.mounts), makeSide(other, plan.mounts)], {
      concurrency: 2
    })
    const shares = Array.from({ length: plan.jobs }, (_, job) =>
      Math.floor(plan.sequences / plan.jobs) + (job < plan.sequences % plan.jobs ? 1 : 0))
    const progress = new Progress()
    const differences = yield* Effect.forEach(
      shares.filter((share) =>
        share > 0
      ),
      (share, job) => check(sides[0], sides[1], plan, progress, job, share),
      { concurrency: "unbounded" }
    )
    const difference = Option.flatten(Option.fromNullable(differences[progress.foundBy ?? 0]))
    return { difference, operations: progress.operations }
  }).pipe(Effect.scoped)
