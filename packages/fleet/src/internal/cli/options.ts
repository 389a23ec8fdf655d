import * as HostPort from "@effect-ploop/command-line/HostPort"
import * as Option from "@effect-ploop/command-line/Option"
import * as Disk from "@effect-ploop/core/Disk"
import * as Args from "@effect/cli/Args"
import * as HelpDoc from "@effect/cli/HelpDoc"
import * as Options from "@effect/cli/Options"
import * as Effect from "effect/Effect"
import * as Maybe from "effect/Option"

const defaultSocket = "/run/ploop-fleet/fleet.sock"

export const socket = Option.setting(
  "socket",
  "PATH",
  "PLOOP_FLEET_SOCKET",
  `The Unix socket of the process that serves the fleet. Default: ${defaultSocket}.`
).pipe(Options.withDefault(defaultSocket))

const defaultConfig = "/etc/ploop-fleet.json"

export const config = Option.setting(
  "config",
  "FILE",
  "PLOOP_FLEET_CONFIG",
  `The file of settings, in JSON. Default: ${defaultConfig}.`
).pipe(Options.withDefault(defaultConfig))

export const web = Option.read(
  "web",
  "PORT or HOST:PORT, as in 127.0.0.1:7180",
  (text) => Maybe.getOrUndefined(HostPort.parse(text, "127.0.0.1"))
).pipe(
  Options.withPseudoName("ADDRESS"),
  Options.withDescription(
    "Serves the web page, its API, /health and /metrics there: PORT on the loopback interface, or HOST:PORT. Default: nowhere."
  ),
  Options.optional
)

export const webTokenFile = Options.text("web-token-file").pipe(
  Options.withPseudoName("FILE"),
  Options.withDescription(
    "The file that has the token of the web page. Off the loopback interface it is needed. Default: no token."
  ),
  Options.optional
)

export const json = Options.boolean("json").pipe(Options.withDescription("Writes JSON. Default: text."))

export const wait = Options.boolean("wait").pipe(
  Options.withDescription(
    "Shows each step until the workflow has ended. Interrupted, it leaves the workflow running. Default: off."
  )
)

export const live = Options.boolean("live").pipe(
  Options.withDescription(
    "Copies what a disk has while it runs. The move then waits until you have unmounted the disk and resumed the " +
      "workflow of the move, and copies what was written since. Default: off."
  )
)

export const key = Options.text("key").pipe(
  Options.withPseudoName("TEXT"),
  Options.withDescription(
    "Names the workflow: a second call with the same key does not start another one. Default: a new name."
  ),
  Options.optional
)

export const all = Options.boolean("all").pipe(Options.withDescription("Also those that have ended. Default: off."))

/** A disk by its descriptor, or by the directory that has it under its usual name. */
const descriptorOf = (path: string): string => path.endsWith(".xml") ? path : Disk.inDirectory(path)

const placeOf = (text: string) => {
  const colon = text.indexOf(":")
  return colon < 1 || !text.startsWith("/", colon + 1)
    ? Effect.fail(HelpDoc.p(`${text} is not HOST:PATH, as in node-1:/vz/101/root.hdd`))
    : Effect.succeed({ host: text.slice(0, colon), disk: descriptorOf(text.slice(colon + 1)) })
}

/** Where a disk will be; without a path, it keeps its own. */
export interface Target {
  readonly host: string
  readonly disk: string | undefined
}

const place = (name: string) => Args.text({ name })

const what = "HOST:PATH, where the path is that of its DiskDescriptor.xml, or of the directory that it is in."

export const disk = place("DISK").pipe(Args.withDescription(`The disk: ${what}`), Args.mapEffect(placeOf))

export const disks = place("DISK").pipe(
  Args.withDescription(`A disk of the set: ${what}`),
  Args.mapEffect(placeOf),
  Args.atLeast(1)
)

/** Where a disk will be: a host alone means the same path there. */
export const target = place("TARGET").pipe(
  Args.withDescription("Where the new disk will be: HOST, which means the same path there, or HOST:PATH."),
  Args.mapEffect((text): Effect.Effect<Target, HelpDoc.HelpDoc> =>
    text.includes(":") ? placeOf(text) : Effect.succeed({ host: text, disk: undefined })
  )
)

export const snapshot = Args.text({ name: "SNAPSHOT" }).pipe(Args.withDescription("The identifier of the snapshot."))

export const set = Args.text({ name: "NAME" }).pipe(Args.withDescription("The name of the set."))

export const host = Args.text({ name: "HOST" }).pipe(Args.withDescription("The host to drain."))

export const targets = Args.text({ name: "TARGET" }).pipe(
  Args.withDescription("A host that gets disks of it."),
  Args.atLeast(1)
)

export const id = Args.text({ name: "ID" }).pipe(Args.withDescription("The identifier of the workflow."))

export const search = Args.text({ name: "TEXT" }).pipe(
  Args.withDescription("Lists only what has this text in it, in upper or lower case. Default: everything."),
  Args.optional
)
