/**
 * Files as data: contents by path, to write or compare a directory as one value.
 *
 * @since 0.1.0
 */
import type { PlatformError } from "@effect/platform/Error"
import * as FileSystem from "@effect/platform/FileSystem"
import * as Path from "@effect/platform/Path"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"

/**
 * Texts by path, relative to a directory. A path that ends in a slash is a
 * directory and has an empty text. The text of a symbolic link is `-> ` and its
 * target.
 *
 * @since 0.1.0
 * @category models
 */
export interface FileTree {
  readonly [path: string]: string
}

const arrow = "-> "

/**
 * Writes the files in a directory, and creates the directories that they need.
 *
 * @since 0.1.0
 * @category operations
 */
export const write = (
  directory: string,
  tree: FileTree
): Effect.Effect<void, PlatformError, FileSystem.FileSystem | Path.Path> =>
  Effect.gen(function*() {
    const fs = yield* FileSystem.FileSystem
    const path = yield* Path.Path
    for (const [name, text] of Object.entries(tree)) {
      const file = path.join(directory, name)
      if (name.endsWith("/")) {
        yield* fs.makeDirectory(file, { recursive: true })
        continue
      }
      yield* fs.makeDirectory(path.dirname(file), { recursive: true })
      yield* text.startsWith(arrow) ? fs.symlink(text.slice(arrow.length), file) : fs.writeFileString(file, text)
    }
  })

/**
 * Reads a directory recursively. It omits `lost+found` and the balloon, which
 * only the tool uses.
 *
 * @since 0.1.0
 * @category operations
 */
export const read = (
  directory: string
): Effect.Effect<FileTree, PlatformError, FileSystem.FileSystem | Path.Path> =>
  Effect.gen(function*() {
    const fs = yield* FileSystem.FileSystem
    const path = yield* Path.Path
    const tree: Record<string, string> = {}
    const visit = (prefix: string): Effect.Effect<void, PlatformError> =>
      Effect.gen(function*() {
        const names = yield* fs.readDirectory(path.join(directory, prefix))
        for (const name of names.filter((name) => name !== "lost+found" && !name.startsWith(".balloon-")).sort()) {
          const file = path.join(directory, prefix, name)
          const link = yield* Effect.either(fs.readLink(file))
          if (Either.isRight(link)) tree[`${prefix}${name}`] = `${arrow}${link.right}`
          else if ((yield* fs.stat(file)).type !== "Directory") {
            tree[`${prefix}${name}`] = yield* fs.readFileString(file)
          } else {
            tree[`${prefix}${name}/`] = ""
            yield* visit(`${prefix}${name}/`)
          }
        }
      })
    yield* visit("")
    return tree
  })
