import * as Effect from "effect/Effect"
import { Caller } from "../protocol/access.js"
import { fingerprint } from "./tokens.js"

/** What the host knows a call by. Keys of one grant are unknown to others, and take the same space however long they are. */
export const callKey = (key: string): Effect.Effect<string, never, Caller> =>
  Effect.map(Caller, ({ name }) => fingerprint(JSON.stringify([name, key])))
