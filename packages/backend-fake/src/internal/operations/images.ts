import * as ClusterSize from "@effect-ploop/core/ClusterSize"
import { inDirectory } from "@effect-ploop/core/Disk"
import type { Disk } from "@effect-ploop/core/Disk"
import * as DiskDescriptor from "@effect-ploop/core/DiskDescriptor"
import * as FormatVersion from "@effect-ploop/core/FormatVersion"
import * as GenerationTraits from "@effect-ploop/core/GenerationTraits"
import * as ImageExamination from "@effect-ploop/core/ImageExamination"
import type { ImageFormat } from "@effect-ploop/core/ImageFormat"
import * as Refusal from "@effect-ploop/core/Refusal"
import type * as Request from "@effect-ploop/core/Request"
import type * as Result from "@effect-ploop/core/Result"
import * as SnapshotId from "@effect-ploop/core/SnapshotId"
import * as SnapshotTree from "@effect-ploop/core/SnapshotTree"
import * as Either from "effect/Either"
import * as HashSet from "effect/HashSet"
import * as byteImage from "../byteImage.js"
import * as content from "../content.js"
import { describe } from "../descriptorFile.js"
import * as devices from "../devices.js"
import * as disks from "../disk.js"
import * as files from "../files.js"
import * as fresh from "../freshFileSystem.js"
import * as image from "../image.js"
import * as imageCheck from "../imageCheck.js"
import type { Repairs } from "../imageCheck/check.js"
import * as space from "../space.js"
import type { FileRef } from "../state.js"
import type { Answer, Tool } from "../tool.js"
import { absolute, checks, denied, generation, toolError, trait } from "../tool.js"
import * as traits from "../traits.js"
import { refuseExisting } from "./existing.js"
import { sizeAlone } from "./observedImages.js"
import { refuseTooLarge, sectors } from "./sectors.js"
import { requireUnshared, requireUnsharedImages } from "./sharing.js"

const knowsVersion2 = (tool: Tool): boolean => trait(tool, GenerationTraits.knowsVersion2)(tool.tx.rest)

/** The limits of the tool for a disk with a file system. */
const refuseForFileSystem = (tool: Tool, size: bigint, cluster: bigint): Answer<void> =>
  size > 2n * cluster
    ? refuseTooLarge(tool, size)
    : toolError(tool, 38, `Image size should be greater than ${sectors(2n * cluster)}`)

const optionalNumber = (size: bigint | undefined): number | undefined => size === undefined ? undefined : Number(size)

/** The image of a new disk, with the file system that was asked for. */
const newImage = (
  tool: Tool,
  request: Request.Create,
  size: bigint,
  version: FormatVersion.FormatVersion
): Answer<image.Image> => {
  const { balloon, clusterSize, fileSystem: type, fileSystemBlockSize, format, label, partition, sparse } = request
  const blank = image.empty({
    raw: format === "raw",
    sparse: sparse || undefined,
    preallocated: 0,
    version,
    clusterSize: Number(clusterSize),
    size: Number(size),
    staleFlag: false
  })
  const roomy = format === "preallocated"
    ? { ...blank, preallocated: image.clusterCount(blank), staleFlag: type === "none" }
    : blank
  return type === "none"
    ? Either.right(roomy)
    : fresh.make(tool, roomy, {
      type,
      blockSize: Number(fileSystemBlockSize ?? space.blockSize),
      lazy: request.lazy,
      label: label ?? "",
      partitioned: partition,
      journalSize: optionalNumber(request.journalSize),
      growsTo: optionalNumber(request.growsTo),
      hasBalloon: balloon
    })
}

/** Refuses what cannot be created, or not there. */
const requireCreatable = (
  tool: Tool,
  request: Request.Create,
  { disk, home, path, version }: {
    readonly disk: Disk
    readonly home: string
    readonly path: string
    readonly version: FormatVersion.FormatVersion
  }
): Answer<void> =>
  checks(
    () => Refusal.create(tool, generation(tool), request, version),
    () => refuseExisting(tool, path, disk),
    () => disks.requireParent(tool, home),
    () =>
      version === 2 && request.format !== "raw" && !knowsVersion2(tool)
        ? toolError(tool, 38, "Unknown ploop image version: 2")
        : Either.void
  )

