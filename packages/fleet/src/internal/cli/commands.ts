import type { HostPort } from "@effect-ploop/command-line/HostPort"
import * as Telemetry from "@effect-ploop/command-line/Telemetry"
import * as Command from "@effect/cli/Command"
import * as Console from "effect/Console"
import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import * as Web from "../../Web.js"
import * as Workflow from "../../Workflow.js"
import { view } from "../view.js"
import { updating } from "../web/metrics.js"
import { calling, type Client, connect } from "./client.js"
import { notDone } from "./notDone.js"
import * as options from "./options.js"
import * as server from "./server.js"
import { processOf, read, secretIn } from "./settings.js"
import { table } from "./table.js"

interface Shown {
  readonly socket: string
  readonly json: boolean
}

const shown = { socket: options.socket, json: options.json }

const print = (json: boolean, value: unknown, text: () => string) =>
  Console.log(json ? JSON.stringify(value, undefined, 2) : text())

const matching = (search: Option.Option<string>) => (...texts: ReadonlyArray<string>): boolean =>
  Option.isNone(search) || texts.some((text) => text.toLowerCase().includes(search.value.toLowerCase()))

const withClient = <A, E>(socket: string, use: (client: Client) => Effect.Effect<A, E>) =>
  Effect.scoped(Effect.flatMap(connect(socket), use))

interface Page {
  readonly web: Option.Option<HostPort>
  readonly webTokenFile: Option.Option<string>
}

const pageOf = ({ web, webTokenFile }: Page) =>
  Effect.gen(function*() {
    if (Option.isNone(web)) return Layer.empty
    const token = yield* Effect.transposeMapOption(webTokenFile, secretIn)
    return Layer.discard(Web.layer({ ...web.value, token: Option.getOrUndefined(token) }))
  })

const exported = Effect.map(
  Telemetry.exportsMetrics,
  (areExported) => areExported ? Layer.scopedDiscard(Effect.flatMap(view, updating)) : Layer.empty
)

export const serve = Command.make(
  "serve",
  { config: options.config, socket: options.socket, web: options.web, webTokenFile: options.webTokenFile },
  ({ config, socket, ...page }) =>
    Effect.scoped(Effect.gen(function*() {
      const fleet = yield* processOf(yield* read(config))
      const served = Layer.mergeAll(server.layer(socket), yield* pageOf(page), yield* exported)
      yield* Layer.build(Layer.provide(served, fleet))
      yield* Effect.logInfo(`serving the fleet of ${config} at ${socket}`)
      return yield* Effect.never
    }))
).pipe(Command.withDescription(
  "Runs a process of a fleet until it gets SIGTERM or SIGINT. Its hosts are served by ploop-agent, with the option --files. Its " +
    "workflows go on when it is started again."
))

export const hosts = Command.make(
  "hosts",
  shown,
  ({ json, socket }) =>
    withClient(
      socket,
      (client) =>
        Effect.flatMap(calling(socket)(client.hosts()), (found) =>
          print(json, found, () =>
            table(["HOST", "MANAGED"], found.map(({ isManaged, name }) => [name, isManaged ? "yes" : "no"]))))
    )
).pipe(
  Command.withDescription("Lists the hosts of the fleet.")
)

export const disks = Command.make(
  "disks",
  { ...shown, search: options.search },
  ({ json, search, socket }) =>
    withClient(socket, (client) =>
      Effect.gen(function*() {
        const found = yield* calling(socket)(client.disks())
        const here = found.filter(({ disk, host, problem }) =>
          problem !== undefined || matching(search)(host, disk ?? "")
        )
        yield* print(json, here, () =>
          table(
            ["HOST", "DISK"],
            here.flatMap(({ disk, host }) => disk === undefined ? [] : [[host, disk]])
          ))
        const missing = here.flatMap(({ problem }) => problem ?? [])
        if (missing.length > 0) return yield* notDone(missing.join("\n"))
      }))
).pipe(Command.withDescription("Lists the disks of the fleet, or searches them."))

