import { PloopFake } from "@effect-ploop/backend-fake"
import { Effect, Layer, Stream } from "effect"
import * as RemoteHost from "./RemoteHost.js"
import * as RemotePloop from "./RemotePloop.js"

/** A connection within one program. The host runs in fibers of its own, as in another program. */
export const Connection = Layer.effect(
  RemotePloop.Connection,
  Effect.map(
    RemoteHost.serve,
    (serve) => (request) =>
      Stream.fromReadableStream(
        () => Stream.toReadableStream(serve(request)),
        (error) => new RemotePloop.ConnectionLost({ reason: String(error) })
      )
  )
)

/** A host in memory: its ploop at the other end of a connection, and its files. */
export const layer = RemotePloop.layer.pipe(
  Layer.provide(Connection),
  Layer.provideMerge(PloopFake.layer())
)
