import * as FileSystem from "@effect/platform/FileSystem"
import * as Effect from "effect/Effect"
import * as ParseResult from "effect/ParseResult"
import * as Schema from "effect/Schema"
import * as MaintenanceError from "../MaintenanceError.js"

/** The first rule that options break, with the field and its value. */
export const firstIssue = (options: unknown) => (error: ParseResult.ParseError): MaintenanceError.PolicyInvalid => {
  const issue = ParseResult.ArrayFormatter.formatErrorSync(error)[0]
  const value = issue?.path.reduce<unknown>(
    (at, key) => (at as Record<PropertyKey, unknown> | undefined)?.[key],
    options
  )
  return new MaintenanceError.PolicyInvalid({
    field: issue?.path.join(".") ?? "policy",
    value: typeof value === "bigint" ? `${value}` : JSON.stringify(value) ?? "missing",
    rule: issue?.message ?? "must be a policy"
  })
}

/** The checked options, or the first rule that they break. */
export const check = <A, I>(
  schema: Schema.Schema<A, I>,
  options: I
): Effect.Effect<A, MaintenanceError.PolicyInvalid> =>
  Effect.mapError(Schema.decodeUnknown(schema, { onExcessProperty: "error" })(options), firstIssue(options))

/** Fails when the directory is missing, which is a mistake of the caller. */
export const requireDirectory = (directory: string) =>
  Effect.gen(function*() {
    const fs = yield* FileSystem.FileSystem
    if (yield* fs.exists(directory)) return
    return yield* new MaintenanceError.PolicyInvalid({
      field: "directory",
      value: directory,
      rule: "must be a directory that exists"
    })
  })