export const create = (tool: Tool, request: Request.Create): Answer<Result.Created> => {
  const path = absolute(tool, request.image)
  const home = tool.path.dirname(path)
  const disk = inDirectory(home)
  const { clusterSize, format } = request
  const raw = format === "raw"
  const version = request.version ?? GenerationTraits.defaultVersion(generation(tool), tool.tx.rest)
  const size = ClusterSize.roundUp(request.size, clusterSize)
  const created = checks(
    () => requireCreatable(tool, request, { disk, home, path, version }),
    () => request.fileSystem === "none" ? Either.void : refuseForFileSystem(tool, size, clusterSize),
    () => Either.flatMap(newImage(tool, request, size, version), (made) => disks.makeImage(tool, path, made)),
    () =>
      disks.write(
        tool,
        disk,
        describe({
          rootElement: disks.rootElement(tool),
          diskSize: size,
          ...DiskDescriptor.geometry(size),
          clusterSize,
          preallocated: format === "preallocated",
          images: [{ id: SnapshotId.top, type: raw ? "Plain" : "Compressed", file: tool.path.basename(path) }],
          snapshots: [{ id: SnapshotId.top, parent: SnapshotId.none, temporary: false }]
        })
      )
  )
  return Either.map(created, () => ({ disk, image: path, ...(!raw && { version }) }))
}

const clusterOfRaw = (tool: Tool, size: bigint, given: bigint | undefined): Answer<bigint> => {
  if (given !== undefined) {
    return size % given === 0n
      ? Either.right(given)
      : toolError(tool, 38, "Image size must be aligned to the blocksize specified")
  }
  const found = [20n, 19n, 18n, 17n, 16n, 15n].map((shift) => 1n << shift).find((cluster) => size % cluster === 0n)
  return found === undefined
    ? toolError(tool, 38, "Incorrect blocksize specified: -1")
    : Either.right(found)
}

export const restoreDescriptor = (tool: Tool, request: Request.RestoreDescriptor): Answer<Disk> =>
  Either.gen(function*() {
    const path = absolute(tool, request.image)
    const home = absolute(tool, request.directory ?? tool.path.dirname(path))
    const disk = inDirectory(home)
    yield* refuseExisting(tool, disk)
    const image = Either.getOrElse(files.realPath(tool.tx, path), () => path)
    const beside = files.readDirectory(tool.tx, tool.path.dirname(image))
    yield* Refusal.orphanedDeltas(tool, image, Either.getOrElse(beside, () => []))
    yield* disks.requireParent(tool, home)
    const raw = request.format === "raw"
    const alone = sizeAlone(tool, path, request.format)
    if (alone !== undefined) yield* Refusal.emptyImage(tool, path, alone)
    const opened = yield* disks.openImage(tool, path, {
      raw,
      clusterSize: request.clusterSize ?? ClusterSize.standard,
      missing: [4, "Can't open"]
    })
    const size = BigInt(opened.image.size)
    const cluster = !raw
      ? BigInt(opened.image.clusterSize)
      : yield* clusterOfRaw(tool, size, request.clusterSize)
    const directory = yield* denied(tool, 255, `Can't create ${disk}`)(files.realPath(tool.tx, home))
    const real = yield* denied(tool, 4, `Can't open ${path}`)(files.realPath(tool.tx, path))
    yield* disks.write(
      tool,
      disk,
      DiskDescriptor.make({
        size,
        clusterSize: cluster,
        images: [{
          id: SnapshotId.top,
          type: raw ? "Plain" : "Compressed",
          file: disks.relative(tool, directory, real)
        }],
        snapshots: [{ id: SnapshotId.top, parent: SnapshotId.none, temporary: false }],
        rootElement: disks.rootElement(tool)
      })
    )
    return disk
  })

const refuseRunning = (tool: Tool, disk: disks.Disk): Answer<void> => {
  const [device] = devices.all(tool, disk)
  return Refusal.runningDisk(tool, device?.device)
}

