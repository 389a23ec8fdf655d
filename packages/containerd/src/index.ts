/**
 * The language in which containerd selects snapshots: selectors with commas between
 * them, which must all match.
 *
 * @since 0.2.0
 */
export * as Filter from "./Filter.js"

/**
 * What callers give to the snapshotter and to the volume driver.
 *
 * @since 0.2.0
 */
export * as Request from "./Request.js"

/**
 * A snapshot, as containerd means it: the file system of a layer or of a
 * container, and how it is mounted.
 *
 * @since 0.2.0
 */
export * as Snapshot from "./Snapshot.js"

/**
 * The snapshotter: what containerd asks of a store of snapshots, on ploop disks.
 *
 * @since 0.2.0
 */
export * as Snapshotter from "./Snapshotter.js"

/**
 * Why a call of the snapshotter failed.
 *
 * @since 0.2.0
 */
export * as SnapshotterError from "./SnapshotterError.js"

/**
 * Serves a snapshotter over gRPC on a Unix socket, as a proxy plugin of containerd,
 * together with the standard health check of gRPC.
 *
 * @since 0.2.0
 */
export * as SnapshotterServer from "./SnapshotterServer.js"

/**
 * A server that cannot serve its socket.
 *
 * @since 0.2.0
 */
export * as SocketRefused from "./SocketRefused.js"

/**
 * Why a call of the snapshotter, or of the volume driver, failed: the causes that
 * both have.
 *
 * @since 0.2.0
 */
export * as StorageError from "./StorageError.js"

/**
 * A volume: a file system for containers that outlives them.
 *
 * @since 0.2.0
 */
export * as Volume from "./Volume.js"

/**
 * The volume driver: what Docker asks of a store of volumes, on ploop disks.
 *
 * @since 0.2.0
 */
export * as VolumeDriver from "./VolumeDriver.js"

/**
 * Why a call of the volume driver failed.
 *
 * @since 0.2.0
 */
export * as VolumeError from "./VolumeError.js"

/**
 * Serves a volume driver over HTTP on a Unix socket, as a volume plugin of Docker.
 *
 * @since 0.2.0
 */
export * as VolumePlugin from "./VolumePlugin.js"
