import * as FileSystem from "@effect/platform/FileSystem"
import * as Path from "@effect/platform/Path"
import * as grpc from "@grpc/grpc-js"
import * as Effect from "effect/Effect"
import * as FiberSet from "effect/FiberSet"
import type * as Scope from "effect/Scope"
import * as NodeNet from "node:net"
import type { Snapshotter } from "../../Snapshotter.js"
import * as definition from "./definition.js"
import type { Fork } from "./handlers.js"
import * as services from "./services.js"

/** How long calls may take to end when the server is to end. */
const grace = "30 seconds"

/** Whether somebody serves a socket. The kernel knows at once. */
const isServed = (socket: string) =>
  Effect.acquireUseRelease(
    Effect.sync(() => NodeNet.connect(socket)),
    (connection) =>
      Effect.async<boolean>((resume) => {
        connection.once("connect", () => resume(Effect.succeed(true)))
        connection.once("error", () => resume(Effect.succeed(false)))
      }),
    (connection) => Effect.sync(() => connection.destroy())
  )

/** Makes room for the socket. Nothing but a socket that nobody serves is removed. */
const clear = (socket: string) =>
  Effect.gen(function*() {
    const fs = yield* FileSystem.FileSystem
    const path = yield* Path.Path
    yield* fs.makeDirectory(path.dirname(socket), { recursive: true, mode: 0o711 })
    if (!(yield* fs.exists(socket))) return
    if ((yield* fs.stat(socket)).type !== "Socket") {
      return yield* Effect.fail({ message: "a file that is not a socket is there" })
    }
    if (yield* isServed(socket)) return yield* Effect.fail({ message: "another process serves it" })
    yield* fs.remove(socket)
  })

const bind = (server: grpc.Server, socket: string) =>
  Effect.async<void, Error>((resume) => {
    server.bindAsync(
      `unix:${socket}`,
      grpc.ServerCredentials.createInsecure(),
      (error) => resume(error === null ? Effect.void : Effect.fail(error))
    )
  })

const shutDown = (server: grpc.Server) =>
  Effect.async<void>((resume) => server.tryShutdown(() => resume(Effect.void))).pipe(
    Effect.timeoutTo({
      duration: grace,
      onSuccess: () => Effect.void,
      onTimeout: () => Effect.sync(() => server.forceShutdown())
    }),
    Effect.flatten
  )

export const serve = (
  socket: string,
  snapshotter: Snapshotter
): Effect.Effect<void, string, FileSystem.FileSystem | Path.Path | Scope.Scope> =>
  Effect.gen(function*() {
    const fs = yield* FileSystem.FileSystem
    yield* clear(socket)
    const fork: Fork = yield* FiberSet.makeRuntime<never>()
    const server = yield* Effect.acquireRelease(Effect.sync(() => new grpc.Server()), shutDown)
    server.addService(definition.snapshots, services.snapshots(fork, snapshotter))
    server.addService(definition.health, services.health(fork))
    yield* bind(server, socket)
    yield* fs.chmod(socket, 0o600)
  }).pipe(Effect.mapError(({ message }) => message))