const convertVersion = (tool: Tool, disk: disks.Disk, version: FormatVersion.FormatVersion): Answer<void> =>
  Either.gen(function*() {
    if (version === 2 && !knowsVersion2(tool)) {
      return yield* toolError(tool, 38, "The PLOOP_FMT_V2 is not supported by kernel")
    }
    if (!trait(tool, traits.convertsTo).includes(version)) {
      return yield* toolError(tool, 38, "Incorrect version is specified")
    }
    const opened = yield* Either.all(
      SnapshotTree.nodes(disk.tree).map((node) =>
        Either.flatMap(
          disks.openImage(tool, disks.imagePath(tool, disk, node.file), {
            raw: false,
            clusterSize: disk.descriptor.clusterSize,
            missing: [4, "Can't open"],
            purpose: "rewrite"
          }),
          requireClean(tool)
        )
      )
    )
    if (version === 1 && opened.some(({ image: found }) => found.size > FormatVersion.maximumSize(1))) {
      return yield* toolError(tool, 38, "Unable to convert image to PLOOP_FMT_V1: the image size is not compatible")
    }
    const cut = opened.find(({ path }) => {
      const bytes = disks.foreignBytes(tool, path)?.bytes
      return bytes !== undefined && !byteImage.hasIndex(bytes)
    })
    if (cut !== undefined) return yield* toolError(tool, 7, `pread ${cut.path}: Input/output error`)
    for (const { image: found, ref } of opened) {
      if (found.version !== version) yield* disks.setImage(tool, ref, { ...found, version, tracking: undefined })
    }
  })

const requireClean = (tool: Tool) => (opened: disks.OpenImage): Answer<disks.OpenImage> =>
  opened.image.dirty ? toolError(tool, 4, `Image is in use ${opened.path}`) : Either.right(opened)

const convertBase = (tool: Tool, disk: disks.Disk, raw: boolean): Answer<void> =>
  Either.gen(function*() {
    const found = disks.openImage(tool, disks.base(tool, disk), {
      raw: false,
      clusterSize: disk.descriptor.clusterSize,
      missing: [4, "Can't open"],
      purpose: raw ? "open" : "rewrite"
    })
    const opened = yield* Either.flatMap(found, requireClean(tool))
    const foreign = disks.foreignBytes(tool, opened.path)
    if (foreign !== undefined && !raw) {
      return yield* disks.setWorked(tool, opened.ref, byteImage.preallocate(foreign.bytes))
    }
    const problem = foreign === undefined ? undefined : byteImage.notCopied(foreign.bytes)
    if (problem !== undefined) return yield* toolError(tool, 255, problem)
    const clusters = image.clusterCount(opened.image)
    const wasEmpty = opened.image.preallocated === 0 && HashSet.size(opened.image.delta.clusters) === 0
    yield* disks.setImage(tool, opened.ref, {
      ...opened.image,
      raw,
      preallocated: raw ? 0 : clusters,
      staleFlag: opened.image.staleFlag || (!raw && wasEmpty)
    })
  })

const convertFormat = (tool: Tool, disk: disks.Disk, format: ImageFormat): Answer<void> =>
  Either.gen(function*() {
    if (disks.isRaw(disk)) return yield* toolError(tool, 38, "Converting raw image is not supported")
    // As with grow, a failure from here on leaves no `.tmp` file.
    disks.dropAside(tool, disk)
    tool.tx.checkpoint()
    // For `expanded` only the descriptor changes: the file keeps its size and is not read.
    if (format !== "expanded") yield* convertBase(tool, disk, format === "raw")
    yield* disks.change(tool, disk, {
      preallocated: format === "preallocated",
      images: disk.descriptor.images.map((other) => ({ ...other, type: format === "raw" ? "Plain" : "Compressed" }))
    })
  })

export const convert = (tool: Tool, request: Request.Convert): Answer<void> =>
  Either.gen(function*() {
    const disk = yield* disks.read(tool, request.disk, "backend")
    yield* refuseRunning(tool, disk)
    yield* Refusal.convert(tool, disk, request)
    yield* requireUnshared(tool, disk, disk.descriptor.images.map(({ file }) => file))
    yield* disks.lock(tool, disk)
    if (request.version !== undefined) return yield* convertVersion(tool, disk, request.version)
    if (request.format !== undefined) return yield* convertFormat(tool, disk, request.format)
  })

const clean: Result.Checked = { outcome: "clean", findings: [] }

const dirtyLine = "Dirty flag is set"

const requireWritable = (tool: Tool, { readOnly }: Repairs, findings: ReadonlyArray<string>): Answer<void> =>
  readOnly && trait(tool, traits.checksWithoutWriting)
    ? toolError(tool, 7, [...findings, "Image is clean but unable to fix the header on ro image"].join("\n"))
    : Either.void

