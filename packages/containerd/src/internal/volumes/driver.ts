import * as Effect from "effect/Effect"
import type { Options } from "../../Request.js"
import type { CreateOptions, UseOptions } from "../../Volume.js"
import * as measure from "../measure.js"
import { create } from "./create.js"
import * as info from "./info.js"
import { mount, unmount } from "./mount.js"
import { remove } from "./remove.js"
import { open, type Services } from "./store.js"

const metrics = measure.metrics("ploop_volume_driver", "volume driver")

export const { calls, durations } = metrics

const measured: measure.Measured = { service: "VolumeDriver", ...metrics }

export const make = (options: Options) =>
  Effect.gen(function*() {
    const call = measure.calling(measured, yield* Effect.context<Services>())
    const store = yield* open(options)

    return {
      create: (options: CreateOptions) => call("create", { name: options.name }, create(store, options)),
      remove: (name: string) => call("remove", { name }, remove(store, name)),
      mount: (options: UseOptions) => call("mount", { ...options }, mount(store, options)),
      unmount: (options: UseOptions) => call("unmount", { ...options }, unmount(store, options)),
      get: (name: string) => call("get", { name }, info.get(store, name)),
      list: call("list", {}, info.list(store))
    }
  })
