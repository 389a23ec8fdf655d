import * as Schema from "effect/Schema"

/** The host refuses a request; nothing was touched. */
export class NotAllowed extends Schema.TaggedError<NotAllowed>("@effect-ploop/backend-remote/NotAllowed")(
  "NotAllowed",
  { what: Schema.Literal("token", "operation", "directory", "key"), reason: Schema.String }
) {}

/** A request exceeds a limit of the host; nothing was touched. */
export class OverLimit extends Schema.TaggedError<OverLimit>("@effect-ploop/backend-remote/OverLimit")(
  "OverLimit",
  { limit: Schema.Literal("connections", "requests", "bytes"), value: Schema.Int }
) {}

/** The other side speaks another version. */
export class OtherVersion extends Schema.TaggedError<OtherVersion>("@effect-ploop/backend-remote/OtherVersion")(
  "OtherVersion",
  { client: Schema.Int, server: Schema.Int }
) {}

export const Refused = Schema.Union(NotAllowed, OverLimit, OtherVersion)

export type Refused = typeof Refused.Type
