/**
 * A store of container images, as a container engine keeps them.
 *
 * Each layer is a disk. A base layer starts empty. A child is a linked clone of its
 * parent, and copies nothing: it has hard links to the parent's deltas, which no
 * longer receive writes, and an empty delta on top of them.
 *
 *     layers/debian/root.hdd              <----.  one file, two names
 *     layers/debian/root.hdd.{…}               |  what debian writes afterwards
 *     layers/nginx/root.hdd               -----'
 *     layers/nginx/root.hdd.{…}                   what nginx writes
 *
 * The directory of a layer also has its `DiskDescriptor.xml`; `layer.json`,
 * which stores what a descriptor cannot; and `rootfs`, where the layer is
 * mounted. There is no other state: a store that is opened again reads its
 * layers from these directories, and queries ploop for what is mounted. Only
 * the counts of holders are in memory, and are lost with the program.
 *
 * Three rules keep shared deltas safe:
 *
 * - only the top delta of a layer receives writes, and it is never shared;
 * - the snapshot that children start from is merged only while there is no child:
 *   a merge writes to the lower delta, which the children have as well. ploop refuses
 *   to write to a delta that another disk has;
 * - a layer is removed with its directory. A delta exists as long as one layer has it.
 *
 * Only one program at a time may open a store.
 */
import type { DiskChange, OperationError } from "@effect-ploop/core"
import { Disk, DiskChanges, Ploop, SnapshotId, SnapshotTree } from "@effect-ploop/core"
import { FileSystem, Path } from "@effect/platform"
import type { PlatformError } from "@effect/platform/Error"
import { Context, Effect, HashMap, Layer, Option, RcMap, Ref, Schema, Scope, Stream } from "effect"

/**
 * The name of a layer. It is also the name of its directory and the component
 * name of its device, which limits its length.
 */
export const LayerName = Schema.String.pipe(
  Schema.pattern(/^[a-z0-9][\w.-]{0,59}$/i, {
    message: () => "must be 1 to 60 letters, digits or any of . _ - and start with a letter or digit"
  }),
  Schema.brand("LayerName")
)

export type LayerName = typeof LayerName.Type

/** There is no such layer. */
export class LayerNotFound extends Schema.TaggedError<LayerNotFound>()("LayerNotFound", { layer: LayerName }) {
  override get message(): string {
    return `there is no layer ${this.layer}`
  }
}

/** A layer of that name exists already; it was not changed. */
export class LayerExists extends Schema.TaggedError<LayerExists>()("LayerExists", { layer: LayerName }) {
  override get message(): string {
    return `layer ${this.layer} already exists`
  }
}

/** The layer is mounted. Without a holder, it was mounted before this program started, or could not be unmounted. */
export class LayerInUse extends Schema.TaggedError<LayerInUse>()("LayerInUse", {
  layer: LayerName,
  holders: Schema.NonNegativeInt
}) {
  override get message(): string {
    return `layer ${this.layer} is mounted and has ${this.holders} holders`
  }
}

/** The layer is not mounted, so it cannot be put back. */
export class LayerNotMounted extends Schema.TaggedError<LayerNotMounted>()("LayerNotMounted", { layer: LayerName }) {
  override get message(): string {
    return `layer ${this.layer} is not mounted`
  }
}

/** Other layers are built on this one. */
export class LayerHasChildren extends Schema.TaggedError<LayerHasChildren>()("LayerHasChildren", {
  layer: LayerName,
  children: Schema.Array(LayerName)
}) {
  override get message(): string {
    return `layer ${this.layer} has children: ${this.children.join(", ")}`
  }
}

/** A file of the layer cannot be parsed. */
export class LayerDamaged extends Schema.TaggedError<LayerDamaged>()("LayerDamaged", {
  layer: LayerName,
  file: Schema.String,
  reason: Schema.String
}) {
  override get message(): string {
    return `layer ${this.layer} is damaged: ${this.file}: ${this.reason}`
  }
}

/** A base layer starts from nothing that it could be compared with. */
export class LayerHasNoParent extends Schema.TaggedError<LayerHasNoParent>()("LayerHasNoParent", { layer: LayerName }) {
  override get message(): string {
    return `layer ${this.layer} is a base layer`
  }
}

/** The errors of reading a layer and its parents. */
export type LookupError = LayerNotFound | LayerDamaged | PlatformError

/** The errors of querying whether a layer is mounted. */
export type MountStateError = OperationError.AttachmentsError

export type CreateBaseError = LayerExists | OperationError.CreateError | PlatformError

export type CreateChildError =
  | LayerExists
  | LayerInUse
  | LookupError
  | MountStateError
  | OperationError.ListSnapshotsError
  | OperationError.CreateSnapshotError
  | OperationError.DeleteSnapshotError
  | OperationError.CloneError

