import * as RemotePloop from "@effect-ploop/backend-remote/RemotePloop"
import * as RemoteServer from "@effect-ploop/backend-remote/RemoteServer"
import type * as Case from "@effect-ploop/testkit/Case"
import * as Target from "@effect-ploop/testkit/Target"
import * as NodeContext from "@effect/platform-node/NodeContext"
import * as FileSystem from "@effect/platform/FileSystem"
import * as Path from "@effect/platform/Path"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"

/** The path of a socket on the machine that runs the suite, whatever host the backend has. */
const socket = Effect.gen(function*() {
  const fs = yield* FileSystem.FileSystem
  const { join } = yield* Path.Path
  return join(yield* fs.makeTempDirectoryScoped({ prefix: "ploop-conformance-remote-" }), "socket")
}).pipe(Effect.provide(NodeContext.layer))

/** The services of the host, reached through a server. Only the syntax of its paths is known without it. */
const through = <E>(host: Layer.Layer<Case.Services, E>) =>
  Layer.scopedContext(Effect.gen(function*() {
    const path = yield* Effect.orDie(socket)
    const services = yield* Layer.build(host)
    const server = RemoteServer.layer({ listen: { path }, files: ["/"] })
    // The directory is new, so that nothing is in the way of the socket.
    yield* Effect.orDie(Effect.provide(Layer.build(server), services))
    const remote = yield* Layer.build(RemotePloop.layerWithFileSystem({ address: { path } }))
    return Context.merge(remote, Context.pick(Path.Path)(services))
  }))

/** The same target behind a server on a Unix socket. */
export const behindSocket = <E>(target: Target.Target<E>): Target.Target<E> =>
  Target.make({ ...target, name: `${target.name}, behind a socket`, layer: through(target.layer) })
