import * as Layer from "effect/Layer"
import * as Snapshotter from "../../Snapshotter.js"
import * as SnapshotterServer from "../../SnapshotterServer.js"
import * as service from "./service.js"

/** The command `ploop-snapshotter`. */
export const main = service.run({
  name: "ploop-snapshotter",
  description:
    "Serves snapshots on ploop disks to containerd, until it gets SIGTERM or SIGINT. Containers go on running without " +
    "it. Exit codes: 0 it was told to stop; 2 it could not begin.",
  what: "snapshots",
  prefix: "PLOOP_SNAPSHOTTER",
  root: "/var/lib/ploop-snapshotter",
  socket: "/run/ploop-snapshotter/snapshotter.sock",
  reader: "which the configuration of containerd names",
  layer: (socket, options) => SnapshotterServer.layer({ socket }).pipe(Layer.provide(Snapshotter.layer(options)))
})
