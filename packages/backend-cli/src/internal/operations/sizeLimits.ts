import * as Operation from "@effect-ploop/core/Operation"
import * as Refusal from "@effect-ploop/core/Refusal"
import * as Request from "@effect-ploop/core/Request"
import type * as Result from "@effect-ploop/core/Result"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import * as args from "../arguments.js"
import type { About } from "../host.js"
import type { Session } from "../session.js"
import { requireAttachable } from "./attachable.js"
import { devicesOfDisk, unnamedDevice } from "./devices.js"
import { imageInfo } from "./imageInfo.js"
import { attach } from "./mounts.js"
import { requireNoHarm } from "./otherDevices.js"
import { measure } from "./shrinking.js"
import { stopDevices } from "./teardown.js"

type Observed = Refusal.SizedDisk["fileSystem"]

/** The component of the device by which an idle disk is inspected: the only one of the disk, which is locked meanwhile. */
const component = "sizeLimits"

/** The least size of the ext file system on a device, in bytes; none where resize2fs finds no such file system. */
const leastOn = (session: Session, about: About, partition: string) =>
  Effect.gen(function*() {
    const { exitCode, stdout } = yield* session.resize2fs.run({
      ...about,
      args: args.leastBlocks(partition),
      kind: "query"
    })
    const blocks = /^Estimated minimum size of the filesystem: (\d+)$/m.exec(stdout)?.[1]
    const blockSize = Option.getOrUndefined(yield* session.host.deviceBlockSize(partition))
    return exitCode !== 0 || blocks === undefined || blockSize === undefined ? undefined : BigInt(blocks) * blockSize
  })

/** Attaches an idle disk read-only, without a merge of its temporary snapshots, and inspects its file system. */
const inspect = (session: Session, about: About & { readonly operation: "sizeLimits" }, path: string) =>
  Effect.gen(function*() {
    yield* session.judge(about, path)
    const request = yield* Effect.orDie(Schema.decode(Request.Mount)({ disk: path, readOnly: true, component }))
    const delta = { snapshot: undefined, readOnly: true }
    yield* requireNoHarm(session, about, request, path, delta)
    yield* requireAttachable(session, about, path)
    // A call that was killed has left its device.
    yield* stopDevices(
      session,
      about,
      Effect.map(
        devicesOfDisk(session, about, path),
        (devices) => devices.filter((other) => other.component === component)
      )
    )
    const { device, partition } = yield* attach(session, about, {
      args: args.mount(session.verbosity, request, { disk: path, target: undefined, ...delta }),
      path,
      component
    })
    const found = yield* Effect.exit(leastOn(session, about, partition ?? device))
    yield* session.execute({
      ...about,
      args: args.umount(session.verbosity, { device }),
      kind: Operation.table.umount.kind
    })
    const least = yield* found
    return least === undefined ? undefined : { _tag: "Idle", least } as const
  }).pipe(Effect.uninterruptible)

const observed = (
  session: Session,
  about: About & { readonly operation: "sizeLimits" },
  path: string,
  mayMount: boolean
) =>
  Effect.gen(function*() {
    const device = yield* unnamedDevice(session, about, path)
    if (Option.isSome(device)) {
      const measured = yield* measure(session, about, device.value)
      return Option.getOrUndefined(Option.map(measured, (measured): Observed => ({ _tag: "Mounted", measured })))
    }
    const { descriptor } = yield* session.host.descriptor(about, path)
    if (Refusal.isCutWhenIdle(yield* session.generation, descriptor)) return { _tag: "CutWhenIdle" } as const
    return mayMount ? yield* inspect(session, about, path) : undefined
  })

/** Only a disk that has to be attached for it is locked. */
export const sizeLimits = (session: Session) => (request: Request.SizeLimits) => {
  const about = { operation: "sizeLimits", subject: request.disk } as const
  const run = request.mayMount ? session.onDisk : session.lookAt
  return run(about, request.disk, (path) =>
    Effect.gen(function*() {
      const { size, version } = yield* imageInfo(session, about, path)
      const fileSystem = yield* observed(session, about, path, request.mayMount)
      const { descriptor: { clusterSize } } = yield* session.host.descriptor(about, path)
      const limits: Result.SizeLimits = Refusal.sizeLimits(yield* session.generation, {
        size,
        clusterSize,
        version,
        fileSystem
      })
      return limits
    }))
}
