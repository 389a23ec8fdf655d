/**
 * Measures what a connection to a host costs: calls over a Unix socket beside the same backend called directly, and a copy
 * beside bare sockets. Both ends are in this process, so that each figure has the work of both.
 */
import { PloopFake } from "@effect-ploop/backend-fake"
import { RemotePloop, RemoteServer } from "@effect-ploop/backend-remote"
import { Ploop, SnapshotId } from "@effect-ploop/core"
import { FileSystem } from "@effect/platform"
import { NodeContext } from "@effect/platform-node"
import { Context, Effect, Layer, Stream } from "effect"
import * as net from "node:net"
import { alternate, rate, speed } from "./measure.js"
import type { Report, Row } from "./report.js"
import { atLeast, bytes, perSecond } from "./report.js"

const disk = "/vz/DiskDescriptor.xml"

const id = SnapshotId.make("{11111111-2222-4333-8444-555555555555}")

/** Calls in one measurement. */
const calls = 100

/** Calls at the same time, where they are not one after the other. */
const together = 32

/** Bytes of a copy in one measurement, and of each of its parts. */
const [copied, part] = [32 * 1024 * 1024, 512 * 1024]

const data = new Uint8Array(part).fill(7)

/** A host in memory with a disk, which sends zeros in place of an image. */
const host = Layer.effectContext(Effect.gen(function*() {
  const services = yield* PloopFake.make()
  const ploop = Context.get(services, Ploop.Ploop)
  yield* ploop.create({ image: "/vz/root.hdd", size: "1G", fileSystem: "none" })
  yield* ploop.createSnapshot({ disk, id })
  const copySend = () => Stream.take(Stream.repeatEffect(Effect.succeed(data)), copied / part)
  return Context.add(services, Ploop.Ploop, { ...ploop, copySend })
}))

const directory = Effect.provide(
  Effect.flatMap(FileSystem.FileSystem, (fs) => fs.makeTempDirectoryScoped({ prefix: "ploop-bench-" })),
  NodeContext.layer
)

/** The same backend, called directly and over a socket. */
const both = Effect.gen(function*() {
  const path = `${yield* directory}/socket`
  const services = yield* Layer.build(host)
  yield* Effect.provide(Layer.build(RemoteServer.layer({ listen: { path } })), services)
  const client = yield* Layer.build(RemotePloop.layer({ address: { path } }))
  return { direct: Context.get(services, Ploop.Ploop), remote: Context.get(client, Ploop.Ploop) }
})

/** Sends the bytes of a copy from a server of Node.js to a client that waits for them. */
const bare = (path: string) =>
  Effect.async<void>((resume) => {
    const socket = net.createConnection(path)
    let received = 0
    socket.on("data", (bytes) => {
      received += bytes.length
      if (received < copied) return
      socket.destroy()
      resume(Effect.void)
    })
  })

const sending = Effect.gen(function*() {
  const path = `${yield* directory}/bare`
  yield* Effect.acquireRelease(
    Effect.async<net.Server>((resume) => {
      const server = net.createServer((socket) => {
        let left = copied / part
        const send = () => void (left-- > 0 && socket.write(data, send))
        socket.on("error", () => {})
        send()
      })
      server.listen(path, () => resume(Effect.succeed(server)))
    }),
    (server) => Effect.sync(() => server.close())
  )
  return bare(path)
})

type Both = Effect.Effect.Success<typeof both>

const ofCalls = (
  { direct, remote }: Both,
  name: string,
  call: (ploop: Ploop.Ploop) => Effect.Effect<unknown, unknown>,
  concurrency: number,
  least: number
) =>
  Effect.gen(function*() {
    const many = (ploop: Ploop.Ploop) =>
      Effect.forEach(Array.from({ length: calls }), () => call(ploop), { concurrency, discard: true })
    const times = yield* alternate(
      { remote: { run: many(remote) }, direct: { run: many(direct) } },
      { rounds: 60, warmUp: 20 }
    )
    const row: Row = {
      name: `${name}, ${concurrency === 1 ? "one after the other" : `${concurrency} at a time`}`,
      figure: perSecond(rate(times.remote, calls)),
      reference: `called directly, ${perSecond(rate(times.direct, calls))}`,
      ...speed(times.remote, times.direct),
      expectation: atLeast(least)
    }
    return row
  })

const ofCopies = ({ remote }: Both) =>
  Effect.gen(function*() {
    const times = yield* alternate({
      copy: { run: Stream.runDrain(remote.copySend({ device: "/dev/ploop1" })) },
      bare: { run: yield* sending }
    }, { rounds: 30, warmUp: 10 })
    const row: Row = {
      name: `a copy of ${bytes(copied)}`,
      figure: `${bytes(rate(times.copy, copied))}/s`,
      reference: `bare sockets, ${bytes(rate(times.bare, copied))}/s`,
      ...speed(times.copy, times.bare),
      expectation: atLeast(0.1)
    }
    return row
  })

const query = (ploop: Ploop.Ploop) => ploop.isMounted({ disk })

/** The disk is at this snapshot after each call. */
const change = (ploop: Ploop.Ploop) => ploop.switchSnapshot({ disk, id })

export const remote: Effect.Effect<Report> = Effect.gen(function*() {
  const hosts = yield* both
  return {
    rows: [
      yield* ofCalls(hosts, "a query over a Unix socket", query, 1, 0.01),
      yield* ofCalls(hosts, "a query over a Unix socket", query, together, 0.02),
      yield* ofCalls(hosts, "a change over a Unix socket", change, together, 0.01),
      yield* ofCopies(hosts)
    ],
    notes: [
      "The backend is in memory: each call of the real tool starts a process, beside which a socket costs little."
    ]
  }
}).pipe(Effect.scoped, Effect.orDie)
