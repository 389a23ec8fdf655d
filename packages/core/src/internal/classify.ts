import * as Option from "effect/Option"
import * as ByteSize from "../ByteSize.js"
import * as ExitCode from "../ExitCode.js"
import type { Generation } from "../Generation.js"
import type { Row } from "../GenerationTraits.js"
import type * as Operation from "../Operation.js"
import * as PloopError from "../PloopError.js"
import type { Outcome } from "./outcome.js"
import * as refusals from "./refusal/texts.js"
import type { Text } from "./remedies.js"
import { texts } from "./remedies.js"

/** How much of the tool's output an error keeps: the end, which has the cause. */
const limit = 8192

type Context = PloopError.Context

type Groups = Readonly<Record<string, string | undefined>>

interface Rule {
  readonly text: RegExp
  readonly codes?: ReadonlyArray<number>
  readonly operations?: ReadonlyArray<Operation.Name>
  readonly generations?: ReadonlyArray<Generation>
  readonly error: (context: Context, groups: Groups) => PloopError.PloopError
}

const creation: ReadonlyArray<Operation.Name> = ["create", "restoreDescriptor"]

const balloon: ReadonlyArray<Operation.Name> = [
  "balloonStatus",
  "balloonClear",
  "balloonChange",
  "balloonComplete",
  "balloonCheck",
  "balloonRepair",
  "discard",
  "discardStatus"
]

const mapper = "the device mapper with its ploop target"

/** Operations that search for the mount point of a device. */
const onMounts: ReadonlyArray<Operation.Name> = [...balloon, "copySend", "copyTo"]

/** Blanks and the prefix that the tool puts before a message when it was built for debugging. */
const start = String.raw`^(?:\[[ \d.]+\] )?(?:Error in \w+ \([\w-]+\.c:\d+\): )?`

const message = (pattern: string): RegExp => new RegExp(start + pattern, "m")

const guid = String.raw`(?<id>\{[\da-fA-F-]{36}\})`

const device = String.raw`(?<device>/dev/(?:mapper/)?ploop\d+)`

/** Not what the tool prints about a device that is removed while it reads the list of devices. */
const elsewhere = String.raw`(?!.*(?: get_img_name |message ioctl on ))`

const missingFile = (path: string): RegExp => message(`${path}: No such file or directory`)

/** A number in the tool's output, which may have any number of digits. */
const count = (digits: string | undefined): number => Math.min(Number(digits ?? 0), Number.MAX_SAFE_INTEGER)

interface Process {
  readonly command: string
  readonly pid: string
  readonly user: string
  /** The number of the open file; undefined for a working directory and the like. */
  readonly file: string | undefined
}

/** A process of `lsof`'s output. */
const processOf = (line: string): Process | undefined => {
  const [found, command, pid, user, file] =
    /^(\S+)\s+(\d+)\s+(\S+)\s+(?:cwd|rtd|txt|mem|DEL|(\d+)[a-zA-Z]*)\s/.exec(line) ?? []
  return found === undefined ? undefined : { command: command ?? "", pid: pid ?? "", user: user ?? "", file }
}

const isTool = ({ command }: Process): boolean => /^(?:ploop|lsof)/.test(command)

const unsupported = (context: Context, reason: string, instead: Text): PloopError.Unsupported =>
  new PloopError.Unsupported({ ...context, reason, instead })

/** The processes that `lsof` names, but for the tool and the shell in which it runs `lsof`, which has its open file. */
const holders = (text: string): ReadonlyArray<PloopError.Holder> => {
  const rows = text.split("\n").map(processOf).filter((found) => found !== undefined)
  const own = new Set(rows.filter(isTool).map(({ file }) => file))
  const found = new Map<number, PloopError.Holder>()
  for (const one of rows) {
    if (isTool(one) || (one.command === "sh" && one.file !== undefined && own.has(one.file))) continue
    const pid = count(one.pid)
    found.set(pid, new PloopError.Holder({ command: one.command, pid, user: one.user }))
  }
  return [...found.values()]
}

/**
 * The rules, in the order in which they are asked. What the tool prints on the
 * way to something else (that a module is not loaded, that a helper failed)
 * stands behind what it fails for.
 */
