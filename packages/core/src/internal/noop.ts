import * as Effect from "effect/Effect"
import * as Sink from "effect/Sink"
import * as Stream from "effect/Stream"
import * as Operation from "../Operation.js"
import { Unsupported } from "../PloopError.js"
import * as operation from "./operation.js"
import { texts } from "./remedies.js"

const refusal = (name: Operation.Name, request: unknown): Unsupported =>
  new Unsupported({
    operation: name,
    subject: Operation.subjectOf(request),
    text: "",
    reason: `this service was made without ${name}`,
    instead: texts["operation-not-provided"]({ operation: name })
  })

const refuse = (name: Operation.Name): unknown => {
  const row: Operation.Row = Operation.table[name]
  if (row.request === undefined) return Effect.fail(refusal(name, undefined))
  const fail = { effect: Effect.fail, stream: Stream.fail, sink: Sink.fail, dialogue: Stream.fail }[row.shape]
  return (request: unknown) => fail(refusal(name, request))
}

/** A backend in which each operation that is not given fails with `Unsupported`. */
export const partial = <Backend extends object>(
  names: ReadonlyArray<Operation.Name>,
  given: Partial<Backend>
): object => ({ ...Object.fromEntries(names.map((name) => [name, refuse(name)])), ...given })

/** A service whose operations all fail with `Unsupported`, except for those that are given. */
export const make = <Service extends object>(
  names: ReadonlyArray<Operation.Name>,
  given: Partial<Service>
): Service => ({
  ...operation.service<Service>(names, partial(names, {})),
  ...given
})
