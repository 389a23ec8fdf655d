/**
 * Jobs on the real tool and the emulated kernel, inside its namespaces. Each job runs
 * once undisturbed, and then in processes that are killed at a change: before it,
 * after it, or while the tool makes it. Another run has to end as the undisturbed one.
 * It writes a line of JSON for each: what should be there, and what is.
 */
import { PloopCli } from "@effect-ploop/backend-cli"
import { KernelEmulation } from "@effect-ploop/conformance"
import { Ploop } from "@effect-ploop/core"
import { Backup, Leftovers, Plan, Reclaim, Retention, SnapshotSet, SnapshotTime } from "@effect-ploop/maintenance"
import { Command, FileSystem } from "@effect/platform"
import { NodeContext, NodeRuntime } from "@effect/platform-node"
import { Console, Effect, Ref, Schema } from "effect"

const moments = ["before", "during", "after"] as const

type Moment = typeof moments[number]

const isMoment = (text: string): text is Moment => moments.some((moment) => moment === text)

const killed = Effect.sync(() => process.kill(process.pid, "SIGKILL"))

/** Lets the tool start, which then goes on without the process that has started it. */
const underWay = (then: Effect.Effect<never>) =>
  Effect.zipRight(
    Effect.repeatN(Effect.promise(() => new Promise<void>((resume) => setImmediate(resume))), 50),
    then
  )

/** A service that kills its process at one change. */
const killing = (ploop: Ploop.Ploop, at: number, moment: Moment): Effect.Effect<Ploop.Ploop> =>
  Effect.map(Ref.make(0), (count) => {
    const end = Effect.zipRight(killed, Effect.never)
    const cut = <A, E>(effect: Effect.Effect<A, E>): Effect.Effect<A, E> => {
      if (moment === "before") return end
      return moment === "after"
        ? Effect.zipLeft(effect, end)
        : Effect.zipLeft(effect, underWay(end), { concurrent: true })
    }
    const change = <A, E>(effect: Effect.Effect<A, E>): Effect.Effect<A, E> =>
      Effect.flatMap(
        Ref.getAndUpdate(count, (before) => before + 1),
        (index) => index === at ? cut(effect) : effect
      )
    return {
      ...ploop,
      createSnapshot: (options) => change(ploop.createSnapshot(options)),
      createTemporarySnapshot: (options) => change(ploop.createTemporarySnapshot(options)),
      deleteSnapshot: (options) => change(ploop.deleteSnapshot(options)),
      discard: (options) => change(ploop.discard(options))
    }
  })

interface Place {
  readonly disk: string
  readonly directory: string
}

const planFile = ({ directory }: Place) => `${directory}/plan.json`

const write = ({ directory }: Place, name: string) =>
  Effect.flatMap(FileSystem.FileSystem, (fs) => fs.writeFileString(`${directory}/mnt/${name}`, `content of ${name}\n`))

const snapshot = ({ disk }: Place) =>
  Effect.flatMap(
    Ploop.Ploop,
    (ploop) => Effect.flatMap(SnapshotTime.identifier, (id) => ploop.createSnapshot({ disk, id }))
  )

/** The jobs: what each applies, which may be the plan that an earlier run has kept. */
const jobs = {
  leftovers: ({ disk }: Place) => Leftovers.plan({ disk, olderThan: 0, temporaryDevices: true }),
  retention: ({ disk }: Place) => Retention.plan({ disk, policy: { last: 1 } }),
  set: ({ disk }: Place) => SnapshotSet.plan({ disks: [disk] }),
  reclaim: ({ disk }: Place) => Reclaim.plan({ disks: [disk], policy: { atLeast: 0, retention: { last: 1 } } }),
  backup: ({ directory, disk }: Place) => Backup.plan({ disk, to: `${directory}/backup`, keepSnapshot: true })
}

type Job = keyof typeof jobs

const isJob = (text: string): text is Job => Object.hasOwn(jobs, text)

const run = (job: Job, place: Place) =>
  Effect.gen(function*() {
    const fs = yield* FileSystem.FileSystem
    const kept = yield* Effect.option(fs.readFileString(planFile(place)))
    const plan = kept._tag === "Some"
      ? yield* Schema.decode(Plan.PlanFromJson)(kept.value)
      : yield* jobs[job](place)
    yield* fs.writeFileString(planFile(place), yield* Schema.encode(Plan.PlanFromJson)(plan))
    yield* Plan.apply(plan)
  })

/** A running disk with two snapshots, and a file from each time. */
const prepare = (directory: string) =>
  Effect.gen(function*() {
    const fs = yield* FileSystem.FileSystem
    const ploop = yield* Ploop.Ploop
    yield* fs.makeDirectory(`${directory}/vz`, { recursive: true })
    yield* fs.makeDirectory(`${directory}/mnt`)
    const { disk } = yield* ploop.create({ image: `${directory}/vz/root.hdd`, size: "300M" })
    const place: Place = { directory, disk }
    yield* ploop.mount({ disk, target: `${directory}/mnt` })
    for (const name of ["one", "two"]) {
      yield* write(place, name)
      yield* snapshot(place)
    }
    yield* write(place, "three")
    return place
  })