export type GetError = LookupError | MountStateError | OperationError.MountError | OperationError.UmountError

export type PutError = LayerNotMounted | LookupError | OperationError.UmountError

export type RemoveError = LayerInUse | LayerHasChildren | LookupError | OperationError.RemoveError

export type StatusError = LookupError | MountStateError | OperationError.TopDeltaError

export type ChangesError = LayerHasNoParent | LayerInUse | LookupError | MountStateError | DiskChanges.BetweenError

/** The current status of a layer. */
export interface Status {
  readonly parent: Option.Option<LayerName>
  readonly children: ReadonlyArray<LayerName>
  /** Where it is mounted, if it is. */
  readonly mountedAt: Option.Option<string>
  /** How many calls of `get` have no `put` yet. */
  readonly holders: number
  /** The size of the delta that receives its writes, in bytes. */
  readonly size: bigint
}

export class ImageStore extends Context.Tag("effect-ploop/examples/image-store/ImageStore")<ImageStore, {
  /** Creates an empty layer with a file system of this size. A failure leaves nothing behind. */
  readonly createBase: (
    options: { readonly layer: LayerName; readonly size: string }
  ) => Effect.Effect<void, CreateBaseError>

  /**
   * Creates a layer that starts from its parent. All children of a layer start
   * from what it held when the first of them was created. The parent must not be
   * mounted for that first one. A failure leaves nothing behind.
   */
  readonly createChild: (
    options: { readonly layer: LayerName; readonly parent: LayerName }
  ) => Effect.Effect<void, CreateChildError>

  /**
   * Mounts a layer, or adds a holder to a mounted one, and returns its mount
   * point. Prefer {@link use}, which also handles interruption, when an effect
   * covers the time of use.
   */
  readonly get: (layer: LayerName) => Effect.Effect<string, GetError>

  /**
   * Removes a holder that `get` added, and unmounts the layer after the last one.
   * When the unmount fails, call it again.
   */
  readonly put: (layer: LayerName) => Effect.Effect<void, PutError>

  /** Mounts a layer for the duration of an effect, whatever its outcome. */
  readonly use: <A, E, R>(
    layer: LayerName,
    body: (rootfs: string) => Effect.Effect<A, E, R>
  ) => Effect.Effect<A, E | GetError, R>

  /** Removes a layer that is not mounted and has no children. */
  readonly remove: (layer: LayerName) => Effect.Effect<void, RemoveError>

  readonly status: (layer: LayerName) => Effect.Effect<Status, StatusError>

  /**
   * Runs an effect with each file in which a layer differs from the state of its parent that it started from. The layer
   * must not be mounted.
   */
  readonly changes: <E, R>(
    layer: LayerName,
    each: (change: DiskChange.Change) => Effect.Effect<unknown, E, R>
  ) => Effect.Effect<void, E | ChangesError, R>

  /** The names of all layers, in alphabetical order. */
  readonly list: Effect.Effect<ReadonlyArray<LayerName>, PlatformError>
}>() {}

/**
 * The contents of `layer.json`. `snapshot` is the identifier of the snapshot
 * that children start from. It is chosen before the snapshot exists, so that a
 * snapshot taken just before a crash is recognised.
 */
const LayerRecord = Schema.parseJson(Schema.Struct({
  parent: Schema.optional(LayerName),
  snapshot: SnapshotId.SnapshotIdFromSelf
}))

const decodeRecord = Schema.decode(LayerRecord)

/** Every value of the type can be encoded. */
const encodeRecord = Schema.encode(LayerRecord)

export interface Options {
  /** The directory of the store; created when it is missing. */
  readonly directory: string
}

