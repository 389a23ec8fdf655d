import type { Generation } from "@effect-ploop/core/Generation"
import type * as Ploop from "@effect-ploop/core/Ploop"
import * as SnapshotTree from "@effect-ploop/core/SnapshotTree"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as args from "../arguments.js"
import * as parse from "../parse.js"
import { prerequisites } from "../prerequisites.js"
import type { Session } from "../session.js"
import { attachments } from "./attachments.js"
import { deviceOf, listDevices, unnamedDevice } from "./devices.js"
import { fileSystemInfo } from "./fileSystemInfo.js"
import * as fromFiles from "./fromFiles.js"
import { imageInfo, orAsked } from "./imageInfo.js"
import { sizeLimits } from "./sizeLimits.js"

type Methods =
  | "imageInfo"
  | "fileSystemInfo"
  | "sizeLimits"
  | "deviceOf"
  | "isMounted"
  | "attachments"
  | "listDevices"
  | "topDelta"
  | "tool"
  | "prerequisites"
  | "deviceStatistics"

export const make = (session: Session): Pick<Ploop.Backend, Methods> => ({
  imageInfo: ({ disk }) => {
    const about = { operation: "imageInfo", subject: disk } as const
    return session.lookAt(about, disk, (path) => imageInfo(session, about, path))
  },

  fileSystemInfo: fileSystemInfo(session),

  sizeLimits: sizeLimits(session),

  deviceOf: ({ component, disk }) => {
    const about = { operation: "deviceOf", subject: disk } as const
    return session.lookAt(about, disk, (path) => deviceOf(session, about, path, component))
  },

  isMounted: ({ disk }) => {
    const about = { operation: "isMounted", subject: disk } as const
    return session.lookAt(about, disk, (path) => Effect.map(unnamedDevice(session, about, path), Option.isSome))
  },

  attachments: attachments(session),

  listDevices: listDevices(session, { operation: "listDevices", subject: "host" }),

  topDelta: ({ disk }) =>
    Effect.map(
      session.host.descriptor({ operation: "topDelta", subject: disk }, session.host.absolute(disk)),
      ({ image, tree }) => image(SnapshotTree.top(tree).file)
    ),

  tool: Effect.map(
    session.generation,
    (generation: Generation) => ({ path: session.tool, generation })
  ),

  prerequisites: prerequisites(session),

  deviceStatistics: ({ device }) =>
    orAsked(
      fromFiles.deviceStatistics(session, device),
      session.ask(
        { operation: "deviceStatistics", subject: device, args: args.statistics(device), kind: "query" },
        parse.statistics
      )
    )
})