/** What a job has made of a disk, and whether anything is left over. */
const outcome = (job: Job, { directory, disk }: Place) =>
  Effect.gen(function*() {
    const fs = yield* FileSystem.FileSystem
    const ploop = yield* Ploop.Ploop
    const { nodes } = yield* ploop.listSnapshots({ disk })
    const files = yield* Effect.forEach(
      ["one", "two", "three"],
      (name) => fs.readFileString(`${directory}/mnt/${name}`)
    )
    const left = yield* Leftovers.plan({ disk, olderThan: 0 })
    const images = job === "backup" ? (yield* Backup.verify(`${directory}/backup`)).images.length : 0
    return { snapshots: nodes.length, files, left: left.steps.map(({ reason }) => reason), images }
  })

/** What a process does that leaves something for the job. */
const leaving = ({ directory, disk }: Place) =>
  Effect.gen(function*() {
    const fs = yield* FileSystem.FileSystem
    const ploop = yield* Ploop.Ploop
    yield* fs.makeDirectory(`${directory}/view`)
    yield* ploop.createTemporarySnapshot({ disk, component: "view", target: `${directory}/view` })
  })

const samples: ReadonlyArray<readonly [job: Job, at: number, moment: Moment]> = [
  ["leftovers", 0, "after"],
  ["retention", 0, "during"],
  ["retention", 0, "after"],
  ["set", 0, "during"],
  ["reclaim", 1, "during"],
  ["backup", 0, "during"],
  ["backup", 0, "after"]
]

/** A process of its own that runs a job until it is killed. It returns whether it was. */
const runKilled = (kernel: KernelEmulation.KernelEmulation, place: Place, sample: typeof samples[number]) =>
  Command.make(
    process.execPath,
    ...process.execArgv,
    process.argv[1]!,
    ...["job", ...sample.map(String), place.directory, place.disk]
  ).pipe(
    Command.env({ PLOOP_PREFIX: kernel.prefix.join(","), PLOOP_SYSFS: kernel.sysfs }),
    Command.exitCode,
    Effect.as(false),
    // A process that was killed has no exit code.
    Effect.catchIf(({ message }) => message.includes("SIGKILL"), () => Effect.succeed(true))
  )

const inside = (scratch: string, kernel: KernelEmulation.KernelEmulation) =>
  Effect.gen(function*() {
    const ploop = yield* Ploop.Ploop
    let number = 0
    const on = <A, E, R>(use: (place: Place) => Effect.Effect<A, E, R>) =>
      Effect.acquireUseRelease(
        Effect.suspend(() => prepare(`${scratch}/${number++}`)),
        use,
        ({ disk }) => Effect.orDie(ploop.umount({ disk }))
      )
    const expected = new Map<Job, unknown>()
    for (const sample of samples) {
      const [job, at, moment] = sample
      if (!expected.has(job)) {
        expected.set(job, yield* on((place) => Effect.zipRight(run(job, place), outcome(job, place))))
      }
      const found = yield* on((place) =>
        Effect.gen(function*() {
          const wasKilled = yield* runKilled(kernel, place, sample)
          yield* run(job, place)
          return { wasKilled, ...(yield* outcome(job, place)) }
        })
      )
      const title = `${job}, killed ${moment} the change ${at}`
      yield* Console.log(JSON.stringify({ title, expected: expected.get(job), found }))
    }
  })

/** The job of a process that is killed. */
const child = (job: string, at: string, moment: string, directory: string, disk: string) =>
  Effect.gen(function*() {
    const ploop = yield* Ploop.Ploop
    if (!isJob(job) || !isMoment(moment)) return yield* Effect.dieMessage(`${job} ${moment} is not a job`)
    const cut = yield* killing(ploop, Number(at), moment)
    const place = { directory, disk }
    const work = Effect.if(job === "leftovers", { onTrue: () => leaving(place), onFalse: () => run(job, place) })
    yield* Effect.provideService(work, Ploop.Ploop, cut)
  }).pipe(Effect.provide(PloopCli.layerConfig(PloopCli.config)))

const all = (scratch: string) =>
  Effect.scoped(Effect.gen(function*() {
    const kernel = yield* KernelEmulation.scoped({ scratch })
    const Host = PloopCli.layer({ prefix: kernel.prefix, sysfs: kernel.sysfs })
    yield* Effect.provide(inside(scratch, kernel), Host)
  }))

const [first = "", job = "", at = "", moment = "", directory = "", disk = ""] = process.argv.slice(2)

const onHost = <A, E>(effect: Effect.Effect<A, E, NodeContext.NodeContext>) =>
  NodeRuntime.runMain(Effect.provide(effect, NodeContext.layer))

if (first === "job") onHost(child(job, at, moment, directory, disk))
else onHost(all(first))
