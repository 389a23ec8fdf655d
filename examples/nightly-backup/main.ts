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

const History = Layer.unwrapEffect(
  Effect.map(Config.nonEmptyString("HISTORY"), (path) => JobHistory.layerFile({ path }))
)

/** With the lock, a second run of this service, or of the command `ploop-maintenance`, takes turns with this one. */
const HostLive = Layer.mergeAll(PloopCli.layer(), HostSpace.layer, HostLock.layer(), History).pipe(
  Layer.provideMerge(NodeContext.layer)
)

Effect.flatMap(settings(Disk.inDirectory), service).pipe(Effect.provide(HostLive), NodeRuntime.runMain)
