import { Ended } from "@effect-ploop/command-line/Ended"
import * as Args from "@effect/cli/Args"
import * as Command from "@effect/cli/Command"
import * as Options from "@effect/cli/Options"
import * as NodeSink from "@effect/platform-node/NodeSink"
import * as NodeStream from "@effect/platform-node/NodeStream"
import * as Console from "effect/Console"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Stream from "effect/Stream"
import * as process from "node:process"
import * as Backup from "../../Backup.js"
import * as Backups from "../../Backups.js"
import * as MaintenanceError from "../../MaintenanceError.js"
import * as Plan from "../../Plan.js"
import { countOf } from "../countOf.js"
import * as options from "./options.js"
import { ofBackups, policyOf, requireRule } from "./policy.js"
import { present } from "./present.js"
import { directoriesOf, load, over } from "./settings.js"

const directories = (description: string) =>
  Args.text({ name: "backup" }).pipe(Args.withDescription(description), Args.atLeast(1))

const oneOf = () =>
  new MaintenanceError.PolicyInvalid({
    field: "--to and --in",
    value: "missing or both given",
    rule: "must be one of them"
  })

interface Given {
  readonly disk: string
  readonly to: string | undefined
  readonly directory: string | undefined
  readonly after: string | undefined
  readonly incremental: boolean
  readonly keepSnapshot: boolean
}

const planOf = ({ after, directory, disk, incremental, keepSnapshot, to }: Given) => {
  if ((to === undefined) === (directory === undefined)) return Effect.fail(oneOf())
  return to !== undefined
    ? Backup.plan({ disk, to, after, keepSnapshot: keepSnapshot || incremental })
    : Backups.planNext({ disk, directory: directory!, incremental })
}

const backup = Command.make(
  "backup",
  {
    disk: options.disk,
    apply: options.apply,
    json: options.json,
    config: options.config,
    to: options.text(
      "to",
      "DIR",
      "The directory that receives the backup. It must not exist. Default: none, and --in."
    ),
    directory: options.text(
      "in",
      "DIR",
      "The directory that has the backups. The new one is named after the time. Default: none, and --to."
    ),
    after: options.text(
      "after",
      "DIR",
      "With --to: the backup before, to save only what has changed since. Default: none, and all is saved."
    ),
    incremental: options.flag("incremental", "With --in: saves only what has changed since the last backup."),
    keepSnapshot: options.flag("keep-snapshot", "With --to: keeps the snapshot for a backup that continues this one.")
  },
  ({ apply, config, json, ...given }) =>
    Effect.gen(function*() {
      const { backups } = yield* load(config)
      // A directory for this backup alone comes before that of the file.
      const all = given.to !== undefined ? given : over(backups, given)
      return yield* present([planOf(all)], { apply, json }, Plan.apply)
    })
).pipe(Command.withDescription("Saves a disk, running or not, from a snapshot of it."))

const restore = Command.make(
  "restore",
  {
    apply: options.apply,
    json: options.json,
    to: Options.text("to").pipe(
      Options.withPseudoName("DIR"),
      Options.withDescription("The directory that receives the disk. It must not exist. It has no default.")
    ),
    from: directories("A full backup, and those that continue it in their order.")
  },
  ({ apply, from, json, to }) => present([Backup.planRestore({ from, to })], { apply, json }, Plan.apply)
).pipe(Command.withDescription("Makes a disk of a full backup and those that continue it."))

const terminal = (name: string, rule: string) =>
  new MaintenanceError.PolicyInvalid({ field: name, value: "a terminal", rule })

const failed = ({ message }: Error) => new Ended({ code: 1, message })

const isTerminal = (stream: { readonly isTTY?: boolean }) => Effect.sync(() => stream.isTTY === true)

const send = Command.make(
  "send",
  {
    disk: options.disk,
    after: options.text(
      "after",
      "DIR",
      "The backup before, to save only what has changed since. Default: none, and all is saved."
    ),
    keepSnapshot: options.flag("keep-snapshot", "Keeps the snapshot for a backup that continues this one.")
  },
  (given) =>
    Effect.gen(function*() {
      if (yield* isTerminal(process.stdout)) {
        return yield* terminal("the output", "must be a file or a pipe: it is an archive in the format of tar")
      }
      return yield* Effect.mapError(Stream.run(Backup.send(given), NodeSink.stdout), failed)
    })
).pipe(Command.withDescription("Saves a disk, running or not, and writes the backup to the standard output."))

const receive = Command.make(
  "receive",
  {
    to: Options.text("to").pipe(
      Options.withPseudoName("DIR"),
      Options.withDescription("The directory that receives the backup. It must not exist. It has no default.")
    )
  },
  ({ to }) =>
    Effect.gen(function*() {
      if (yield* isTerminal(process.stdin)) {
        return yield* terminal("the input", "must be a file or a pipe that has what send wrote")
      }
      const { disk, images, takenAt } = yield* Effect.mapError(
        Backup.receive({ from: NodeStream.stdin, to }),
        failed
      )
      yield* Console.error(`${to}: received ${countOf(images.length, "image")} of ${disk} at ${takenAt.toJSON()}`)
    })
).pipe(Command.withDescription("Reads a backup from the standard input, and writes it to a directory."))

const verifyOne = (json: boolean) => (directory: string) =>
  Effect.either(Backup.verify(directory)).pipe(
    Effect.tap(Either.match({
      onLeft: ({ message }) => Console.error(`ploop-maintenance: ${message}`),
      onRight: ({ disk, images, takenAt }) =>
        json
          ? Effect.void
          : Console.log(`${directory}: ${countOf(images.length, "image")} of ${disk} at ${takenAt.toJSON()} as saved`)
    })),
    Effect.map(Either.match({
      onLeft: ({ _tag, message }) => ({ directory, isWhole: false, error: { _tag, message } }),
      onRight: ({ disk, images, takenAt }) => ({ directory, isWhole: true, disk, images: images.length, takenAt })
    }))
  )

const verify = Command.make(
  "verify",
  { from: directories("A backup."), json: options.json },
  ({ from, json }) =>
    Effect.gen(function*() {
      const verified = yield* Effect.forEach(from, verifyOne(json))
      if (json) yield* Console.log(JSON.stringify(verified, undefined, 2))
      if (!verified.every(({ isWhole }) => isWhole)) return yield* new Ended({ code: 1, message: "" })
    })
).pipe(Command.withDescription("Reads backups and compares every image with its digest. It changes nothing."))

const retention = Command.make(
  "backup-retention",
  {
    apply: options.apply,
    json: options.json,
    config: options.config,
    ...ofBackups,
    directories: Args.text({ name: "dir" }).pipe(
      Args.withDescription("A directory that has backups."),
      Args.repeated
    )
  },
  ({ apply, config, directories, json, ...given }) =>
    Effect.gen(function*() {
      const { backups = {} } = yield* load(config)
      yield* requireRule(backups.retention, given)
      const policy = policyOf(backups.retention, given)
      const plans = (yield* directoriesOf(directories, backups.directory)).map((directory) =>
        Backups.planRetention({ directory, policy })
      )
      return yield* present(plans, { apply, json }, Plan.apply)
    })
).pipe(
  Command.withDescription("Keeps the newest backups, and the newest of each period, and removes the rest.")
)

export const commands = [backup, restore, send, receive, verify, retention] as const
