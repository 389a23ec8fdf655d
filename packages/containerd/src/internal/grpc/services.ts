import * as grpc from "@grpc/grpc-js"
import type { UntypedServiceImplementation } from "@grpc/grpc-js"
import * as Arr from "effect/Array"
import * as Effect from "effect/Effect"
import type { Snapshotter } from "../../Snapshotter.js"
import { type Fork, stream, unary } from "./handlers.js"
import * as messages from "./messages.js"

/** How many snapshots one message of a list has. */
const pageSize = 100

/** The methods of `snapshots.proto`. */
export const snapshots = (fork: Fork, snapshotter: Snapshotter): UntypedServiceImplementation => {
  const one = unary(fork)
  return {
    Prepare: one(messages.NewSnapshot, (options) => Effect.map(snapshotter.prepare(options), messages.mounts)),
    View: one(messages.NewSnapshot, (options) => Effect.map(snapshotter.view(options), messages.mounts)),
    Mounts: one(messages.OfKey, ({ key }) => Effect.map(snapshotter.mounts(key), messages.mounts)),
    Commit: one(messages.Commit, (options) => Effect.as(snapshotter.commit(options), {})),
    Remove: one(messages.OfKey, ({ key }) => Effect.as(snapshotter.remove(key), {})),
    Stat: one(
      messages.OfKey,
      ({ key }) => Effect.map(snapshotter.stat(key), (info) => ({ info: messages.info(info) }))
    ),
    Update: one(messages.Update, ({ info: { labels, name }, update_mask }) =>
      Effect.map(
        snapshotter.update({ name, labels, paths: update_mask?.paths ?? [] }),
        (info) => ({ info: messages.info(info) })
      )),
    List: stream(fork)(
      messages.List,
      ({ filters }) =>
        Effect.map(
          snapshotter.list(filters),
          (infos) => Arr.chunksOf(infos.map(messages.info), pageSize).map((info) => ({ info }))
        )
    ),
    Usage: one(messages.OfKey, ({ key }) => Effect.map(snapshotter.usage(key), messages.usage)),
    Cleanup: one(messages.Nothing, () => Effect.as(snapshotter.cleanup, {}))
  }
}

/** What a health check may ask for: the server as a whole, or its service. */
const healthy: ReadonlySet<string> = new Set(["", "containerd.services.snapshots.v1.Snapshots"])

/** The standard health check: a server that receives it serves. */
const check: grpc.handleUnaryCall<{ readonly service: string }, { readonly status: string }> = (call, callback) =>
  healthy.has(call.request.service)
    ? callback(null, { status: "SERVING" })
    : callback({ code: grpc.status.NOT_FOUND, details: "unknown service" })

export const health: UntypedServiceImplementation = { Check: check }
