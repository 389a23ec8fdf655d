/**
 * Runs the service on this host, with the ploop tool. For example:
 * `DISKS=/vz/101,/vz/102 BACKUPS=/backup HISTORY=/var/lib/nightly-backup/history.jsonl`.
 */
import { PloopCli } from "@effect-ploop/backend-cli"
import { Disk } from "@effect-ploop/core"
import { HostLock, HostSpace, JobHistory } from "@effect-ploop/maintenance"
import { NodeContext, NodeRuntime } from "@effect/platform-node"
import { Config, Effect, Layer } from "effect"
import { service, settings } from "./NightlyBackup.js"
import { onlyOne } from "./onlyOne.js"

const History = Layer.unwrapEffect(
  Effect.map(Config.nonEmptyString("HISTORY"), (path) => JobHistory.layerFile({ path }))
)

/** With the lock, the command `ploop-maintenance` takes turns with the service. */
const HostLive = Layer.mergeAll(PloopCli.layer(), HostSpace.layer, HostLock.layer(), History).pipe(
  Layer.provideMerge(NodeContext.layer)
)

const program = Effect.gen(function*() {
  const own = yield* settings(Disk.inDirectory)
  yield* onlyOne(own.directory)
  yield* service(own)
})

program.pipe(Effect.scoped, Effect.provide(HostLive), NodeRuntime.runMain)
