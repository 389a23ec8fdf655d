import * as Console from "effect/Console"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { createInterface } from "node:readline"
import * as Verdict from "./Verdict.js"

/** Replies to the questions on the standard input, one a line, one after the other. */
export const answer = async (
  judge: (question: Verdict.Question) => Effect.Effect<Verdict.Verdict>
): Promise<void> => {
  for await (const line of createInterface({ input: process.stdin })) {
    // Signals are left alone, so that they end also a loop that never ends.
    await Effect.runPromise(
      Schema.decode(Verdict.Question)(line).pipe(
        Effect.flatMap(judge),
        Effect.flatMap(Schema.encode(Verdict.Json)),
        Effect.flatMap((json) => Console.log(`\n${Verdict.mark}${json}`))
      )
    )
  }
  // What was broken may keep the process alive.
  process.exit()
}
