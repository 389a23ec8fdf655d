import type * as Case from "../../Case.js"
import type { CaseResult, Outcome } from "./model.js"

/** The outcome of a case, with what the case says of itself. */
export const result = (self: Case.Case, outcome: Outcome, duration: number): CaseResult => ({
  id: self.id,
  title: self.title,
  source: `${self.source.kind}: ${self.source.where}`,
  outcome,
  duration
})

export const skipped = (self: Case.Case, reason: string): CaseResult => result(self, { _tag: "Skipped", reason }, 0)
