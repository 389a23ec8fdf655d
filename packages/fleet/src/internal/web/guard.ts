import { isLoopback } from "@effect-ploop/command-line/HostPort"
import * as HttpApp from "@effect/platform/HttpApp"
import type { HttpServerRequest } from "@effect/platform/HttpServerRequest"
import * as HttpServerResponse from "@effect/platform/HttpServerResponse"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Encoding from "effect/Encoding"
import * as Redacted from "effect/Redacted"
import { createHash, timingSafeEqual } from "node:crypto"
import { policy } from "./style.js"

const digest = (text: string) => createHash("sha256").update(text).digest()

/** What a program sends as a token, and a browser as a password. */
const givenIn = (authorization: string): string | undefined => {
  const [scheme = "", value = ""] = authorization.split(" ")
  if (scheme.toLowerCase() === "bearer") return value
  if (scheme.toLowerCase() !== "basic") return undefined
  const decoded = Encoding.decodeBase64String(value)
  return Either.isRight(decoded) ? decoded.right.slice(decoded.right.indexOf(":") + 1) : undefined
}

const nameIn = (host: string): string => host.replace(/:\d+$/, "")

/** Why a request is refused; undefined when it is not. */
const refusal = (request: HttpServerRequest, token: Redacted.Redacted | undefined) => {
  if (token === undefined) {
    // A page of elsewhere could have its own name resolved to this machine.
    return isLoopback(nameIn(request.headers.host ?? ""))
      ? undefined
      : HttpServerResponse.text("this fleet is served for names of its own machine alone\n", { status: 403 })
  }
  const given = givenIn(request.headers.authorization ?? "")
  return given !== undefined && timingSafeEqual(digest(given), digest(Redacted.value(token)))
    ? undefined
    : HttpServerResponse.text("the token of the fleet is needed\n", {
      status: 401,
      headers: { "www-authenticate": "Basic realm=\"ploop fleet\", charset=\"UTF-8\"" }
    })
}

const headers = {
  "content-security-policy": policy,
  "cache-control": "no-store",
  "cross-origin-resource-policy": "same-origin",
  "referrer-policy": "no-referrer",
  "x-content-type-options": "nosniff"
}

const withHeaders = HttpServerResponse.setHeaders(headers)

/** Serves those who may see the fleet. The health is for everybody. */
export const guarded = <E, R>(
  app: HttpApp.Default<E, R>,
  request: HttpServerRequest,
  token: Redacted.Redacted | undefined
): HttpApp.Default<E, R> => {
  const refused = request.url.split("?")[0] === "/health" ? undefined : refusal(request, token)
  return refused === undefined
    ? HttpApp.withPreResponseHandler(app, (_, response) => Effect.succeed(withHeaders(response)))
    : Effect.succeed(withHeaders(refused))
}
