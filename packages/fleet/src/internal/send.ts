import * as Effect from "effect/Effect"
import { DiskEntity } from "./protocol.js"

/** The procedures of an entity, by name. */
export type Procedures = Readonly<Record<string, (payload: unknown) => Effect.Effect<unknown, unknown>>>

/** The entity of this identifier. */
export type Send = (id: string) => Procedures

/** A client of the entities. The types of each procedure are known where it is called. */
export const send = Effect.map(DiskEntity.client, (client) => client as unknown as Send)
