// @effect-diagnostics nodeBuiltinImport:off
// The server of the platform is made from one of Node.
import * as NodeHttpServer from "@effect/platform-node/NodeHttpServer"
import * as FileSystem from "@effect/platform/FileSystem"
import * as HttpIncomingMessage from "@effect/platform/HttpIncomingMessage"
import * as HttpMiddleware from "@effect/platform/HttpMiddleware"
import * as HttpServer from "@effect/platform/HttpServer"
import type { Path } from "@effect/platform/Path"
import * as Effect from "effect/Effect"
import * as FiberSet from "effect/FiberSet"
import * as Option from "effect/Option"
import type * as Scope from "effect/Scope"
import * as NodeHttp from "node:http"
import type { VolumeDriver } from "../../VolumeDriver.js"
import * as sockets from "../sockets.js"
import { router } from "./http.js"

/** More than any request of Docker has. */
const maxBody = FileSystem.Size(1 << 20)

export const serve = (
  socket: string,
  driver: VolumeDriver
): Effect.Effect<void, string, FileSystem.FileSystem | Path | Scope.Scope> =>
  Effect.gen(function*() {
    const fs = yield* FileSystem.FileSystem
    yield* sockets.clear(socket)
    const calls = yield* FiberSet.make<object, { readonly message: string }>()
    const server = yield* Effect.mapError(
      NodeHttpServer.make(() => NodeHttp.createServer(), { path: socket }),
      ({ cause }) => ({ message: cause instanceof Error ? cause.message : String(cause) })
    )
    yield* fs.chmod(socket, 0o600)
    yield* HttpServer.serveEffect(router(driver, calls), HttpMiddleware.withLoggerDisabled).pipe(
      Effect.provideService(HttpServer.HttpServer, server),
      HttpIncomingMessage.withMaxBodySize(Option.some(maxBody))
    )
  }).pipe(Effect.mapError(({ message }) => message))
