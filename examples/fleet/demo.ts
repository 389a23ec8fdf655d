/**
 * A disk moves between two of three hosts, while an application writes files, and the process that moves it is killed in the middle.
 *
 * The hosts are in memory, each behind a server, as a host elsewhere would be. The process of the fleet is a real one, with a file for
 * its storage. The move is live: most of the disk is copied while it runs. Then it is unmounted, and what the application
 * writes waits in it until the disk is mounted on the other host.
 */
import { PloopFake, SharedData } from "@effect-ploop/backend-fake"
import { RemoteServer } from "@effect-ploop/backend-remote"
import { Ploop } from "@effect-ploop/core"
import { Command, FileSystem } from "@effect/platform"
import { NodeContext } from "@effect/platform-node"
import { Console, Context, Effect, Exit, Fiber, Layer, Queue, Ref, Scope, Stream } from "effect"
import { disk, names, socketOf } from "./places.js"

type Name = (typeof names)[number]

type Host = Context.Context<PloopFake.Services>

const target = "/mnt"

/** Hosts in memory, each served at a socket. */
const makeHosts = (directory: string) =>
  Effect.gen(function*() {
    const sharedData = SharedData.make()
    const serve = (name: Name, seed: number) =>
      Effect.gen(function*() {
        const host = yield* PloopFake.make({ seed, sharedData })
        const server = RemoteServer.layer({
          listen: { path: socketOf(directory, name) },
          files: ["/vz"]
        })
        // The server listens on the machine of the demo, and shares the files of the host in memory.
        yield* Layer.build(Layer.provide(server, Layer.merge(NodeContext.layer, Layer.succeedContext(host))))
        return [name, host] as const
      })
    const made = yield* Effect.forEach(names, serve)
    return Object.fromEntries(made) as Record<Name, Host>
  })

/** Writes a file with the next number every few milliseconds, into the disk, or into a queue while it is not mounted. */
const makeApplication = Effect.gen(function*() {
  const waiting = yield* Queue.unbounded<number>()
  const mounted = yield* Ref.make<{ readonly host: Host; readonly scope: Scope.CloseableScope } | undefined>(undefined)
  const written = yield* Ref.make(0)
  const save = (host: Host, number: number) =>
    Context.get(host, FileSystem.FileSystem).writeFileString(`${target}/file-${number}`, `content ${number}`)
  const lock = yield* Effect.makeSemaphore(1)
  const exclusively = lock.withPermits(1)

  const write = exclusively(Effect.gen(function*() {
    const number = yield* Ref.updateAndGet(written, (count) => count + 1)
    const now = yield* Ref.get(mounted)
    yield* now === undefined ? Queue.offer(waiting, number) : save(now.host, number)
  }))

  const mount = (host: Host) =>
    exclusively(Effect.gen(function*() {
      const scope = yield* Scope.make()
      const ploop = Context.get(host, Ploop.Ploop)
      yield* Scope.addFinalizer(scope, Effect.orDie(ploop.umount({ disk })))
      yield* ploop.mount({ disk, target })
      yield* Ref.set(mounted, { host, scope })
      const late = Array.from(yield* Queue.takeAll(waiting))
      yield* Effect.forEach(late, (number) => save(host, number))
      return late.length
    }))

  const unmount = exclusively(Effect.gen(function*() {
    const now = yield* Ref.getAndSet(mounted, undefined)
    if (now !== undefined) yield* Scope.close(now.scope, Exit.void)
  }))

  return { write, mount, unmount, written: Ref.get(written) }
})

type Application = Effect.Effect.Success<typeof makeApplication>

const start = (directory: string) =>
  Command.make(
    process.execPath,
    "--import",
    "tsx",
    "--conditions=@effect-ploop/source",
    new URL("main.ts", import.meta.url).pathname
  ).pipe(Command.env({ FLEET_DIRECTORY: directory }), Command.stderr("inherit"), Command.start)

