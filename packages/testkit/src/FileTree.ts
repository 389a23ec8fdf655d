/**
 * Files as data: contents by path, so that what is in a directory can be written
 * and compared as one value.
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
 * directory, and its text is empty; a symbolic link has `-> ` and its target.
 *
 * @since 0.1.0
 * @category models
 */
export interface FileTree {
  readonly [path: string]: string
}

const arrow = "-> "

/**
 * Writes the files below a directory, and what directories they need.
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
 * Reads what is below a directory. The `lost+found` of ext4 and its balloon,
 * which only the tool uses, are left out.
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
