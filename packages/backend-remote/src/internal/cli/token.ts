import * as Command from "@effect/cli/Command"
import * as Array from "effect/Array"
import * as Console from "effect/Console"
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import * as Schema from "effect/Schema"
import { Grant } from "../../Access.js"
import * as options from "./options.js"
import { reasonOf } from "./reason.js"
import * as tokenFile from "./tokenFile.js"

/** The options do not make a grant. */
export class GrantInvalid extends Schema.TaggedError<GrantInvalid>()("GrantInvalid", { reason: Schema.String }) {
  override get message(): string {
    return `the token cannot be made: ${this.reason}`
  }
}

export const token = Command.make("token", {
  name: options.name,
  operations: options.operations,
  directories: options.directories,
  tokens: options.tokenFile
}, ({ directories, name, operations, tokens }) =>
  Effect.gen(function*() {
    const grant = yield* Schema.decodeUnknown(Grant)({
      name,
      ...(Array.isNonEmptyReadonlyArray(operations) && { operations }),
      ...(Array.isNonEmptyReadonlyArray(directories) && { directories })
    }).pipe(Effect.mapError((error) => new GrantInvalid({ reason: reasonOf(error) })))
    const made = yield* tokenFile.add(tokens, grant)
    yield* Console.log(Redacted.value(made))
    yield* Console.error(
      `The token above is shown once. ${tokens} has its digest: start the agent again to use it. To withdraw it, delete ` +
        `the entry of ${name} there.`
    )
  })).pipe(
    Command.withDescription("Makes a token for a caller, prints it once, and keeps its digest in the file of tokens.")
  )
