import * as HttpClient from "@effect/platform/HttpClient"
import * as HttpClientError from "@effect/platform/HttpClientError"
import type { HttpClientRequest } from "@effect/platform/HttpClientRequest"
import type { HttpClientResponse } from "@effect/platform/HttpClientResponse"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as FiberSet from "effect/FiberSet"
import * as Ref from "effect/Ref"
import type * as Scope from "effect/Scope"
import type { Settings } from "./settings.js"

/** The time for what is still to be sent when a command ends. */
export const lastWait = Duration.seconds(3)

/** The collector, as the exporters use it. */
export interface Collector {
  readonly client: HttpClient.HttpClient
  /** From now on, nothing is tried again. */
  readonly end: Effect.Effect<void>
}

const causeOf = (error: HttpClientError.HttpClientError): string => {
  if (error._tag === "ResponseError") return `it responds with the status ${error.response.status}`
  const { cause } = error
  // An error of several addresses has a code and no message.
  const text = cause instanceof Error && (cause.message === "" && "code" in cause ? cause.code : cause.message)
  return `${text === false ? error.description ?? error.reason : text}`
}

/** Warns once when the collector gets nothing, and says when it gets something again. */
const watching = (endpoint: string) =>
  Effect.map(Ref.make(false), (isAway) => ({
    away: (error: HttpClientError.HttpClientError) =>
      Effect.unlessEffect(
        Effect.logWarning(`the OpenTelemetry collector at ${endpoint} gets nothing: ${causeOf(error)}`),
        Ref.getAndSet(isAway, true)
      ),
    reached: Effect.whenEffect(
      Effect.logInfo(`the OpenTelemetry collector at ${endpoint} gets what is exported again`),
      Ref.getAndSet(isAway, false)
    )
  }))

const limited = (
  sent: Effect.Effect<HttpClientResponse, HttpClientError.HttpClientError>,
  request: HttpClientRequest,
  timeout: number
) =>
  sent.pipe(
    // A response that is not read keeps its connection.
    Effect.tap((response) => Effect.ignore(response.text)),
    Effect.timeoutFail({
      duration: timeout,
      onTimeout: () =>
        new HttpClientError.RequestError({
          request,
          reason: "Transport",
          description: `it has not responded for ${timeout} ms`
        })
    })
  )

/**
 * The client for the collector of the settings. A request that the exporters give up at their end is completed, for a
 * while; without that, what they send when a command ends is lost.
 */
export const make = (
  { endpoint, timeout }: Settings
): Effect.Effect<Collector, never, HttpClient.HttpClient | Scope.Scope> =>
  Effect.gen(function*() {
    const underWay = yield* FiberSet.make<HttpClientResponse, HttpClientError.HttpClientError>()
    yield* Effect.addFinalizer(() =>
      Effect.timeoutOption(Effect.interruptible(FiberSet.awaitEmpty(underWay)), lastWait)
    )
    const isEnding = yield* Ref.make(false)
    const { away, reached } = yield* watching(endpoint)
    const client = HttpClient.transform(
      HttpClient.filterStatusOk(yield* HttpClient.HttpClient),
      (sent, request) =>
        limited(sent, request, timeout).pipe(
          Effect.tapBoth({ onSuccess: () => reached, onFailure: away }),
          Effect.catchAll((error) =>
            Effect.if(isEnding, { onTrue: () => Effect.die(error), onFalse: () => Effect.fail(error) })
          ),
          FiberSet.run(underWay),
          Effect.flatMap(Fiber.join)
        )
    )
    return { client, end: Ref.set(isEnding, true) }
  })
