import * as ByteSize from "@effect-ploop/core/ByteSize"
import * as ClusterSize from "@effect-ploop/core/ClusterSize"
import type { DevicePath } from "@effect-ploop/core/DevicePath"
import type { Generation } from "@effect-ploop/core/Generation"
import type { Row } from "@effect-ploop/core/GenerationTraits"
import type { MergeRange } from "@effect-ploop/core/Refusal"
import type * as Request from "@effect-ploop/core/Request"
import type { SnapshotId } from "@effect-ploop/core/SnapshotId"

/**
 * Requests to argument vectors, without the tool's name. Every path that comes
 * here is absolute, and stands behind `--` or as the value of an option, so no
 * value can be taken for an option.
 */
export type Arguments = ReadonlyArray<string>

/** The level at which only errors are printed beside the result. */
const quiet = "-v-1"

const level = (verbosity: number): string => `-v${verbosity}`

const sectors = (size: ByteSize.ByteSize): string => `${ByteSize.toSectors(size)}`

const flag = (name: string, on: boolean): Arguments => on ? [name] : []

const option = (name: string, value: string | undefined): Arguments => value === undefined ? [] : [name, value]

export interface Place {
  readonly disk?: string | undefined
  readonly device?: DevicePath | undefined
  readonly target?: string | undefined
}

const place = (place: Place): Arguments => [
  ...option("-d", place.device),
  ...option("-m", place.target),
  ...(place.disk === undefined ? [] : ["--", place.disk])
]

export const usage: Arguments = []

export const create = (
  verbosity: number,
  request: Omit<Request.Create, "image" | "journalSize" | "growsTo" | "balloon">,
  image: string,
  version: number | undefined
): Arguments => [
  level(verbosity),
  "init",
  "-s",
  sectors(request.size),
  "-f",
  request.format,
  ...option("-v", version === undefined ? undefined : `${version}`),
  "-t",
  request.fileSystem,
  ...option("-b", request.clusterSize === ClusterSize.standard ? undefined : sectors(request.clusterSize)),
  ...option("-B", request.fileSystemBlockSize === undefined ? undefined : `${request.fileSystemBlockSize}`),
  ...flag("-n", !request.lazy),
  ...option("-L", request.label),
  ...flag("-P", !request.partition),
  ...flag("-S", request.sparse),
  "--",
  image
]

/** For `ploop-cbt`, which knows no `--`; the path is absolute. */
export const dropTracking = (disk: string): Arguments => ["drop", disk]

/** Those of `ploop-volume`, which takes no level; all paths are absolute. */
export const createVolume = (request: Omit<Request.CreateVolume, "directory">, directory: string): Arguments => [
  "create",
  "-s",
  sectors(request.size),
  "-t",
  request.fileSystem,
  ...option("-b", request.clusterSize === ClusterSize.standard ? undefined : sectors(request.clusterSize)),
  "--",
  directory
]

export const snapshotVolume = (volume: string, directory: string): Arguments => ["snapshot", "--", volume, directory]

export const cloneVolume = (volume: string, directory: string): Arguments => ["clone", "--", volume, directory]

/** It knows no `--`. */
export const switchVolume = (volume: string, to: string): Arguments => ["switch", volume, to]

export const deleteVolume = (volume: string): Arguments => ["delete", "--", volume]

export const restoreDescriptor = (
  verbosity: number,
  request: Request.RestoreDescriptor,
  directory: string,
  image: string
): Arguments => [
  level(verbosity),
  "restore-descriptor",
  "-f",
  request.format === "raw" ? "raw" : "ploop1",
  ...option("-b", request.clusterSize === undefined ? undefined : sectors(request.clusterSize)),
  "--",
  directory,
  image
]

export const convert = (verbosity: number, request: Request.Convert, disk: string): Arguments => [
  level(verbosity),
  "convert",
  ...option("-f", request.format),
  ...option("-v", request.version === undefined ? undefined : `${request.version}`),
  "--",
  disk
]

/** An empty key removes the encryption. */
export const encrypt = (verbosity: number, request: Request.Encrypt, disk: string): Arguments => [
  level(verbosity),
  "encrypt",
  "-k",
  request.keyId ?? "",
  ...flag("-r", request.copy),
  ...flag("-w", request.wipe),
  "--",
  disk
]

