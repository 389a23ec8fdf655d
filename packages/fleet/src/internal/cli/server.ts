import * as NodeSocketServer from "@effect/platform-node/NodeSocketServer"
import * as FileSystem from "@effect/platform/FileSystem"
import * as RpcSerialization from "@effect/rpc/RpcSerialization"
import * as RpcServer from "@effect/rpc/RpcServer"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Schema from "effect/Schema"
import { InvalidFleet } from "../../FleetError.js"
import { Request } from "../../Workflow.js"
import { Workflows } from "../../Workflows.js"
import { view } from "../view.js"
import { Control, Refused } from "./control.js"

const refusing = <A, E extends { readonly _tag: string; readonly message: string }>(effect: Effect.Effect<A, E>) =>
  Effect.mapError(effect, ({ _tag, message }) => new Refused({ tag: _tag, reason: message }))

const handlers = Control.toLayer(Effect.gen(function*() {
  const workflows = yield* Workflows
  const shown = yield* view
  return Control.of({
    hosts: () => refusing(shown.hosts),
    disks: () =>
      Effect.map(refusing(shown.disks({ limit: Infinity })), ({ disks, unanswered }) => [
        ...disks,
        ...unanswered.map(({ host, reason }) => ({ host, problem: reason }))
      ]),
    snapshots: (disk) => refusing(shown.snapshots(disk)),
    workflows: ({ ended }) => refusing(workflows.list({ ended })),
    workflow: ({ id }) => refusing(workflows.get(id)),
    start: ({ key, request }) => refusing(workflows.start(Schema.encodeSync(Request)(request), { key })),
    decide: ({ decision, id }) => refusing(workflows[decision](id))
  })
}))

/** Nobody but the owner of its directory can reach a socket in it. */
const requirePrivate = (path: string) =>
  Effect.gen(function*() {
    const fs = yield* FileSystem.FileSystem
    const directory = path.slice(0, Math.max(1, path.lastIndexOf("/")))
    yield* fs.makeDirectory(directory, { recursive: true, mode: 0o700 })
    const { mode } = yield* fs.stat(directory)
    if ((mode & 0o077) !== 0) {
      return yield* new InvalidFleet({
        field: "socket",
        value: path,
        rule: `others may enter ${directory}: give it the mode 0700`
      })
    }
    // The storage has one process, and so a socket that is there is that of a process that has ended.
    yield* fs.remove(path, { force: true })
  })

/** Serves the fleet of the environment at a socket. */
export const layer = (path: string) =>
  Layer.unwrapEffect(Effect.as(
    requirePrivate(path),
    RpcServer.layer(Control, { disableFatalDefects: true }).pipe(
      Layer.provide(handlers),
      Layer.provide(RpcServer.layerProtocolSocketServer),
      Layer.provide(NodeSocketServer.layer({ path })),
      Layer.provide(RpcSerialization.layerNdjson)
    )
  ))