const examineBytes = (bytes: content.Bytes, path: string): ReadonlyArray<string> =>
  ImageExamination.examine(
    content.read(
      bytes,
      0,
      Number(ImageExamination.lengthToExamine(content.read(bytes, 0, ImageExamination.headerLength)))
    ),
    BigInt(bytes.size)
  ).map((finding) => `${path}: ${finding}`)

/** What is wrong with an image file. One that the tool made has nothing wrong with it. */
const examine = (tool: Tool, { image: found, path, ref }: disks.OpenImage): ReadonlyArray<string> => {
  const { body } = tool.tx.inode(ref)
  return found.raw
    ? ImageExamination.examineRaw(BigInt(image.fileSize(found)), undefined).map((finding) => `${path}: ${finding}`)
    : body._tag === "Bytes"
    ? examineBytes(body, path)
    : found.size === 0
    ? [`${path}: the size in the header is 0`]
    : []
}

/** What was found in one image. */
interface CheckedImage extends Result.Checked {
  /** Whether the tool leaves it broken, and ends with success: then it goes on with the next image. */
  readonly isLeftBroken?: boolean
}

const repairLines = /Dirty flag is set|\bFixed\b|Trimming tail|Truncate image|CIF_Empty flag is incorrect/

/** Checks the bytes of an image that the tool did not write, as the tool does. */
const checkBytes = (
  tool: Tool,
  path: string,
  repairs: Repairs,
  found: { readonly ref: FileRef; readonly bytes: content.Bytes }
): Answer<CheckedImage> =>
  Either.gen(function*() {
    const { bytes, code, errors, lines } = imageCheck.check(generation(tool), found.bytes, path, repairs)
    if (bytes !== found.bytes) yield* disks.setBytes(tool, found.ref, bytes)
    // What was repaired before a failure stays.
    if (code !== 0) tool.tx.checkpoint()
    const findings = [...errors, ...lines]
    if (code === 11 || code === 6) return { outcome: "broken", findings }
    if (code !== 0) return yield* toolError(tool, code, findings.join("\n"))
    const isLeft = findings.some((line) => line.startsWith("Image size")) &&
      !findings.some((line) => line.startsWith("Truncate image"))
    if (isLeft || findings.includes("Ignored")) return { outcome: "broken", findings, isLeftBroken: true }
    if (findings.some((line) => repairLines.test(line))) return { outcome: "repaired", findings }
    return { outcome: "clean", findings }
  })

/** Checks one image and makes the repairs that the options allow. */
const checkImage = (
  tool: Tool,
  path: string,
  raw: boolean,
  repairs: Repairs,
  cluster: bigint
): Answer<CheckedImage> => {
  const bytes = raw ? undefined : disks.foreignBytes(tool, path)
  return bytes === undefined
    ? checkKnown(tool, path, raw, repairs, cluster)
    : checkBytes(tool, path, repairs, bytes)
}

const checkKnown = (
  tool: Tool,
  path: string,
  raw: boolean,
  repairs: Repairs,
  cluster: bigint
): Answer<Result.Checked> =>
  Either.gen(function*() {
    const opened = yield* disks.openImage(tool, path, {
      raw,
      clusterSize: cluster,
      missing: [4, "ploop_check: can't open"],
      purpose: "check"
    })
    const { image: found, ref } = opened
    // The tool reads no entry of an image that is closed, unless forced.
    if (found.truncated && (repairs.force || repairs.hardForce || found.dirty)) {
      const line = `FATAL: an index entry of ${path} points behind the end of the file`
      const examined = examine(tool, opened)
      if (!repairs.hardForce) return { outcome: "broken", findings: examined.length > 0 ? examined : [line] }
      yield* disks.setImage(tool, ref, {
        ...found,
        truncated: false,
        staleFlag: false,
        delta: { tree: "garbage", clusters: HashSet.empty() }
      })
      return { outcome: "repaired", findings: [line, "Fixed"] }
    }
    if (found.hasDuplicates === true && repairs.duplicates && (repairs.force || found.dirty)) {
      return { outcome: "broken", findings: ["A block is used more than once"] }
    }
    if (found.dirty && !repairs.dropInUse) return yield* toolError(tool, 37, dirtyLine)
    // A set in-use flag makes the check as thorough as `force` does.
    const stale = found.staleFlag && (found.dirty || repairs.force) && trait(tool, GenerationTraits.findsEmptyFlag)
    const findings = [...(found.dirty ? [dirtyLine] : []), ...(stale ? ["CIF_Empty flag is incorrect"] : [])]
    if (findings.length === 0) return clean
    yield* requireWritable(tool, repairs, findings)
    yield* disks.setImage(tool, ref, { ...found, dirty: false, staleFlag: found.staleFlag && !stale })
    return { outcome: "repaired", findings }
  })