export const check = (verbosity: number, request: Request.Check, path: string): Arguments => [
  level(verbosity),
  "check",
  ...option("-u", request.snapshot),
  ...flag("-f", request.force),
  ...flag("-F", request.hardForce),
  ...flag("-c", request.duplicates),
  ...flag("-r", request.readOnly),
  ...flag("-s", request.silent),
  ...flag("-d", request.dropInUse),
  ...flag("-S", request.repairSparse),
  ...flag("-R", request.raw),
  ...option("-b", request.clusterSize === undefined ? undefined : sectors(request.clusterSize)),
  "--",
  path
]

export const replace = (
  verbosity: number,
  request: Request.Replace,
  paths: { readonly disk: string; readonly file: string | undefined; readonly with: string }
): Arguments => [
  level(verbosity),
  "replace",
  ...option("-u", request.snapshot),
  ...option("-l", request.level === undefined ? undefined : `${request.level}`),
  ...option("-o", paths.file),
  ...flag("-k", request.keepName),
  "-i",
  paths.with,
  "--",
  paths.disk
]

export interface Mount {
  readonly disk: string
  readonly target: string | undefined
  readonly snapshot: SnapshotId | undefined
  readonly readOnly: boolean
}

/** Never quieter than 0: the lines that name the device are needed when the mount fails half-way. */
export const mount = (verbosity: number, request: Request.Mount, resolved: Mount): Arguments => [
  level(Math.max(0, verbosity)),
  "mount",
  ...flag("-r", resolved.readOnly),
  ...flag("-F", request.fsck),
  ...option("-d", request.device),
  ...option("-m", resolved.target),
  "-t",
  request.fileSystem,
  ...option("-u", resolved.snapshot),
  ...option("-o", request.data === undefined || request.data.length === 0 ? undefined : request.data.join(",")),
  ...option("-c", request.component),
  "--",
  resolved.disk
]

export const umount = (
  verbosity: number,
  named: Place & { readonly image?: string | undefined; readonly component?: string | undefined }
): Arguments => [
  level(verbosity),
  "umount",
  ...option("-c", named.component),
  ...place({ ...named, disk: named.disk ?? named.image })
]

export const resize = (verbosity: number, request: Request.Resize, disk: string): Arguments => [
  level(verbosity),
  "resize",
  "-s",
  sectors(request.size),
  ...flag("-o", request.balloon),
  "--",
  disk
]

/** What is tracked has the identifier of the snapshot; its option takes no braces. */
export const createSnapshot = (verbosity: number, id: SnapshotId, disk: string, track = false): Arguments => [
  level(verbosity),
  "snapshot",
  "-u",
  id,
  ...option("-b", track ? id.slice(1, -1) : undefined),
  "--",
  disk
]

/** Never quieter than 0, as for a mount. */
export const createTemporarySnapshot = (
  verbosity: number,
  id: SnapshotId,
  component: string,
  target: string | undefined,
  disk: string
): Arguments => [
  level(Math.max(0, verbosity)),
  "tsnapshot",
  "-u",
  id,
  "-c",
  component,
  ...option("-m", target),
  "--",
  disk
]

/** The identifier is spelled as in the descriptor. */
export const switchSnapshot = (verbosity: number, id: string, disk: string): Arguments => [
  level(verbosity),
  "snapshot-switch",
  "-u",
  id,
  "--",
  disk
]

/** The identifier is spelled as in the descriptor. */
export const deleteSnapshot = (verbosity: number, id: string, disk: string): Arguments => [
  level(verbosity),
  "snapshot-delete",
  "-u",
  id,
  "--",
  disk
]

export type Merge =
  | { readonly _tag: "All" }
  | { readonly _tag: "One"; readonly id: SnapshotId }
  | { readonly _tag: "Range"; readonly id: SnapshotId; readonly downTo: SnapshotId }

const steps = ({ merged, survivor }: MergeRange): ReadonlyArray<Merge> =>
  merged.map(() => ({ _tag: "One", id: survivor }))

/** Without the end of the range, generation 1.15 crashes when it merges into a new file; the others know no end. */
const ranges: Row<(range: MergeRange, into: string | undefined) => ReadonlyArray<Merge>> = {
  "1.15": (range, into) =>
    into === undefined && range.merged.length === 1
      ? steps(range)
      : [{ _tag: "Range", id: range.survivor, downTo: range.merged.at(-1)! }],
  "7": steps,
  "9": steps
}

