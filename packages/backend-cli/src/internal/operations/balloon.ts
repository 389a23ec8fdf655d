import * as ByteSize from "@effect-ploop/core/ByteSize"
import type { Row } from "@effect-ploop/core/GenerationTraits"
import * as GenerationTraits from "@effect-ploop/core/GenerationTraits"
import * as Operation from "@effect-ploop/core/Operation"
import type * as Ploop from "@effect-ploop/core/Ploop"
import type * as PloopError from "@effect-ploop/core/PloopError"
import * as Progress from "@effect-ploop/core/Progress"
import * as Refusal from "@effect-ploop/core/Refusal"
import type * as Request from "@effect-ploop/core/Request"
import type * as Result from "@effect-ploop/core/Result"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Option from "effect/Option"
import * as args from "../arguments.js"
import type { About } from "../host.js"
import * as parse from "../parse.js"
import type { Session } from "../session.js"
import { requireAttachable } from "./attachable.js"
import * as confinement from "./confinement.js"
import { requireDefragmentable } from "./defragmenting.js"
import { deviceAt, isMountedDevice, runningDevice } from "./devices.js"
import { endingMaintenance } from "./maintenance.js"
import { onlyUser } from "./ofDevice.js"
import { attachingIdle } from "./teardown.js"
import * as tracking from "./tracking.js"

type Methods =
  | "balloonStatus"
  | "balloonClear"
  | "balloonChange"
  | "balloonComplete"
  | "balloonCheck"
  | "balloonRepair"
  | "discard"
  | "discardStatus"

/** Whether the tool loses the mount point that it is asked for the state of maintenance of. */
const losesMountPoint: Row<boolean> = { "1.15": false, "7": true, "9": false }

/** Whether the tool mounts a device that is only attached, to report on its space. */
const mountsForStatus: Row<boolean> = { "1.15": false, "7": true, "9": true }

const lines = (stdout: string): Either.Either<ReadonlyArray<string>> =>
  Either.right(stdout.split("\n").filter((line) => line !== ""))

/** Whether the tool failed without a message, as on a device that is attached and not mounted. */
const isUnmounted = (named: args.Place, error: PloopError.PloopError): boolean =>
  named.disk !== undefined && error._tag === "Unclassified" && error.text === ""

