import * as RpcGroup from "@effect/rpc/RpcGroup"
import { Access } from "./access.js"
import * as control from "./control.js"
import { Files } from "./files.js"
import { operations } from "./operations.js"

export const Control = RpcGroup.make(control.hello, control.heartbeat, control.cancel, control.upload).middleware(
  Access
)

export const Operations = RpcGroup.make(...operations).middleware(Access)

/** Everything that a client can ask for. */
export const All = Control.merge(Operations, Files)
