import * as RemotePloop from "@effect-ploop/backend-remote/RemotePloop"
import * as HostPorts from "@effect-ploop/command-line/HostPort"
import * as SettingsIssue from "@effect-ploop/command-line/SettingsIssue"
import * as FileSystem from "@effect/platform/FileSystem"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as ParseResult from "effect/ParseResult"
import * as Redacted from "effect/Redacted"
import * as Schema from "effect/Schema"
import type { InvalidFleet, StorageFailed } from "../../FleetError.js"
import { HostName } from "../../HostName.js"
import * as Runner from "../../Runner.js"
import * as Storage from "../../Storage.js"

const AbsolutePath = Schema.String.pipe(
  Schema.filter((path) => (path.startsWith("/") && !path.includes("\0")) || "must be an absolute path")
)

const HostPort = Schema.Struct({ host: Schema.String, port: Schema.Number })

const Address = Schema.transformOrFail(Schema.String, HostPort, {
  strict: true,
  decode: (text, _, ast) =>
    Either.fromOption(
      HostPorts.parse(text),
      () => new ParseResult.Type(ast, text, "must be HOST:PORT, as in 10.0.0.7:7000")
    ),
  encode: (address) => ParseResult.succeed(HostPorts.format(address))
})

const WebSocketUrl = Schema.String.pipe(
  Schema.filter((url) => {
    const [, address = ""] = /^wss?:\/\/([^/]*)\/?$/.exec(url) ?? []
    return Option.isSome(HostPorts.parse(address)) || "must be wss://HOST:PORT, as in wss://node-2.example.org:7443"
  })
)

/** What a host with a certificate may need. */
const Tls = Schema.Struct({
  /** The file with the certificates of the authorities of the agent, in PEM. Default: those that Node.js knows. */
  caFile: Schema.optional(AbsolutePath),
  /** The file with the certificate of this process, in PEM, where the agent requires one. */
  certificateFile: Schema.optional(AbsolutePath),
  /** The file with the private key of this certificate, in PEM. */
  keyFile: Schema.optional(AbsolutePath),
  /** The name in the certificate of the agent. Default: the name in the URL. */
  serverName: Schema.optional(Schema.NonEmptyString)
}).pipe(
  Schema.filter(({ certificateFile, keyFile }) =>
    (certificateFile === undefined) === (keyFile === undefined) || "must have both certificateFile and keyFile, or none"
  )
)

const Host = Schema.Struct({
  /** The socket of the agent of the host. */
  path: Schema.optional(AbsolutePath),
  /** The address of the agent, in place of its socket, as in `10.0.0.7:7000`. */
  address: Schema.optional(Address),
  /** The WebSocket of the agent, in place of its socket, as in `wss://node-2.example.org:7443`. */
  url: Schema.optional(WebSocketUrl),
  /** How the agent at a `wss://` URL is verified. */
  tls: Schema.optional(Tls),
  /** The file that has the token for the agent. */
  tokenFile: Schema.optional(AbsolutePath)
}).pipe(
  Schema.filter(({ address, path, tls, url }) => {
    if ([address, path, url].filter((place) => place !== undefined).length !== 1) {
      return "must have one of path, address and url"
    }
    return tls === undefined || url?.startsWith("wss:") === true || "must have a wss:// url, because it has tls"
  })
)

const Postgres = Schema.Struct({
  /** The file that has the URL of the database, with its password. */
  urlFile: AbsolutePath,
  /** How many connections this process has at most. Default: 10. */
  connections: Schema.optional(Schema.Int.pipe(Schema.between(3, 1000)))
})

