import * as RpcMiddleware from "@effect/rpc/RpcMiddleware"
import * as Context from "effect/Context"
import type { Grant } from "../../Access.js"
import { Refused } from "./refused.js"

/** The grant of the caller of a request. */
export class Caller extends Context.Tag("@effect-ploop/backend-remote/internal/protocol/access/Caller")<
  Caller,
  Grant
>() {}

/** Checks the token of each request, and what its grant allows. */
export class Access extends RpcMiddleware.Tag<Access>()("@effect-ploop/backend-remote/Access", {
  failure: Refused,
  provides: Caller,
  wrap: true
}) {}