/** Prints the lines of a process until one of them is reached, or to its end. */
const printUntil = (lines: Stream.Stream<string, unknown>, ends: (line: string) => boolean) =>
  lines.pipe(
    Stream.tap((line) => Console.log(`   ${line.replace(/^\S+ /, "")}`)),
    Stream.takeUntil(ends),
    Stream.runDrain
  )

const linesOf = (child: { readonly stdout: Stream.Stream<Uint8Array, unknown> }) =>
  child.stdout.pipe(Stream.decodeText(), Stream.splitLines)

/** Returns the exit code of the second process, and how many files were written before the disk was unmounted. */
const moveWithKill = (directory: string, application: Application) =>
  Effect.gen(function*() {
    yield* Console.log("\n2. A process of the fleet moves the disk, which runs. It is killed while it copies.")
    const first = yield* start(directory)
    yield* printUntil(linesOf(first), (line) => line.includes("receive the snapshot has begun"))
    yield* Effect.ignore(first.kill("SIGKILL"))
    yield* Console.log(`   Process ${first.pid} is killed.`)
    yield* Console.log("\n3. Another process goes on with the move, and waits until the disk is unmounted.")
    const second = yield* start(directory)
    const lines = yield* Stream.toPull(linesOf(second))
    const rest = Stream.fromPull(Effect.succeed(lines))
    yield* printUntil(rest, (line) => line.includes("DiskInUse"))
    yield* application.unmount
    const before = yield* application.written
    yield* Console.log("\n4. The disk is unmounted. What the application writes now, waits in it.")
    yield* printUntil(rest, () => false)
    return { before, exitCode: yield* second.exitCode }
  })

const isThere = (host: Host) => Effect.isSuccess(Context.get(host, Ploop.Ploop).imageInfo({ disk }))

/** The files that are not in the mounted disk, or not with their content. */
const missing = (host: Host, count: number) =>
  Effect.filter(
    Array.from({ length: count }, (_, index) => index + 1),
    (number) =>
      Context.get(host, FileSystem.FileSystem).readFileString(`${target}/file-${number}`).pipe(
        Effect.map((content) => content !== `content ${number}`),
        Effect.orElseSucceed(() => true)
      )
  )

const failed = (what: string) => Effect.fail(new Error(what))

/** Shows a move with a kill. It fails when the move does not end as it should, or a file is missing. */
export const demo = Effect.gen(function*() {
  const fs = yield* FileSystem.FileSystem
  const directory = yield* fs.makeTempDirectoryScoped({ prefix: "ploop-fleet-demo-" })
  const hosts = yield* makeHosts(directory)
  yield* Console.log(`Three hosts in memory, ${names.join(", ")}, and a fleet whose storage is a file.`)

  const source = hosts["node-1"]
  yield* Context.get(source, FileSystem.FileSystem).makeDirectory("/vz/101")
  yield* Context.get(source, Ploop.Ploop).create({ image: "/vz/101/root.hdd", size: "1G" })
  const application = yield* makeApplication
  yield* application.mount(source)
  const writing = yield* Effect.forkScoped(Effect.forever(Effect.delay(application.write, "50 millis")))
  yield* Effect.sleep("300 millis")
  yield* Console.log(`\n1. An application writes files to ${disk} on node-1: ${yield* application.written} so far.`)

  const { before, exitCode } = yield* moveWithKill(directory, application)
  if (exitCode !== 0) return yield* failed(`the second process ended with ${exitCode}`)
  if (yield* isThere(source)) return yield* failed("the disk is still on node-1")

  const late = yield* application.mount(hosts["node-2"])
  yield* Fiber.interrupt(writing)
  const count = yield* application.written
  yield* Console.log(`\n5. The disk is mounted on node-2. The application writes the ${late} files that have waited.`)
  const lost = yield* missing(hosts["node-2"], count)
  yield* application.unmount
  if (lost.length > 0) return yield* failed(`files are missing: ${lost.join(", ")}`)
  yield* Console.log(
    `\nAll ${count} files are there: ${before} from before the unmount, and ${count - before} from after it. ` +
      "The disk is gone from node-1."
  )
}).pipe(Effect.scoped, Effect.provide(NodeContext.layer))
