import * as Disk from "@effect-ploop/core/Disk"
import * as SnapshotId from "@effect-ploop/core/SnapshotId"
import * as FileSystem from "@effect/platform/FileSystem"
import { Path } from "@effect/platform/Path"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import { XMLParser, XMLValidator } from "fast-xml-parser"
import * as MaintenanceError from "../../MaintenanceError.js"

/** The names of snapshots, by their identifiers. */
export type Names = ReadonlyMap<SnapshotId.SnapshotId, string>

/** The file in which `vzctl` and `prlctl` keep the names of the snapshots of a container. */
const fileName = "Snapshots.xml"

/** The first entry stands for the container itself, and has no identifier. Each has those that are built on it. */
interface Item {
  readonly guid: string
  readonly Name?: string | undefined
  readonly SavedStateItem?: ReadonlyArray<Item> | undefined
}

const Item: Schema.Schema<Item> = Schema.Struct({
  guid: Schema.String,
  Name: Schema.optional(Schema.String),
  SavedStateItem: Schema.optional(Schema.Array(Schema.suspend(() => Item)))
})

const File = Schema.Struct({
  ParallelsSavedStates: Schema.Union(
    Schema.Struct({ SavedStateItem: Schema.optional(Schema.Array(Item)) }),
    // Without snapshots, the element is empty.
    Schema.String
  )
})

const xml = new XMLParser({
  ignoreAttributes: false,
  attributeNamePrefix: "",
  parseTagValue: false,
  parseAttributeValue: false,
  isArray: (name) => name === "SavedStateItem"
})

const parse = (text: string): Either.Either<typeof File.Type, string> => {
  // A document type could name entities without an end, and no tool writes one.
  if (text.includes("<!DOCTYPE")) return Either.left("must not have a document type")
  const valid = XMLValidator.validate(text)
  if (valid !== true) return Either.left(`must be XML, but in line ${valid.err.line}: ${valid.err.msg}`)
  return Either.mapLeft(
    Schema.decodeUnknownEither(File)(xml.parse(text)),
    () => "must have the snapshots of a container as vzctl writes them"
  )
}

const named = (items: ReadonlyArray<Item>): ReadonlyArray<readonly [SnapshotId.SnapshotId, string]> =>
  items.flatMap(({ Name = "", SavedStateItem = [], guid }) => [
    ...(Name === "" ? [] : Option.toArray(Schema.decodeOption(SnapshotId.SnapshotId)(guid))).map((id) =>
      [id, Name] as const
    ),
    ...named(SavedStateItem)
  ])

/** The names in the text of a file. */
const namesIn = (file: string, text: string): Effect.Effect<Names, MaintenanceError.PolicyInvalid> =>
  Either.match(parse(text), {
    onLeft: (rule) => new MaintenanceError.PolicyInvalid({ field: "the file of the names", value: file, rule }),
    onRight: ({ ParallelsSavedStates: states }) =>
      Effect.succeed(new Map(named(typeof states === "string" ? [] : states.SavedStateItem ?? [])))
  })

/** The names that the tools of containers keep beside the directory of a disk, or in it; none when there is no file. */
export const namesOf = (disk: string) =>
  Effect.gen(function*() {
    const fs = yield* FileSystem.FileSystem
    const path = yield* Path
    const directory = yield* fs.realPath(Disk.directory(Disk.make(disk)))
    for (const place of [directory, path.dirname(directory)]) {
      const file = path.join(place, fileName)
      if (yield* fs.exists(file)) return yield* namesIn(file, yield* fs.readFileString(file))
    }
    return new Map()
  })
