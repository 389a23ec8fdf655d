import * as Operation from "@effect-ploop/core/Operation"
import type * as FileSystem from "@effect/platform/FileSystem"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Predicate from "effect/Predicate"
import * as Schema from "effect/Schema"
import type { Entry, Grant } from "../../Access.js"
import { Access, Caller } from "../protocol/access.js"
import { NotAllowed, OverLimit } from "../protocol/refused.js"
import { brokenRule } from "./confined.js"
import { pathsOf } from "./paths.js"
import * as tokens from "./tokens.js"

/** What a host checks before each request. */
export interface Policy {
  /** The grants and the digests of their tokens; absent when callers need no token. */
  readonly entries: ReadonlyArray<Entry> | undefined
  /** How many requests a connection may have at the same time. */
  readonly maximumRequests: number
}

/** A caller that needs no token may do everything. */
const everything: Grant = { name: "everybody" }

const identify = (entries: Policy["entries"], given: string | undefined): Effect.Effect<Grant, NotAllowed> => {
  if (entries === undefined) return Effect.succeed(everything)
  if (given === undefined) {
    return Effect.fail(new NotAllowed({ what: "token", reason: "it requires a token, and none was given" }))
  }
  const found = tokens.ofBearer(entries, given)
  return found === undefined
    ? Effect.fail(new NotAllowed({ what: "token", reason: "it does not know the token" }))
    : Effect.succeed(found)
}

const isName = Schema.is(Operation.Name)

const refuseOperation = (grant: Grant, name: Operation.Name): Effect.Effect<void, NotAllowed> =>
  grant.operations === undefined || grant.operations.includes(name)
    ? Effect.void
    : Effect.fail(
      new NotAllowed({ what: "operation", reason: `the token of ${grant.name} does not allow the operation ${name}` })
    )

const refusePath = (fs: FileSystem.FileSystem, grant: Grant, path: string): Effect.Effect<void, NotAllowed> =>
  grant.directories === undefined
    ? Effect.void
    : Effect.flatMap(
      brokenRule(fs, grant.directories, path),
      Option.match({
        onNone: () => Effect.void,
        onSome: (rule) =>
          new NotAllowed({ what: "directory", reason: `for the token of ${grant.name}, the path ${path} ${rule}` })
      })
    )

const refuse = (fs: FileSystem.FileSystem, grant: Grant, tag: string, payload: unknown) =>
  isName(tag)
    ? Effect.zipRight(
      refuseOperation(grant, tag),
      Effect.forEach(
        pathsOf(tag, Predicate.hasProperty(payload, "request") ? payload.request : undefined),
        (path) => refusePath(fs, grant, path),
        { discard: true }
      )
    )
    : Effect.void

/** Requests that end others, and so do not count. */
const uncounted: ReadonlySet<string> = new Set(["hello", "heartbeat", "cancel", "upload", "files/close"])

/** Counts the requests of each connection. */
const limiter = (maximum: number) => {
  const running = new Map<number, number>()
  const release = (client: number) =>
    Effect.sync(() => {
      const left = (running.get(client) ?? 1) - 1
      if (left === 0) running.delete(client)
      else running.set(client, left)
    })
  return (client: number) =>
    Effect.acquireRelease(
      Effect.suspend(() => {
        const count = running.get(client) ?? 0
        if (count >= maximum) return Effect.fail(new OverLimit({ limit: "requests", value: maximum }))
        running.set(client, count + 1)
        return Effect.void
      }),
      () => release(client)
    )
}

export const layer = (fs: FileSystem.FileSystem, policy: Policy): Layer.Layer<Access> =>
  Layer.sync(Access, () => {
    const limit = limiter(policy.maximumRequests)
    return ({ clientId, headers, next, payload, rpc }) =>
      Effect.gen(function*() {
        const grant = yield* identify(policy.entries, headers["authorization"])
        if (!uncounted.has(rpc._tag)) yield* limit(clientId)
        yield* refuse(fs, grant, rpc._tag, payload)
        return yield* Effect.provideService(next, Caller, grant)
      }).pipe(Effect.scoped)
  })