/** What the file of settings has. */
export const Settings = Schema.Struct({
  /** The hosts of the fleet, each with its agent. */
  hosts: Schema.Record({ key: HostName, value: Host }).pipe(
    Schema.filter((hosts) => Object.keys(hosts).length > 0 || "must have a host")
  ),
  /** The file of the embedded storage, or the PostgreSQL that several processes share. */
  storage: Schema.Union(AbsolutePath, Postgres).annotations({
    message: () => ({ message: "must be an absolute path, or the urlFile of a PostgreSQL", override: true })
  }),
  /** Where this process listens for the others of its fleet, on a private network. Only with a PostgreSQL. */
  address: Schema.optional(Address),
  /** The names of all hosts of the fleet, the same for each process. Default: those in `hosts`. */
  fleet: Schema.optional(Schema.Array(HostName)),
  /** The directories of each host that have disks. Default: `/vz`. */
  directories: Schema.optional(Schema.Array(AbsolutePath)),
  /** After how many seconds a step that fails is repeated by itself. Default: 1, 10 and 60. */
  retries: Schema.optional(Schema.Array(Schema.NonNegative))
}).pipe(
  // Processes of one database find each other by their addresses; an embedded storage has one process.
  Schema.filter(({ address, storage }) => {
    if (typeof storage !== "string") return address !== undefined || "must have an address, because of its PostgreSQL"
    return address === undefined || "must have no address, because its storage is for one process"
  })
)

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

const parse = Schema.decode(Schema.parseJson())

const decode = Schema.decodeUnknown(Settings, { errors: "all", onExcessProperty: "error" })

/** Reads and checks a file of settings. An error has every rule that it breaks. */
export const read = (file: string) =>
  Effect.gen(function*() {
    const fs = yield* FileSystem.FileSystem
    const text = yield* Effect.mapError(fs.readFileString(file), (error) => {
      const isMissing = error._tag === "SystemError" && error.reason === "NotFound"
      return new SettingsInvalid({
        file,
        problems: [isMissing ? "there is no such file: give --config" : error.message]
      })
    })
    const invalid = (problems: ReadonlyArray<string>) => new SettingsInvalid({ file, problems })
    const value = yield* Effect.mapError(parse(text), () => invalid(["it is not JSON"]))
    return yield* Effect.mapError(
      decode(value),
      (error) =>
        invalid(
          SettingsIssue.all(value, error).map(({ path, problem }) => `${path.map(String).join(".")} ${problem}`.trim())
        )
    )
  })

const textIn = (file: string) => Effect.flatMap(FileSystem.FileSystem, (fs) => fs.readFileString(file))

/** What a file has that only its owner may read. */
export const secretIn = (file: string) => Effect.map(textIn(file), (text) => Redacted.make(text.trim()))

const tlsOf = ({ caFile, certificateFile, keyFile, serverName }: typeof Tls.Type) =>
  Effect.gen(function*() {
    const tls: RemotePloop.Tls = {
      ca: caFile === undefined ? undefined : yield* textIn(caFile),
      certificate: certificateFile === undefined ? undefined : yield* textIn(certificateFile),
      key: keyFile === undefined ? undefined : yield* secretIn(keyFile),
      serverName
    }
    return tls
  })

const addressOf = ({ address, path, tls, url }: typeof Host.Type) =>
  url === undefined
    ? Effect.succeed<RemotePloop.Address>(address ?? { path: path ?? "" })
    : Effect.map(tlsOf(tls ?? {}), (tls): RemotePloop.Address => ({ url, tls }))

const agentOf = (host: typeof Host.Type) =>
  Effect.gen(function*() {
    const token = host.tokenFile === undefined ? undefined : yield* secretIn(host.tokenFile)
    return RemotePloop.layerWithFileSystem({ address: yield* addressOf(host), token })
  })

const storageOf = (storage: Settings["storage"]) =>
  typeof storage === "string"
    ? Effect.succeed(Storage.layerEmbedded({ path: storage }))
    : Effect.map(secretIn(storage.urlFile), (url) => Storage.layerPostgres({ url, connections: storage.connections }))

/** The process of a fleet. */
export const processOf = ({ address, directories, fleet, hosts, retries, storage }: Settings) =>
  Effect.gen(function*() {
    const agents = yield* Effect.forEach(
      Object.entries(hosts),
      ([name, host]) => Effect.map(agentOf(host), (agent) => [name, agent] as const)
    )
    const kept: Layer.Layer<Storage.Storage, InvalidFleet | StorageFailed> = yield* storageOf(storage)
    return Runner.layer({
      hosts: Object.fromEntries(agents),
      fleet,
      address,
      directories,
      retries: retries?.map((seconds) => seconds * 1000)
    }).pipe(Layer.provide(kept))
  })
