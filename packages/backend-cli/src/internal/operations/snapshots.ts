import type * as DiskDescriptor from "@effect-ploop/core/DiskDescriptor"
import type { HostPath } from "@effect-ploop/core/HostPath"
import type * as Ploop from "@effect-ploop/core/Ploop"
import * as PloopError from "@effect-ploop/core/PloopError"
import type * as Result from "@effect-ploop/core/Result"
import * as SnapshotId from "@effect-ploop/core/SnapshotId"
import * as SnapshotTree from "@effect-ploop/core/SnapshotTree"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as args from "../arguments.js"
import type { About, Descriptor } from "../host.js"
import { context, unsupported } from "../outcome.js"
import type { Session } from "../session.js"
import { attach, requireDirectory } from "./mounts.js"
import { deviceOf, unnamedDevice } from "./queries.js"

type Methods =
  | "createSnapshot"
  | "createTemporarySnapshot"
  | "switchSnapshot"
  | "snapshotAndSwitch"
  | "switchAndDelete"
  | "deleteSnapshot"
  | "mergeSnapshots"
  | "listSnapshots"

const orRandom = (id: SnapshotId.SnapshotId | undefined): Effect.Effect<SnapshotId.SnapshotId> =>
  id === undefined ? SnapshotId.random : Effect.succeed(id)

const ids = (nodes: ReadonlyArray<SnapshotTree.Node>): ReadonlyArray<SnapshotId.SnapshotId> =>
  nodes.map((node) => node.id)

/** What a switch refuses, known before anything is changed. */
const requireSwitchable = (session: Session, about: About, path: string, id: SnapshotId.SnapshotId) =>
  Effect.gen(function*() {
    const { tree } = yield* session.host.descriptor(about, path)
    const refused = { ...context(about), id }
    const node = yield* Option.match(SnapshotTree.get(tree, id), {
      onNone: () => Effect.fail(new PloopError.SnapshotNotFound(refused)),
      onSome: Effect.succeed
    })
    if (id === SnapshotId.top) return yield* new PloopError.SnapshotIsCurrent(refused)
    if (node.temporary) return yield* new PloopError.SnapshotIsTemporary(refused)
    const device = yield* unnamedDevice(session, about, path)
    if (Option.isSome(device)) {
      return yield* new PloopError.ImageInUse({ ...context(about), device: device.value.device })
    }
    return tree
  })

/**
 * When the top delta is deleted, its parent takes its name. What stands behind
 * the top delta in the descriptor is not told of that.
 */
const losesParent = (snapshots: ReadonlyArray<DiskDescriptor.Snapshot>): boolean => {
  const index = snapshots.findIndex(({ id }) => id === SnapshotId.top)
  const renamed = snapshots[index]?.parent
  return snapshots.slice(index + 1).some(({ id, parent }) => id === renamed || parent === renamed)
}

const deleted = (
  before: SnapshotTree.SnapshotTree,
  after: SnapshotTree.SnapshotTree,
  id: SnapshotId.SnapshotId
): Result.SnapshotDeleted => {
  if (id === SnapshotId.top) {
    const parent = SnapshotTree.parent(before, id)
    return {
      _tag: "Deleted",
      id,
      ...Option.match(parent, { onNone: () => ({}), onSome: ({ id }) => ({ becameTop: id }) })
    }
  }
  if (Option.isSome(SnapshotTree.get(after, id))) {
    return { _tag: "MarkedTemporary", id, children: ids(SnapshotTree.children(after, id)) }
  }
  const child = SnapshotTree.children(before, id)[0]
  return child === undefined ? { _tag: "Deleted", id } : { _tag: "MergedIntoChild", id, child: child.id }
}

