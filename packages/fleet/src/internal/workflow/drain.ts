import * as Disk from "@effect-ploop/core/Disk"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import { HostName } from "../../HostName.js"
import * as Workflow from "../../Workflow.js"
import * as address from "../address.js"
import { forPerson, refused } from "../transfer/place.js"
import { done, failed } from "./ending.js"
import { durable, type Environment } from "./environment.js"
import { type Durable, step } from "./step.js"

type Drain = Extract<Workflow.Request, { readonly _tag: "Drain" }>

/** Starts a workflow of its own for a disk. */
export type Start = (id: string, request: Workflow.Request) => Effect.Effect<unknown>

interface Child {
  readonly id: string
  readonly disk: string
  readonly request: Workflow.Request
}

const find = (env: Environment, { host }: Drain) =>
  step(env, {
    name: `find the disks of ${host}`,
    success: Schema.Array(Schema.String),
    run: ({ waitFor }) =>
      waitFor(
        host,
        env.send(address.format(host, "host"))["host/find"]!({}).pipe(
          // The schema of the procedure says so.
          Effect.map((disks) => disks as ReadonlyArray<string>),
          Effect.mapError((error) => forPerson("NotFound", String(error)))
        )
      )
  })

/** Each child has the identifier of its parent in its own, so that it is the same after a kill. */
const childOf = (env: Environment, { host, live, to }: Drain) => (disk: string, index: number): Child => ({
  id: `${env.id}-${index + 1}`,
  disk,
  request: {
    _tag: "Move",
    from: { host, disk: Disk.make(disk) },
    to: { host: HostName.make(to[index % to.length]!), disk: Disk.make(disk) },
    live
  }
})

const encode = Schema.encodeSync(Schema.parseJson(Workflow.Request))

const begin = (env: Environment, start: Start, { disk, id, request }: Child) =>
  step(env, {
    name: `start to move ${disk}`,
    success: Schema.Void,
    canGiveUp: false,
    run: () =>
      Effect.gen(function*() {
        const row = {
          id,
          key: `drain ${env.id}: ${disk}`,
          request: encode(request),
          startedAt: yield* Clock.currentTimeMillis
        }
        yield* durable(env.records.add(row))
        yield* start(id, request)
      })
  })

const outcomeOf = (env: Environment, id: string): Effect.Effect<Workflow.Outcome | undefined> =>
  Effect.map(durable(env.records.events(id)), (events) => {
    const last = Option.flatMap(
      Option.fromNullable(events.at(-1)),
      Schema.decodeOption(Schema.parseJson(Workflow.Event))
    )
    return Option.isSome(last) && last.value._tag === "Ended" ? last.value.outcome : undefined
  })

const ended = (env: Environment, id: string): Effect.Effect<Workflow.Outcome> =>
  Effect.flatMap(outcomeOf(env, id), (outcome) =>
    outcome === undefined
      ? Effect.flatMap(Effect.sleep("500 millis"), () => ended(env, id))
      : Effect.succeed(outcome))

/** The move of a disk may wait for a person, and this step with it. */
const wait = (env: Environment, { disk, id, request }: Child) =>
  step(env, {
    name: `wait until ${disk} is moved`,
    success: Workflow.Outcome,
    canGiveUp: false,
    run: () => ended(env, id)
  }).pipe(
    Effect.map((outcome) =>
      outcome._tag === "Done"
        ? outcome.left
        : [`${Workflow.describe(request)}: ${outcome.problem.message}`, ...outcome.left]
    ),
    Effect.orElseSucceed((): ReadonlyArray<string> => [])
  )

/** Moves the disks of a host, some at a time. */
export const drain = (env: Environment, start: Start, request: Drain): Durable<Workflow.Outcome> =>
  Effect.gen(function*() {
    const found = yield* Effect.either(find(env, request))
    if (Either.isLeft(found)) return failed(found.left)
    const children = found.right.map(childOf(env, request))
    const left: Array<string> = []
    for (const [index, child] of children.entries()) {
      const before = children[index - request.concurrency]
      if (before !== undefined) left.push(...yield* wait(env, before))
      yield* Effect.ignore(begin(env, start, child))
    }
    for (const child of children.slice(-request.concurrency)) left.push(...yield* wait(env, child))
    if (left.length === 0) return done()
    return { ...failed(refused("NotDrained", `disks are still on ${request.host}`)), left }
  })
