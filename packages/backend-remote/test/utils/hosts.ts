import { PloopFake } from "@effect-ploop/backend-fake"
import { RemotePloop, RemoteServer } from "@effect-ploop/backend-remote"
import { LowLevel, Ploop } from "@effect-ploop/core"
import { FileSystem } from "@effect/platform"
import { NodeContext } from "@effect/platform-node"
import { Context, Effect, Layer } from "effect"

/** The path of a socket in a directory of its own. */
export const socketPath = Effect.provide(
  Effect.gen(function*() {
    const fs = yield* FileSystem.FileSystem
    return `${yield* fs.makeTempDirectoryScoped({ prefix: "ploop-remote-" })}/socket`
  }),
  NodeContext.layer
)

/** The files of the host itself, where those of the environment cross the socket. */
export class HostFiles extends Context.Tag("HostFiles")<HostFiles, FileSystem.FileSystem>() {}

type Change = (
  path: string
) => { readonly server?: Partial<RemoteServer.Options>; readonly client?: Partial<RemotePloop.Options> }

const unchanged: Change = () => ({})

/** A host in memory behind a Unix socket, and what a client of it makes of the socket. */
const behind = <R>(
  client: (options: RemotePloop.Options) => Layer.Layer<R>,
  change: Change
): Layer.Layer<R | PloopFake.Services | HostFiles> =>
  Layer.scopedContext(Effect.gen(function*() {
    const path = yield* socketPath
    const changes = change(path)
    const host = yield* PloopFake.make()
    const server = RemoteServer.layer({ listen: { path }, files: ["/"], ...changes.server })
    yield* Effect.provide(Layer.build(server), host)
    const remote = yield* Layer.build(client({ address: { path }, ...changes.client }))
    return Context.add(Context.merge(host, remote), HostFiles, Context.get(host, FileSystem.FileSystem))
  })).pipe(Layer.orDie)

/** The operations cross the socket; the files are those of the host itself. */
export const layer = (change = unchanged): Layer.Layer<PloopFake.Services | HostFiles> =>
  behind(RemotePloop.layer, change)

/** The files of the host cross the socket too. */
export const layerWithFileSystem = (change = unchanged): Layer.Layer<PloopFake.Services | HostFiles> =>
  behind(RemotePloop.layerWithFileSystem, change)

/** A client of a host that has these operations only. */
export const serving = (
  ploop: Partial<Ploop.Ploop>,
  server: Partial<RemoteServer.Options> = {},
  client: Partial<RemotePloop.Options> = {}
): Layer.Layer<Ploop.Ploop | LowLevel.LowLevel> =>
  Layer.unwrapScoped(Effect.map(socketPath, (path) =>
    RemotePloop.layer({ address: { path }, ...client }).pipe(
      Layer.provide(RemoteServer.layer({ listen: { path }, ...server })),
      Layer.provide([Ploop.layerNoop(ploop), LowLevel.layerNoop({}), NodeContext.layer])
    ))).pipe(Layer.orDie)
