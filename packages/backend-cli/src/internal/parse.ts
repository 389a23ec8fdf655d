import * as ByteSize from "@effect-ploop/core/ByteSize"
import * as ClusterSize from "@effect-ploop/core/ClusterSize"
import { DevicePath, PartitionPath } from "@effect-ploop/core/DevicePath"
import type { Generation } from "@effect-ploop/core/Generation"
import type * as GenerationTraits from "@effect-ploop/core/GenerationTraits"
import { HostPath } from "@effect-ploop/core/HostPath"
import * as Result from "@effect-ploop/core/Result"
import * as Either from "effect/Either"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"

/** A line that is not what it should be. */
export interface Unexpected {
  readonly line: string
  readonly expected: string
}

type Parsed<A> = Either.Either<A, Unexpected>

const linesOf = (text: string): ReadonlyArray<string> => text.split("\n").filter((line) => line !== "")

const unexpected = (line: string, expected: string): Parsed<never> => Either.left({ line, expected })

/** The first line that matches; else the line that a person would read first. */
const match = (text: string, pattern: RegExp, expected: string): Parsed<RegExpExecArray> => {
  for (const line of linesOf(text)) {
    const found = pattern.exec(line)
    if (found !== null) return Either.right(found)
  }
  return unexpected(linesOf(text).at(-1) ?? "", expected)
}

const number = (text: string, pattern: RegExp, expected: string): Parsed<bigint> =>
  Either.map(match(text, pattern, expected), (found) => BigInt(found[1]!))

/** The usage of 9 names thick images, that of 7 encryption. */
export const generation = (usage: string): Parsed<Generation> =>
  /^Usage: ploop init /m.test(usage)
    ? Either.right(/\btg-init\b/.test(usage) ? "9" : /\bencrypt\b/.test(usage) ? "7" : "1.15")
    : unexpected(linesOf(usage)[0] ?? "", "the usage of ploop")

export interface ImageInfo {
  readonly sectors: bigint
  readonly clusterSectors: bigint
  readonly version: 0 | 1 | 2
}

const isClusterSize = Schema.is(Schema.typeSchema(ClusterSize.ClusterSize))

export const imageInfo = (stdout: string): Parsed<ImageInfo> =>
  Either.gen(function*() {
    const sectors = yield* number(stdout, /^size:\t\t(\d+)$/, "size: and a number of sectors")
    const clusterSectors = yield* number(stdout, /^blocksize:\t(\d+)$/, "blocksize: and a number of sectors")
    const version = yield* number(stdout, /^fmt_version:\t([012])$/, "fmt_version: and 0, 1 or 2")
    if (!isClusterSize(clusterSectors * ByteSize.sectorSize)) {
      return yield* unexpected(`blocksize:\t${clusterSectors}`, "a power of two from 64 to 131072 sectors")
    }
    return { sectors, clusterSectors, version: version === 0n ? 0 : version === 1n ? 1 : 2 }
  })

export interface Device {
  readonly device: string | undefined
  readonly partition: string | undefined
}

export const device = (stdout: string): Parsed<Device> =>
  Either.map(
    match(stdout, /^device:\t\t(\/dev\/(?:mapper\/)?ploop\d+)?$/, "device: and a ploop device, or nothing"),
    (found) => ({
      device: found[1],
      partition: /^partition:\t(\/dev\/(?:mapper\/)?ploop\d+p\d+)$/m.exec(stdout)?.[1]
    })
  )

export interface FileSystemTable {
  /** In KiB. */
  readonly blocks: bigint
  readonly usedBlocks: bigint
  readonly inodes: bigint
  readonly usedInodes: bigint
}

/** A line with how much there is, and how much of that is used. */
const usage = (stdout: string, pattern: RegExp, name: string): Parsed<readonly [total: bigint, used: bigint]> =>
  Either.flatMap(match(stdout, pattern, `${name} and two numbers`), (found) => {
    const [total, used] = [BigInt(found[1]!), BigInt(found[2]!)]
    return used <= total ? Either.right([total, used]) : unexpected(found[0], `no more ${name} used than there are`)
  })

