import type { SnapshotId } from "@effect-ploop/core/SnapshotId"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Option from "effect/Option"
import { type DiskOfHost, type Move, type Outcome, type Problem, snapshotOfMove } from "../../Workflow.js"
import type { Manifest } from "../transfer/steps.js"
import { done, failed } from "./ending.js"
import type { Environment } from "./environment.js"
import { type Durable, orLeave } from "./step.js"
import { at, entityOf, type Take } from "./taking.js"

interface Disks {
  readonly id: string
  /** The snapshot of a live move. */
  readonly snapshot: SnapshotId | undefined
  readonly source: Take
  readonly target: Take
  readonly from: DiskOfHost
  readonly to: DiskOfHost
}

const manifestOf = ({ manifest }: { readonly manifest?: Manifest | undefined }): Effect.Effect<Manifest> =>
  manifest === undefined ? Effect.dieMessage("a step has not returned the files of the disk") : Effect.succeed(manifest)

const release = ({ from, id, source }: Disks) =>
  orLeave(
    source("release the source", { _tag: "Release" }),
    `the descriptor of ${entityOf(from)} may still be called ${from.disk}.held-${id}`
  )

const discard = ({ id, target, to }: Disks) =>
  orLeave(
    target("discard what was received", { _tag: "Discard" }),
    `a directory whose name ends in .receiving-${id} may still be beside that of ${entityOf(to)}`
  )

/** Deletes the snapshot of a live move at the disk. */
const thaw = ({ snapshot }: Disks, take: Take, name: string, disk: DiskOfHost) =>
  snapshot === undefined
    ? Effect.succeedNone
    : orLeave(
      take(name, { _tag: "Thaw", snapshot }),
      `the snapshot ${snapshot} of the move may still be in ${entityOf(disk)}`
    )

/** The source is as it was before the move. */
const restore = (disks: Disks) =>
  Effect.all([release(disks), thaw(disks, disks.source, "delete the snapshot of the source", disks.from)])

/** As long as the new disk was not to be published, the source can be released before the target responds. */
const undoCopy = (disks: Disks, problem: Problem, isReceiving: boolean): Durable<Outcome> =>
  Effect.gen(function*() {
    const restored = yield* restore(disks)
    const discarded = isReceiving ? yield* discard(disks) : Option.none()
    return failed(problem, [...restored, discarded])
  })

/**
 * The new disk may have been published: only its host knows. So nobody can give this step up, and the source
 * stays held until it has ended.
 */
const undoPublish = ({ target }: Pick<Disks, "target">): Durable<boolean> =>
  Effect.map(
    Effect.orDie(target("withdraw the new disk", { _tag: "Discard" }, { canGiveUp: false })),
    ({ isPublished = false }) => isPublished
  )

/** From here on the disk is at the target, and only there. */
const clean = (disks: Disks, manifest: Manifest): Durable<Outcome> =>
  Effect.gen(function*() {
    const { from, id, source, target, to } = disks
    const purged = yield* orLeave(
      source("purge the source", { _tag: "Purge", manifest }),
      `the files of ${entityOf(from)} are still there, with the descriptor ${from.disk}.held-${id}`
    )
    const forgotten = Option.isSome(purged)
      ? yield* orLeave(source("let go of the source", { _tag: "Finish" }), `the fleet still holds ${entityOf(from)}`)
      : Option.none()
    const thawed = yield* thaw(disks, target, "delete the snapshot of the new disk", to)
    const finished = yield* orLeave(
      target("finish the new disk", { _tag: "Finish" }),
      `the fleet still holds ${entityOf(to)}`
    )
    return done([purged, forgotten, thawed, finished])
  })

/** What the snapshot of a live move has; nothing for another move. */
const freeze = ({ snapshot, source }: Disks): Durable<Manifest | undefined, Problem> =>
  snapshot === undefined
    ? Effect.succeed(undefined)
    : Effect.flatMap(source("take a snapshot of the source", { _tag: "Freeze", snapshot }), manifestOf)

