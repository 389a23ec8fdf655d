import * as Ploop from "@effect-ploop/core/Ploop"
import type { PloopError } from "@effect-ploop/core/PloopError"
import type { Prerequisite, Tool } from "@effect-ploop/core/Result"
import * as Command from "@effect/cli/Command"
import type { PlatformError } from "@effect/platform/Error"
import * as FileSystem from "@effect/platform/FileSystem"
import * as Console from "effect/Console"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import * as Schedule from "effect/Schedule"
import * as Schema from "effect/Schema"
import type { Grant } from "../../Access.js"
import * as RemotePloop from "../../RemotePloop.js"
import { remoteOf } from "./address.js"
import * as options from "./options.js"

/** Something is missing on the host, or refused. */
export class HostFailed extends Schema.TaggedError<HostFailed>()("HostFailed", { address: Schema.String }) {
  override get message(): string {
    return `the host at ${this.address} cannot be used for everything: see the lines with FAILED`
  }
}

/** A file that was given cannot be read. */
export class FileUnreadable extends Schema.TaggedError<FileUnreadable>()("FileUnreadable", {
  path: Schema.String,
  reason: Schema.String
}) {
  override get message(): string {
    return `${this.path} cannot be read: ${this.reason}`
  }
}

interface Line {
  readonly status: "ok" | "missing" | "unknown" | "FAILED"
  readonly what: string
  readonly text: string
}

const line = (status: Line["status"], what: string, text: string): Line => ({ status, what, text })

/** An operation that the token does not allow says nothing about the host. */
const failed = (what: string) => (error: PloopError) =>
  error._tag === "AccessRefused" && error.what === "operation"
    ? line("unknown", what, error.reason)
    : line("FAILED", what, `${error.message}\n${error.remedy}`)

const read = (path: string) =>
  Effect.flatMap(FileSystem.FileSystem, (fs) => fs.readFileString(path)).pipe(
    Effect.mapError((error: PlatformError) => new FileUnreadable({ path, reason: error.message }))
  )

const ofTool = ({ generation, path }: Tool) => [line("ok", "tool", `${path}, generation ${generation}`)]

const status = { present: "ok", missing: "missing", unknown: "unknown" } as const

const ofPrerequisites = (found: ReadonlyArray<Prerequisite>) =>
  found.map(({ name, neededFor, remedy, status: is }) =>
    line(status[is], name, is === "present" ? `for ${neededFor}` : `needed for ${neededFor}: ${remedy}`)
  )

const ofGrant = ({ directories, name, operations }: Grant): ReadonlyArray<Line> => [
  line("ok", "caller", name),
  line("ok", "operations", operations === undefined ? "all" : operations.join(", ")),
  line("ok", "directories", directories === undefined ? "all" : directories.join(", "))
]

/** The lines of a query, or that it failed. */
const ask = <A>(what: string, query: Effect.Effect<A, PloopError>, lines: (result: A) => ReadonlyArray<Line>) =>
  Effect.map(Effect.either(query), Either.match({ onLeft: (error) => [failed(what)(error)], onRight: lines }))

const inspect = (disks: ReadonlyArray<string>) =>
  Effect.gen(function*() {
    const ploop = yield* Ploop.Ploop
    return [
      ...yield* ask("tool", ploop.tool, ofTool),
      ...yield* ask("prerequisites", ploop.prerequisites, ofPrerequisites),
      ...(yield* Effect.forEach(disks, (disk) =>
        ask("disk", ploop.listSnapshots({ disk }), () => [line("ok", "disk", `${disk} can be read`)]))).flat()
    ]
  })

const shown = (lines: ReadonlyArray<Line>) => {
  const width = Math.max(...lines.map(({ what }) => what.length))
  return lines.map(({ status, text, what }) =>
    `${status.padEnd(8)} ${what.padEnd(width)}  ${text.trimEnd().replace(/\n/g, `\n${" ".repeat(width + 11)}`)}`
  ).join("\n")
}

export const doctor = Command.make("doctor", {
  connect: options.connect,
  tokenFile: options.callerToken,
  ca: options.ca,
  certificate: options.clientCert,
  key: options.clientKey,
  disks: options.disks,
  json: options.json
}, ({ ca, certificate, connect, disks, json, key, tokenFile }) =>
  Effect.gen(function*() {
    const texts = yield* Effect.all({
      ca: Effect.transposeOption(Option.map(ca, read)),
      certificate: Effect.transposeOption(Option.map(certificate, read)),
      key: Effect.transposeOption(Option.map(key, read)),
      token: Effect.transposeOption(Option.map(tokenFile, read))
    })
    const address = yield* remoteOf(connect, {
      ca: Option.getOrUndefined(texts.ca),
      certificate: Option.getOrUndefined(texts.certificate),
      key: Option.getOrUndefined(Option.map(texts.key, Redacted.make))
    })
    const remote = {
      address,
      token: Option.getOrUndefined(Option.map(texts.token, (text) => Redacted.make(text.trim()))),
      reconnect: Schedule.stop
    }
    const lines = yield* Effect.either(RemotePloop.callerOf(remote)).pipe(
      Effect.flatMap(Either.match({
        onLeft: (error) => Effect.succeed([failed("connection")(error)]),
        onRight: (grant) =>
          Effect.map(
            Effect.provide(inspect(disks), RemotePloop.layer(remote)),
            (found) => [line("ok", "connection", connect), ...ofGrant(grant), ...found]
          )
      }))
    )
    yield* Console.log(json ? JSON.stringify(lines, undefined, 2) : shown(lines))
    if (lines.some(({ status }) => status === "FAILED")) {
      return yield* new HostFailed({ address: connect })
    }
  })).pipe(
    Command.withDescription(
      "Asks the agent of a host whether this caller can use it: the connection, what its token allows, the tool and its " +
        "generation, the prerequisites of the host, and disks. Changes nothing."
    )
  )