export const make = (session: Session): Pick<Ploop.Backend, Methods> => {
  const take = (about: About, path: string, id: SnapshotId.SnapshotId) =>
    session.execute({
      ...about,
      args: args.createSnapshot(session.verbosity, id, path),
      kind: "uninterruptible"
    }).pipe(
      Effect.catchTag(
        "Unclassified",
        (error) =>
          Effect.flatMap(Effect.option(session.host.descriptor(about, path)), (found) => {
            const stuck = Option.flatMap(found, ({ tree }) =>
              Option.fromNullable(
                SnapshotTree.nodes(tree).find((node) =>
                  node.temporary && SnapshotTree.children(tree, node.id).length > 1
                )
              ))
            const silent = error.exitCode === 1 && !/\b(?:Error|Can't|Unable)\b/.test(error.text)
            return Effect.fail(
              silent && Option.isSome(stuck)
                ? unsupported(
                  about,
                  "generation 1.15 takes no snapshot of an idle disk while a temporary one has several children: " +
                    `delete a child of ${stuck.value.id} first`
                )
                : error
            )
          })
      ),
      Effect.as(id)
    )

  const switchTo = (about: About, path: string, id: SnapshotId.SnapshotId) =>
    session.execute({
      ...about,
      args: args.switchSnapshot(session.verbosity, id, path),
      kind: "uninterruptible"
    })

  const remove = (about: About, path: string, id: SnapshotId.SnapshotId) =>
    session.execute({
      ...about,
      args: args.deleteSnapshot(session.verbosity, id, path),
      kind: "uninterruptible"
    })

  const descriptor = (about: About, path: string): Effect.Effect<Descriptor, PloopError.PloopError> =>
    session.host.descriptor(about, path)

  return {
    createSnapshot: ({ disk, id }) => {
      const about = { operation: "createSnapshot", subject: disk } as const
      return session.onDisk(about, disk, (path) => Effect.flatMap(orRandom(id), (id) => take(about, path, id)))
    },

    createTemporarySnapshot: (request) => {
      const about = { operation: "createTemporarySnapshot", subject: request.disk } as const
      return session.onDisk(about, request.disk, (path) =>
        Effect.gen(function*() {
          const id = yield* orRandom(request.id)
          const target = request.target === undefined
            ? undefined
            // The absolute form of a path that was checked.
            : session.host.absolute(request.target) as HostPath
          if (target !== undefined) yield* requireDirectory(session, about, target)
          const component = `~${request.component}`
          // The tool would attach a second device by the same name, and neither could be told from the other.
          const other = yield* deviceOf(session, about, path, component)
          if (Option.isSome(other)) {
            return yield* new PloopError.AlreadyMounted({ ...context(about), device: other.value.device })
          }
          const attached = yield* attach(session, about, {
            args: args.createTemporarySnapshot(session.verbosity, id, request.component, target, path),
            path,
            component
          })
          const snapshot: Result.TemporarySnapshot = {
            ...attached,
            disk: request.disk,
            id,
            ...(target !== undefined && { target })
          }
          return snapshot
        }))
    },

    switchSnapshot: ({ disk, id }) => {
      const about = { operation: "switchSnapshot", subject: disk } as const
      return session.onDisk(about, disk, (path) => Effect.asVoid(switchTo(about, path, id)))
    },

    snapshotAndSwitch: ({ disk, id, keepAs }) => {
      const about = { operation: "snapshotAndSwitch", subject: disk } as const
      return session.onDisk(about, disk, (path) =>
        Effect.gen(function*() {
          yield* requireSwitchable(session, about, path, id)
          const kept = yield* Effect.flatMap(orRandom(keepAs), (keepAs) => take(about, path, keepAs))
          yield* Effect.onError(switchTo(about, path, id), () =>
            Effect.catchAll(remove(about, path, kept), (error) =>
              Effect.logError(`the switch failed, and snapshot ${kept}, which was made for it, is left`, error)))
          return kept
        }).pipe(Effect.uninterruptible))
    },

    switchAndDelete: ({ disk, id }) => {
      const about = { operation: "switchAndDelete", subject: disk } as const
      return session.onDisk(about, disk, (path) =>
        Effect.gen(function*() {
          const tree = yield* requireSwitchable(session, about, path, id)
          const others = SnapshotTree.children(tree, id).filter((node) => node.id !== SnapshotId.top).length
          if (others > 0) {
            return yield* new PloopError.SnapshotHasChildren({ ...context(about), id, children: others })
          }
          yield* switchTo(about, path, id)
          yield* remove(about, path, id)
        }).pipe(Effect.uninterruptible))
    },

    deleteSnapshot: ({ disk, id }) => {
      const about = { operation: "deleteSnapshot", subject: disk } as const
      return session.onDisk(about, disk, (path) =>
        Effect.gen(function*() {
          const { descriptor: { snapshots }, tree: before } = yield* descriptor(about, path)
          const children = SnapshotTree.children(before, id)
          if (children.length > 1 && Option.exists(SnapshotTree.get(before, id), (node) => node.temporary)) {
            // The tool answers 1 without a word, or 0 when the disk is mounted; either way nothing changes.
            const marked: Result.SnapshotDeleted = { _tag: "MarkedTemporary", id, children: ids(children) }
            return marked
          }
          if (id === SnapshotId.top && children.length > 0) {
            // The tool would merge the child into it or mark it as temporary, and the disk has no top delta any more.
            return yield* new PloopError.SnapshotHasChildren({ ...context(about), id, children: children.length })
          }
          if (id === SnapshotId.top && losesParent(snapshots)) {
            return yield* unsupported(
              about,
              "ploop loses the parent of other snapshots when it deletes this top delta; a switch to the parent discards the same"
            )
          }
          yield* remove(about, path, id)
          const { tree: after } = yield* descriptor(about, path)
          return deleted(before, after, id)
        }))
    },

    mergeSnapshots: (request) => {
      const about = { operation: "mergeSnapshots", subject: request.disk } as const
      return session.onDisk(about, request.disk, (path) =>
        Effect.gen(function*() {
          const generation = yield* session.generation
          const { descriptor: { images }, tree } = yield* descriptor(about, path)
          const id = request.snapshot ?? SnapshotId.top
          const chain = ids(SnapshotTree.chain(tree, id))
          const refused = { ...context(about), id }
          if (chain.length === 0) return yield* new PloopError.SnapshotNotFound(refused)
          if (chain.length === 1) return yield* new PloopError.SnapshotIsBase(context(about))
          if (request.downTo !== undefined) {
            if (Option.isNone(SnapshotTree.get(tree, request.downTo))) {
              return yield* new PloopError.SnapshotNotFound({ ...refused, id: request.downTo })
            }
            if (chain.indexOf(request.downTo) < 1) {
              return yield* new PloopError.SnapshotNotAncestor({ ...refused, ancestor: request.downTo })
            }
          }
          const steps = request.all === true
            ? chain.length - 1
            : request.downTo === undefined
            ? 1
            : chain.indexOf(request.downTo)
          // Generations 7 and 9 find it only when they get there, and leave the merge half-done; none keeps the top delta.
          for (const ancestor of chain.slice(1, steps + 1)) {
            const children = SnapshotTree.children(tree, ancestor).length
            if (children > 1 || ancestor === SnapshotId.top) {
              return yield* new PloopError.SnapshotHasChildren({ ...context(about), id: ancestor, children })
            }
          }

          const into = request.into === undefined ? undefined : session.host.absolute(request.into)
          if (into !== undefined) {
            if (generation === "9") {
              return yield* unsupported(about, "generation 9 loses snapshots when it merges into a new file")
            }
            if (generation === "7" && steps > 1) {
              return yield* unsupported(
                about,
                "generation 7 stops half-way when it merges more than two images into a new file"
              )
            }
            const isRaw = images.some((image) => image.type === "Plain")
            if (isRaw && SnapshotTree.base(tree).id === chain[steps]) {
              return yield* unsupported(about, "ploop cannot merge a raw base image into a new file")
            }
            if (yield* session.host.exists(into)) {
              return yield* new PloopError.AlreadyExists({ ...context(about), path: into })
            }
          }

          const run = (merge: args.Merge) =>
            session.execute({
              ...about,
              args: args.mergeSnapshots(session.verbosity, merge, into, path),
              kind: "uninterruptible"
            })
          if (request.all === true) {
            yield* run({ _tag: "All" })
          } else if (generation === "1.15" && (steps > 1 || into !== undefined)) {
            // Without the end of the range, generation 1.15 crashes when it merges into a new file.
            yield* run({ _tag: "Range", id, downTo: chain[steps]! })
          } else {
            yield* Effect.repeatN(run({ _tag: "One", id }), steps - 1)
          }

          const after = yield* descriptor(about, path)
          const survivor = yield* Option.match(SnapshotTree.get(after.tree, id), {
            onNone: () => Effect.fail(new PloopError.SnapshotNotFound(refused)),
            onSome: Effect.succeed
          })
          const merged: Result.Merged = {
            survivor: id,
            image: after.image(survivor.file),
            gone: ids(SnapshotTree.nodes(tree)).filter((before) => Option.isNone(SnapshotTree.get(after.tree, before)))
          }
          return merged
        }))
    },

    listSnapshots: ({ disk }) =>
      Effect.map(
        session.host.descriptor({ operation: "listSnapshots", subject: disk }, session.host.absolute(disk)),
        ({ tree }) => tree
      )
  }
}
