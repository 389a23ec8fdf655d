import * as FileSystem from "@effect/platform/FileSystem"
import type { Path } from "@effect/platform/Path"
import * as grpc from "@grpc/grpc-js"
import * as Effect from "effect/Effect"
import * as FiberSet from "effect/FiberSet"
import type * as Scope from "effect/Scope"
import type { Snapshotter } from "../../Snapshotter.js"
import * as sockets from "../sockets.js"
import * as definition from "./definition.js"
import type { Fork } from "./handlers.js"
import * as services from "./services.js"

/** How long calls may take to end when the server is to end. */
const grace = "30 seconds"

/** That of containerd's own server. */
const maxRequest = 16 << 20

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
): Effect.Effect<void, string, FileSystem.FileSystem | Path | Scope.Scope> =>
  Effect.gen(function*() {
    const fs = yield* FileSystem.FileSystem
    yield* sockets.clear(socket)
    const fork: Fork = yield* FiberSet.makeRuntime<never>()
    const server = yield* Effect.acquireRelease(
      Effect.sync(() => new grpc.Server({ "grpc.max_receive_message_length": maxRequest })),
      shutDown
    )
    server.addService(definition.snapshots, services.snapshots(fork, snapshotter))
    server.addService(definition.health, services.health)
    yield* bind(server, socket)
    yield* fs.chmod(socket, 0o600)
  }).pipe(Effect.mapError(({ message }) => message))
