import * as NodeSocket from "@effect/platform-node/NodeSocket"
import * as NodeSocketServer from "@effect/platform-node/NodeSocketServer"
import * as FileSystem from "@effect/platform/FileSystem"
import * as Path from "@effect/platform/Path"
import type { Socket } from "@effect/platform/Socket"
import type * as SocketServer from "@effect/platform/SocketServer"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Option from "effect/Option"
import * as Predicate from "effect/Predicate"
import type * as Scope from "effect/Scope"
import { ListenFailed } from "../../ListenFailed.js"

type Server = Effect.Effect<
  SocketServer.SocketServer["Type"],
  ListenFailed,
  Scope.Scope | FileSystem.FileSystem | Path.Path
>

const failed = (address: string) => (error: { readonly message: string; readonly cause?: unknown }) =>
  new ListenFailed({
    address,
    reason: error.cause instanceof Error ? error.cause.message : error.message
  })

/** Only a refused connection shows that nobody listens: a busy server may not accept one. */
const isRefused = (error: { readonly cause?: unknown }) =>
  Predicate.hasProperty(error.cause, "code") && error.cause.code === "ECONNREFUSED"

/** Whether a server listens at a socket. */
const isServed = (path: string) =>
  Effect.gen(function*() {
    const socket = yield* NodeSocket.makeNet({ path, openTimeout: "2 seconds" })
    const opened = yield* Deferred.make<boolean>()
    const open = socket.run(() => {}, { onOpen: Effect.asVoid(Deferred.succeed(opened, true)) })
    return yield* Effect.raceFirst(Deferred.await(opened), Effect.as(open, false))
  }).pipe(Effect.catchIf(isRefused, () => Effect.succeed(false)))

/** Closes a connection as soon as it is open. */
const drop = (socket: Socket) =>
  Effect.gen(function*() {
    const opened = yield* Deferred.make<void>()
    const open = socket.run(() => {}, { onOpen: Effect.asVoid(Deferred.succeed(opened, undefined)) })
    yield* Effect.raceFirst(Deferred.await(opened), open)
  })

/**
 * A server that can end. The one of the library waits at its end until every connection is closed, also for those that
 * come while it ends, which nobody handles any more. They are closed at once instead.
 */
const ending = (make: ReturnType<typeof NodeSocketServer.make>) =>
  Effect.gen(function*() {
    let dropping: Fiber.Fiber<unknown, unknown> = Fiber.void
    yield* Effect.addFinalizer(() => Fiber.interrupt(dropping))
    const server = yield* make
    yield* Effect.addFinalizer(() =>
      Effect.map(Effect.forkDaemon(Effect.interruptible(server.run(drop))), (fiber) => {
        dropping = fiber
      })
    )
    return server
  })

/** Fails unless nothing is there, or only the socket of a server that has ended. */
const requireFree = (fs: FileSystem.FileSystem, path: string) =>
  Effect.gen(function*() {
    if (yield* Effect.isSuccess(fs.readLink(path))) {
      return yield* new ListenFailed({ address: path, reason: "a symbolic link is there" })
    }
    const type = yield* Effect.catchIf(
      Effect.map(fs.stat(path), ({ type }) => type),
      (error) => error._tag === "SystemError" && error.reason === "NotFound",
      () => Effect.succeed(undefined)
    )
    if (type === undefined) return
    if (type !== "Socket") return yield* new ListenFailed({ address: path, reason: "another file is there" })
    if (yield* isServed(path)) {
      return yield* new ListenFailed({ address: path, reason: "another server listens there" })
    }
  })

/**
 * The socket is made in a directory of its own, which nobody else can enter, and gets its mode there. So nobody can
 * connect who may not, and an old socket is replaced in one step.
 */
export const unix = (path: string, mode: number): Server =>
  Effect.gen(function*() {
    const fs = yield* FileSystem.FileSystem
    const { basename, dirname, join } = yield* Path.Path
    yield* requireFree(fs, path)
    const directory = yield* fs.makeTempDirectoryScoped({ directory: dirname(path), prefix: `.${basename(path)}-` })
    const made = join(directory, "s")
    const server = yield* Effect.mapError(ending(NodeSocketServer.make({ path: made })), failed(path))
    yield* fs.chmod(made, mode)
    const { ino } = yield* fs.stat(made)
    yield* Effect.acquireRelease(
      fs.rename(made, path),
      () =>
        fs.stat(path).pipe(
          Effect.flatMap((now) => Option.getEquivalence(Object.is)(now.ino, ino) ? fs.remove(path) : Effect.void),
          Effect.ignore
        )
    )
    return { ...server, address: { _tag: "UnixAddress" as const, path } }
  }).pipe(Effect.catchAll((error) => error._tag === "ListenFailed" ? error : Effect.fail(failed(path)(error))))

/** The kernel reports when a silent peer is gone. */
const keepAlive = { keepAlive: true, keepAliveInitialDelay: 30_000, noDelay: true }

export const tcp = (host: string, port: number): Server =>
  Effect.mapError(ending(NodeSocketServer.make({ host, port, ...keepAlive })), failed(`${host}:${port}`))