export const make = (session: Session): Pick<Ploop.Backend, Methods> => {
  const byDevice = <A, E, R>(
    about: About,
    request: Request.Running,
    use: (named: args.Place) => Effect.Effect<A, E, R>
  ): Effect.Effect<A, E | PloopError.PloopError, R> => {
    const named = {
      device: request.device,
      target: request.target === undefined ? undefined : session.host.absolute(request.target)
    }
    // A query waits for nobody.
    return Operation.table[about.operation].kind === "query" ? use(named) : onlyUser(session, about, named, use(named))
  }

  /** Queries that leave the disk as it is. For the status of a discard, some generations mount it. */
  const waitsForNobody: ReadonlySet<Operation.Name> = new Set(["balloonStatus", "balloonCheck"])

  /** Names the mounted disk as the tool wants it, and keeps other operations away from it. */
  const onRunning = <A, E, R>(
    about: About,
    request: Request.Running,
    use: (named: args.Place) => Effect.Effect<A, E, R>
  ): Effect.Effect<A, E | PloopError.PloopError, R> =>
    request.disk === undefined
      ? byDevice(about, request, use)
      : waitsForNobody.has(about.operation)
      ? session.lookAt(about, request.disk, (disk) => use({ disk }))
      : session.onDisk(about, request.disk, (disk) => use({ disk }))

  /** The tool mounts the disk if it is idle, as the operation mount does. */
  const automounting = <A>(about: About, disk: string, run: Effect.Effect<A, PloopError.PloopError>) =>
    confinement.requireInsideIfRead(session, about, disk, confinement.top, confinement.temporary).pipe(
      Effect.zipRight(requireAttachable(session, about, disk)),
      Effect.zipRight(attachingIdle(session, about, disk, run))
    )

  /** The allocated size of the images, in MiB; none while the disk is not mounted. */
  const allocated = (about: About, named: args.Place) =>
    Effect.option(
      Effect.map(
        session.ask({ ...about, args: args.discardStatus(named), kind: "query" }, parse.discardStatus),
        ({ image }) => image
      )
    )

  /** Whether the tool would mount the disk to report its numbers, although the request does not say so. */
  const isLeftIdle = (about: About, { automount }: Request.Discard, { disk }: args.Place) =>
    disk === undefined || automount
      ? Effect.succeed(false)
      : Effect.map(runningDevice(session, about, disk), (device) => device === undefined)

  /** Counts what a discard returned where the tool does not. */
  const counted = (
    about: About,
    request: Request.Discard,
    named: args.Place,
    run: Effect.Effect<parse.Discarded, PloopError.PloopError>
  ): Effect.Effect<parse.Discarded, PloopError.PloopError> =>
    Effect.gen(function*() {
      if (GenerationTraits.countsReturnedSpace[yield* session.generation]) return yield* run
      if (yield* isLeftIdle(about, request, named)) return yield* run
      const before = yield* allocated(about, named)
      const discarded = yield* run
      const after = yield* allocated(about, named)
      const returned = Option.all([before, after]).pipe(
        Option.filterMap(([before, after]) =>
          before > after ? Option.some(ByteSize.MiB(before - after)) : Option.none()
        )
      )
      return Option.match(returned, {
        onNone: () => discarded,
        onSome: (truncated) => ({ ...discarded, truncated })
      })
    })

  /** Names the device of a mount point, where one is found. */
  const byItsDevice = (about: About, named: args.Place): Effect.Effect<args.Place, PloopError.PloopError> =>
    named.target === undefined ? Effect.succeed(named) : Effect.map(
      deviceAt(session, about, named.target),
      Option.match({ onNone: () => named, onSome: (device): args.Place => ({ device }) })
    )

  const about = (operation: Operation.Name, request: Request.Running): About => ({
    operation,
    subject: request.disk ?? request.device ?? request.target ?? ""
  })

  const requireMaintenance = (about: About) =>
    Effect.flatMap(session.generation, (generation) => Refusal.balloonMaintenance(about, generation))

  const report = (
    operation: "balloonComplete" | "balloonCheck" | "balloonRepair",
    build: (named: args.Place) => args.Arguments
  ) =>
  (request: Request.Running) => {
    const subject = about(operation, request)
    return onRunning(subject, request, (named) =>
      Effect.zipRight(
        requireMaintenance(subject),
        endingMaintenance(
          session,
          subject,
          named,
          session.ask({ ...subject, args: build(named), kind: Operation.table[operation].kind }, lines)
        )
      ))
  }

  return {
    balloonStatus: (request) => {
      const subject = about("balloonStatus", request)
      return onRunning(subject, request, (named) =>
        Effect.gen(function*() {
          const generation = yield* session.generation
          const size = yield* session.ask(
            { ...subject, args: args.balloonShow(named), kind: "query" },
            parse.balloonSize
          )
          const maintenance = GenerationTraits.hasMaintenance[generation]
            ? yield* session.ask({
              ...subject,
              args: args.balloonStatus(losesMountPoint[generation] ? yield* byItsDevice(subject, named) : named),
              kind: "query"
            }, parse.maintenance)
            : undefined
          const balloon: Result.Balloon = {
            size: ByteSize.make(size),
            ...(maintenance !== undefined && { maintenance })
          }
          return balloon
        }))
    },

    balloonClear: (request) => {
      const subject = about("balloonClear", request)
      return onRunning(subject, request, (named) =>
        Effect.zipRight(
          requireMaintenance(subject),
          session.ask(
            { ...subject, args: args.balloonClear(named), kind: Operation.kindOf("balloonClear", request) },
            parse.maintenance
          )
        ))
    },

    balloonChange: (request) => {
      const subject = about("balloonChange", request)
      return onRunning(subject, request, (named) =>
        Effect.map(
          endingMaintenance(
            session,
            subject,
            named,
            session.ask(
              {
                ...subject,
                args: args.balloonChange(request.size, named),
                kind: Operation.kindOf("balloonChange", request)
              },
              parse.balloonChanged
            )
          ),
          (changed): Result.BalloonChanged => ({
            before: ByteSize.make(changed.before),
            after: ByteSize.make(changed.after),
            truncated: ByteSize.make(changed.truncated)
          })
        ))
    },

    balloonComplete: report("balloonComplete", args.balloonComplete),
    balloonCheck: report("balloonCheck", args.balloonCheck),
    balloonRepair: report("balloonRepair", args.balloonRepair),

    discard: (request) => {
      const subject = about("discard", request)
      const supported = Effect.flatMap(
        session.generation,
        (generation) => Refusal.discard(subject, generation, request)
      )
      return Effect.zipRight(
        supported,
        onRunning(subject, request, (named) => {
          const run = counted(
            subject,
            request,
            named,
            session.ask(
              { ...subject, args: args.discard(request, named), kind: Operation.kindOf("discard", request) },
              // The tool prints nothing about a defragmentation.
              request.defragOnly ? parse.defragmented : parse.discarded
            ).pipe(Progress.track(
              tracking.changedDisk(session, subject, named.disk, Effect.fromNullable(request.toFree))
            ))
          )
          const { disk } = named
          const whole = request.automount && disk !== undefined ? automounting(subject, disk, run) : run
          return Effect.map(
            Effect.zipRight(requireDefragmentable(session, subject, request, disk), whole),
            (discarded): Result.Discarded => ({
              truncated: ByteSize.make(discarded.truncated),
              relocated: discarded.relocated
            })
          )
        })
      )
    },

    discardStatus: (request) => {
      const subject = about("discardStatus", request)
      return onRunning(subject, request, (named) =>
        Effect.gen(function*() {
          // On a disk that is not mounted the tool fails without a message.
          if (named.disk !== undefined) {
            const device = yield* runningDevice(session, subject, named.disk)
            yield* Refusal.idleDisk(subject, device)
            const mounts = mountsForStatus[yield* session.generation]
            if (mounts && device !== undefined && !(yield* isMountedDevice(session, subject, device))) {
              return yield* Refusal.unmountedFileSystem(subject)
            }
          }
          const status = yield* session.ask(
            { ...subject, args: args.discardStatus(named), kind: "query" },
            parse.discardStatus
          ).pipe(Effect.mapError((error) => isUnmounted(named, error) ? Refusal.unmountedFileSystem(subject) : error))
          const found: Result.DiscardStatus = {
            balloon: ByteSize.MiB(status.balloon),
            disk: ByteSize.MiB(status.disk),
            image: ByteSize.MiB(status.image),
            ...(status.data !== undefined && { data: ByteSize.MiB(status.data) })
          }
          return found
        }))
    }
  }
}
