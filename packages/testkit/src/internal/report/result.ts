import type * as Case from "../../Case.js"
import type { CaseResult, Outcome } from "./model.js"

/** The result of a case: its outcome, with its identifier, title and source. */
export const result = (self: Case.Case, outcome: Outcome, duration: number): CaseResult => ({
  id: self.id,
  title: self.title,
  source: `${self.source.kind}: ${self.source.where}`,
  outcome,
  duration
})

export const skipped = (self: Case.Case, reason: string): CaseResult => result(self, { _tag: "Skipped", reason }, 0)
