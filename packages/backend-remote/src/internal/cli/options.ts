import * as Operation from "@effect-ploop/core/Operation"
import * as Args from "@effect/cli/Args"
import * as Options from "@effect/cli/Options"
import * as Config from "effect/Config"

/** Where the tokens are when nothing else is said. */
export const defaultTokens = "/etc/ploop-agent/tokens.json"

const defaultSocket = "/run/ploop-agent/agent.sock"

export const socket = Options.text("socket").pipe(
  Options.withPseudoName("PATH"),
  Options.withDescription(
    `The Unix socket to serve, for its owner alone. Default: ${defaultSocket}. Variable: PLOOP_AGENT_SOCKET.`
  ),
  Options.withFallbackConfig(Config.string("PLOOP_AGENT_SOCKET")),
  Options.withDefault(defaultSocket)
)

export const tcp = Options.text("tcp").pipe(
  Options.withPseudoName("HOST:PORT"),
  Options.withDescription(
    "Serve this address in place of the socket. Callers need tokens, and the protocol is not encrypted: use it on " +
      "loopback and in private networks. Variable: PLOOP_AGENT_TCP."
  ),
  Options.withFallbackConfig(Config.string("PLOOP_AGENT_TCP")),
  Options.optional
)

export const listen = Options.text("listen").pipe(
  Options.withPseudoName("ADDRESS"),
  Options.withDescription(
    "Serve this address over WebSocket in place of the socket: wss://HOST:PORT, encrypted, with --tls-cert and " +
      "--tls-key; or ws://HOST:PORT, on loopback only. Callers need tokens. Variable: PLOOP_AGENT_LISTEN."
  ),
  Options.withFallbackConfig(Config.string("PLOOP_AGENT_LISTEN")),
  Options.optional
)

export const tlsCert = Options.text("tls-cert").pipe(
  Options.withPseudoName("FILE"),
  Options.withDescription(
    "The certificate of this host in PEM, followed by those between it and the authority. Variable: PLOOP_AGENT_TLS_CERT."
  ),
  Options.withFallbackConfig(Config.string("PLOOP_AGENT_TLS_CERT")),
  Options.optional
)

export const tlsKey = Options.text("tls-key").pipe(
  Options.withPseudoName("FILE"),
  Options.withDescription(
    "The private key of the certificate in PEM, which other users cannot read. Variable: PLOOP_AGENT_TLS_KEY."
  ),
  Options.withFallbackConfig(Config.string("PLOOP_AGENT_TLS_KEY")),
  Options.optional
)

export const tlsClientCa = Options.text("tls-client-ca").pipe(
  Options.withPseudoName("FILE"),
  Options.withDescription(
    "The authorities of clients in PEM: each client needs a certificate of one, in addition to its token. Default: none. " +
      "Variable: PLOOP_AGENT_TLS_CLIENT_CA."
  ),
  Options.withFallbackConfig(Config.string("PLOOP_AGENT_TLS_CLIENT_CA")),
  Options.optional
)

export const health = Options.text("health").pipe(
  Options.withPseudoName("ADDRESS"),
  Options.withDescription(
    "Also serve /health and /metrics, for Prometheus, at http://HOST:PORT on loopback, or at https://HOST:PORT with " +
      "--tls-cert and --tls-key. Default: not served. Variable: PLOOP_AGENT_HEALTH."
  ),
  Options.withFallbackConfig(Config.string("PLOOP_AGENT_HEALTH")),
  Options.optional
)

export const tokens = Options.text("tokens").pipe(
  Options.withPseudoName("FILE"),
  Options.withDescription(
    `The file of tokens. With it every caller needs one. Default with --tcp or --listen: ${defaultTokens}. ` +
      "Variable: PLOOP_AGENT_TOKENS."
  ),
  Options.withFallbackConfig(Config.string("PLOOP_AGENT_TOKENS")),
  Options.optional
)

export const tokenFile = Options.text("tokens").pipe(
  Options.withPseudoName("FILE"),
  Options.withDescription(`The file of tokens. Default: ${defaultTokens}. Variable: PLOOP_AGENT_TOKENS.`),
  Options.withFallbackConfig(Config.string("PLOOP_AGENT_TOKENS")),
  Options.withDefault(defaultTokens)
)

export const files = Options.text("files").pipe(
  Options.withPseudoName("DIRECTORY"),
  Options.withDescription("A directory whose files callers may read and write. It can be given again. Default: none."),
  Options.repeated
)

export const operations = Options.choice("operation", Operation.names).pipe(
  Options.withPseudoName("NAME"),
  Options.withDescription("An operation that the token allows. It can be given again. Default: all operations."),
  Options.repeated
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

export const connect = Options.text("connect").pipe(
  Options.withPseudoName("ADDRESS"),
  Options.withDescription(
    "The agent to ask: the path of its socket, HOST:PORT, ws://HOST:PORT or wss://HOST:PORT. " +
      `Default: ${defaultSocket}. Variable: PLOOP_AGENT_CONNECT.`
  ),
  Options.withFallbackConfig(Config.string("PLOOP_AGENT_CONNECT")),
  Options.withDefault(defaultSocket)
)

export const callerToken = Options.text("token-file").pipe(
  Options.withPseudoName("FILE"),
  Options.withDescription("The file of the token of this caller. Default: none. Variable: PLOOP_AGENT_TOKEN_FILE."),
  Options.withFallbackConfig(Config.string("PLOOP_AGENT_TOKEN_FILE")),
  Options.optional
)

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
