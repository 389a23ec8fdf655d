import type { SharedDeltas } from "./state.js"

export const TypeId: TypeId = "~@effect-ploop/backend-fake/SharedData"

export type TypeId = "~@effect-ploop/backend-fake/SharedData"

export interface SharedData {
  readonly [TypeId]: TypeId
}

class Wrapped implements SharedData {
  readonly [TypeId]: TypeId = TypeId
  readonly shared: SharedDeltas = { deltas: [] }
}

export const make = (): SharedData => new Wrapped()

/** Only {@link make} makes values of this type. */
export const unwrap = (data: SharedData): SharedDeltas => (data as Wrapped).shared