const rules: ReadonlyArray<Rule> = [
  // Snapshots
  {
    text: message(`The snapshot ${guid} already exist`),
    error: (context, { id }) => new PloopError.SnapshotExists({ ...context, id })
  },
  {
    text: message(
      String.raw`(?:Unable to create a snapshot\. )?The maximum number of snapshots \((?<limit>\d+)\) has been reached`
    ),
    error: (context, { limit }) => new PloopError.SnapshotLimitReached({ ...context, limit: count(limit) })
  },
  {
    text: message(`Snapshot ${guid} is busy by device\\(s\\): (?<devices>.*)$`),
    error: (context, { devices, id }) =>
      new PloopError.SnapshotInUse({
        ...context,
        id,
        devices: (devices ?? "").split(/[ ,]+/).filter((name) => name !== "")
      })
  },
  {
    text: message(`Nothing to do, already on ${guid} snapshot`),
    error: (context, { id }) => new PloopError.SnapshotIsCurrent({ ...context, id })
  },
  {
    text: message(`Snapshot ${guid} is temporary`),
    error: (context, { id }) => new PloopError.SnapshotIsTemporary({ ...context, id })
  },
  {
    text: message("Unable to delete top delta, parent snapshot is temporary"),
    error: (context) => new PloopError.SnapshotIsTemporary(context)
  },
  {
    text: message(`Unable to delete active snapshot`),
    error: (context) => new PloopError.SnapshotIsTop(context)
  },
  {
    text: message("Unable to (?:delete|merge) base image"),
    error: (context) => new PloopError.SnapshotIsBase(context)
  },
  {
    text: message(String.raw`Can't find parent of uuid \{[\da-fA-F-]{36}\} \(is that a base image\?\)`),
    error: (context) => new PloopError.SnapshotIsBase(context)
  },
  {
    text: message(String.raw`Can't find snapshot by uuid \{0{8}-0{4}-0{4}-0{4}-0{12}\}`),
    operations: ["mergeSnapshots"],
    error: (context) => new PloopError.SnapshotIsBase(context)
  },
  {
    text: message(String.raw`Cannot find any snapshot by uuid \(null\)`),
    operations: ["mergeSnapshots"],
    error: (context) => new PloopError.SnapshotIsBase(context)
  },
  {
    text: message(String.raw`Can't find (?<ancestor>\{[\da-fA-F-]{36}\}) to be an ancestor of ${guid}`),
    error: (context, { ancestor, id }) =>
      ancestor === id
        ? new PloopError.SnapshotIsBase(context)
        : new PloopError.SnapshotNotAncestor({ ...context, id: id ?? "", ancestor: ancestor ?? "" })
  },
  {
    text: message(`(?:Can't|Unable to) merge to (?:snapshot )?${guid}: it has (?<children>\\d+) child`),
    error: (context, { children, id }) =>
      new PloopError.SnapshotHasChildren({ ...context, id, children: count(children) })
  },
  {
    text: message(String.raw`Unable to mount \(rw\) snapshot ${guid}: it has (?<children>\d+) child`),
    error: (context, { children, id }) =>
      new PloopError.SnapshotHasChildren({ ...context, id, children: count(children) })
  },
  {
    text: message(String.raw`Unable to delete snapshot ${guid}: it has (?<children>\d+) child`),
    error: (context, { children, id }) =>
      new PloopError.SnapshotHasChildren({ ...context, id, children: count(children) })
  },
  {
    text: message(
      `(?:Can't find snapshot by uuid|Cannot find any snapshot by uuid|Can't find image by (?:uuid|guid)|Uuid|Unable to find image by uuid|Can't find uuid) ${guid}`
    ),
    error: (context, { id }) => new PloopError.SnapshotNotFound({ ...context, id })
  },
  // Use
  {
    text: message(`Image .* already used by device ${device}`),
    error: (context, { device }) => new PloopError.AlreadyMounted({ ...context, device })
  },
  {
    text: message(`Unable to perform switch to snapshot operation on running device \\(${device}\\)`),
    error: (context, { device }) => new PloopError.ImageInUse({ ...context, device })
  },
  {
    text: message(`Can't check, in use by device: ${device}`),
    error: (context, { device }) => new PloopError.ImageInUse({ ...context, device })
  },
  {
    text: message("Image is mounted: changing image version +online is not supported"),
    error: (context) => new PloopError.ImageInUse(context)
  },
  {
    text: message("(?:Failed to stat mount point (?<missing>.*): |Mount point (?<file>.*) not a directory)"),
    error: (context, { file, missing }) =>
      new PloopError.MountPointInvalid({ ...context, target: missing ?? file ?? context.subject })
  },
  // Before they find that nothing is mounted, 7 and 9 find that there is no such device.
  {
    text: missingFile(String.raw`Can't open /dev/(?:mapper/)?ploop\d+`),
    operations: onMounts,
    error: (context) => new PloopError.DeviceNotFound(context)
  },
  {
    text: message(
      "(?:Image .* is not mounted|(?:Unable to discard: |The )image is not mounted|Unable to find ploop device by )"
    ),
    error: (context) => new PloopError.NotMounted(context)
  },
  {
    text: message(String.raw`Can't open or read /sys/block/ploop\d+/(?:dev|pstate/top): No such file or directory`),
    operations: onMounts,
    error: (context) => new PloopError.DeviceNotFound(context)
  },
  {
    text: message("(?:Unable to|Can't) find mount point for "),
    operations: onMounts,
    error: (context) => new PloopError.NotMounted(context)
  },
  {
    text: message("Can't specify level for offline replace"),
    error: (context) => new PloopError.NotMounted(context)
  },
  {
    text: message("Failed to umount .*: Device or resource busy"),
    error: (context) => new PloopError.Busy({ ...context, holders: holders(context.text) })
  },
  {
    text: message("(?:PLOOP_IOC_STOP|Can't remove device .*): Device or resource busy"),
    error: (context) => new PloopError.Busy({ ...context, holders: holders(context.text) })
  },
  {
    text: message("Unexpectedly found stopped ploop device"),
    error: (context) => new PloopError.DeviceFailed(context)
  },
  {
    text: message("(?:Can't mount file system \\(?dev=|blkid: .* has an unsupported type, missing filesystem)"),
    error: (context) => new PloopError.MountFailed(context)
  },
  // What the host lacks
  {
    text: message(String.raw`Can't open /proc/vz/ploop_minor`),
    error: (context) => new PloopError.PrerequisiteMissing({ ...context, what: "the ploop kernel driver" })
  },
  {
    text: /\/dev\/mapper\/control: open failed|Failure to communicate with kernel device-mapper driver/m,
    error: (context) => new PloopError.PrerequisiteMissing({ ...context, what: mapper })
  },
  // How the ploop target of device mapper refuses a table; the last line of the tool says the same for each.
  {
    text: /^device-mapper: reload ioctl on ploop\d+ .*failed: Unknown error 524$/m,
    error: (context) =>
      unsupported(
        context,
        "the driver of generation 9 attaches no image of format version 1, and no raw image without a snapshot",
        texts["attach-version-1"]()
      )
  },
  {
    text: /^device-mapper: reload ioctl on ploop\d+ .*failed: No locks available$/m,
    error: (context) =>
      unsupported(
        context,
        "the driver of generation 9 attaches no disk with a raw base image for writing",
        texts["attach-raw"]()
      )
  },
  {
    text:
      /^device-mapper: reload ioctl on ploop\d+ .*failed: (?:Protocol error|Invalid cross-device link|Invalid slot|No data available)$/m,
    error: (context) => new PloopError.ImageCorrupt(context)
  },
  {
    text: /^device-mapper: reload ioctl on ploop\d+ .*failed: Invalid argument$/m,
    error: (context) => new PloopError.PrerequisiteMissing({ ...context, what: mapper })
  },
  {
    text: /^device-mapper: create ioctl on ploop\d+ .*failed: Device or resource busy$/m,
    error: (context) => new PloopError.DeviceFailed(context)
  },
  {
    text: message("Failed to create ploop device "),
    error: (context) =>
      /^device-mapper: /m.test(context.text)
        ? new PloopError.DeviceFailed(context)
        : new PloopError.PrerequisiteMissing({ ...context, what: mapper })
  },
  {
    text: message("(?:The PLOOP_FMT_V2 is not supported by kernel|Unknown ploop image version: 2)"),
    error: (context) =>
      new PloopError.PrerequisiteMissing({ ...context, what: "a kernel driver that knows format version 2" })
  },
  {
    text: message(String.raw`Can't exec (?<program>\S+): No such file or directory`),
    error: (context, { program }) => new PloopError.PrerequisiteMissing({ ...context, what: `the program ${program}` })
  },
  {
    text: message(
      "(?:Can't add image .*: unsupported underlying filesystem|" +
        "The ploop image can not be used on ext3 or ext4 file system without extents)"
    ),
    error: (context) => new PloopError.FileSystemUnsupported(context)
  },
  // Sizes
  {
    text: message("Ballooning for raw format is not supported"),
    error: (context) =>
      unsupported(
        context,
        "a raw image has no balloon, so a running raw disk without a snapshot cannot shrink",
        texts["resize-raw"]()
      )
  },
  {
    text: message("Unable to change image size to \\d+ sectors(?:, minimal size is (?<minimum>\\d+))?"),
    error: (context, { minimum }) =>
      new PloopError.SizeRefused({
        ...context,
        minimum: minimum === undefined ? undefined : ByteSize.fromSectors(BigInt(minimum))
      })
  },
  {
    text: message(
      "(?:An incorrect block device size is specified|Incorrect block device size specified|Image size should be greater than|Error: new size \\d+ is less than the old size|Incorrect new size specified|ERROR: Too large value)"
    ),
    error: (context) => new PloopError.SizeRefused(context)
  },
  // How the ploop target of device mapper refuses a size.
  {
    text: /^device-mapper: message ioctl on ploop\d+ .*failed: Read-only file system$/m,
    operations: ["grow", "resize"],
    error: (context) => new PloopError.PermissionDenied(context)
  },
  {
    text: /^device-mapper: message ioctl on ploop\d+ .*failed: Invalid argument$/m,
    operations: ["grow", "resize"],
    error: (context) => new PloopError.SizeRefused(context)
  },
  // The partition would end before it begins.
  {
    text: /^Could not create partition \d+ from \d+ to \d+$/m,
    operations: ["create"],
    error: (context) => new PloopError.SizeRefused(context)
  },
  {
    text: message("Can't shrink by less than (?<cluster>\\d+) bytes"),
    operations: ["discard"],
    error: (context, { cluster }) =>
      new PloopError.InvalidArgument({
        ...context,
        field: "toFree",
        value: "less than a cluster",
        rule: `must be ${cluster} bytes or more`
      })
  },
  {
    text: message("Can't trim file system: Invalid argument"),
    operations: ["discard"],
    error: (context) =>
      new PloopError.InvalidArgument({
        ...context,
        field: "minBlock",
        value: "more than the kernel takes",
        rule: "must not be larger than a block group of the file system, which is 128 MiB at most"
      })
  },
  {
    text: message(".*New size smaller than minimum"),
    error: (context) => new PloopError.FileSystemResizeFailed(context)
  },
  // Bit 3 and those above it mean that e2fsck could not do its work, not that it found damage.
  {
    text: message("e2fsck failed \\(exit code (?:8|16|24|32|128)\\)"),
    error: (context) => new PloopError.InputOutputFailed(context)
  },
  // Images
  {
    text: message("Images .* are (?:of different size|not identical)"),
    operations: ["replace"],
    error: (context) =>
      new PloopError.ImageMismatch({ ...context, reason: "the new image is not a copy of the old one" })
  },
  {
    text: message("Converting raw image is not supported"),
    error: (context) =>
      unsupported(context, "ploop cannot convert a raw image to another format", texts["convert-raw"]())
  },
  {
    text: message("Changing image version format on raw image is not supported"),
    error: (context) => unsupported(context, "a raw image has no format version", texts["raw-version"]())
  },
  {
    text: message("Incorrect version is specified"),
    operations: ["convert"],
    error: (context) =>
      unsupported(context, "generation 7 converts images to format version 2 only", texts["convert-version-1"]())
  },
  {
    text: message("Unable to convert image to PLOOP_FMT_V1"),
    operations: ["convert"],
    error: (context) => unsupported(context, "the disk is too large for format version 1", texts["convert-too-large"]())
  },
  {
    text: message("(?:Incorrect blocksize specified: -1|Image size must be aligned to 32K)$"),
    operations: ["restoreDescriptor"],
    error: (context) =>
      unsupported(context, "no cluster divides the size of the raw image", texts["restore-raw-size"]())
  },
  {
    text: message("Image size must be aligned to the blocksize specified$"),
    operations: ["restoreDescriptor"],
    error: (context) =>
      unsupported(context, "the raw image is not a whole number of the given clusters", texts["restore-raw-size"]())
  },
  {
    text: message("Wrong signature in image (?<image>.*)$"),
    error: (context, { image }) => new PloopError.ImageCorrupt({ ...context, image })
  },
  {
    text: message(
      "(?:Unknown ploop image version in the header|read 1st sector of) (?<image>.*?)(?:: [A-Z][a-z/ ]+)?$"
    ),
    error: (context, { image }) => new PloopError.ImageCorrupt({ ...context, image })
  },
  {
    text: message("Invalid image header (?<image>/.*?)(?:: [A-Z][a-z ]+)?$"),
    error: (context, { image }) => new PloopError.ImageCorrupt({ ...context, image })
  },
  {
    text: message("Image (?<image>.*) is in the changing version state$"),
    error: (context, { image }) => new PloopError.ImageCorrupt({ ...context, image })
  },
  {
    text: message("(?:grow_delta: odelta->alloc_head < odelta->l1_size|abort: relocate_block |Image corrupted: )"),
    error: (context) => new PloopError.ImageCorrupt(context)
  },
  {
    text: message("Invalid level (?<level>\\d+) specified, allowed values are (?<range>.*)$"),
    error: (context, { level, range }) =>
      new PloopError.InvalidArgument({
        ...context,
        field: "level",
        value: level ?? "",
        rule: `must be from ${range} for this device`
      })
  },
  {
    text: message("Invalid level (?<level>\\d+)$"),
    operations: ["replace"],
    error: (context, { level }) =>
      new PloopError.InvalidArgument({
        ...context,
        field: "level",
        value: level ?? "",
        rule: "must be that of an image of the device below the top, counted from 0"
      })
  },
  {
    text: message(String.raw`Can't find image (?<file>/.*) in \S+\.xml$`),
    operations: ["replace"],
    error: (context, { file }) =>
      new PloopError.InvalidArgument({
        ...context,
        field: "file",
        value: file ?? "",
        rule: "must be the file of an image of this disk"
      })
  },
  // Files
  {
    text: missingFile("Can't open lock file (?<path>/.*)/[^/]*"),
    error: (context, { path }) =>
      new PloopError.PrerequisiteMissing({ ...context, what: `the directory ${path ?? "of the locks"}` })
  },
  {
    text: message(String.raw`Can't create (?<path>.*): File exists`),
    error: (context, { path }) => new PloopError.AlreadyExists({ ...context, path: path ?? context.subject })
  },
  {
    text: message("Can't (?:open|resolve|create) .*: (?:No such file or directory|Not a directory)"),
    operations: ["create", "mergeSnapshots", "restoreDescriptor", "copyReceive", "copyFrom"],
    codes: [1, 38, 255],
    error: (context) => new PloopError.InputOutputFailed(context)
  },
  {
    text: message(
      String
        .raw`(?:failed to read .*: )?(?:Error in \w+ \([\w-]+\.c:\d+\): )?Can't (?:resolve|open) (?<path>.*\.xml): No such file or directory`
    ),
    error: (context) => new PloopError.DiskNotFound(context)
  },
  {
    text: message(String.raw`failed stat\(.*\.xml\)$`),
    error: (context) => new PloopError.DiskNotFound(context)
  },
  {
    text: message(String.raw`Device /dev/(?:mapper/)?ploop\d+ not found$`),
    error: (context) => new PloopError.DeviceNotFound(context)
  },
  {
    text: message(
      String
        .raw`(?:Can't open /dev/(?:mapper/)?ploop\d+: No such file or directory|${elsewhere}.*: No such device or address)$`
    ),
    error: (context) => new PloopError.DeviceNotFound(context)
  },
  {
    text: missingFile(
      String
        .raw`(?:Unable to stat|Failed to stat|stat|open|Error in realpath\(?|ploop_check: can't open|Can't open|Can not open|Can't resolve) ?(?<image>/?[^:]+?)\)?`
    ),
    codes: [4, 15, 21, 23, 38, 39],
    error: (context, { image }) => new PloopError.ImageNotFound({ ...context, image: image ?? context.subject })
  },
  {
    text: missingFile(String.raw`(?:Can't open dev(?:ice)?(?: \S+)?|sysfs opendir)`),
    error: (context) => new PloopError.DeviceNotFound(context)
  },
  // Locks
  {
    text: message("Already locked by pid (?<pid>\\d+)"),
    error: (context, { pid }) => new PloopError.Locked({ ...context, pid: count(pid) })
  },
  {
    text: message("The .* is locked(?::|$)"),
    error: (context) => new PloopError.Locked(context)
  },
  {
    text: message(".*: Permission denied$"),
    codes: [1, 2, 4, 12, 23, 255],
    error: (context) => new PloopError.PermissionDenied(context)
  },
  {
    text: message(".*: (?:Operation not permitted|Read-only file system)$"),
    codes: [1, 2, 3, 4, 7, 12, 23, 27, 28, 35, 255],
    error: (context) => new PloopError.PermissionDenied(context)
  },
  // The descriptor
  {
    text: message("Invalid disk descriptor file format: split(?:ted)? disk is not supported"),
    error: (context) => unsupported(context, refusals.splitDisk, texts["split-disk"]())
  },
  {
    text: message(
      "(?:Validation of .* failed: )?(?<reason>Can't parse .*|Invalid disk descriptor file format.*|'/[\\w/]+' node not found|No images found in .*|Invalid guid.*|Invalid Blocksize.*|Invalid block size.*|Incorrect blocksize .* bs=.*|ploop_add_(?:image|snapshot)_entry: invalid .*|images\\(\\d+\\) != snapshots\\(\\d+\\)|Inconsistency detected.*|Can't find image by (?:top )?guid .*|Can't find image by uuid \\(null\\)|[Ii]nvalid top delta.*|top delta .* is (?:not found|temporary)|Invalid Preallocated tag.*|.*[Ii]ncorrect number of .*|Snapshot is in old format.*)$"
    ),
    error: (context, { reason }) => new PloopError.DescriptorInvalid({ ...context, reason: reason ?? "" })
  },
  {
    text: /^.*:\d+: parser error : (?<reason>.*)$/m,
    codes: [23],
    error: (context, { reason }) => new PloopError.DescriptorInvalid({ ...context, reason: reason ?? "" })
  },
  // Space
  {
    text: /No space left on device/,
    error: (context) => new PloopError.NoSpace(context)
  },
  {
    text: message(
      "(?:Cannot write: Broken pipe|Stream corrupted|Error in nread(?:\\(desc\\)| data)|.*must be a pipe or a socket)"
    ),
    operations: ["copySend", "copyReceive", "copyTo", "copyFrom"],
    error: (context) => new PloopError.CopyProtocolBroken(context)
  },
  {
    text: /Cannot allocate memory/,
    error: (context) => new PloopError.OutOfMemory(context)
  },
  // The tool often clears the in-use flag of an image on the way
  {
    text: message("(?:Image is in use(?: (?<image>.*))?$|Dirty flag is set)"),
    codes: [4, 7, 37],
    error: (context, { image }) => new PloopError.ImageDirty({ ...context, image })
  },
  {
    text: message("Image is in use (?<image>.*)$"),
    error: (context, { image }) => new PloopError.ImageDirty({ ...context, image })
  }
]

