import { Ended } from "@effect-ploop/command-line/Ended"
import * as ByteSize from "@effect-ploop/core/ByteSize"
import * as Args from "@effect/cli/Args"
import * as Command from "@effect/cli/Command"
import * as Options from "@effect/cli/Options"
import * as Console from "effect/Console"
import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Backups from "../../Backups.js"
import { listReadable } from "../backup/list.js"
import * as options from "./options.js"
import { directoriesOf, load } from "./settings.js"
import { table } from "./table.js"

/** What the command shows of a backup. */
interface Row {
  readonly takenAt: string
  readonly disk: string
  readonly isFull: boolean
  /** What its images take, in bytes. */
  readonly size: ByteSize.ByteSize
  readonly directory: string
  readonly snapshot: string
  /** The directories that it is restored from; empty when one of them is missing. */
  readonly restoredFrom: ReadonlyArray<string>
}

const rowOf = (all: ReadonlyArray<Backups.Stored>) => (stored: Backups.Stored): Row => {
  const { directory, manifest: { after, disk, images, snapshot, takenAt } } = stored
  return {
    takenAt: DateTime.formatIso(takenAt),
    disk,
    isFull: after === undefined,
    size: ByteSize.ByteSizeFromSelf.make(images.reduce((total, { size }) => total + size, 0n)),
    directory,
    snapshot,
    restoredFrom: Backups.chain(all, stored)
  }
}

/** What a person has to know before a restoration. */
const needs = ({ isFull, restoredFrom }: Row): string =>
  isFull ? "nothing" : restoredFrom.length === 0 ? "a backup that is missing" : `${restoredFrom.length - 1} before it`

const cells = (row: Row): ReadonlyArray<string> => [
  row.takenAt,
  row.disk,
  row.isFull ? "full" : "changes",
  ByteSize.format(row.size),
  needs(row),
  row.directory
]

const headings = ["TAKEN", "DISK", "KIND", "SIZE", "NEEDS", "DIRECTORY"]

const text = (rows: ReadonlyArray<Row>): string =>
  rows.length === 0 ? "There is no backup." : table([headings, ...rows.map(cells)])

const json = (rows: ReadonlyArray<Row>): string =>
  JSON.stringify(rows.map((row) => ({ ...row, size: `${row.size}` })), undefined, 2)

const ofDisk = Options.text("disk").pipe(
  Options.withPseudoName("DISK"),
  Options.withDescription(
    "Only the backups of this disk: its DiskDescriptor.xml, or the directory that it is in. Default: of every disk."
  ),
  Options.optional,
  Options.map(Option.match({ onNone: () => undefined, onSome: options.diskOf }))
)

export const command = Command.make(
  "backups",
  {
    disk: ofDisk,
    json: options.json,
    config: options.config,
    directories: Args.text({ name: "dir" }).pipe(
      Args.withDescription("A directory that has backups. Default: the one that the configuration file names."),
      Args.repeated
    )
  },
  (given) =>
    Effect.gen(function*() {
      const { backups } = yield* load(given.config)
      const found = yield* Effect.forEach(yield* directoriesOf(given.directories, backups?.directory), listReadable)
      const rows = found.flatMap(({ stored }) => stored.map(rowOf(stored)))
        .filter(({ disk }) => given.disk === undefined || disk === given.disk)
      yield* Console.log(given.json ? json(rows) : text(rows))
      const damaged = found.flatMap(({ damaged }) => damaged)
      yield* Effect.forEach(damaged, ({ error }) => Console.error(`ploop-maintenance: ${error.message}`))
      if (damaged.length > 0) return yield* new Ended({ code: 1, message: "" })
    })
).pipe(
  Command.withDescription("Lists backups, the oldest first, and what each needs to be restored. It changes nothing.")
)