/** What the tool calls clean, examined: it reads no more of an image than the in-use flag, unless forced. */
const examined = (
  tool: Tool,
  checked: Result.Checked,
  images: ReadonlyArray<{ readonly path: string; readonly raw: boolean }>,
  clusterSize: bigint
): Answer<Result.Checked> =>
  Either.gen(function*() {
    if (checked.outcome !== "clean") return checked
    for (const { path, raw } of images) {
      const opened = yield* disks.openImage(tool, path, {
        raw,
        clusterSize,
        missing: [4, "ploop_check: can't open"],
        purpose: "check"
      })
      const findings = examine(tool, opened)
      if (findings.length > 0) return { outcome: "broken", findings: [...checked.findings, ...findings] }
    }
    return checked
  })

/** A broken image is a result of a check, not a failure of it. So is a file that is too short for a header. */
const asResult = (checked: Answer<CheckedImage>): Answer<CheckedImage> =>
  Either.isLeft(checked) && (checked.left._tag === "ImageCorrupt" || checked.left.text === disks.shortRead)
    ? Either.right({ outcome: "broken", findings: checked.left.text.split("\n") })
    : checked

const printed =
  /^(?:Short|Max cluster|Truncate image|L2 slot|Data cluster|Block \d+ is used|FATAL|Fixed|Skipped|Ignored|Hole at|Trimming)/

/** The tool prints errors on one stream and the rest on another, which is read later. */
const inOrder = (findings: ReadonlyArray<string>): ReadonlyArray<string> => [
  ...findings.filter((line) => !printed.test(line)),
  ...findings.filter((line) => printed.test(line))
]

const outcomes = ["clean", "repaired", "broken"] as const

const worse = (one: Result.Checked["outcome"], other: Result.Checked["outcome"]): Result.Checked["outcome"] =>
  outcomes.indexOf(one) < outcomes.indexOf(other) ? other : one

/** Checks one image after the other, base first, until one is broken. Only the last may be repaired. */
const checkChain = (
  tool: Tool,
  disk: disks.Disk,
  nodes: ReadonlyArray<SnapshotTree.Node>,
  repairs: Repairs
): Answer<Result.Checked> =>
  Either.gen(function*() {
    let outcome: Result.Checked["outcome"] = "clean"
    let findings: ReadonlyArray<string> = []
    for (const [index, node] of nodes.entries()) {
      const path = disks.imagePath(tool, disk, node.file)
      const raw = index === 0 && disks.isRaw(disk)
      // Only the last image of a chain is opened for writing.
      const inChain = { ...repairs, readOnly: repairs.readOnly || index < nodes.length - 1 }
      const one = yield* asResult(checkImage(tool, path, raw, inChain, disk.descriptor.clusterSize))
      findings = inOrder([...findings, ...one.findings])
      if (one.outcome === "broken" && one.isLeftBroken !== true) {
        const mode = index < nodes.length - 1 ? "ro" : "rw"
        return { outcome: "broken", findings: inOrder([...findings, `${path} : irrecoverable errors (${mode})`]) }
      }
      outcome = worse(outcome, one.outcome)
    }
    return { outcome, findings }
  })

/** A raw disk of one image whose file is shorter than the disk. */
const shortRaw = (tool: Tool, disk: disks.Disk): Result.Checked => {
  const { diskSize, images } = disk.descriptor
  const path = disks.base(tool, disk)
  const found = disks.isRaw(disk) && images.length === 1 ? files.lookup(tool.tx, path) : undefined
  const findings = found === undefined || Either.isLeft(found)
    ? []
    : ImageExamination.examineRaw(BigInt(files.sizeOf(tool.tx.inode(found.right))), diskSize)
  return findings.length === 0
    ? clean
    : { outcome: "broken", findings: findings.map((finding) => `${path}: ${finding}`) }
}

