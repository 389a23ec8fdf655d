import type { ByteSize } from "@effect-ploop/core/ByteSize"
import * as SnapshotId from "@effect-ploop/core/SnapshotId"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import { ArgumentInvalid } from "../../StorageError.js"
import type { CreateOptions } from "../../Volume.js"
import * as checks from "../checks.js"

const refuse = (argument: string, value: string, rule: string) => new ArgumentInvalid({ argument, value, rule })

const nameRule = "must have 1 to 200 characters, no slash, no control character, and at most one @, which is inside"

const namePattern = /^(?!\.{1,2}$)[^/@\p{Cc}]{1,200}(?:@[^/@\p{Cc}]{1,200})?$/u

const isName = (text: string) => text.length <= 200 && namePattern.test(text)

/** The name of a volume, or of a snapshot of it. */
export const name = (argument: "Name" | "from", value: string) =>
  isName(value) ? Effect.void : Effect.fail(refuse(argument, value, nameRule))

export const id = (value: string) => value === "" ? Effect.fail(refuse("ID", value, "must not be empty")) : Effect.void

/** The two parts of a name with an `@`. */
export const splitAt = (text: string): { readonly volume: string; readonly snapshot?: string } => {
  const [volume = "", snapshot] = text.split("@")
  return { volume, ...(snapshot !== undefined && { snapshot }) }
}

const decodeId = Schema.decodeOption(SnapshotId.NewSnapshotId)

/** The identifier of a snapshot of a disk, when the text is one. */
export const snapshotId = (text: string | undefined): Option.Option<SnapshotId.SnapshotId> =>
  text === undefined ? Option.none() : decodeId(text)

/** The options of a new volume, after the checks. */
export interface Checked {
  readonly name: string
  readonly size?: ByteSize | undefined
  readonly from?: string | undefined
  readonly readOnly: boolean
}

/** The checked options of a new volume. A snapshot is a clone of its volume that can only be read. */
export const create = ({ from, name: given, size }: CreateOptions): Effect.Effect<Checked, ArgumentInvalid> =>
  Effect.gen(function*() {
    yield* name("Name", given)
    const { snapshot, volume } = splitAt(given)
    if (snapshot !== undefined) {
      const option = from !== undefined ? "from" : size !== undefined ? "size" : undefined
      if (option !== undefined) {
        return yield* refuse(option, String(from ?? size), "must not be given for a snapshot, which is of its volume")
      }
      return { name: given, from: volume, readOnly: true }
    }
    if (from === undefined) {
      return { name: given, ...(size !== undefined && { size: yield* checks.size(size) }), readOnly: false }
    }
    yield* name("from", from)
    if (from === given) return yield* refuse("from", from, "must be another volume")
    if (size !== undefined) {
      return yield* refuse(
        "size",
        String(size),
        "must not be given together with from: a clone has the size of its volume"
      )
    }
    return { name: given, from, readOnly: false }
  })
