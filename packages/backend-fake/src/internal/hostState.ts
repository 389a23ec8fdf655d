import * as HashMap from "effect/HashMap"
import type * as HostState from "../HostState.js"
import type { State } from "./state.js"
import { hostVolume } from "./state.js"

export const TypeId: TypeId = "~@effect-ploop/backend-fake/HostState"

export type TypeId = "~@effect-ploop/backend-fake/HostState"

class Wrapped implements HostState.HostState {
  readonly [TypeId]: TypeId = TypeId
  constructor(readonly state: State) {}
}

export const wrap = (state: State): HostState.HostState => new Wrapped(state)

/** Only {@link wrap} makes the values of that type. */
export const unwrap = (state: HostState.HostState): State => (state as Wrapped).state

export const used = (state: State): bigint => BigInt(HashMap.unsafeGet(state.volumes, hostVolume).used)
