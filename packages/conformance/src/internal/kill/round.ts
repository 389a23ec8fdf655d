import { inDirectory } from "@effect-ploop/core/Disk"
import * as Ploop from "@effect-ploop/core/Ploop"
import type * as Request from "@effect-ploop/core/Request"
import * as Command from "@effect/platform/Command"
import * as FileSystem from "@effect/platform/FileSystem"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Option from "effect/Option"
import * as Predicate from "effect/Predicate"
import * as Random from "effect/Random"
import * as Schedule from "effect/Schedule"
import * as benches from "./bench.js"
import type { Bench } from "./bench.js"
import * as left from "./left.js"
import type { Name, Scenario } from "./scenario.js"
import { scenarios } from "./scenario.js"
import * as strike from "./strike.js"
import type { Tools } from "./tools.js"

/** What the rounds share. */
export interface Setting {
  readonly prefix: ReadonlyArray<string>
  readonly sysfs: string
  readonly tools: Tools
  /** The directory with the disk that each round copies. */
  readonly template: string
  readonly scratch: string
}

/** What a round found. */
export interface Found {
  readonly operation: Name
  readonly victim: strike.Victim
  readonly ending: strike.Ending
  /** What was left when the operation had ended; nothing where the process was killed. */
  readonly atOnce: left.Inventory
  /** What was left after the next calls. */
  readonly later: left.Inventory
  /**
   * Deltas beside the disk that no descriptor names, after a kill of the whole
   * process. Without a pipe to write to, the tool ends in the middle of its work,
   * and nobody who comes later can know that such a file is not somebody else's.
   */
  readonly unnamed: ReadonlyArray<string>
  /** The number of synced files that cannot be read. */
  readonly unreadable: number
  /** Why a call after the kill did not work. */
  readonly broken: Option.Option<string>
}

/** Unmounts whatever a round has left, by the names of its devices and mount points. */
const clear = (bench: Bench) =>
  Effect.gen(function*() {
    const fs = yield* FileSystem.FileSystem
    const ploop = yield* Ploop.Ploop
    yield* Effect.ignore(takeDown(bench))
    const devices = (yield* ploop.listDevices).filter(({ image }) => image.startsWith(`${bench.directory}/`))
    yield* Effect.forEach(devices, ({ device }) => Effect.ignore(ploop.umount({ device })))
    for (const mountPoint of (yield* left.mounts).filter((path) => path.startsWith(`${bench.directory}/`))) {
      yield* Command.exitCode(Command.make("umount", "--lazy", mountPoint))
    }
    yield* fs.remove(bench.directory, { recursive: true })
  }).pipe(Effect.catchAll((error) => Effect.logError(`${bench.directory} could not be removed`, error)))

/** A bench with a copy of the disk, which is removed at the end of the scope. */
const bench = ({ scratch, template }: Setting) =>
  Effect.gen(function*() {
    const fs = yield* FileSystem.FileSystem
    const made = yield* Effect.acquireRelease(
      Effect.map(fs.makeTempDirectory({ directory: scratch, prefix: "round-" }), benches.make),
      clear
    )
    yield* Command.exitCode(
      Command.make("cp", "--archive", "--sparse=always", `${template}/.`, made.directory)
    )
    return made
  })

/**
 * Mounts the disk. Where an image was not closed cleanly, it follows the remedy of
 * the error: it checks the images, and mounts once more.
 */
const mount = ({ disk, target }: Bench) =>
  Effect.gen(function*() {
    const ploop = yield* Ploop.Ploop
    yield* ploop.mount({ disk, target }).pipe(
      Effect.catchTag("ImageDirty", () =>
        Effect.gen(function*() {
          const images = yield* left.imagesOf(disk)
          yield* Effect.forEach(images, (image) => ploop.check({ image, force: true, dropInUse: true }))
          yield* ploop.mount({ disk, target })
        }))
    )
  })

/**
 * Does what the error says when a change of the balloon was ended half-way: mounts
 * the file system of the device by hand, ends the maintenance, and unmounts the device.
 */
const endMaintenance = (bench: Bench, device: string) =>
  Effect.gen(function*() {
    const ploop = yield* Ploop.Ploop
    yield* Command.exitCode(Command.make("mount", `${device}p1`, bench.side))
    yield* ploop.balloonClear({ target: bench.side })
    yield* ploop.umount({ device })
  })

