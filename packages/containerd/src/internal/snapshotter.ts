import * as Effect from "effect/Effect"
import type { CommitOptions, NewOptions, Options, UpdateOptions } from "../Request.js"
import { mounts } from "./calls/attach.js"
import { commit } from "./calls/commit.js"
import { create } from "./calls/create.js"
import * as info from "./calls/info.js"
import { remove } from "./calls/remove.js"
import * as measure from "./measure.js"
import { cleanUp, open, type Services } from "./store.js"

const metrics = measure.metrics("ploop_snapshotter", "snapshotter")

export const { calls, durations } = metrics

const measured: measure.Measured = { service: "Snapshotter", ...metrics }

export const make = (options: Options) =>
  Effect.gen(function*() {
    const call = measure.calling(measured, yield* Effect.context<Services>())
    const store = yield* open(options)

    return {
      prepare: (options: NewOptions) => call("prepare", { key: options.key }, create(store, "active", options)),
      view: (options: NewOptions) => call("view", { key: options.key }, create(store, "view", options)),
      mounts: (key: string) => call("mounts", { key }, mounts(store, key)),
      commit: (options: CommitOptions) =>
        call("commit", { key: options.key, name: options.name }, commit(store, options)),
      remove: (key: string) => call("remove", { key }, remove(store, key)),
      stat: (key: string) => call("stat", { key }, info.stat(store, key)),
      update: (options: UpdateOptions) => call("update", { name: options.name }, info.update(store, options)),
      list: (filters: ReadonlyArray<string> = []) => call("list", {}, info.list(store, filters)),
      usage: (key: string) => call("usage", { key }, info.usage(store, key)),
      cleanup: call("cleanup", {}, cleanUp(store))
    }
  })