export const snapshots = Command.make(
  "snapshots",
  { ...shown, disk: options.disk },
  ({ disk, json, socket }) =>
    withClient(
      socket,
      (client) =>
        Effect.flatMap(calling(socket)(client.snapshots(disk)), (found) =>
          print(json, found, () =>
            table(
              ["SNAPSHOT", "PARENT", "TEMPORARY"],
              found.map(({ id, parent, temporary }) => [id, parent ?? "-", temporary ? "yes" : "no"])
            )))
    )
).pipe(Command.withDescription("Lists the snapshots of a disk; the last one is its top delta."))

const encodeWorkflow = Schema.encodeSync(Workflow.Workflow)

const withState = (workflow: Workflow.Workflow) => ({ ...encodeWorkflow(workflow), state: Workflow.state(workflow) })

const rowOf = (workflow: Workflow.Workflow): ReadonlyArray<string> => {
  const { name, problem, step } = Workflow.state(workflow)
  const { id, key, request, startedAt } = workflow
  return [id, name, key, DateTime.formatIso(startedAt), Workflow.describe(request), step ?? "-", problem?.message ?? ""]
}

export const workflows = Command.make(
  "workflows",
  { ...shown, all: options.all, search: options.search },
  ({ all, json, search, socket }) =>
    withClient(socket, (client) =>
      Effect.gen(function*() {
        const found = yield* calling(socket)(client.workflows({ ended: all }))
        const here = found.filter((workflow) => matching(search)(...rowOf(workflow)))
        yield* print(
          json,
          here.map(withState),
          () => table(["ID", "STATE", "KEY", "STARTED", "WHAT", "STEP", "PROBLEM"], here.map(rowOf))
        )
      }))
).pipe(Command.withDescription("Lists the workflows that have not ended, or searches them."))

const details = (workflow: Workflow.Workflow): string =>
  [
    `${Workflow.describe(workflow.request)}: ${Workflow.state(workflow).name}`,
    ...workflow.history.map((event) => `  ${Workflow.describeEvent(event)}`),
    ...(Workflow.outcome(workflow)?.left ?? []).map((left) => `  left: ${left}`)
  ].join("\n")

export const show = Command.make(
  "show",
  { ...shown, id: options.id },
  ({ id, json, socket }) =>
    withClient(
      socket,
      (client) =>
        Effect.flatMap(calling(socket)(client.workflow({ id })), (workflow) =>
          print(json, withState(workflow), () => details(workflow)))
    )
).pipe(
  Command.withDescription("Shows what has happened in a workflow.")
)

/** Shows what is new in the history, until the workflow has ended. */
const follow = (client: Client, { json, socket }: Shown, id: string, seen: number): Effect.Effect<void, unknown> =>
  Effect.gen(function*() {
    const workflow = yield* calling(socket)(client.workflow({ id }))
    if (!json) {
      yield* Effect.forEach(workflow.history.slice(seen), (event) => Console.log(`  ${Workflow.describeEvent(event)}`))
    }
    const outcome = Workflow.outcome(workflow)
    if (outcome === undefined) {
      return yield* Effect.flatMap(
        Effect.sleep("250 millis"),
        () => follow(client, { json, socket }, id, workflow.history.length)
      )
    }
    yield* json
      ? print(json, withState(workflow), () => "")
      : Effect.forEach(outcome.left, (left) => Console.log(`  left: ${left}`))
    if (outcome._tag === "Failed") {
      return yield* notDone(`the workflow ${id} has failed: ${outcome.problem.message}`)
    }
  })

interface Starting extends Shown {
  readonly wait: boolean
  readonly key: Option.Option<string>
}

const starting = { ...shown, wait: options.wait, key: options.key }

const decodeRequest = Schema.decodeUnknown(Workflow.Request)

const newKey = Effect.sync(() => globalThis.crypto.randomUUID())

