import * as HashMap from "effect/HashMap"
import * as mounts from "./mounts.js"
import type { State } from "./state.js"
import { hostVolume } from "./state.js"

export const TypeId: TypeId = "~@effect-ploop/backend-fake/HostState"

export type TypeId = "~@effect-ploop/backend-fake/HostState"

export interface HostState {
  readonly [TypeId]: TypeId
}

class Wrapped implements HostState {
  readonly [TypeId]: TypeId = TypeId
  constructor(readonly state: State) {}
}

export const wrap = (state: State): HostState => new Wrapped(state)

/** Only {@link wrap} makes values of this type. */
export const unwrap = (state: HostState): State => (state as Wrapped).state

export const mountPoints = (state: State): ReadonlyArray<string> => mounts.all(state.mounts).map(({ target }) => target)

export const used = (state: State): bigint => BigInt(HashMap.unsafeGet(state.volumes, hostVolume).used)