const make = (options: Options) =>
  Effect.gen(function*() {
    const ploop = yield* Ploop.Ploop
    const fs = yield* FileSystem.FileSystem
    const path = yield* Path.Path

    const layers = path.resolve(options.directory, "layers")
    const staging = path.resolve(options.directory, "staging")
    const homeOf = (layer: LayerName) => path.join(layers, layer)
    const diskOf = (layer: LayerName) => Disk.inDirectory(homeOf(layer))
    const rootfsOf = (layer: LayerName) => path.join(homeOf(layer), "rootfs")

    // An earlier program left these layers half created or half removed.
    yield* fs.remove(staging, { recursive: true, force: true })
    yield* Effect.forEach([layers, staging], (directory) => fs.makeDirectory(directory, { recursive: true }))

    const holders = yield* Ref.make(HashMap.empty<LayerName, number>())
    const holdersOf = (layer: LayerName) =>
      Effect.map(Ref.get(holders), (counts) => Option.getOrElse(HashMap.get(counts, layer), () => 0))

    // Locks

    /** One lock per layer, kept as long as a caller holds it or waits for it. */
    const locks = yield* RcMap.make({ lookup: (_: LayerName) => Effect.makeSemaphore(1) })

    /** Locks these layers, always in the same order, so that no two callers wait for each other. */
    const exclusively = (...names: ReadonlyArray<LayerName>) => <A, E, R>(effect: Effect.Effect<A, E, R>) =>
      [...new Set(names)].sort().reduceRight(
        (inner, layer) =>
          Effect.scopedWith((scope) =>
            Effect.flatMap(
              Effect.provideService(RcMap.get(locks, layer), Scope.Scope, scope),
              (lock) => lock.withPermits(1)(inner)
            )
          ),
        effect
      )

    // Reading

    const recordOf = (layer: LayerName) => {
      const file = path.join(homeOf(layer), "layer.json")
      return fs.readFileString(file).pipe(
        Effect.flatMap(decodeRecord),
        Effect.catchTags({
          ParseError: ({ message }) => new LayerDamaged({ layer, file, reason: message }),
          SystemError: (error) => error.reason === "NotFound" ? new LayerNotFound({ layer }) : Effect.fail(error)
        })
      )
    }

    const requireAbsent = (layer: LayerName) =>
      Effect.flatMap(fs.exists(homeOf(layer)), (exists) => exists ? new LayerExists({ layer }) : Effect.void)

    const list = Effect.map(fs.readDirectory(layers), (names) => names.filter(Schema.is(LayerName)).sort())

    const childrenOf = (parent: LayerName) =>
      Effect.flatMap(list, (names) =>
        Effect.filter(names, (layer) =>
          recordOf(layer).pipe(
            Effect.map((record) => record.parent === parent),
            // It was removed in the meantime.
            Effect.catchTag("LayerNotFound", () => Effect.succeed(false))
          )))

    // Mounting

    /**
     * ploop identifies a running disk by its base image, which all descendants of a
     * base layer share. A component name distinguishes their devices.
     */
    const deviceOf = (layer: LayerName) =>
      Effect.map(
        ploop.attachments({ disk: diskOf(layer) }),
        (devices) => Option.fromNullable(devices.find(({ component }) => component === layer))
      )

    const umount = (layer: LayerName) =>
      Effect.retry(ploop.umount({ disk: diskOf(layer), component: layer }), {
        schedule: Ploop.whileBusy,
        while: (error) => error._tag === "Busy"
      })

    const mount = (layer: LayerName) =>
      Effect.gen(function*() {
        const device = yield* deviceOf(layer)
        if (Option.isSome(device)) {
          if (device.value.targets.length > 0) return
          // A program ended between the two steps of a mount.
          yield* umount(layer)
        }
        yield* ploop.mount({ disk: diskOf(layer), target: rootfsOf(layer), component: layer })
      })

    const requireIdle = (layer: LayerName) =>
      Effect.gen(function*() {
        const device = yield* deviceOf(layer)
        if (Option.isSome(device)) return yield* new LayerInUse({ layer, holders: yield* holdersOf(layer) })
      })

    const get = (layer: LayerName) =>
      Effect.gen(function*() {
        yield* recordOf(layer)
        yield* mount(layer)
        const count = yield* holdersOf(layer)
        yield* Ref.update(holders, HashMap.set(layer, count + 1))
        return rootfsOf(layer)
      }).pipe(Effect.uninterruptible, exclusively(layer))

    const put = (layer: LayerName) =>
      Effect.gen(function*() {
        yield* recordOf(layer)
        const count = yield* holdersOf(layer)
        if (count > 1) return yield* Ref.update(holders, HashMap.set(layer, count - 1))
        yield* Ref.update(holders, HashMap.remove(layer))
        yield* Effect.catchTag(umount(layer), "NotMounted", () => new LayerNotMounted({ layer }))
      }).pipe(Effect.uninterruptible, exclusively(layer))

    // Creating

    /**
     * Builds a layer in the staging directory and moves it to its place with one
     * rename, so that a layer is complete from the start. The end of the scope
     * removes what is left in staging.
     *
     * Only the building of the disk can be interrupted, because a call to the
     * host's file system continues after its fiber is interrupted.
     */
    const publish = <E>(
      layer: LayerName,
      parent: LayerName | undefined,
      build: (home: string) => Effect.Effect<unknown, E>
    ) =>
      Effect.uninterruptibleMask((restore) =>
        Effect.gen(function*() {
          const home = path.join(yield* fs.makeTempDirectoryScoped({ directory: staging }), layer)
          yield* fs.makeDirectory(path.join(home, "rootfs"), { recursive: true })
          yield* restore(build(home))
          const snapshot = yield* SnapshotId.random
          const record = yield* Effect.orDie(encodeRecord({ ...(parent !== undefined && { parent }), snapshot }))
          yield* fs.writeFileString(path.join(home, "layer.json"), record)
          yield* fs.rename(home, homeOf(layer))
        })
      )

    /** Deletes the snapshot for children when there are none. */
    const thaw = (layer: LayerName, snapshot: SnapshotId.SnapshotId) =>
      Effect.gen(function*() {
        if ((yield* childrenOf(layer)).length > 0) return
        const tree = yield* ploop.listSnapshots({ disk: diskOf(layer) })
        if (Option.isNone(SnapshotTree.get(tree, snapshot))) return
        yield* ploop.deleteSnapshot({ disk: diskOf(layer), id: snapshot })
      })

    /**
     * Takes the snapshot that children start from, unless there is a child already.
     * The end of the scope deletes it again if there is still no child.
     *
     * It fails while the layer is mounted: ploop takes a disk for idle when its
     * device has a component name, and that device would continue to write to the
     * snapshot.
     */
    const freeze = (layer: LayerName, snapshot: SnapshotId.SnapshotId) =>
      Effect.gen(function*() {
        if ((yield* childrenOf(layer)).length > 0) return
        yield* requireIdle(layer)
        // The snapshot may be left from removed children, or from a program that ended before it created one.
        yield* thaw(layer, snapshot)
        yield* Effect.acquireRelease(
          ploop.createSnapshot({ disk: diskOf(layer), id: snapshot }),
          () =>
            Effect.catchAllCause(
              thaw(layer, snapshot),
              (cause) =>
                Effect.logWarning(`The snapshot of layer ${layer} stays until the next child is created`, cause)
            )
        )
      })

    return ImageStore.of({
      createBase: ({ layer, size }) =>
        Effect.gen(function*() {
          yield* requireAbsent(layer)
          yield* publish(layer, undefined, (home) => ploop.create({ image: path.join(home, "root.hdd"), size }))
        }).pipe(Effect.scoped, exclusively(layer)),

      createChild: ({ layer, parent }) =>
        Effect.gen(function*() {
          yield* requireAbsent(layer)
          const { snapshot } = yield* recordOf(parent)
          yield* freeze(parent, snapshot)
          yield* publish(layer, parent, (home) => ploop.clone({ disk: diskOf(parent), snapshot, directory: home }))
        }).pipe(Effect.scoped, exclusively(layer, parent)),

      get,
      put,
      use: (layer, body) => Effect.acquireUseRelease(get(layer), body, () => Effect.orDie(put(layer))),

      remove: (layer) =>
        Effect.gen(function*() {
          yield* recordOf(layer)
          const children = yield* childrenOf(layer)
          if (children.length > 0) return yield* new LayerHasChildren({ layer, children })
          yield* ploop.remove({ disk: diskOf(layer), keepOthers: true }).pipe(
            Effect.catchTags({
              // An earlier removal ended after this step.
              DiskNotFound: () => Effect.void,
              ImageInUse: () => Effect.flatMap(holdersOf(layer), (holders) => new LayerInUse({ layer, holders }))
            })
          )
          yield* fs.remove(homeOf(layer), { recursive: true })
        }).pipe(Effect.uninterruptible, exclusively(layer)),

      status: (layer) =>
        Effect.gen(function*() {
          const record = yield* recordOf(layer)
          const device = yield* deviceOf(layer)
          const top = yield* fs.stat(yield* ploop.topDelta({ disk: diskOf(layer) }))
          return {
            parent: Option.fromNullable(record.parent),
            children: yield* childrenOf(layer),
            mountedAt: Option.flatMap(device, ({ targets }) => Option.fromNullable(targets[0])),
            holders: yield* holdersOf(layer),
            size: top.size
          }
        }).pipe(exclusively(layer)),

      changes: (layer, each) =>
        Effect.gen(function*() {
          const { parent } = yield* recordOf(layer)
          if (parent === undefined) return yield* new LayerHasNoParent({ layer })
          const { snapshot } = yield* recordOf(parent)
          yield* requireIdle(layer)
          yield* DiskChanges.between({ disk: diskOf(layer), from: snapshot, directory: options.directory }).pipe(
            Stream.provideService(Ploop.Ploop, ploop),
            Stream.provideService(FileSystem.FileSystem, fs),
            Stream.runForEach(each)
          )
        }).pipe(exclusively(layer)),

      list
    })
  })

/** A store in a directory, on any backend and file system. */
export const layer = (options: Options) => Layer.scoped(ImageStore, make(options))