const checkDisk = (tool: Tool, request: Request.Check, name: string): Answer<Result.Checked> =>
  Either.gen(function*() {
    const disk = yield* disks.open(tool, name)
    const [device] = devices.all(tool, disk)
    if (device !== undefined) return yield* toolError(tool, 37, `Can't check, in use by device: ${device.device}`)
    yield* requireUnshared(tool, disk, Refusal.writtenWhenChecked(disk.tree, request))
    const id = request.snapshot ?? SnapshotId.top
    if (SnapshotTree.chain(disk.tree, id).length === 0) {
      return yield* toolError(tool, 39, `Can't find snapshot by uuid ${id}`)
    }
    const repairs: Repairs = {
      readOnly: request.readOnly,
      force: request.force,
      dropInUse: trait(tool, traits.clearsInUseFlagOfDisk) || request.dropInUse,
      hardForce: request.hardForce,
      duplicates: request.duplicates || trait(tool, traits.findsDuplicatesInDisk)
    }
    const nodes = [...SnapshotTree.chain(disk.tree, id)].reverse()
    const checked = yield* checkChain(tool, disk, nodes, repairs)
    if (request.force) return checked
    const sound = yield* examined(
      tool,
      checked,
      nodes.map(({ file }, index) => ({
        path: disks.imagePath(tool, disk, file),
        raw: index === 0 && disks.isRaw(disk)
      })),
      disk.descriptor.clusterSize
    )
    return sound.outcome === "clean" ? shortRaw(tool, disk) : sound
  })

export const check = (tool: Tool, request: Request.Check): Answer<Result.Checked> =>
  Either.flatMap(
    Refusal.check(tool, generation(tool), request),
    () => request.disk === undefined ? checkOne(tool, request) : checkDisk(tool, request, request.disk)
  )

const checkOne = (tool: Tool, request: Request.Check): Answer<Result.Checked> => {
  const path = absolute(tool, request.image ?? "")
  const device = devices.ofImage(tool, path)
  if (device !== undefined) return Either.flatMap(Refusal.runningDisk(tool, device.device), () => Either.right(clean))
  const own = requireUnsharedImages(tool, Refusal.repairs(request) ? [path] : [])
  if (Either.isLeft(own)) return Either.left(own.left)
  const repairs: Repairs = {
    readOnly: request.readOnly,
    force: request.force,
    dropInUse: request.dropInUse,
    hardForce: request.hardForce,
    duplicates: request.duplicates
  }
  const clusterSize = request.clusterSize ?? ClusterSize.standard
  const checked = Either.map(
    asResult(checkImage(tool, path, request.raw, repairs, clusterSize)),
    ({ findings, outcome }): Result.Checked => ({ findings, outcome })
  )
  return request.force
    ? checked
    : Either.flatMap(checked, (found) => examined(tool, found, [{ path, raw: request.raw }], clusterSize))
}

/** The image to replace. */
const selected = (tool: Tool, disk: disks.Disk, request: Request.Replace): Answer<DiskDescriptor.Image> => {
  const { images } = disk.descriptor
  if (request.snapshot !== undefined) {
    const found = images.find((entry) => entry.id === request.snapshot)
    return found === undefined
      ? toolError(tool, 38, `Can't find snapshot by uuid ${request.snapshot}`)
      : Either.right(found)
  }
  if (request.file !== undefined) {
    const file = absolute(tool, request.file)
    const found = images.find((entry) => disks.imagePath(tool, disk, entry.file) === file)
    return found === undefined
      ? toolError(tool, 38, `Can't find image ${file} in DiskDescriptor.xml`)
      : Either.right(found)
  }
  const device = devices.find(tool, disk, undefined)
  const levels = device?.levels ?? []
  const level = levels[request.level ?? 0]
  const found = images.find((entry) => {
    const ref = files.lookup(tool.tx, disks.imagePath(tool, disk, entry.file))
    return level !== undefined && Either.isRight(ref) && files.same(ref.right, level.file)
  })
  // Whether the level can be replaced is tested after the new image.
  return found === undefined
    ? toolError(tool, 38, `Invalid level ${request.level}`)
    : Either.right(found)
}

const refuseDifferent = (tool: Tool, old: disks.OpenImage, next: disks.OpenImage): Answer<void> => {
  if (!trait(tool, traits.comparesReplacement)) return Either.void
  const [one, other] = [old, next].map(({ ref }) => files.bytesOf(tool.tx, ref) ?? content.empty)
  // Behind the end of the file may be what stands for its data.
  const [size, otherSize] = [old, next].map(({ ref }) => files.sizeOf(tool.tx.inode(ref)))
  return size === otherSize && byteImage.isSameHeader(one!, other!)
    ? Either.void
    : toolError(tool, 11, `Images ${next.path} and ${old.path} are of different size`)
}

