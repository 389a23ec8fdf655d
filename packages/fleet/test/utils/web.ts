/** A fleet that is served on the web, and what its pages answer. */
import { type Fleet, Runner, Storage, Web, Workflows } from "@effect-ploop/fleet"
import { HttpServer } from "@effect/platform"
import { Context, Effect, Layer } from "effect"
import { request } from "node:http"
import * as fleets from "./fleets.js"

export const markup = "<script>alert(\"1\")</script>&'"

export const disk = "/vz/101/DiskDescriptor.xml"

export const strange = `/vz/${markup.replaceAll("/", "")}/DiskDescriptor.xml`

/** A fleet with a disk on each of two hosts, a host that nobody manages, and a workflow that has ended. */
export const prepare = Effect.gen(function*() {
  const hosts = yield* fleets.hosts("node-1", "node-2")
  yield* fleets.makeSmallDisk(hosts["node-1"], disk)
  yield* fleets.makeSmallDisk(hosts["node-2"], strange)
  const fleet = yield* Layer.build(
    Layer.provide(
      Runner.layer({ hosts: fleets.layersOf(hosts), fleet: ["node-1", "node-2", "node-3"] }),
      Storage.layerMemory
    )
  )
  const workflows = Context.get(fleet, Workflows.Workflows)
  const id = yield* workflows.start({
    _tag: "SnapshotSet",
    disks: [{ host: "node-1", disk }, { host: "node-2", disk: strange }]
  }, { key: markup })
  yield* workflows.ended(id)
  return { fleet, id }
})

interface Answer {
  readonly status: number
  readonly text: string
  readonly headers: Readonly<Record<string, unknown>>
}

export const serve = (fleet: Context.Context<Fleet.Fleet | Workflows.Workflows>, options: Partial<Web.Options> = {}) =>
  Effect.gen(function*() {
    const server = yield* Layer.build(Layer.provide(Web.layer({ port: 0, ...options }), Layer.succeedContext(fleet)))
    const { address } = Context.get(server, HttpServer.HttpServer)
    const port = address._tag === "TcpAddress" ? address.port : 0
    const get = (path: string, headers: Readonly<Record<string, string>> = {}) =>
      Effect.async<Answer>((resume) => {
        request({ host: "127.0.0.1", port, path, headers, agent: false }, (response) => {
          const chunks: Array<Buffer> = []
          response.on("data", (chunk: Buffer) => chunks.push(chunk))
          response.on("end", () =>
            resume(Effect.succeed({
              status: response.statusCode ?? 0,
              text: Buffer.concat(chunks).toString(),
              headers: response.headers
            })))
        }).end()
      })
    return { get, port }
  })
