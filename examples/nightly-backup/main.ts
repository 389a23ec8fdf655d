/**
 * Runs the service on this host, with the ploop tool. For example:
 * `DISKS=/vz/101,/vz/102 BACKUPS=/backup HISTORY=/var/lib/nightly-backup/history.jsonl`.
 */
import { PloopCli } from "@effect-ploop/backend-cli"
import { Disk } from "@effect-ploop/core"
import { HostSpace, JobHistory } from "@effect-ploop/maintenance"
import { NodeContext, NodeRuntime } from "@effect/platform-node"
import { Config, Effect, Layer } from "effect"
import { service, settings } from "./NightlyBackup.js"

const History = Layer.unwrapEffect(
  Effect.map(Config.nonEmptyString("HISTORY"), (path) => JobHistory.layerFile({ path }))
)

const HostLive = Layer.mergeAll(PloopCli.layer(), HostSpace.layer, History).pipe(Layer.provideMerge(NodeContext.layer))

Effect.flatMap(settings(Disk.inDirectory), service).pipe(Effect.provide(HostLive), NodeRuntime.runMain)
