import * as Duration from "effect/Duration"
import * as Option from "effect/Option"
import type * as Tracer from "effect/Tracer"
import * as Output from "../output.js"
import type { ProcessResult } from "./types.js"

/** The span of the run, and the one around it, which is the operation's. */
const withParent = (own: Tracer.Span): ReadonlyArray<Tracer.Span> => {
  const around = Option.getOrUndefined(own.parent)
  return around?._tag === "Span" ? [own, around] : [own]
}

export const annotateStart = (span: Tracer.Span, argv: ReadonlyArray<string>): void => {
  for (const each of withParent(span)) each.attribute("ploop.arguments", Output.join(argv))
}

/** Every attribute is set every time: the operation's span may have those of an earlier run. */
export const annotateEnd = (span: Tracer.Span, result: ProcessResult): void => {
  const spans = withParent(span)
  for (const each of spans) {
    each.attribute("ploop.exit_code", result.exitCode ?? -1)
    each.attribute("ploop.signal", result.signal ?? "none")
    each.attribute("ploop.duration_ms", Duration.toMillis(result.duration))
  }
  spans[1]?.attribute("ploop.runs", Number(spans[1].attributes.get("ploop.runs") ?? 0) + 1)
}
