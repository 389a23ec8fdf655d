/**
 * What a step of a plan does. Each action names what it was planned for, so that
 * an application can tell whether that is still there, unchanged.
 *
 * @since 0.2.0
 */
export * as Action from "./Action.js"

/**
 * Consistent copies of a disk, running or not, whole or what has changed since the
 * last one. `Progress.onProgress` of core reports how far each is, by what it has read.
 *
 * @since 0.2.0
 */
export * as Backup from "./Backup.js"

/**
 * What can go wrong with a backup, beside the errors of the operations themselves.
 *
 * @since 0.2.0
 */
export * as BackupError from "./BackupError.js"

/**
 * Many backups in one directory: the next one, those that a policy keeps, and those
 * that a disk can be restored from.
 *
 * @since 0.2.0
 */
export * as Backups from "./Backups.js"

/**
 * The configuration of the command `ploop-maintenance` and of services, as a file in
 * YAML, of which JSON is a part. A schema checks it; an error names the line.
 *
 * @since 0.2.0
 */
export * as ConfigFile from "./ConfigFile.js"

/**
 * Keeps the processes of a host from loading one file system at the same time.
 *
 * @since 0.2.0
 */
export * as HostLock from "./HostLock.js"

/**
 * How much room the file systems of the host have, which `FileSystem` cannot tell.
 *
 * @since 0.2.0
 */
export * as HostSpace from "./HostSpace.js"

/**
 * How fast the steps of plans are on this host. Each step that copies much is a measurement, and a later plan
 * estimates from it how long a step of that kind takes on that file system.
 *
 * @since 0.2.0
 */
export * as HostSpeed from "./HostSpeed.js"

/**
 * Maintenance at set times: when a job runs, what happens when a run takes too long or
 * was missed, and the outcomes of the runs.
 *
 * @since 0.2.0
 */
export * as Job from "./Job.js"

/**
 * The outcomes of the runs of jobs. A job that has a history knows after a restart what
 * it has missed.
 *
 * @since 0.2.0
 */
export * as JobHistory from "./JobHistory.js"

/**
 * What crashes, kills and power cuts leave in the directory of a disk, and how to
 * take it down.
 *
 * @since 0.2.0
 */
export * as Leftovers from "./Leftovers.js"

/**
 * What can go wrong with a plan, beside the errors of the operations themselves.
 *
 * @since 0.2.0
 */
export * as MaintenanceError from "./MaintenanceError.js"

/**
 * What a tool of this package would do, as a value: it can be inspected, printed,
 * kept as JSON, and applied later.
 *
 * @since 0.2.0
 */
export * as Plan from "./Plan.js"

/**
 * The metrics of the process in the text format of Prometheus, for its node exporter
 * or an endpoint of your own.
 *
 * @since 0.2.0
 */
export * as Prometheus from "./Prometheus.js"

/**
 * Which disks would give back how much to the host, and how to make them do it: by
 * discards of what their file systems do not use, and by merges of snapshots that a
 * policy does not keep.
 *
 * @since 0.2.0
 */
export * as Reclaim from "./Reclaim.js"

/**
 * A policy for giving space back to the host, as a configuration file has it.
 *
 * @since 0.2.0
 */
export * as ReclaimPolicy from "./ReclaimPolicy.js"

/**
 * Which snapshots of a disk to keep: the newest ones, and the newest of each hour,
 * day, week, month and year.
 *
 * @since 0.2.0
 */
export * as Retention from "./Retention.js"

/**
 * A policy for the retention of snapshots, as a configuration file has it.
 *
 * @since 0.2.0
 */
export * as RetentionPolicy from "./RetentionPolicy.js"

/**
 * Snapshots of several disks at one moment, under one identifier: all of them, or
 * none.
 *
 * @since 0.2.0
 */
export * as SnapshotSet from "./SnapshotSet.js"

/**
 * When a snapshot was taken, kept in its identifier.
 *
 * @since 0.2.0
 */
export * as SnapshotTime from "./SnapshotTime.js"

/**
 * What disks use, how fast they grow, and when they or their host are full if it goes
 * on like this.
 *
 * @since 0.2.0
 */
export * as Usage from "./Usage.js"

/**
 * A policy for alerts about space, as a configuration file has it.
 *
 * @since 0.2.0
 */
export * as UsagePolicy from "./UsagePolicy.js"
