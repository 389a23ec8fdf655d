import * as Layer from "effect/Layer"
import type { Options } from "../../Request.js"
import * as Snapshotter from "../../Snapshotter.js"
import * as SnapshotterServer from "../../SnapshotterServer.js"
import * as service from "./service.js"

/** The program `ploop-snapshotter`. */
export const program = service.make({
  name: "ploop-snapshotter",
  summary: "serves snapshots on ploop disks to containerd",
  description:
    "Serves snapshots on ploop disks to containerd, until it gets SIGTERM or SIGINT. Containers go on running without it.",
  what: "snapshots",
  prefix: "PLOOP_SNAPSHOTTER",
  root: "/var/lib/ploop-snapshotter",
  socket: "/run/ploop-snapshotter/snapshotter.sock",
  reader: "which the configuration of containerd names",
  layer: (socket: string, options: Options) =>
    SnapshotterServer.layer({ socket }).pipe(Layer.provide(Snapshotter.layer(options)))
})
