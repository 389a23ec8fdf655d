import * as Case from "@effect-ploop/testkit/Case"
import * as Command from "@effect/cli/Command"
import * as Console from "effect/Console"
import * as Effect from "effect/Effect"
import * as options from "./options.js"
import { select } from "./select.js"

const conditions = ({ generations, needs }: Case.Case): string => {
  const all = [...needs, ...(generations === undefined ? [] : [`generation ${generations.join(" or ")}`])]
  return all.length === 0 ? "" : `  (needs ${all.join(", ")})`
}

const shown = (self: Case.Case) => ({
  id: self.id,
  operation: Case.operation(self),
  title: self.title,
  source: self.source,
  needs: self.needs,
  generations: self.generations
})

export const command = Command.make(
  "list",
  { filters: options.filters, needs: options.needs, json: options.json },
  (given) =>
    Effect.gen(function*() {
      const cases = yield* select(given)
      if (given.json) return yield* Console.log(JSON.stringify(cases.map(shown), undefined, 2))
      for (const operation of new Set(cases.map(Case.operation))) {
        yield* Console.log(operation)
        for (const self of cases.filter((other) => Case.operation(other) === operation)) {
          yield* Console.log(
            `  ${self.id}\n    ${self.title}${conditions(self)}\n    ${self.source.kind}: ${self.source.where}`
          )
        }
      }
      yield* Console.log(cases.length === 1 ? "1 case" : `${cases.length} cases`)
    })
).pipe(Command.withDescription("Lists the cases: the rule of each, what it needs, and the source of the rule."))
