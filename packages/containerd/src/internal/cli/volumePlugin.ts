import * as Layer from "effect/Layer"
import type { Options } from "../../Request.js"
import * as VolumeDriver from "../../VolumeDriver.js"
import * as VolumePlugin from "../../VolumePlugin.js"
import * as service from "./service.js"

/** The program `ploop-volume-plugin`. */
export const program = service.make({
  name: "ploop-volume-plugin",
  summary: "serves volumes on ploop disks to Docker",
  description:
    "Serves volumes on ploop disks to Docker, until it gets SIGTERM or SIGINT. Containers go on running without it.",
  what: "volumes",
  prefix: "PLOOP_VOLUME_PLUGIN",
  root: "/var/lib/ploop-volume-plugin",
  socket: "/run/docker/plugins/ploop.sock",
  reader: "which Docker finds in /run/docker/plugins; its name is that of the driver",
  layer: (socket: string, options: Options) =>
    VolumePlugin.layer({ socket }).pipe(Layer.provide(VolumeDriver.layer(options)))
})
