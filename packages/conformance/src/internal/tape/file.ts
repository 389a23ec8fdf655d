// @effect-diagnostics nodeBuiltinImport:off
import * as Recording from "@effect-ploop/backend-cli/Recording"
import * as Case from "@effect-ploop/testkit/Case"
import { Profile } from "@effect-ploop/testkit/Target"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as ParseResult from "effect/ParseResult"
import * as Schema from "effect/Schema"
import { promisify } from "node:util"
import * as zlib from "node:zlib"
import { concatUint8Arrays } from "uint8array-extras"

/** How the tool was run, as far as what it is asked depends on it. */
export const ToolOptions = Schema.Struct({
  verbosity: Schema.optional(Schema.Int),
  queries: Schema.optional(Schema.Literal("files", "tool")),
  allowOutsideImages: Schema.optional(Schema.Boolean),
  hasPrefix: Schema.Boolean
})

export const TapedCase = Schema.Struct({
  id: Case.Id,
  outcome: Schema.Literal("Passed", "Failed", "Skipped"),
  recording: Recording.Recording
})

export const TapedRun = Schema.Struct({
  target: Profile,
  scratch: Schema.String,
  options: ToolOptions,
  command: Schema.String,
  cases: Schema.Array(TapedCase)
})

export type TapedRun = typeof TapedRun.Type

const version = 1

/** The first line of every tape, of any version. */
const header = /^ploop-conformance tape (\d+)\n/

const headerOf = (bytes: Uint8Array): RegExpExecArray | null =>
  header.exec(new TextDecoder("latin1").decode(bytes.subarray(0, 64)))

const Content = Schema.parseJson(TapedRun)

const deflate = promisify(zlib.brotliCompress)
const inflate = promisify(zlib.brotliDecompress)

const options = {
  params: {
    [zlib.constants.BROTLI_PARAM_QUALITY]: 9,
    [zlib.constants.BROTLI_PARAM_LGWIN]: zlib.constants.BROTLI_MAX_WINDOW_BITS
  }
}

export const encode = (run: TapedRun): Effect.Effect<Uint8Array> =>
  Effect.map(
    Effect.promise(() => deflate(new TextEncoder().encode(Schema.encodeSync(Content)(run)), options)),
    (compressed) => concatUint8Arrays([new TextEncoder().encode(`ploop-conformance tape ${version}\n`), compressed])
  )

/** Reads a tape, or says which rule it breaks, as in "it must …". */
export const decode = (bytes: Uint8Array): Effect.Effect<TapedRun, string> =>
  Effect.gen(function*() {
    const found = headerOf(bytes)
    if (found === null) return yield* Effect.fail("be a tape of ploop-conformance run --tape, and it is none")
    if (Number(found[1]) !== version) {
      return yield* Effect.fail(`be of version ${version}, and it is of version ${found[1]}: record it again`)
    }
    const text = yield* Effect.tryPromise({
      try: () => inflate(bytes.subarray(found[0].length)),
      catch: () => "be complete, and it is cut off or damaged: record it again"
    })
    const decoded = ParseResult.decodeUnknownEither(Content)(new TextDecoder().decode(text))
    return yield* Either.mapLeft(
      decoded,
      (error) =>
        `hold a recorded run, and it does not: ${ParseResult.TreeFormatter.formatIssueSync(error).slice(0, 400)}`
    )
  })
