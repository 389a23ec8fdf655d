import * as FileSystem from "@effect/platform/FileSystem"
import { Path } from "@effect/platform/Path"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as identity from "../identity.js"
import { isEmpty, isPromised } from "../removing.js"
import { type Entry, removal } from "./entries.js"
import { all, kept, nothing } from "./found.js"

const cutShort = "A removal was cut short."

/** What waits in the directory of a removal: it goes if it is what the directory was made for. */
const inRemoval = (directory: Entry, name: string, path: string) =>
  Effect.gen(function*() {
    const fs = yield* FileSystem.FileSystem
    const found = yield* identity.at(path)
    if (Option.isNone(found)) return nothing
    const kind = found.value.type === "Directory" ? "directory" : "file"
    if (!isPromised(directory.name, kind, identity.of(found.value))) {
      return kept(path, "a removal was cut short, but this is not the file that was to be removed: put it back by hand")
    }
    return kind === "file" || isEmpty(yield* fs.readDirectory(path))
      ? removal({ path, name, info: found.value }, cutShort)
      : kept(path, "a removal was cut short, but somebody had put files into the directory: put it back by hand")
  })

export const ofRemoval = (entry: Entry) =>
  Effect.gen(function*() {
    const fs = yield* FileSystem.FileSystem
    const path = yield* Path
    const names = yield* fs.readDirectory(entry.path)
    const inside = yield* Effect.forEach(names, (name) => inRemoval(entry, name, path.join(entry.path, name)))
    return all([...inside, ...(inside.some(({ kept }) => kept.length > 0) ? [] : [removal(entry, cutShort)])])
  })