const copyAhead = ({ from, target }: Disks, manifest: Manifest | undefined): Durable<unknown, Problem> =>
  manifest === undefined
    ? Effect.void
    : target("receive the snapshot", { _tag: "ReceiveAhead", from: entityOf(from), manifest })

/** A freeze that was refused has taken no snapshot. */
const undoFreeze = (disks: Disks, problem: Problem): Durable<Outcome> =>
  undoCopy(problem.kind === "refused" ? { ...disks, snapshot: undefined } : disks, problem, false)

const disksOf = (env: Environment, { from, live, to }: typeof Move.Type): Effect.Effect<Disks> =>
  Effect.map(live === true ? snapshotOfMove(env.id) : Effect.succeed(undefined), (snapshot) => ({
    id: env.id,
    snapshot,
    source: at(env, from),
    target: at(env, to),
    from,
    to
  }))

/** Moves a disk. Its README has the table of these steps, and says why they are in this order. */
export const move = (env: Environment, request: typeof Move.Type): Durable<Outcome> =>
  Effect.gen(function*() {
    const disks = yield* disksOf(env, request)
    const { from, snapshot, source, target } = disks
    const isLive = snapshot !== undefined
    const frozen = yield* Effect.either(freeze(disks))
    if (Either.isLeft(frozen)) return yield* undoFreeze(disks, frozen.left)
    const ahead = frozen.right
    const copiedAhead = yield* Effect.either(copyAhead(disks, ahead))
    if (Either.isLeft(copiedAhead)) return yield* undoCopy(disks, copiedAhead.left, true)
    const held = yield* Effect.either(
      source("hold the source", { _tag: "Hold", ...(isLive && { awaitsPerson: true }) })
    )
    if (Either.isLeft(held)) return yield* undoCopy(disks, held.left, isLive)
    const manifest = yield* manifestOf(held.right)
    const copied = yield* Effect.either(Effect.zipRight(
      target("receive the files", { _tag: "Receive", from: entityOf(from), origin: "disk", manifest, ahead }),
      source("confirm the source", { _tag: "Confirm", manifest })
    ))
    if (Either.isLeft(copied)) return yield* undoCopy(disks, copied.left, true)
    const published = yield* Effect.either(target("publish the new disk", { _tag: "Publish", manifest }))
    if (Either.isLeft(published) && !(yield* undoPublish(disks))) {
      return failed(published.left, yield* restore(disks))
    }
    return yield* clean(disks, manifest)
  })

/** Makes a disk on another host from a snapshot. */
export const clone = (env: Environment, from: DiskOfHost, snapshot: string, to: DiskOfHost): Durable<Outcome> =>
  Effect.gen(function*() {
    const source = at(env, from)
    const target = at(env, to)
    const unstage = orLeave(
      source("remove the linked clone", { _tag: "Unstage" }),
      `a directory whose name ends in .clone-${env.id} may still be beside that of ${entityOf(from)}`
    )
    const staged = yield* Effect.either(source("make a linked clone", { _tag: "Stage", snapshot }))
    if (Either.isLeft(staged)) return failed(staged.left, [yield* unstage])
    const manifest = yield* manifestOf(staged.right)
    const published = yield* Effect.either(Effect.zipRight(
      target("receive the files", { _tag: "Receive", from: entityOf(from), origin: "clone", manifest }),
      target("publish the new disk", { _tag: "Publish", manifest })
    ))
    if (Either.isLeft(published) && !(yield* undoPublish({ target }))) {
      return failed(published.left, [yield* unstage])
    }
    const unstaged = yield* unstage
    const finished = yield* orLeave(
      target("finish the new disk", { _tag: "Finish" }),
      `the fleet still holds ${entityOf(to)}`
    )
    return done([unstaged, finished])
  })