const applies = (outcome: Outcome, rule: Rule): boolean =>
  (rule.codes === undefined || (outcome.exitCode !== undefined && rule.codes.includes(outcome.exitCode))) &&
  (rule.operations === undefined || rule.operations.includes(outcome.operation)) &&
  (rule.generations === undefined ||
    (outcome.generation !== undefined && rule.generations.includes(outcome.generation)))

const contextOf = (outcome: Outcome): Context => {
  const words = [outcome.stderr, outcome.stdout].map((text) => text.trimEnd()).filter((text) => text !== "").join("\n")
  return {
    operation: outcome.operation,
    subject: outcome.subject,
    text: words.length > limit ? `…${words.slice(-limit)}` : words,
    ...(outcome.exitCode !== undefined && { exitCode: outcome.exitCode }),
    ...(outcome.signal !== undefined && { signal: outcome.signal })
  }
}

/** Whether the code for a lack of memory is also that of an absent device mapper. */
const lacksMemoryWithoutMapper: Row<boolean> = { "1.15": false, "7": false, "9": true }

/** The cause that the exit code alone suggests. */
const byCode = (outcome: Outcome, context: Context): PloopError.PloopError => {
  switch (ExitCode.get(outcome.exitCode ?? -1)?.error) {
    case "DeviceFailed":
      return new PloopError.DeviceFailed(context)
    case "InputOutputFailed":
      return new PloopError.InputOutputFailed(context)
    case "OutOfMemory":
      return outcome.generation !== undefined && lacksMemoryWithoutMapper[outcome.generation]
        ? new PloopError.Unclassified(context)
        : new PloopError.OutOfMemory(context)
    case "ImageCorrupt":
      return new PloopError.ImageCorrupt(context)
    case "CopyProtocolBroken":
      return new PloopError.CopyProtocolBroken(context)
    case "SnapshotInUse":
      return creation.includes(outcome.operation)
        ? new PloopError.AlreadyExists({ ...context, path: outcome.subject })
        : new PloopError.SnapshotInUse({ ...context, devices: [] })
    case "MountFailed":
      return new PloopError.MountFailed(context)
    case "UmountFailed":
      return new PloopError.UmountFailed(context)
    case "FileSystemMakeFailed":
      return new PloopError.FileSystemMakeFailed(context)
    case "FileSystemResizeFailed":
      return new PloopError.FileSystemResizeFailed(context)
    case "FileSystemCorrupt":
      return new PloopError.FileSystemCorrupt(context)
    case "ImageInUse":
      return new PloopError.ImageInUse(context)
    case "DescriptorInvalid":
      return new PloopError.DescriptorInvalid({ ...context, reason: "the tool found it inconsistent" })
    case "NotMounted":
      return new PloopError.NotMounted(context)
    case "SnapshotNotFound":
      return new PloopError.SnapshotNotFound(context)
    case "NotTracked":
      return new PloopError.NotTracked(context)
    case "EncryptionFailed":
      return new PloopError.EncryptionFailed(context)
    case "Busy":
      return new PloopError.Busy({ ...context, holders: holders(context.text) })
    default:
      return new PloopError.Unclassified(context)
  }
}

