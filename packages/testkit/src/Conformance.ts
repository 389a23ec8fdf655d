/**
 * The environment of a case: a directory of its own, and constructors for what
 * most cases need: a disk, a disk with a file system, a mount.
 *
 * @since 0.1.0
 */
import * as ByteSize from "@effect-ploop/core/ByteSize"
import type { Disk } from "@effect-ploop/core/Disk"
import type { FormatVersion } from "@effect-ploop/core/FormatVersion"
import type { Generation } from "@effect-ploop/core/Generation"
import type { Row } from "@effect-ploop/core/GenerationTraits"
import type { HostPath } from "@effect-ploop/core/HostPath"
import type * as OperationError from "@effect-ploop/core/OperationError"
import * as Ploop from "@effect-ploop/core/Ploop"
import type * as Request from "@effect-ploop/core/Request"
import type * as Result from "@effect-ploop/core/Result"
import * as SnapshotId from "@effect-ploop/core/SnapshotId"
import * as SnapshotTree from "@effect-ploop/core/SnapshotTree"
import type { PlatformError } from "@effect/platform/Error"
import * as FileSystem from "@effect/platform/FileSystem"
import * as Path from "@effect/platform/Path"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import type { Capability } from "./Capability.js"

/**
 * The environment of a case.
 *
 * @since 0.1.0
 * @category models
 */
export interface Conformance {
  /** The directory of this case only: absolute, and without symbolic links. It is removed after the case. */
  readonly directory: string
  /** The generation of the target, for rules that depend on it. */
  readonly generation: Generation
  /** The capabilities of the target, for rules that depend on them. */
  readonly capabilities: ReadonlySet<Capability>
}

/**
 * @since 0.1.0
 * @category tags
 */
export const Conformance: Context.Tag<Conformance, Conformance> = Context.GenericTag<Conformance>(
  "@effect-ploop/testkit/Conformance"
)

/**
 * The value of a row for the generation of the target. A rule that depends on
 * the generation states a value for each, so that a new generation does not
 * compile until the rule is decided for it.
 *
 * @since 0.2.0
 * @category generations
 */
export const ofGeneration = <const A>(row: Row<A>): Effect.Effect<A, never, Conformance> =>
  Effect.map(Conformance, ({ generation }) => row[generation])

/**
 * Identifiers for the snapshots of a case, easy to tell apart.
 *
 * @since 0.1.0
 * @category constants
 */
export const ids = {
  a: SnapshotId.make("aaaaaaaa-0000-4000-8000-00000000000a"),
  b: SnapshotId.make("bbbbbbbb-0000-4000-8000-00000000000b"),
  c: SnapshotId.make("cccccccc-0000-4000-8000-00000000000c"),
  d: SnapshotId.make("dddddddd-0000-4000-8000-00000000000d"),
  e: SnapshotId.make("eeeeeeee-0000-4000-8000-00000000000e"),
  unknown: SnapshotId.make("ffffffff-0000-4000-8000-00000000000f")
} as const

/**
 * A disk that a case has created.
 *
 * @since 0.1.0
 * @category models
 */
export interface TestDisk {
  /** The path of its descriptor, which names the disk. */
  readonly disk: Disk
  /** The directory of the disk, which contains nothing else. */
  readonly directory: string
  /** The path of its base image. */
  readonly image: HostPath
}

/**
 * Options for the disk of a case: those of `create`, and the names of its files.
 *
 * @since 0.1.0
 * @category models
 */
export interface DiskOptions extends Partial<Omit<Request.CreateOptions, "image">> {
  /** The name of its directory. Default: `disk`. */
  readonly name?: string | undefined
  /** The size of the disk. Default: `8M`; for {@link formatted}, {@link formattedSize}. */
  readonly size?: Request.CreateOptions["size"]
  /**
   * The version of the image format. Default: 1, or 2 on generation 9, whose driver attaches no other; for
   * {@link formatted}, that of `create`.
   */
  readonly version?: Request.CreateOptions["version"] | undefined
  /** The file system to make in the disk. Default: `none`; for {@link formatted}, `ext4`. */
  readonly fileSystem?: Request.CreateOptions["fileSystem"] | undefined
  /** The file name of the base image. Default: `root.hdd`. */
  readonly image?: string | undefined
}

type MakeDisk = Effect.Effect<
  TestDisk,
  OperationError.CreateError | PlatformError,
  Ploop.Ploop | FileSystem.FileSystem | Path.Path | Conformance
>

