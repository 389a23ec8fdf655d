import * as Layer from "effect/Layer"
import * as VolumeDriver from "../../VolumeDriver.js"
import * as VolumePlugin from "../../VolumePlugin.js"
import * as service from "./service.js"

/** The command `ploop-volume-plugin`. */
export const main = service.run({
  name: "ploop-volume-plugin",
  description:
    "Serves volumes on ploop disks to Docker, until it gets SIGTERM or SIGINT. Containers go on running without it. " +
    "Exit codes: 0 it was told to stop; 2 it could not begin.",
  what: "volumes",
  prefix: "PLOOP_VOLUME_PLUGIN",
  root: "/var/lib/ploop-volume-plugin",
  socket: "/run/docker/plugins/ploop.sock",
  reader: "which Docker finds in /run/docker/plugins; its name is that of the driver",
  layer: (socket, options) => VolumePlugin.layer({ socket }).pipe(Layer.provide(VolumeDriver.layer(options)))
})