/** What the tool names: identifiers in lower case, as everywhere, however a descriptor spells them. */
const named = (groups: Groups = {}): Groups => ({
  ...groups,
  ...(groups["id"] !== undefined && { id: groups["id"].toLowerCase() }),
  ...(groups["ancestor"] !== undefined && { ancestor: groups["ancestor"].toLowerCase() })
})

export const classify = (outcome: Outcome): PloopError.PloopError => {
  const context = contextOf(outcome)
  const signal = outcome.signal ?? (outcome.exitCode === undefined ? undefined : ExitCode.signalOf(outcome.exitCode))
  if (signal !== undefined || outcome.exitCode === 29) {
    return new PloopError.ToolAborted({ ...context, ...(signal !== undefined && { signal }) })
  }
  const words = `${outcome.stderr}\n${outcome.stdout}`
  for (const rule of rules) {
    if (!applies(outcome, rule)) continue
    const match = rule.text.exec(words)
    if (match !== null) return rule.error(context, named(match.groups))
  }
  return byCode(outcome, context)
}

export const hiddenFailure = (outcome: Outcome): Option.Option<PloopError.PloopError> => {
  const words = `${outcome.stderr}\n${outcome.stdout}`
  const context = contextOf(outcome)
  if (outcome.operation === "replace" && /^Rollback: replacing /m.test(words)) {
    return Option.some(new PloopError.RolledBack(context))
  }
  return outcome.operation === "convert" && /Changing image version format on raw image is not supported/.test(words)
    ? Option.some(unsupported(context, "a raw image has no format version", texts["raw-version"]()))
    : Option.none()
}
