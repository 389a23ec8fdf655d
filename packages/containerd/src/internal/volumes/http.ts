import * as HttpRouter from "@effect/platform/HttpRouter"
import * as HttpServerRequest from "@effect/platform/HttpServerRequest"
import * as HttpServerResponse from "@effect/platform/HttpServerResponse"
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as FiberSet from "effect/FiberSet"
import * as Option from "effect/Option"
import type * as Schema from "effect/Schema"
import type { VolumeDriver } from "../../VolumeDriver.js"
import * as messages from "./messages.js"

const contentType = "application/vnd.docker.plugins.v1.2+json"

const respond = (status: number, body: object) => HttpServerResponse.text(JSON.stringify(body), { status, contentType })

/** What Docker shows to a person. */
const failed = (cause: Cause.Cause<{ readonly message: string }>) =>
  Option.match(Cause.failureOption(cause), {
    onSome: ({ message }) => Effect.as(Effect.logDebug("a call failed", message), respond(500, { Err: message })),
    onNone: () =>
      Cause.isInterrupted(cause)
        ? Effect.failCause(cause as Cause.Cause<never>)
        : Effect.as(
          Effect.logError("a call ended with a defect", cause),
          respond(500, { Err: "the plugin has a defect: its log says which" })
        )
  })

type Calls = FiberSet.FiberSet<object, { readonly message: string }>

/** Runs a call in a fiber of the server, which waits for it at its end. A client that gives up interrupts the call. */
const run = (calls: Calls, call: Effect.Effect<object, { readonly message: string }>) =>
  Effect.uninterruptibleMask((restore) =>
    Effect.flatMap(
      FiberSet.run(calls, restore(call)),
      (fiber) => Effect.onInterrupt(restore(Fiber.join(fiber)), () => Fiber.interrupt(fiber))
    )
  )

const post = (calls: Calls) =>
<A, I>(
  path: `/${string}`,
  schema: Schema.Schema<A, I>,
  call: (request: A) => Effect.Effect<object, { readonly message: string }>
) => {
  const decode = messages.decode(schema)
  return HttpRouter.makeRoute(
    "POST",
    path,
    Effect.gen(function*() {
      const request = yield* HttpServerRequest.HttpServerRequest
      const body = yield* request.text
      return respond(200, yield* run(calls, Effect.flatMap(decode(body), call)))
    }).pipe(Effect.catchAllCause(failed))
  )
}

const done = <A, E>(effect: Effect.Effect<A, E>) => Effect.as(effect, { Err: "" })

/** Docker's protocol for volume plugins. */
export const router = (driver: VolumeDriver, calls: Calls) => {
  const on = post(calls)
  return HttpRouter.fromIterable([
    on("/Plugin.Activate", messages.Nothing, () => Effect.succeed({ Implements: ["VolumeDriver"] })),
    on("/VolumeDriver.Capabilities", messages.Nothing, () => Effect.succeed({ Capabilities: { Scope: "local" } })),
    on("/VolumeDriver.Create", messages.Create, ({ Name, Opts }) => done(driver.create({ name: Name, ...Opts }))),
    on("/VolumeDriver.Remove", messages.Named, ({ Name }) => done(driver.remove(Name))),
    on(
      "/VolumeDriver.Mount",
      messages.Use,
      ({ ID, Name }) =>
        Effect.map(driver.mount({ name: Name, id: ID }), (directory) => ({ Mountpoint: directory, Err: "" }))
    ),
    on("/VolumeDriver.Unmount", messages.Use, ({ ID, Name }) => done(driver.unmount({ name: Name, id: ID }))),
    on(
      "/VolumeDriver.Path",
      messages.Named,
      ({ Name }) => Effect.map(driver.get(Name), ({ mountpoint = "" }) => ({ Mountpoint: mountpoint, Err: "" }))
    ),
    on(
      "/VolumeDriver.Get",
      messages.Named,
      ({ Name }) => Effect.map(driver.get(Name), (info) => ({ ...messages.get(info), Err: "" }))
    ),
    on(
      "/VolumeDriver.List",
      messages.Nothing,
      () => Effect.map(driver.list, (infos) => ({ ...messages.list(infos), Err: "" }))
    )
  ])
}
