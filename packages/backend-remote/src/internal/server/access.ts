import * as Operation from "@effect-ploop/core/Operation"
import * as NodeSocket from "@effect/platform-node/NodeSocket"
import type * as FileSystem from "@effect/platform/FileSystem"
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Layer from "effect/Layer"
import * as Metric from "effect/Metric"
import * as Option from "effect/Option"
import * as Predicate from "effect/Predicate"
import * as Schema from "effect/Schema"
import type { Entry, Grant } from "../../Access.js"
import { Access, Caller } from "../protocol/access.js"
import { NotAllowed, OverLimit, type Refused } from "../protocol/refused.js"
import { brokenRule } from "./confined.js"
import type { Accepted } from "./guard.js"
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
        pathsOf(tag, requestOf(payload)),
        (path) => refusePath(fs, grant, path),
        { discard: true }
      )
    )
    : Effect.void

/** Requests that end others, and so are not among those that the limit is for. */
const auxiliary: ReadonlySet<string> = new Set(["hello", "heartbeat", "cancel", "upload", "files/close"])

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

const refusals = Metric.counter("ploop_remote_refused_total", {
  description: "Requests that the server has refused.",
  incremental: true
})

/** What was refused: the limit, or what the grant does not allow. */
const reasonFor = (refused: Refused): string =>
  refused._tag === "NotAllowed" ? refused.what : refused._tag === "OverLimit" ? refused.limit : "version"

const refusedHere = (refused: Refused) =>
  Effect.zipRight(
    Metric.increment(Metric.tagged(refusals, "what", reasonFor(refused))),
    Effect.logWarning(
      `refused: ${refused._tag === "NotAllowed" ? refused.reason : `the limit of ${reasonFor(refused)}`}`
    )
  )

const outcomeOf = (exit: Exit.Exit<unknown, unknown>): string =>
  Exit.match(exit, {
    onSuccess: () => "succeeded",
    onFailure: (cause) =>
      Option.match(Cause.failureOption(cause), {
        onNone: () => Cause.isInterruptedOnly(cause) ? "was interrupted" : "failed by a defect",
        onSome: (error) => `failed: ${Predicate.hasProperty(error, "_tag") ? String(error._tag) : String(error)}`
      })
  })

/** Logs how a request of an operation ends. */
const logged = <A, E, R>(tag: string, next: Effect.Effect<A, E, R>): Effect.Effect<A, E, R> =>
  isName(tag)
    ? Effect.withLogSpan(Effect.onExit(next, (exit) => Effect.logDebug(`${tag} ${outcomeOf(exit)}`)), "request")
    : next

const requestOf = (payload: unknown) => Predicate.hasProperty(payload, "request") ? payload.request : undefined

const keyOf = (payload: unknown) =>
  Predicate.hasProperty(payload, "key") && Predicate.isString(payload.key) ? { request: payload.key } : {}

/** What every line and every span of a request has. */
const annotations = (grant: Grant, payload: unknown) => ({
  caller: grant.name,
  disk: Operation.subjectOf(requestOf(payload)),
  ...keyOf(payload)
})

/** How many requests that end others a connection has for each of the others. */
const auxiliaries = 4

/** Remembers the connection of a request as one of a caller that is known. */
const accept = (accepted: Accepted) =>
  Effect.map(
    Effect.serviceOption(NodeSocket.NetSocket),
    (stream) => Option.isSome(stream) && accepted.add(stream.value)
  )

export const layer = (fs: FileSystem.FileSystem, policy: Policy, accepted: Accepted): Layer.Layer<Access> =>
  Layer.sync(Access, () => {
    const limit = limiter(policy.maximumRequests)
    const limitAuxiliary = limiter(auxiliaries * (policy.maximumRequests + 1))
    return ({ clientId, headers, next, payload, rpc }) =>
      Effect.gen(function*() {
        const grant = yield* Effect.tapError(identify(policy.entries, headers["authorization"]), refusedHere)
        yield* accept(accepted)
        const about = annotations(grant, payload)
        yield* Effect.annotateCurrentSpan(about)
        return yield* Effect.gen(function*() {
          yield* auxiliary.has(rpc._tag) ? limitAuxiliary(clientId) : limit(clientId)
          yield* refuse(fs, grant, rpc._tag, payload)
        }).pipe(
          Effect.tapError(refusedHere),
          Effect.zipRight(logged(rpc._tag, Effect.provideService(next, Caller, grant))),
          Effect.annotateLogs(about),
          Effect.annotateSpans(about)
        )
      }).pipe(Effect.scoped)
  })