/** Checks a new image in detail, where its bytes were changed without the tool. */
const checkReplacement = (tool: Tool, path: string): Answer<void> => {
  const foreign = disks.foreignBytes(tool, path)
  if (foreign === undefined) return Either.void
  const { code, errors, lines } = imageCheck.check(generation(tool), foreign.bytes, path, {
    readOnly: true,
    force: false,
    hardForce: false,
    dropInUse: false,
    duplicates: true
  })
  return code === 0 ? Either.void : toolError(tool, code, [...errors, ...lines].join("\n"))
}

/** Refuses to replace an image by another one of the disk. */
const requireForeign = (tool: Tool, disk: disks.Disk, replaced: DiskDescriptor.Image, request: Request.Replace) => {
  const replacement = files.lookup(tool.tx, absolute(tool, request.with))
  const isOther = disk.descriptor.images.some((entry) => {
    const found = files.lookup(tool.tx, disks.imagePath(tool, disk, entry.file))
    return entry !== replaced && Either.isRight(found) && Either.isRight(replacement) &&
      files.same(found.right, replacement.right)
  })
  return Refusal.replacement(tool, request.with, isOther)
}

export const replace = (tool: Tool, request: Request.Replace): Answer<void> =>
  Either.gen(function*() {
    const { tx } = tool
    yield* disks.read(tool, request.disk, "tool")
    const replacement = absolute(tool, request.with)
    yield* Refusal.missingImage(tool, replacement, files.exists(tx, replacement))
    const disk = yield* disks.open(tool, request.disk)
    yield* Refusal.oldTop(tool, generation(tool), disk, request.snapshot)
    const device = devices.find(tool, disk, undefined)
    yield* Refusal.replace(tool, generation(tool), request, device?.device)
    const entry = yield* selected(tool, disk, request)
    yield* requireForeign(tool, disk, entry, request)
    yield* Refusal.replacedLevel(tool, generation(tool), disk.tree, entry.id)
    const isBase = disks.imagePath(tool, disk, SnapshotTree.base(disk.tree).file) ===
      disks.imagePath(tool, disk, entry.file)
    const options = { raw: isBase && disks.isRaw(disk), clusterSize: disk.descriptor.clusterSize } as const
    yield* checkReplacement(tool, replacement)
    // The tool expects a header in the base image of a raw disk too, and fails without one.
    const next = yield* disks.openImage(tool, replacement, {
      ...options,
      raw: false,
      missing: [4, "Can't open"],
      purpose: "check"
    })
    const oldPath = disks.imagePath(tool, disk, entry.file)
    const old = disks.openImage(tool, oldPath, { ...options, missing: [4, "Can't open"], purpose: "compare" })
    // Where the tool does not compare the two, the old file may be missing or damaged.
    if (trait(tool, traits.comparesReplacement)) yield* old
    if (next.image.dirty) return yield* toolError(tool, 37, dirtyLine)
    if (Either.isRight(old)) yield* refuseDifferent(tool, old.right, next)
    const oldFile = files.lookup(tx, oldPath)
    const level = Either.isLeft(oldFile)
      ? -1
      : device?.levels.findIndex((other) => files.same(other.file, oldFile.right)) ?? -1
    if (device !== undefined && Either.isRight(oldFile) && level >= 0) {
      if (level === device.levels.length - 1) {
        return yield* toolError(
          tool,
          38,
          `Invalid level ${level} specified, allowed values are 0 to ${level - 1}`
        )
      }
      tx.setDevice({
        ...device,
        levels: device.levels.map((other, index) => index === level ? { file: next.ref, path: replacement } : other)
      })
      tx.forget(oldFile.right)
    }
    if (request.keepName) {
      yield* denied(tool, 28, `Can't rename ${replacement}`)(files.rename(tx, replacement, oldPath))
      // The descriptor does not change: its `.tmp` file is removed.
      return disks.dropAside(tool, disk)
    }
    const file = disks.relative(tool, disk.home, replacement)
    yield* disks.change(tool, disk, {
      images: disk.descriptor.images.map((other) => other.id === entry.id ? { ...other, file } : other)
    })
  })
