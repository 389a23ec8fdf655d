import * as Schema from "effect/Schema"
import { scenarios } from "./scenario.js"
import type { Name } from "./scenario.js"

const isName = (name: string): name is Name => Object.hasOwn(scenarios, name)

/** What a worker does: an operation on the disk in a directory, on an emulated kernel. */
export const Task = Schema.parseJson(Schema.Struct({
  directory: Schema.String,
  operation: Schema.String.pipe(Schema.filter(isName)),
  prefix: Schema.Array(Schema.String),
  sysfs: Schema.String
}))

export type Task = typeof Task.Type
