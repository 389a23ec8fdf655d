/**
 * Measures reads and writes of whole files through the `FileSystem` of the host
 * in memory, beside those of memfs, a plain file system in memory.
 *
 * The calls of the fake run in a fiber, as usual. Those of memfs run without
 * Effect, as its users run them: its promises, awaited one after the other, are
 * what the fake has to keep up with. Its synchronous functions, the fastest
 * that it has, are for information.
 */
import { PloopFake } from "@effect-ploop/backend-fake"
import { Ploop } from "@effect-ploop/core"
import { FileSystem } from "@effect/platform"
import { Effect } from "effect"
import { memfs } from "memfs"
import { alternate, type Contender, rate, speed } from "./measure.js"
import type { Report, Row } from "./report.js"
import { atLeast, bytes, perSecond } from "./report.js"

/** The sizes of the files, and the calls in one measurement: few enough that little garbage accumulates. */
const sizes = [[1024, 100], [65_536, 25], [1_048_576, 5]] as const

const rounds = { rounds: 300, warmUp: 100 }

const directory = "/mnt/ct"

const path = `${directory}/file`

interface Calls {
  readonly read: Effect.Effect<unknown, unknown>
  readonly write: Effect.Effect<unknown, unknown>
}

const ofFake = (fs: FileSystem.FileSystem, file: string, data: Uint8Array, times: number): Calls => ({
  read: Effect.repeatN(fs.readFile(file), times - 1),
  write: Effect.repeatN(fs.writeFile(file, data), times - 1)
})

const ofPromises = (fs: ReturnType<typeof memfs>["fs"], data: Uint8Array, times: number): Calls => ({
  read: Effect.promise(async () => {
    for (let call = 0; call < times; call++) await fs.promises.readFile(path)
  }),
  write: Effect.promise(async () => {
    for (let call = 0; call < times; call++) await fs.promises.writeFile(path, data)
  })
})

const ofSync = (fs: ReturnType<typeof memfs>["fs"], data: Uint8Array, times: number): Calls => ({
  read: Effect.sync(() => {
    for (let call = 0; call < times; call++) fs.readFileSync(path)
  }),
  write: Effect.sync(() => {
    for (let call = 0; call < times; call++) fs.writeFileSync(path, data)
  })
})

const measure = (host: FileSystem.FileSystem, size: number, times: number) =>
  Effect.gen(function*() {
    const data = new Uint8Array(size).fill(7)
    const { fs } = memfs({ [directory]: null })
    const file = `/tmp/${size}`
    const mounted = `${directory}/${size}`
    yield* host.writeFile(file, data)
    yield* host.writeFile(mounted, data)
    fs.writeFileSync(path, data)
    const calls = {
      host: ofFake(host, file, data, times),
      disk: ofFake(host, mounted, data, times),
      promises: ofPromises(fs, data, times),
      sync: ofSync(fs, data, times)
    }
    const run = (kind: keyof Calls) => {
      const contender = (name: keyof typeof calls): Contender => ({ run: calls[name][kind] })
      return alternate({
        host: contender("host"),
        disk: contender("disk"),
        promises: contender("promises"),
        sync: contender("sync")
      }, rounds)
    }
    const rows: Array<Row> = []
    for (const kind of ["read", "write"] as const) {
      const measured = yield* run(kind)
      for (const place of ["host", "disk"] as const) {
        for (const opponent of ["promises", "sync"] as const) {
          rows.push({
            name: `${kind} ${bytes(size)} ${place === "host" ? "on the host" : "in a mounted disk"}`,
            figure: perSecond(rate(measured[place], times)),
            reference: `memfs, ${opponent}, ${perSecond(rate(measured[opponent], times))}`,
            ...speed(measured[place], measured[opponent]),
            expectation: opponent === "promises" ? atLeast(0.5) : undefined
          })
        }
      }
    }
    return rows
  })

export const fileSystem: Effect.Effect<Report> = Effect.gen(function*() {
  const ploop = yield* Ploop.Ploop
  const fs = yield* FileSystem.FileSystem
  yield* fs.makeDirectory(directory)
  const { disk } = yield* ploop.create({ image: "/vz/root.hdd", size: "10G" })
  yield* ploop.mount({ disk, target: directory })
  const rows = yield* Effect.forEach(sizes, ([size, times]) => measure(fs, size, times))
  return { rows: rows.flat() }
}).pipe(Effect.provide(PloopFake.layer()), Effect.orDie)
