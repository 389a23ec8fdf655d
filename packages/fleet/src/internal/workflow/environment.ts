import type { PersistenceError } from "@effect/cluster/ClusterError"
import type * as Context from "effect/Context"
import * as DateTime from "effect/DateTime"
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Schedule from "effect/Schedule"
import * as Schema from "effect/Schema"
import { Event } from "../../Workflow.js"
import type { IsManaged, Methods } from "../client.js"
import type { Records } from "../journal.js"
import type { Send } from "../send.js"

/** What the steps of a workflow need. */
export interface Environment {
  /** The workflow. */
  readonly id: string
  readonly records: Context.Tag.Service<Records>
  readonly send: Send
  readonly methods: Methods
  readonly isManaged: IsManaged
  /** After which times a step is repeated by itself. */
  readonly delays: ReadonlyArray<Duration.Duration>
}

/** Goes on as soon as the storage is there. */
export const durable = <A>(effect: Effect.Effect<A, PersistenceError>): Effect.Effect<A> =>
  Effect.orDie(Effect.retry(effect, Schedule.spaced("1 second")))

const encode = Schema.encodeSync(Schema.parseJson(Event))

type Without<E> = E extends unknown ? Omit<E, "at"> : never

/** Adds an event to the history of the workflow. */
export const record = ({ id, records }: Environment, name: string, event: Without<Event>): Effect.Effect<void> =>
  Effect.flatMap(DateTime.now, (at) =>
    durable(
      records.append(id, { name, text: encode({ ...event, at } as Event), ends: event._tag === "Ended" })
    ))