const unmount = (bench: Bench, options: Request.UmountOptions) =>
  Effect.gen(function*() {
    const ploop = yield* Ploop.Ploop
    yield* ploop.umount(options).pipe(
      Effect.catchTag("NotMounted", () => Effect.void),
      Effect.catchTag("Busy", (error) =>
        error.device !== undefined && error.remedy.includes("balloonClear")
          ? endMaintenance(bench, error.device)
          : Effect.fail(error))
    )
  })

/** Unmounts the devices of the disk and of the one that the operation creates, as their owner does. */
const takeDown = (bench: Bench) =>
  Effect.gen(function*() {
    const fs = yield* FileSystem.FileSystem
    for (const disk of [bench.disk, inDirectory(bench.empty)]) {
      if (!(yield* fs.exists(disk))) continue
      for (const component of [`~${benches.component}`, undefined]) {
        yield* unmount(bench, { disk, component })
      }
    }
  })

const enter = (scenario: Scenario, bench: Bench) =>
  Effect.gen(function*() {
    if (scenario.mounted) yield* mount(bench)
    yield* scenario.before?.(bench) ?? Effect.void
  })

/** How long an operation takes that nobody kills. */
export const measure = (setting: Setting, operation: Name) =>
  Effect.scoped(Effect.gen(function*() {
    const own = yield* bench(setting)
    const scenario = scenarios[operation]
    yield* enter(scenario, own)
    const [duration] = yield* Effect.timed(scenario.run(own))
    return duration
  }))

/** The tools that a killed process has left running do their work and end. */
const orphansEnded = (bench: Bench, before: left.Inventory) =>
  left.since(bench, before, []).pipe(
    Effect.map(({ processes }) => processes.length === 0),
    Effect.repeat({ until: (ended) => ended, schedule: Schedule.spaced("50 millis") })
  )

const isDone = (scenario: Scenario, error: unknown): boolean =>
  Predicate.hasProperty(error, "_tag") && (scenario.done ?? []).some((tag) => tag === error._tag)

/** The calls after a kill: the disk is unmounted, its data is read, and the operation is called again. */
const goOn = (scenario: Scenario, bench: Bench) =>
  Effect.gen(function*() {
    const ploop = yield* Ploop.Ploop
    yield* takeDown(bench)
    yield* mount(bench)
    const unreadable = yield* benches.unreadable(bench.target, scenario.keeps ?? ["kept", "later"])
    yield* ploop.umount({ disk: bench.disk })
    yield* enter(scenario, bench)
    yield* Effect.catchIf(scenario.run(bench), (error) => isDone(scenario, error), () => Effect.void)
    yield* takeDown(bench)
    return unreadable
  })

const explain = (error: unknown): string =>
  Predicate.hasProperty(error, "message") && Predicate.isString(error.message) ? error.message : String(error)

/** Runs an operation on a copy of the disk, and kills something at a random moment of it. */
export const play = (setting: Setting, operation: Name, victim: strike.Victim, usual: Duration.Duration) =>
  Effect.scoped(Effect.gen(function*() {
    const scenario = scenarios[operation]
    const own = yield* bench(setting)
    const nothing = yield* left.take(own)
    const worker = victim === "process"
      ? yield* strike.start({ directory: own.directory, operation, prefix: setting.prefix, sysfs: setting.sysfs })
      : undefined
    yield* worker?.word ?? Effect.void
    yield* enter(scenario, own)
    const before = yield* left.take(own)
    const after = Duration.times(usual, 0.9 * (yield* Random.next))
    const makes = scenario.makes?.(own) ?? []

    const ending = yield* worker !== undefined
      ? strike.worker(worker, after)
      : victim === "tool"
      ? strike.tool(setting.tools, after, scenario.run(own))
      : strike.fiber(after, scenario.run(own))
    // A killed process can take nothing down: what it left is counted after the next calls.
    if (victim === "process") yield* orphansEnded(own, before)
    const atOnce = victim === "process" || ending === "finished" ? left.none : yield* left.since(own, before, makes)

    const next = yield* Effect.either(goOn(scenario, own))
    const later = yield* left.since(own, nothing, makes)
    const unnamed = victim === "process" ? later.files.filter((path) => path.startsWith(`${own.image}.{`)) : []
    const found: Found = {
      operation,
      victim,
      ending,
      atOnce,
      later: { ...later, files: later.files.filter((path) => !unnamed.includes(path)) },
      unnamed,
      unreadable: Either.getOrElse(next, () => 0),
      broken: Option.map(Either.getLeft(next), explain)
    }
    return found
  }))