export const fileSystemTable = (stdout: string): Parsed<FileSystemTable> =>
  Either.gen(function*() {
    const [blocks, usedBlocks] = yield* usage(stdout, /^ *1k-blocks +(\d+) +(\d+)$/, "1k-blocks")
    const [inodes, usedInodes] = yield* usage(stdout, /^ *inodes +(\d+) +(\d+)$/, "inodes")
    return { blocks, usedBlocks, inodes, usedInodes }
  })

export interface Row {
  readonly device: string
  readonly image: string
  readonly target?: string | undefined
  readonly component?: string | undefined
}

/** Rows of devices; a line that does not begin with a device belongs to the row before it. */
const rowsOf = (text: string, start: RegExp): Parsed<ReadonlyArray<string>> => {
  const rows: Array<string> = []
  const lines = text.replace(/\n$/, "").split("\n")
  if (text === "") return Either.right([])
  for (const line of lines) {
    if (start.test(line)) rows.push(line)
    else if (rows.length > 0) rows.push(`${rows.pop()}\n${line}`)
    else return unexpected(line, "a line that begins with a ploop device")
  }
  return Either.right(rows)
}

const plainRow = (row: string): Parsed<Row> => {
  // Without mount points the two blanks before the component are the field of the mount point.
  const found = /^(ploop\d+) +([\s\S]+) {2}(\S*)$/.exec(row)
  return found === null
    ? unexpected(row, "a device, an image and a component")
    : Either.right({
      device: `/dev/${found[1]}`,
      image: found[2]!,
      component: found[3] === "" ? undefined : found[3]
    })
}

/** The mount point is what is left of the long row when image and component are known. */
const withTarget = (row: Row, long: ReadonlyArray<string>): Row => {
  const found = long.find((line) => line.startsWith(`${row.device.slice("/dev/".length)} `))?.replace(/^ploop\d+ +/, "")
  const end = ` ${row.component ?? ""}`
  if (found === undefined || !found.startsWith(`${row.image} `) || !found.endsWith(end)) return row
  const target = found.slice(row.image.length + 1, found.length - end.length)
  return target === "" ? row : { ...row, target }
}

/** While a device is copied, another one below it has its images. */
const copied = /\.tracking$/

const mapperRow = (row: string): Parsed<Row> => {
  const [listed, image, component] = row.split("\t")
  const name = listed?.replace(copied, "")
  return name === undefined || image === undefined || image === ""
    ? unexpected(row, "a device, a tab and an image")
    : Either.right({ device: `/dev/mapper/${name}`, image, component: component === "" ? undefined : component })
}

const isPath = Schema.is(HostPath)

const isDevice = Schema.is(DevicePath)

/** A row of names that a host can have. */
const possible = (row: Row): Parsed<Row> =>
  isDevice(row.device) && isPath(row.image) && (row.target === undefined || isPath(row.target))
    ? Either.right(row)
    : unexpected(`${row.device} ${row.image} ${row.target ?? ""}`, "a ploop device and paths that a host can have")

type Devices = (plain: string, long: string | undefined) => Parsed<ReadonlyArray<Row>>

const driverDevices: Devices = (plain, long) =>
  Either.gen(function*() {
    const rows = yield* Either.all((yield* rowsOf(plain, /^ploop\d+ /)).map(plainRow))
    const longRows = yield* rowsOf(long ?? "", /^ploop\d+ /)
    return rows.map((row) => withTarget(row, longRows))
  })

const mapperDevices: Devices = (plain) =>
  Either.flatMap(rowsOf(plain, /^ploop\d+(?:\.tracking)?\t/), (rows) => Either.all(rows.map(mapperRow)))

const devicesOf: GenerationTraits.Row<Devices> = { "1.15": driverDevices, "7": driverDevices, "9": mapperDevices }

/**
 * The outputs of `list` and, where the generation knows mount points, of
 * `list -a`. Neither quotes its fields; together they can be told apart.
 */
