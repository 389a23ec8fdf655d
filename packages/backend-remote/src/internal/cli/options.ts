import * as Option from "@effect-ploop/command-line/Option"
import * as Operation from "@effect-ploop/core/Operation"
import * as Args from "@effect/cli/Args"
import * as Options from "@effect/cli/Options"

/** Where the tokens are when nothing else is said. */
export const defaultTokens = "/etc/ploop-agent/tokens.json"

const defaultSocket = "/run/ploop-agent/agent.sock"

export const socket = Option.setting(
  "socket",
  "PATH",
  "PLOOP_AGENT_SOCKET",
  `The Unix socket to serve, for its owner alone. Default: ${defaultSocket}.`
).pipe(Options.withDefault(defaultSocket))

export const tcp = Option.setting(
  "tcp",
  "HOST:PORT",
  "PLOOP_AGENT_TCP",
  "Serve this address in place of the socket. Callers need tokens, and the protocol is not encrypted: use it on " +
    "loopback and in private networks. Default: the socket."
).pipe(Options.optional)

export const listen = Option.setting(
  "listen",
  "ADDRESS",
  "PLOOP_AGENT_LISTEN",
  "Serve this address over WebSocket in place of the socket: wss://HOST:PORT, encrypted, with --tls-cert and " +
    "--tls-key; or ws://HOST:PORT, on loopback only. Callers need tokens. Default: the socket."
).pipe(Options.optional)

export const tlsCert = Option.setting(
  "tls-cert",
  "FILE",
  "PLOOP_AGENT_TLS_CERT",
  "The certificate of this host in PEM, followed by those between it and the authority. Default: none."
).pipe(Options.optional)

export const tlsKey = Option.setting(
  "tls-key",
  "FILE",
  "PLOOP_AGENT_TLS_KEY",
  "The private key of the certificate in PEM, which other users cannot read. Default: none."
).pipe(Options.optional)

export const tlsClientCa = Option.setting(
  "tls-client-ca",
  "FILE",
  "PLOOP_AGENT_TLS_CLIENT_CA",
  "The authorities of clients in PEM: each client needs a certificate of one, in addition to its token. Default: none."
).pipe(Options.optional)

export const health = Option.setting(
  "health",
  "ADDRESS",
  "PLOOP_AGENT_HEALTH",
  "Also serve /health and /metrics, for Prometheus, at http://HOST:PORT on loopback, or at https://HOST:PORT with " +
    "--tls-cert and --tls-key. Default: not served."
).pipe(Options.optional)

export const tokens = Option.setting(
  "tokens",
  "FILE",
  "PLOOP_AGENT_TOKENS",
  `The file of tokens. With it every caller needs one. Default with --tcp or --listen: ${defaultTokens}.`
).pipe(Options.optional)

export const tokenFile = Option.setting(
  "tokens",
  "FILE",
  "PLOOP_AGENT_TOKENS",
  `The file of tokens. Default: ${defaultTokens}.`
).pipe(Options.withDefault(defaultTokens))

export const files = Options.text("files").pipe(
  Options.withPseudoName("DIRECTORY"),
  Options.withDescription("A directory whose files callers may read and write. It can be given again. Default: none."),
  Options.repeated
)

export const operations = Option.choices("operation", Operation.names).pipe(
  Options.withPseudoName("NAME"),
  Options.withDescription(
    "An operation that the token allows, as in listSnapshots. It can be given again. Default: all operations."
  )
)

export const directories = Options.text("directory").pipe(
  Options.withPseudoName("PATH"),
  Options.withDescription(
    "A directory that the token allows: every path of a request must be in one. It can be given again. Default: all paths."
  ),
  Options.repeated
)

export const name = Args.text({ name: "NAME" }).pipe(
  Args.withDescription("Who will use the token, as in backups. It appears in the logs of the host.")
)

export const connect = Option.setting(
  "connect",
  "ADDRESS",
  "PLOOP_AGENT_CONNECT",
  "The agent to ask: the path of its socket, HOST:PORT, ws://HOST:PORT or wss://HOST:PORT. " +
    `Default: ${defaultSocket}.`
).pipe(Options.withDefault(defaultSocket))

export const callerToken = Option.setting(
  "token-file",
  "FILE",
  "PLOOP_AGENT_TOKEN_FILE",
  "The file of the token of this caller. Default: none."
).pipe(Options.optional)

export const ca = Options.text("ca").pipe(
  Options.withPseudoName("FILE"),
  Options.withDescription("The authorities of the host in PEM. Default: those that Node.js knows."),
  Options.optional
)

export const clientCert = Options.text("cert").pipe(
  Options.withPseudoName("FILE"),
  Options.withDescription("The certificate of this caller in PEM, where the host requires one. Default: none."),
  Options.optional
)

export const clientKey = Options.text("key").pipe(
  Options.withPseudoName("FILE"),
  Options.withDescription("The private key of this certificate in PEM. Default: none."),
  Options.optional
)

export const disks = Options.text("disk").pipe(
  Options.withPseudoName("PATH"),
  Options.withDescription("A descriptor on the host to read, by listSnapshots. It can be given again. Default: none."),
  Options.repeated
)

export const json = Options.boolean("json").pipe(Options.withDescription("Writes JSON. Default: text."))
