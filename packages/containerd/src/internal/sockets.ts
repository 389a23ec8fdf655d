import * as FileSystem from "@effect/platform/FileSystem"
import * as Path from "@effect/platform/Path"
import * as Effect from "effect/Effect"
import * as NodeNet from "node:net"

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
export const clear = (socket: string) =>
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
