import * as Environment from "@effect-ploop/backend-cli/Environment"
import * as Config from "effect/Config"
import * as ConfigError from "effect/ConfigError"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Redacted from "effect/Redacted"
import * as number from "../number.js"
import * as pairs from "./pairs.js"

/** What is exported, and where to. */
export interface Settings {
  /** The URL of the collector, to which the path of each signal is added. */
  readonly endpoint: string
  /** The headers of each request. */
  readonly headers: Redacted.Redacted<Readonly<Record<string, string>>>
  /** How a request is encoded. */
  readonly protocol: "http/json" | "http/protobuf"
  /** The time for a request, in milliseconds. */
  readonly timeout: number
  /** The name of the service, if it is not that of the command. */
  readonly serviceName: string | undefined
  /** What all that is exported is attributed to. */
  readonly attributes: Readonly<Record<string, string>>
  readonly traces: Exporter
  readonly metrics: Exporter
  readonly logs: Exporter
}

type Exporter = "none" | "otlp"

const exporter = (signal: string, text: string): Environment.Variable => ({
  name: `OTEL_${signal}_EXPORTER`,
  text,
  rule: "otlp or none",
  default: "otlp"
})

/** The variables that steer the export, which have the names of the specification of OpenTelemetry. */
export const variables: ReadonlyArray<Environment.Variable> = [
  {
    name: "OTEL_EXPORTER_OTLP_ENDPOINT",
    text: "the OpenTelemetry collector that gets traces, metrics and logs",
    rule: "a URL with http:// or https:// and without a user, as in http://127.0.0.1:4318",
    default: "none, and nothing is exported"
  },
  {
    name: "OTEL_EXPORTER_OTLP_HEADERS",
    text: "headers for the collector",
    rule: "pairs with a comma between them and their values percent-encoded, as in api-key=KEY,tenant=a",
    default: "none",
    isSecret: true
  },
  {
    name: "OTEL_EXPORTER_OTLP_PROTOCOL",
    text: "how what is exported is encoded",
    rule: "http/protobuf or http/json",
    default: "http/protobuf"
  },
  {
    name: "OTEL_EXPORTER_OTLP_TIMEOUT",
    text: "the milliseconds for a request to the collector",
    rule: number.positiveRule,
    default: "10000"
  },
  {
    name: "OTEL_SERVICE_NAME",
    text: "the service.name of what is exported",
    rule: "a name",
    default: "the name of the command"
  },
  {
    name: "OTEL_RESOURCE_ATTRIBUTES",
    text: "further attributes of what is exported",
    rule: "pairs with a comma between them and their values percent-encoded, as in deployment.environment=test,rack=7",
    default: "none"
  },
  exporter("TRACES", "where spans go"),
  exporter("METRICS", "where metrics go"),
  exporter("LOGS", "where logs go"),
  { name: "OTEL_SDK_DISABLED", text: "whether nothing is exported", rule: "true or false", default: "false" }
]

/** What a variable sets. One that is empty sets nothing, as the specification has it. */
const setting = <A, const B>(name: string, of: (text: string) => A | undefined, initial: B): Config.Config<A | B> =>
  Config.string(name).pipe(
    Config.mapOrFail((text): Either.Either<A | B, ConfigError.ConfigError> => {
      if (text.trim() === "") return Either.right(initial)
      return Either.fromNullable(of(text.trim()), () => ConfigError.InvalidData([], "breaks its rule"))
    }),
    Config.withDefault(initial)
  )

const oneOf = <const A extends string>(...words: ReadonlyArray<A>) => (text: string): A | undefined =>
  words.find((word) => word === text)

const url = (text: string): string | undefined => {
  if (!URL.canParse(text)) return undefined
  const { hash, password, protocol, search, username } = new URL(text)
  return /^https?:$/.test(protocol) && `${hash}${password}${search}${username}` === "" ? text : undefined
}

const none: Readonly<Record<string, string>> = {}

const exported = oneOf("otlp", "none")

const switches = Config.all({
  endpoint: setting("OTEL_EXPORTER_OTLP_ENDPOINT", url, undefined),
  disabled: setting("OTEL_SDK_DISABLED", (text) => oneOf("true", "false")(text.toLowerCase()), "false")
})

const details = Config.all({
  headers: Config.map(setting("OTEL_EXPORTER_OTLP_HEADERS", pairs.headers, none), (headers) => Redacted.make(headers)),
  protocol: setting("OTEL_EXPORTER_OTLP_PROTOCOL", oneOf("http/protobuf", "http/json"), "http/protobuf"),
  timeout: setting("OTEL_EXPORTER_OTLP_TIMEOUT", number.positive, 10_000),
  serviceName: setting("OTEL_SERVICE_NAME", (text) => text, undefined),
  attributes: setting("OTEL_RESOURCE_ATTRIBUTES", pairs.attributes, none),
  traces: setting("OTEL_TRACES_EXPORTER", exported, "otlp"),
  metrics: setting("OTEL_METRICS_EXPORTER", exported, "otlp"),
  logs: setting("OTEL_LOGS_EXPORTER", exported, "otlp")
})

/** The settings of the environment; undefined when nothing is exported, and then the other variables are not read. */
export const read: Effect.Effect<Settings | undefined, Environment.VariableInvalid> = Effect.gen(function*() {
  const { disabled, endpoint } = yield* Environment.read(switches, variables)
  if (endpoint === undefined || disabled === "true") return undefined
  return { endpoint, ...yield* Environment.read(details, variables) }
})
