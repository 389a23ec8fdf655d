import * as RemotePloop from "@effect-ploop/backend-remote/RemotePloop"
import * as FileSystem from "@effect/platform/FileSystem"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { ArrayFormatter } from "effect/ParseResult"
import * as Redacted from "effect/Redacted"
import * as Schema from "effect/Schema"
import { HostName } from "../../HostName.js"
import * as Runner from "../../Runner.js"
import * as Storage from "../../Storage.js"

const AbsolutePath = Schema.String.pipe(
  Schema.filter((path) => (path.startsWith("/") && !path.includes("\0")) || "must be an absolute path")
)

const Host = Schema.Struct({
  /** The socket of the agent of the host. */
  path: Schema.optional(AbsolutePath),
  /** The address of the agent, in place of its socket, as in `10.0.0.7:7000`. */
  address: Schema.optional(
    Schema.String.pipe(Schema.pattern(/^.+:\d{1,5}$/, { message: () => "must be HOST:PORT, as in 10.0.0.7:7000" }))
  ),
  /** The file that has the token for the agent. */
  tokenFile: Schema.optional(AbsolutePath)
}).pipe(
  Schema.filter(({ address, path }) =>
    (address === undefined) !== (path === undefined) || "must have a path or an address"
  )
)

/** What the file of settings has. */
export const Settings = Schema.Struct({
  /** The hosts of the fleet, each with its agent. */
  hosts: Schema.Record({ key: HostName, value: Host }).pipe(
    Schema.filter((hosts) => Object.keys(hosts).length > 0 || "must have a host")
  ),
  /** The file of the storage. */
  storage: AbsolutePath,
  /** The directories of each host that have disks. Default: `/vz`. */
  directories: Schema.optional(Schema.Array(AbsolutePath)),
  /** After how many seconds a step that fails is repeated by itself. Default: 1, 10 and 60. */
  retries: Schema.optional(Schema.Array(Schema.NonNegative))
})

export type Settings = typeof Settings.Type

/** A file of settings that breaks rules. */
export class SettingsInvalid extends Schema.TaggedError<SettingsInvalid>()("SettingsInvalid", {
  file: Schema.String,
  problems: Schema.Array(Schema.String)
}) {
  override get message(): string {
    return this.problems.map((problem) => `${this.file}: ${problem}`).join("\n")
  }
}

const decode = Schema.decode(Schema.parseJson(Settings), { errors: "all", onExcessProperty: "error" })

/** Reads and checks a file of settings. An error has every rule that it breaks. */
export const read = (file: string) =>
  Effect.gen(function*() {
    const fs = yield* FileSystem.FileSystem
    const text = yield* Effect.mapError(fs.readFileString(file), ({ message }) =>
      new SettingsInvalid({ file, problems: [message] }))
    return yield* Effect.mapError(decode(text), (error) =>
      new SettingsInvalid({
        file,
        problems: ArrayFormatter.formatErrorSync(error).map(({ message, path }) =>
          `${path.map(String).join(".")} ${message}`.trim()
        )
      }))
  })

const agentOf = ({ address, path, tokenFile }: typeof Host.Type) =>
  Effect.gen(function*() {
    const fs = yield* FileSystem.FileSystem
    const token = tokenFile === undefined ? undefined : Redacted.make((yield* fs.readFileString(tokenFile)).trim())
    if (path !== undefined) return RemotePloop.layerWithFileSystem({ address: { path }, token })
    const [host = "", port = ""] = (address ?? "").split(/:(?=\d+$)/)
    return RemotePloop.layerWithFileSystem({ address: { host, port: Number(port) }, token })
  })

/** The process of a fleet. */
export const processOf = ({ directories, hosts, retries, storage }: Settings) =>
  Effect.gen(function*() {
    const agents = yield* Effect.forEach(
      Object.entries(hosts),
      ([name, host]) => Effect.map(agentOf(host), (agent) => [name, agent] as const)
    )
    return Runner.layer({
      hosts: Object.fromEntries(agents),
      directories,
      retries: retries?.map((seconds) => seconds * 1000)
    }).pipe(Layer.provide(Storage.layerEmbedded({ path: storage })))
  })
