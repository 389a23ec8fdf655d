import * as Context from "effect/Context"
import { nodeSockets } from "./nodeSockets.js"
import type { Sockets } from "./socketTypes.js"

/** The sockets of this host, unless a tape stands in for them. */
export class CurrentSockets extends Context.Reference<CurrentSockets>()(
  "@effect-ploop/backend-cli/Sockets",
  { defaultValue: (): Sockets => nodeSockets }
) {}