export const devices = (
  plain: string,
  long: string | undefined,
  generation: Generation
): Parsed<ReadonlyArray<Row>> =>
  Either.flatMap(devicesOf[generation](plain, long), (rows) => Either.all(rows.map(possible)))

export interface Mount {
  readonly source: string
  readonly target: string
  /** Of its file system, as in `ext4`. */
  readonly type: string
}

/** Whether a mount is of a device, or of its partition. */
export const isMountOf = (device: string) => ({ source }: Mount): boolean =>
  source === device || source === `${device}p1`

const isPartition = Schema.is(PartitionPath)

/** The ploop device whose file system a mount shows. */
export const deviceOfSource = (source: string): DevicePath | undefined => {
  const device = isPartition(source) ? source.replace(/p1$/, "") : source
  return isDevice(device) ? device : undefined
}

/** A field of a mount table, which has its blanks in octal. */
export const unescaped = (field: string): string =>
  !field.includes("\\")
    ? field
    : field.replace(/\\([0-7]{3})/g, (_, octal: string) => String.fromCharCode(Number.parseInt(octal, 8)))

/** `/proc/mounts`. */
export const mountpoints = (text: string): ReadonlyArray<Mount> =>
  linesOf(text).flatMap((line) => {
    const [source, target, type = ""] = line.split(" ")
    return source === undefined || target === undefined
      ? []
      : [{ source: unescaped(source), target: unescaped(target), type }]
  })

/** The device that a mount has attached, from its log. */
export const attachedDevice = (stdout: string): string | undefined =>
  [...stdout.matchAll(/^(?:\[[ \d.]+\] )?Adding delta dev=(\/dev\/(?:mapper\/)?ploop\d+) /gm)].at(-1)?.[1]

export const statistics = (stdout: string): Parsed<Result.DeviceStatistics> =>
  Either.map(
    Either.all(
      linesOf(stdout).map((line) => {
        const found = /^(\w+) *\t(-?\d+)$/.exec(line)
        return found === null
          ? unexpected(line, "a counter, a tab and a number")
          : Either.right([found[1]!, BigInt(found[2]!)] as const)
      })
    ),
    Object.fromEntries<bigint>
  )

/** The driver counts 16 minor numbers a device. */
export const nextMinor = (stdout: string): Parsed<DevicePath> =>
  Either.flatMap(
    number(stdout, /^Next unused minor: (\d+)$/, "Next unused minor: and a number"),
    (minor) => {
      const device = `/dev/ploop${minor / 16n}`
      return isDevice(device) ? Either.right(device) : unexpected(`${minor}`, "the minor number of a device")
    }
  )

export const balloonSize = (stdout: string): Parsed<bigint> =>
  number(stdout, /^Current size of hidden balloon is (\d+) bytes$/, "the size of the balloon")

const isMaintenance = Schema.is(Result.Maintenance)

export const maintenance = (stdout: string): Parsed<Result.Maintenance> =>
  Either.flatMap(
    match(stdout, /^Current state of in-kernel maintenance(?:: | is )(\w+)(?: now)?$/, "the state of maintenance"),
    ([line, state]) => isMaintenance(state) ? Either.right(state) : unexpected(line, "a known state of maintenance")
  )

const truncated = (stdout: string): bigint =>
  [...stdout.matchAll(/^TRUNCATED: \d+ cluster-blocks \((\d+) bytes\)$/gm)]
    .reduce((sum, found) => sum + BigInt(found[1]!), 0n)

export interface BalloonChanged {
  readonly before: bigint
  readonly after: bigint
  readonly truncated: bigint
}

export const balloonChanged = (stdout: string): Parsed<BalloonChanged> =>
  Either.flatMap(
    match(
      stdout,
      /^(?:Successfully (?:inflated|truncated) balloon from (\d+) to (\d+) bytes|Nothing to do: new_size == old_size)$/,
      "the balloon's size before and after"
    ),
    (found) =>
      found[1] === undefined
        ? Either.map(
          number(stdout, /^Changing balloon size old_size=(\d+) /, "the balloon's size before"),
          (size) => ({ before: size, after: size, truncated: 0n })
        )
        : Either.right({ before: BigInt(found[1]), after: BigInt(found[2]!), truncated: truncated(stdout) })
  )

