import * as Either from "effect/Either"
import * as disks from "../disk.js"
import * as imageCheck from "../imageCheck.js"
import type { Answer, Tool } from "../tool.js"
import { generation, toolError } from "../tool.js"

/** An image that the tool is about to use. */
interface Used {
  readonly path: string
  readonly raw: boolean
  /** What the tool printed of it before. */
  readonly printed?: string
}

/** Checks and repairs one image in detail, where its bytes were changed without the tool. */
const repairOne = (tool: Tool, { path, printed, raw }: Used, readOnly: boolean): Answer<void> =>
  Either.gen(function*() {
    const found = raw ? undefined : disks.foreignBytes(tool, path)
    if (found === undefined) return
    const { bytes, code, errors, lines } = imageCheck.check(generation(tool), found.bytes, path, {
      readOnly,
      force: false,
      hardForce: false,
      dropInUse: true,
      duplicates: true
    })
    if (bytes !== found.bytes) {
      yield* disks.setBytes(tool, found.ref, bytes)
      // What was repaired stays, whatever comes then.
      tool.tx.checkpoint()
    }
    if (code !== 0) {
      const last = `${path} : irrecoverable errors (${readOnly ? "ro" : "rw"})`
      return yield* toolError(
        tool,
        code,
        [...(printed === undefined ? [] : [printed]), ...errors, ...lines, last].join("\n")
      )
    }
  })

/**
 * Checks the images that the tool is about to use, base first, as it does: only
 * the last is opened for writing.
 */
export const repair = (tool: Tool, images: ReadonlyArray<Used>): Answer<void> =>
  Either.gen(function*() {
    for (const [index, used] of images.entries()) yield* repairOne(tool, used, index < images.length - 1)
  })