/** The commands that a merge takes, in their order. */
export const merges = (
  generation: Generation,
  request: Pick<Request.MergeSnapshots, "all">,
  range: MergeRange,
  into: string | undefined
): ReadonlyArray<Merge> => request.all === true ? [{ _tag: "All" }] : ranges[generation](range, into)

export const mergeSnapshots = (
  verbosity: number,
  merge: Merge,
  into: string | undefined,
  disk: string
): Arguments => [
  level(verbosity),
  "snapshot-merge",
  ...(merge._tag === "All" ? ["-A"] : ["-u", merge.id]),
  ...(merge._tag === "Range" ? ["-U", merge.downTo] : []),
  ...option("-n", into),
  "--",
  disk
]

export const imageInfo = (disk: string): Arguments => [quiet, "info", "-s", "--", disk]

export const deviceOf = (disk: string): Arguments => [quiet, "info", "-d", "--", disk]

export const fileSystemInfo = (disk: string): Arguments => [quiet, "info", "--", disk]

export const list: Arguments = [quiet, "list"]

/** With the mount points, where the generation lists them. */
export const listLong: Arguments = [quiet, "list", "-a"]

/** Whether `list` can show mount points. */
export const listsMountPoints: Row<boolean> = { "1.15": true, "7": true, "9": false }

/** The balloon is a program of its own, to which the global verbosity is not handed over. */
const balloon = (action: string, options: Arguments, named: Place): Arguments => [
  "balloon",
  action,
  ...options,
  ...place(named)
]

export const balloonShow = (named: Place): Arguments => balloon("show", [], named)

export const balloonStatus = (named: Place): Arguments => balloon("status", [], named)

export const balloonClear = (named: Place): Arguments => balloon("clear", [], named)

export const balloonChange = (size: ByteSize.ByteSize, named: Place): Arguments =>
  balloon("change", ["-s", sectors(size)], named)

export const balloonComplete = (named: Place): Arguments => balloon("complete", [], named)

export const balloonCheck = (named: Place): Arguments => balloon("check", [], named)

export const balloonRepair = (named: Place): Arguments => balloon("repair", [], named)

export const discard = (request: Request.Discard, named: Place): Arguments =>
  balloon("discard", [
    ...flag("--automount", request.automount),
    ...flag("--defrag", request.defrag),
    ...flag("--defrag-only", request.defragOnly),
    ...option(
      "--image-defrag-threshold",
      request.defragThreshold === undefined ? undefined : `${request.defragThreshold}`
    ),
    ...option("--to-free", request.toFree === undefined ? undefined : sectors(request.toFree)),
    ...option("--min-block", request.minBlock === undefined ? undefined : sectors(request.minBlock))
  ], named)

export const discardStatus = (named: Place): Arguments => balloon("discard", ["--stat"], named)

export const copySend = (request: Request.CopySend): Arguments => [
  quiet,
  "copy",
  "-s",
  request.device,
  ...option("-F", request.freezeCommand)
]

export const copyReceive = (image: string): Arguments => [quiet, "copy", "-d", image]

/** To the socket that is the standard input: what the tool prints must not come between the packets. */
export const copyTo = (request: Request.CopySend): Arguments => [quiet, "copy", "-s", request.device, "-o", "0"]

/** From the socket that is the standard input. */
export const copyFrom = (image: string): Arguments => [quiet, "copy", "-d", image, "-i", "0"]

export const statistics = (device: DevicePath): Arguments => [quiet, "stat", "-d", device]

export const start = (verbosity: number, device: DevicePath): Arguments => [level(verbosity), "start", "-d", device]

export const stop = (verbosity: number, device: DevicePath): Arguments => [level(verbosity), "stop", "-d", device]

export const clear = (verbosity: number, device: DevicePath): Arguments => [level(verbosity), "clear", "-d", device]

export const deleteDelta = (verbosity: number, request: Request.DeleteDelta): Arguments => [
  level(verbosity),
  "delete",
  "-d",
  request.device,
  "-l",
  `${request.level}`
]

export const grow = (
  verbosity: number,
  request: Request.Grow,
  path: string | undefined
): Arguments => [
  level(verbosity),
  "grow",
  "-s",
  sectors(request.size),
  ...option("-d", request.device),
  ...option("-f", request.raw ? "raw" : undefined),
  ...(path === undefined ? [] : ["--", path])
]

