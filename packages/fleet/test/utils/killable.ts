/**
 * A process of a fleet that can be killed after any of its calls: what the call has done stays, and the process does nothing more.
 * The storage and the hosts outlive it.
 */
import { LowLevel, Ploop } from "@effect-ploop/core"
import { Runner, type Storage } from "@effect-ploop/fleet"
import { RunnerStorage, ShardingConfig } from "@effect/cluster"
import { FileSystem } from "@effect/platform"
import { SystemError } from "@effect/platform/Error"
import { Context, Deferred, Effect, Exit, Layer, Logger, LogLevel, Scope } from "effect"

/** Effect.never keeps a timer for each fiber. */
const hung = Effect.async<never>(() => {})

type Anything = Record<string, unknown>

/** Which calls count; a process is never killed after one of the others. */
export type Counts = (method: string) => boolean

/**
 * Whether a call of a host fails, as when the connection to it is lost: before it has done anything, or when it has done it.
 */
export type Fault = (method: string) => "before" | "after" | undefined

const lost = (method: string) =>
  new SystemError({
    module: "FileSystem",
    method,
    reason: "Unknown",
    pathOrDescriptor: "host",
    description: "the connection was lost"
  })

const faulty = (fault: Fault, method: string, effect: Effect.Effect<unknown, unknown, unknown>) =>
  Effect.suspend(() => {
    const when = fault(method)
    if (when === undefined) return effect
    return when === "before" ? lost(method) : Effect.zipRight(effect, lost(method))
  })

/** What a process does goes through it, so that it can be killed. */
export class Gate {
  calls = 0
  isDead = false
  readonly killed = Deferred.unsafeMake<void>(undefined as never)

  constructor(
    readonly killAfter: number | undefined,
    readonly fault: Fault = () => undefined,
    /** How long a call that counts takes. */
    readonly pace: Effect.Effect<void> = Effect.void
  ) {}

  /** Kills the process. */
  readonly die: Effect.Effect<void> = Effect.suspend(() => {
    this.isDead = true
    return Effect.asVoid(Deferred.succeed(this.killed, undefined))
  })

  /** Ends when the process is killed. */
  readonly death: Effect.Effect<void> = Effect.suspend(() => Deferred.await(this.killed))

  /** A result never reaches a process that was killed in the meantime. */
  readonly pass = <A, E, R>(effect: Effect.Effect<A, E, R>, counts: boolean): Effect.Effect<A, E, R> =>
    Effect.suspend(() => this.isDead ? hung : counts ? Effect.zipRight(this.pace, effect) : effect).pipe(
      Effect.exit,
      Effect.flatMap((exit) => {
        if (counts && !this.isDead && ++this.calls === this.killAfter) {
          this.isDead = true
          return Effect.zipRight(Deferred.succeed(this.killed, undefined), hung)
        }
        return this.isDead ? hung : exit
      })
    )

  readonly around = <S extends object>(service: S, counts: Counts, fault: Fault = () => undefined): S =>
    new Proxy(service, {
      get: (target, key) => {
        const member: unknown = (target as Anything)[key as string]
        if (Effect.isEffect(member)) return this.pass(faulty(fault, String(key), member), counts(String(key)))
        if (typeof member !== "function") return member
        return (...args: ReadonlyArray<unknown>) => {
          const result: unknown = member.apply(target, args)
          if (!Effect.isEffect(result)) return result
          const passed = this.pass(faulty(fault, String(key), result), counts(String(key)))
          return key === "open"
            ? Effect.map(passed, (file) => this.around(file as FileSystem.File, counts, fault))
            : passed
        }
      }
    })
}

const writes = ["saveRequest", "saveReply", "saveEnvelope", "clearReplies", "begin", "hold", "release", "add", "append"]

/** The calls of a host that change something. */
export const changes: ReadonlyArray<string> = [
  "rename",
  "link",
  "remove",
  "makeDirectory",
  "writeAll",
  "truncate",
  "sync",
  "chmod",
  "chown",
  "clone",
  "createSnapshot",
  "deleteSnapshot",
  "snapshotAndSwitch",
  "switchAndDelete"
]

export type Hosts = Readonly<Record<string, Context.Context<Runner.HostServices>>>

/** A storage that outlives the processes: its messages, and what the fleet keeps beside them. */
export type Stored = Context.Context<Storage.Storage>

const storageOf = (stored: Stored, gate: Gate) =>
  Layer.merge(
    Layer.succeedContext(
      Context.unsafeMake(
        new Map(
          [...stored.unsafeMap].map((
            [key, service]
          ) => [
            key,
            key === RunnerStorage.RunnerStorage.key ? service : gate.around(service, (name) => writes.includes(name))
          ])
        )
      ) as Stored
    ),
    // With the process, the fleet forgets that it managed the hosts.
    RunnerStorage.layerMemory.pipe(Layer.provide(ShardingConfig.layer()))
  )

const hostOf = (host: Context.Context<Runner.HostServices>, gate: Gate) => {
  const counts: Counts = (name) => changes.includes(name)
  return Layer.succeedContext(
    Context.empty().pipe(
      Context.add(Ploop.Ploop, gate.around(Context.get(host, Ploop.Ploop), counts)),
      Context.add(LowLevel.LowLevel, gate.around(Context.get(host, LowLevel.LowLevel), counts)),
      Context.add(FileSystem.FileSystem, gate.around(Context.get(host, FileSystem.FileSystem), counts, gate.fault))
    )
  )
}

const processOf = (stored: Stored, hosts: Hosts, gate: Gate) =>
  Layer.provide(
    Runner.layer({
      hosts: Object.fromEntries(Object.entries(hosts).map(([name, host]) => [name, hostOf(host, gate)])),
      retries: ["10 millis", "10 millis"]
    }),
    storageOf(stored, gate)
  )

type Services = Layer.Layer.Success<ReturnType<typeof Runner.layer>>

/** How a process has ended, and how many of its calls counted. */
export interface Ended<A> {
  readonly result: A | undefined
  readonly calls: number
}

/**
 * Runs a program in a process that is killed after so many calls, or never. The result is undefined when it was killed.
 */
export const run = <A, E>(options: {
  readonly stored: Stored
  readonly hosts: Hosts
  readonly program: Effect.Effect<A, E, Services>
  readonly killAfter?: number
  readonly fault?: Fault
}) =>
  Effect.gen(function*() {
    const gate = new Gate(options.killAfter, options.fault)
    const scope = yield* Scope.make()
    const program = Effect.gen(function*() {
      const process = yield* Layer.buildWithScope(processOf(options.stored, options.hosts, gate), scope)
      return yield* Effect.provide(options.program, process)
    })
    const fiber = yield* Effect.forkDaemon(program)
    const result = yield* Effect.raceFirst(fiber, Effect.as(Deferred.await(gate.killed), undefined))
    // A process that was killed does not end its scope.
    if (!gate.isDead) yield* Scope.close(scope, Exit.void)
    const ended: Ended<A> = { result, calls: gate.calls }
    return ended
  }).pipe(Logger.withMinimumLogLevel(LogLevel.Warning))
