// @effect-diagnostics nodeBuiltinImport:off
import * as Effect from "effect/Effect"
import * as NFS from "node:fs"
import * as process from "node:process"
import { setImmediate } from "node:timers/promises"
import { type ForeignMount, foreignMounts, type Table } from "./mountNamespaces.js"
import { ifReadable } from "./nodeFiles.js"

/** How many processes are asked between two turns of the event loop, and how many at most. */
const batch = 512
const mostProcesses = 32_768

/** How many mount tables are read. */
const mostNamespaces = 1024

const namespaceOf = (pid: string): string | undefined => ifReadable(() => NFS.readlinkSync(`/proc/${pid}/ns/mnt`))

const tableOf = (pid: string): Table | undefined =>
  ifReadable(() => ({
    pid: Number(pid),
    command: NFS.readFileSync(`/proc/${pid}/comm`, "utf8").trimEnd(),
    text: NFS.readFileSync(`/proc/${pid}/mountinfo`, "utf8")
  }))

/** A process for each mount namespace other than this one. */
const strangers = async (own: string, signal: AbortSignal): Promise<ReadonlyArray<string>> => {
  const found = new Map([[own, "self"]])
  const pids = NFS.readdirSync("/proc").filter((name) => /^\d+$/.test(name)).slice(0, mostProcesses)
  for (const [index, pid] of pids.entries()) {
    if (index % batch === batch - 1) await setImmediate()
    signal.throwIfAborted()
    const namespace = namespaceOf(pid)
    if (namespace !== undefined && !found.has(namespace)) found.set(namespace, pid)
  }
  return [...found.values()].slice(1, mostNamespaces + 1)
}

/** The numbers of the device that a path leads to, as mount tables have them. */
const numberOf = (path: string): string | undefined =>
  ifReadable(() => {
    const { rdev } = NFS.statSync(path, { bigint: true })
    const major = ((rdev >> 8n) & 0xfffn) | ((rdev >> 32n) & ~0xfffn)
    const minor = (rdev & 0xffn) | ((rdev >> 12n) & 0xffffff00n)
    return `${major}:${minor}`
  })

const read = async (signal: AbortSignal): Promise<ReadonlyArray<ForeignMount>> => {
  const own = namespaceOf("self")
  if (own === undefined) return []
  const tables = (await strangers(own, signal)).flatMap((pid) => tableOf(pid) ?? [])
  const text = tables.length === 0 ? undefined : ifReadable(() => NFS.readFileSync("/proc/self/mountinfo", "utf8"))
  return text === undefined ? [] : foreignMounts(text, tables, numberOf)
}

/** What the kernel shows of other processes, it shows to root only. */
export const nodeForeignMounts: Effect.Effect<ReadonlyArray<ForeignMount>> = Effect.suspend(() =>
  process.geteuid?.() === 0 ? Effect.orElseSucceed(Effect.tryPromise(read), () => []) : Effect.succeed([])
)
