import type * as Action from "../../Action.js"
import * as Plan from "../../Plan.js"

/** What one kind of leftover adds to a plan. */
export interface Found {
  readonly steps: ReadonlyArray<Plan.Step>
  readonly kept: ReadonlyArray<Plan.Kept>
}

export const nothing: Found = { steps: [], kept: [] }

export const step = (action: Action.Action, reason: string, frees = 0n, moves = 0n): Found => ({
  steps: [new Plan.Step({ action, reason, frees, moves })],
  kept: []
})

export const kept = (subject: string, reason: string): Found => ({
  steps: [],
  kept: [new Plan.Kept({ subject, reason })]
})

export const all = (found: ReadonlyArray<Found>): Found => ({
  steps: found.flatMap(({ steps }) => steps),
  kept: found.flatMap(({ kept }) => kept)
})

/** What stays because it cannot be inspected. */
export const unread = (subject: string, reason: string): Found => ({
  steps: [],
  kept: [new Plan.Kept({ subject, reason: `it could not be inspected: ${reason}`, isUnread: true })]
})
