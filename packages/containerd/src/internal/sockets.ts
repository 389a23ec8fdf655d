import * as FileSystem from "@effect/platform/FileSystem"
import * as Path from "@effect/platform/Path"
import * as Effect from "effect/Effect"
import * as NodeNet from "node:net"

/** Whether somebody serves a socket. Only a refused connection shows that nobody does: a busy server may not accept one. */
const isServed = (socket: string) =>
  Effect.acquireUseRelease(
    Effect.sync(() => NodeNet.connect(socket)),
    (connection) =>
      Effect.async<boolean, { readonly message: string }>((resume) => {
        connection.once("connect", () => resume(Effect.succeed(true)))
        connection.once("error", (error: NodeJS.ErrnoException) =>
          resume(
            error.code === "ECONNREFUSED"
              ? Effect.succeed(false)
              : Effect.fail({ message: `whether another process serves it is not known: ${error.message}` })
          ))
      }),
    (connection) => Effect.sync(() => connection.destroy())
  )

/** Makes room for the socket. Nothing but a socket that nobody serves is removed. */
export const clear = (socket: string) =>
  Effect.gen(function*() {
    const fs = yield* FileSystem.FileSystem
    const path = yield* Path.Path
    yield* fs.makeDirectory(path.dirname(socket), { recursive: true, mode: 0o711 })
    if (yield* Effect.isSuccess(fs.readLink(socket))) return yield* Effect.fail({ message: "a symbolic link is there" })
    const type = yield* Effect.catchIf(
      Effect.map(fs.stat(socket), ({ type }) => type),
      (error) => error._tag === "SystemError" && error.reason === "NotFound",
      () => Effect.succeed(undefined)
    )
    if (type === undefined) return
    if (type !== "Socket") return yield* Effect.fail({ message: "a file that is not a socket is there" })
    if (yield* isServed(socket)) return yield* Effect.fail({ message: "another process serves it" })
    yield* fs.remove(socket)
  })
