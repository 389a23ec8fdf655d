/**
 * Runs the store on a host in memory. With `PloopCli.layer()` and
 * `NodeContext.layer` as `HostLive`, the same program runs on a real host.
 */
import { PloopFake } from "@effect-ploop/backend-fake"
import { ByteSize } from "@effect-ploop/core"
import { FileSystem } from "@effect/platform"
import { NodeRuntime } from "@effect/platform-node"
import { Console, Effect, Layer, Option } from "effect"
import * as ImageStore from "./ImageStore.js"

const debian = ImageStore.LayerName.make("debian")
const nginx = ImageStore.LayerName.make("nginx")
const redis = ImageStore.LayerName.make("redis")

const program = Effect.gen(function*() {
  const store = yield* ImageStore.ImageStore
  const fs = yield* FileSystem.FileSystem
  const write = (layer: ImageStore.LayerName, text: string) =>
    store.use(layer, (rootfs) => fs.writeFileString(`${rootfs}/motd`, text))

  yield* store.createBase({ layer: debian, size: "10G" })
  yield* write(debian, "Welcome to Debian.")
  yield* store.createChild({ layer: nginx, parent: debian })
  yield* store.createChild({ layer: redis, parent: debian })
  yield* write(nginx, "Welcome to nginx.")

  for (const layer of yield* store.list) {
    const motd = yield* store.use(layer, (rootfs) => fs.readFileString(`${rootfs}/motd`))
    const { parent, size } = yield* store.status(layer)
    const origin = Option.match(parent, { onNone: () => "a base layer", onSome: (name) => `built on ${name}` })
    yield* Console.log(`${layer}, ${origin}, writes to a delta of ${ByteSize.format(ByteSize.make(size))}: "${motd}"`)
  }

  const refused = yield* Effect.flip(store.remove(debian))
  yield* Console.log(`Not removed: ${refused.message}.`)
})

const HostLive = PloopFake.layer()

program.pipe(
  Effect.provide(ImageStore.layer({ directory: "/vz/images" }).pipe(Layer.provideMerge(HostLive))),
  NodeRuntime.runMain
)