export interface Discarded {
  readonly truncated: bigint
  readonly relocated: number
}

export const discarded = (stdout: string): Parsed<Discarded> =>
  Either.map(
    // Generation 9 relocates nothing, and only lets the file system give back what it does not use.
    match(
      stdout,
      /^(?:\d+ clusters have been relocated|Call FITRIM, for minlen=\d+|Start defrag .*)$/,
      "how many clusters have been relocated"
    ),
    () => ({
      truncated: truncated(stdout),
      relocated: [...stdout.matchAll(/^(\d+) clusters have been relocated$/gm)]
        .reduce((sum, found) => sum + Number(found[1]), 0)
    })
  )

/** What the file system of a disk had before its balloon took something of it, in bytes. */
export interface Ballooned {
  readonly size: bigint
  /** With the balloon. */
  readonly available: bigint
}

/** Where the tool is talkative enough, and shrinks by a share. */
export const ballooned = (stdout: string): Option.Option<Ballooned> =>
  Option.map(
    Option.fromNullable(/^newsize=\d+ blocks=(\d+) balloonsize=\d+ available=(\d+) /m.exec(stdout)),
    ([, size = "0", available = "0"]) => ({ size: BigInt(size) * 512n, available: BigInt(available) * 512n })
  )

/** What a defragmentation without a discard has returned. */
export const defragmented = (): Parsed<Discarded> => Either.right({ truncated: 0n, relocated: 0 })

export interface DiscardStatus {
  /** All in MiB. */
  readonly balloon: bigint
  readonly data: bigint | undefined
  readonly disk: bigint
  readonly image: bigint
}

const megabytes = (stdout: string, name: string): Parsed<bigint> =>
  number(stdout, new RegExp(`^${name} size: +(\\d+)MB$`), `${name} size: and a number of MB`)

export const discardStatus = (stdout: string): Parsed<DiscardStatus> =>
  Either.gen(function*() {
    const balloon = yield* megabytes(stdout, "Balloon")
    const data = yield* megabytes(stdout, "Data")
    const disk = yield* megabytes(stdout, "Ploop")
    const image = yield* megabytes(stdout, "Image")
    return { balloon, disk, image, data: data > disk ? undefined : data }
  })

const repaired =
  /Dirty flag is set|\bFixed\b|Trimming tail|^Truncate image .* up to \d+$|Reallocating sparse blocks|CIF_Empty flag is incorrect/m

const count = (text: string, line: RegExp): number => text.match(line)?.length ?? 0

/** Generation 9 ends its check of an image whose last cluster is not whole, examines nothing of it, and succeeds. */
const isLeftBroken = (text: string): boolean =>
  /\bIgnored\b/.test(text) ||
  count(text, /^Image size \d+ is not aligned to cluster \d+$/gm) > count(text, /^Truncate image .* up to \d+$/gm)

/** Lines that say how the check went about it, not what it found. */
const noise =
  /ploop kernel module not loaded|^DM message: |^Reopen rw|^Opening delta|^Image is clean, check is skipped$/

/**
 * What a check found; `undefined` when it could not be carried out, which is an
 * error and no finding.
 */
export const checked = (
  result: { readonly exitCode: number | undefined; readonly stdout: string; readonly stderr: string }
): Result.Checked | undefined => {
  const text = `${result.stderr}\n${result.stdout}`
  const findings = linesOf(text).filter((line) => !noise.test(line))
  if (result.exitCode === 0) {
    return { outcome: isLeftBroken(text) ? "broken" : repaired.test(text) ? "repaired" : "clean", findings }
  }
  // 11 is what a check exits with for whatever it found; an image without room for a header is a short read.
  return result.exitCode === 11 || (result.exitCode === 6 && /Short read/.test(text))
    ? { outcome: "broken", findings }
    : undefined
}