/**
 * A path in the directory of the case.
 *
 * @since 0.1.0
 * @category scratch
 */
export const path = (...names: ReadonlyArray<string>): Effect.Effect<string, never, Path.Path | Conformance> =>
  Effect.gen(function*() {
    const { directory } = yield* Conformance
    return (yield* Path.Path).join(directory, ...names)
  })

/**
 * Creates an empty directory in the directory of the case, and returns its path.
 *
 * @since 0.1.0
 * @category scratch
 */
export const directory = (
  name: string
): Effect.Effect<string, PlatformError, FileSystem.FileSystem | Path.Path | Conformance> =>
  Effect.gen(function*() {
    const fs = yield* FileSystem.FileSystem
    const made = yield* path(name)
    yield* fs.makeDirectory(made, { recursive: true })
    return made
  })

/**
 * The format version of a {@link disk} for which none is given: 1, or 2 on
 * generation 9, whose driver attaches no other.
 *
 * @since 0.2.0
 * @category scratch
 */
export const diskVersion: Effect.Effect<FormatVersion, never, Conformance> = Effect.suspend(() =>
  ofGeneration<FormatVersion>({ "1.15": 1, "7": 1, "9": 2 })
)

/**
 * Creates a disk of 8 MiB without a file system, which requires no kernel driver.
 *
 * @since 0.1.0
 * @category scratch
 */
export const disk = ({ image = "root.hdd", name = "disk", ...options }: DiskOptions = {}): MakeDisk =>
  Effect.gen(function*() {
    const ploop = yield* Ploop.Ploop
    const home = yield* directory(name)
    const created = yield* ploop.create({
      image: (yield* Path.Path).join(home, image),
      size: "8M",
      fileSystem: "none",
      version: yield* diskVersion,
      ...options
    })
    return { disk: created.disk, directory: home, image: created.image }
  })

/**
 * The size of the disks that {@link formatted} creates: the minimum for the tool's
 * ext4.
 *
 * @since 0.1.0
 * @category constants
 */
export const formattedSize: ByteSize.ByteSize = ByteSize.MiB(300)

/**
 * Creates a disk with an ext4, which requires devices and mounts.
 *
 * @since 0.1.0
 * @category scratch
 */
export const formatted = (options: DiskOptions = {}): MakeDisk =>
  disk({ size: formattedSize, fileSystem: "ext4", version: undefined, ...options })

/**
 * Mounts a disk until the scope ends, on a directory named `mnt` by default. The
 * case may unmount it earlier.
 *
 * @since 0.1.0
 * @category scratch
 */
export const mounted = (
  disk: Disk,
  { at = "mnt", ...options }: Partial<Omit<Request.MountOptions, "disk" | "target">> & { readonly at?: string } = {}
): Effect.Effect<
  Result.Mounted & { readonly target: HostPath },
  OperationError.MountError | PlatformError,
  Ploop.Ploop | FileSystem.FileSystem | Path.Path | Conformance | Scope.Scope
> =>
  Effect.gen(function*() {
    const target = yield* directory(at)
    const mounted = yield* Ploop.mountScoped({ disk, target, ...options })
    return { ...mounted, target: mounted.target! }
  })

/**
 * The snapshots of a disk with their parents, in the order of the descriptor, for
 * rules about the tree. The base has the parent `undefined`.
 *
 * @since 0.1.0
 * @category queries
 */
export const parents = (
  disk: Disk
): Effect.Effect<
  ReadonlyArray<readonly [SnapshotId.SnapshotId, SnapshotId.SnapshotId | undefined]>,
  OperationError.ListSnapshotsError,
  Ploop.Ploop
> =>
  Effect.gen(function*() {
    const tree = yield* (yield* Ploop.Ploop).listSnapshots({ disk })
    return SnapshotTree.nodes(tree).map(({ id, parent }) => [id, parent] as const)
  })

/**
 * The absolute path of the image file of a snapshot, or of the top delta.
 *
 * @since 0.1.0
 * @category queries
 */
export const fileOf = (
  disk: TestDisk,
  id: SnapshotId.SnapshotId
): Effect.Effect<string, OperationError.ListSnapshotsError, Ploop.Ploop | Path.Path> =>
  Effect.gen(function*() {
    const tree = yield* (yield* Ploop.Ploop).listSnapshots({ disk: disk.disk })
    const node = SnapshotTree.nodes(tree).find((node) => node.id === id)
    return (yield* Path.Path).resolve(disk.directory, node?.file ?? `no image of ${id}`)
  })