const begin = (client: Client, { json, key, socket, wait }: Starting, request: typeof Workflow.Request.Encoded) =>
  Effect.gen(function*() {
    const decoded = yield* Effect.mapError(decodeRequest(request), ({ message }) => notDone(message))
    const name = yield* Option.match(key, { onNone: () => newKey, onSome: Effect.succeed })
    const id = yield* calling(socket)(client.start({ request: decoded, key: name }))
    if (wait) {
      if (!json) yield* Console.log(`${id}: ${Workflow.describe(decoded)}`)
      return yield* follow(client, { json, socket }, id, 0)
    }
    yield* print(json, { id, key: name }, () => id)
  })

const at = ({ disk, host }: options.Target, from: { readonly disk: string }) => ({ host, disk: disk ?? from.disk })

export const move = Command.make(
  "move",
  { ...starting, live: options.live, disk: options.disk, target: options.target },
  (given) =>
    withClient(given.socket, (client) => {
      const { disk, live, target } = given
      return begin(client, given, { _tag: "Move", from: disk, to: at(target, disk), ...(live && { live }) })
    })
).pipe(
  Command.withDescription(
    "Moves a disk to another host. Without --live, it must not be running."
  )
)

export const clone = Command.make(
  "clone",
  { ...starting, disk: options.disk, snapshot: options.snapshot, target: options.target },
  (given) =>
    withClient(given.socket, (client) => {
      const { disk, snapshot, target } = given
      return begin(client, given, { _tag: "Clone", from: disk, snapshot, to: at(target, disk) })
    })
).pipe(Command.withDescription("Makes a disk on another host from a snapshot of a disk, which may be running."))

export const snapshot = Command.make(
  "snapshot",
  { ...shown, wait: options.wait, name: options.set, disks: options.disks },
  ({ disks: [first, ...others], name, ...given }) =>
    withClient(
      given.socket,
      (client) =>
        begin(client, { ...given, key: Option.some(name) }, { _tag: "SnapshotSet", disks: [first!, ...others] })
    )
).pipe(Command.withDescription("Takes a snapshot of each disk under one identifier: of all of them, or of none."))

/** The set of this name, which has been made. */
const setOf = (client: Client, socket: string, name: string) =>
  Effect.gen(function*() {
    const all = yield* calling(socket)(client.workflows({ ended: true }))
    const found = all.find(({ key, request }) => request._tag === "SnapshotSet" && key === name)
    if (found?.request._tag !== "SnapshotSet") return yield* notDone(`the fleet has no set ${name}`)
    if (Workflow.outcome(found)?._tag !== "Done") return yield* notDone(`the set ${name} was not made`)
    return { disks: found.request.disks, snapshot: yield* Workflow.snapshotOf(found.id) }
  })

export const rollBack = Command.make(
  "roll-back",
  { ...starting, name: options.set },
  ({ name, ...given }) =>
    withClient(
      given.socket,
      (client) =>
        Effect.flatMap(setOf(client, given.socket, name), (set) => begin(client, given, { _tag: "RollBack", ...set }))
    )
).pipe(
  Command.withDescription(
    "Takes the disks of a set back to its snapshots, and keeps what was written since. No disk may be running."
  )
)

export const drain = Command.make(
  "drain",
  { ...starting, live: options.live, host: options.host, targets: options.targets },
  (given) =>
    withClient(given.socket, (client) => {
      const { host, live, targets: [first, ...others] } = given
      return begin(client, given, { _tag: "Drain", host, to: [first!, ...others], ...(live && { live }) })
    })
).pipe(
  Command.withDescription(
    "Moves every disk of a host to others, in turn, two at a time. Without --live, disks that run stay. With it, each " +
      "move is as by move --live; the list of workflows shows those that wait for you."
  )
)

const decide = (name: string, decision: Workflow.Decision, description: string) =>
  Command.make(
    name,
    { socket: options.socket, id: options.id },
    ({ id, socket }) => withClient(socket, (client) => calling(socket)(client.decide({ id, decision })))
  ).pipe(
    Command.withDescription(description)
  )

export const resume = decide("resume", "resume", "Repeats the step at which a workflow waits for a person.")

export const giveUp = decide(
  "give-up",
  "giveUp",
  "Gives up the step at which a workflow waits for a person or for a host. The workflow then undoes what it has done."
)