/** The tool takes the topmost image first. */
export const mergeDelta = (verbosity: number, delta: string, image: string): Arguments => [
  level(verbosity),
  "merge",
  "--",
  delta,
  image
]

export const nextDevice: Arguments = [quiet, "getdev"]

/** Clears the in-use flag of an image. */
export const clearInUseFlag = (verbosity: number, image: string): Arguments => [
  level(verbosity),
  "check",
  "-f",
  "-d",
  "--",
  image
]

/** Of `parted`: a partition table with one partition, which lies where the tool puts it. */
export const partitionTable = (device: DevicePath, clusterSize: bigint, size: bigint): Arguments => [
  "-s",
  device,
  "mklabel",
  "gpt",
  "mkpart",
  "primary",
  `${clusterSize}b`,
  `${size - clusterSize - 1n}b`
]

/** Up to how many blocks of a size the tool lets a new file system grow. */
const growthOfTool: Row<(blockSize: bigint) => bigint> = {
  "1.15": () => 0xffff_ffffn,
  "7": (blockSize) => ByteSize.TiB(50) / blockSize,
  "9": (blockSize) => ByteSize.TiB(50) / blockSize
}

/**
 * Up to how many blocks a file system has to be able to grow so that it can grow to
 * a size: mkfs takes no less than one further block of descriptors.
 */
const growth = (size: bigint, blockSize: bigint): bigint => (size + blockSize - 1n) / blockSize + blockSize ** 2n / 4n

const inodeRatio: Row<Arguments> = { "1.15": ["-i16384"], "7": [], "9": [] }

/** Of `mkfs`: the file system that the tool makes, but for what is asked for. */
export const makeFileSystem = (generation: Generation, request: Request.Create, node: string): Arguments => {
  const blockSize = request.fileSystemBlockSize ?? 4096n
  const resize = request.growsTo === undefined
    ? growthOfTool[generation](blockSize)
    : growth(request.growsTo, blockSize)
  return [
    "-t",
    request.fileSystem,
    "-j",
    ...option("-L", request.label),
    `-b${blockSize}`,
    `-Elazy_itable_init=${request.lazy ? 1 : 0},resize=${resize}`,
    `-Jsize=${(request.journalSize ?? ByteSize.MiB(128)) / ByteSize.MiB(1)}`,
    ...inodeRatio[generation],
    node
  ]
}

/** Of `tune2fs`: as the tool runs it after mkfs. */
export const tuneFileSystem = (node: string): Arguments => ["-ouser_xattr,acl", "-c0", "-i0", "-eremount-ro", node]

const balloonFile = ".balloon-c3a5ae3d-ce7f-43c4-a1ea-c61e2b4504e8"

/** Of `debugfs`, one after the other: an empty file, as the tool makes it for the balloon. */
export const makeBalloon = (node: string): ReadonlyArray<Arguments> => [
  ["-w", "-R", `write /dev/null ${balloonFile}`, node],
  ["-w", "-R", `set_inode_field ${balloonFile} mode 0100600`, node]
]

/** Of `debugfs`: what the file of the balloon is. */
export const statBalloon = (node: string): Arguments => ["-R", `stat ${balloonFile}`, node]

/** Of `resize2fs`: the least size of a file system, in its blocks. */
export const leastBlocks = (partition: string): Arguments => ["-P", partition]

/** Of `dmsetup`: the targets that the kernel knows. */
export const targets: Arguments = ["targets"]

/** Of `dmsetup`: the table of a device, an empty line when it has none. */
export const table = (name: string): Arguments => ["table", name]

/** Of `dmsetup`: whether a device has a table, and takes writes, as in `L--w`. */
export const attributes = (name: string): Arguments => ["info", "-c", "--noheadings", "-o", "attr", name]

/** Of `dmsetup`: prints the path of an image of a device; nothing when the device has no such level. */
export const imageOfLevel = (
  name: string,
  level: number
): Arguments => ["message", name, "0", "get_img_name", `${level}`]

/** Of `dmsetup`: removes a device. */
export const remove = (name: string): Arguments => ["remove", name]

const ploopModules: Arguments = ["ploop", "pfmt_ploop1", "pfmt_raw", "pio_direct", "pio_kaio", "pio_nfs"]

/** The kernel modules that a generation works with. */
export const modules: Row<Arguments> = { "1.15": ploopModules, "7": ploopModules, "9": ["dm_ploop", "dm_qcow2"] }
