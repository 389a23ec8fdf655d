import * as ByteSize from "@effect-ploop/core/ByteSize"
import * as DiskDescriptor from "@effect-ploop/core/DiskDescriptor"
import * as GenerationTraits from "@effect-ploop/core/GenerationTraits"
import * as HostPath from "@effect-ploop/core/HostPath"
import * as ImageExamination from "@effect-ploop/core/ImageExamination"
import * as PloopError from "@effect-ploop/core/PloopError"
import * as Refusal from "@effect-ploop/core/Refusal"
import type { SnapshotId } from "@effect-ploop/core/SnapshotId"
import { top } from "@effect-ploop/core/SnapshotId"
import * as SnapshotTree from "@effect-ploop/core/SnapshotTree"
import * as Either from "effect/Either"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import * as byteImage from "./byteImage.js"
import * as content from "./content.js"
import type { Disk, Paths } from "./describedDisk.js"
import { describe, DescriptorFile } from "./descriptorFile.js"
import * as files from "./files.js"
import * as image from "./image.js"
import * as space from "./space.js"
import type { FileRef } from "./state.js"
import { withBody } from "./state.js"
import type { Answer, Tool } from "./tool.js"
import { absolute, checks, context, denied, generation, refused, toolError, trait } from "./tool.js"
import * as traits from "./traits.js"
import { childrenOf } from "./volumeLinks.js"

export type { Disk } from "./describedDisk.js"

type Parsed = Either.Either<
  Pick<Disk, "descriptor" | "tree" | "isOld">,
  DiskDescriptor.DescriptorSyntaxError
>

const known = new WeakMap<content.Bytes, Parsed>()

const isPath = Schema.is(HostPath.HostPath)

const pathIn = (tool: Tool, home: string, file: string): HostPath.HostPath | undefined => {
  const path = tool.path.resolve(home, file)
  return isPath(path) ? path : undefined
}

const pathsOf = (tool: Tool, { images }: DiskDescriptor.DiskDescriptor, home: string, old?: Paths): Paths => {
  const paths = new Map<string, HostPath.HostPath | undefined>()
  for (const { file } of images) {
    const path = old?.get(file)
    paths.set(file, path ?? pathIn(tool, home, file))
  }
  return paths
}

const isOldFormat = (text: string): boolean => {
  const [, id] = /<TopGUID>\s*(.*?)\s*<\/TopGUID>/.exec(text) ?? []
  return id !== undefined && id.toLowerCase() !== top
}

const parse = (bytes: content.Bytes): Parsed => {
  if (bytes instanceof DescriptorFile && Either.isRight(bytes.tree)) {
    return Either.right({ descriptor: bytes.descriptor, tree: bytes.tree.right, isOld: false })
  }
  const found = known.get(bytes)
  if (found !== undefined) return found
  const parsed = Either.flatMap(
    DiskDescriptor.parseBytes(content.read(bytes, 0, bytes.size)),
    (descriptor) =>
      Either.map(SnapshotTree.fromDescriptor(descriptor), (tree) => ({
        descriptor,
        tree,
        isOld: isOldFormat(descriptor.source ?? "")
      }))
  )
  known.set(bytes, parsed)
  return parsed
}

/**
 * The reader of the descriptor: the tool, which fails with an exit code; the backend, before it runs the tool; or the
 * backend, which runs the tool only where there is no descriptor.
 */
type Reader = "tool" | "backend" | "tool, if it is there"

const missing = (tool: Tool, reader: Reader, path: string): Answer<never> =>
  reader !== "backend"
    ? toolError(
      tool,
      trait(tool, traits.missingDescriptorCode)(tool.operation),
      `Can't resolve ${path}: No such file or directory`
    )
    : refused(new PloopError.DiskNotFound(context(tool, `${path}: no such file or directory`)))

const invalid = (tool: Tool, reader: Reader, reason: string): Answer<never> =>
  refused(
    new PloopError.DescriptorInvalid({ ...context(tool), ...(reader === "tool" && { exitCode: 23 }), reason })
  )

/** The error as the tool reports it, which reads the descriptor itself. */
const byTool = (error: PloopError.DescriptorInvalid | PloopError.Unsupported): PloopError.PloopError =>
  error._tag === "DescriptorInvalid"
    ? new PloopError.DescriptorInvalid({ ...error, exitCode: 23 })
    : new PloopError.Unsupported({ ...error, exitCode: 23 })

/** Reads the descriptor of a disk. */
export const read = (tool: Tool, name: string, reader: Reader): Answer<Disk> =>
  Either.flatMap(Refusal.descriptorName(tool, generation(tool), name), () => readAnyName(tool, name, reader))

/** Reads a descriptor for a result that needs no tool, so that the file may have any name. */
export const readAnyName = (tool: Tool, name: string, reader: Reader = "backend"): Answer<Disk> => {
  const { last } = tool
  if (last !== undefined && last.name === name && last.version === tool.tx.version) return last.disk
  const path = last?.name === name ? last.path : absolute(tool, name)
  const disk = readFile(tool, path, reader)
  if (Either.isRight(disk)) tool.last = { version: tool.tx.version, name, path, disk }
  return disk
}

const readFile = (tool: Tool, path: string, reader: Reader): Answer<Disk> => {
  const { tx } = tool
  const found = files.realFile(tx, path)
  if (Either.isLeft(found)) return missing(tool, reader, path)
  const { body } = tx.inode(found.right.ref)
  if (body._tag !== "Bytes") {
    return invalid(tool, reader, body._tag === "Directory" ? "it is a directory" : `Can't parse ${path}`)
  }
  const known = body instanceof DescriptorFile ? body.diskAt(found.right.path) : undefined
  if (known !== undefined) return Either.right(known)
  const parsed = parse(body)
  if (Either.isLeft(parsed)) {
    const error = Refusal.unreadableDescriptor(tool, content.read(body, 0, body.size), parsed.left)
    return refused(reader === "tool" ? byTool(error) : error)
  }
  const { descriptor, isOld, tree } = parsed.right
  const home = tool.path.dirname(found.right.path)
  const paths = pathsOf(tool, descriptor, home)
  const strange = descriptor.images.find(({ file }) => paths.get(file) === undefined)
  if (strange !== undefined) {
    const file = JSON.stringify(strange.file.slice(0, 80))
    return invalid(tool, "backend", `File is ${file}, which no host can have as a path`)
  }
  const disk = { path: found.right.path, home, descriptor, tree, isOld, paths }
  return Either.right(body instanceof DescriptorFile ? body.keep(disk) : disk)
}

/** The starts of the images; a raw base has no header. */
const imageStarts = (
  tool: Tool,
  { descriptor, home, tree }: Disk
): ReadonlyMap<string, ImageExamination.ImageStart> => {
  const { tx } = tool
  const base = SnapshotTree.base(tree).id
  const starts = new Map<string, ImageExamination.ImageStart>()
  for (const { file, id, type } of descriptor.images) {
    if (type === "Plain" && id === base) continue
    const found = files.lookup(tx, tool.path.resolve(home, file))
    if (Either.isLeft(found)) continue
    const { body } = tx.inode(found.right)
    if (body._tag === "Image" && !body.raw) {
      starts.set(file, { clusterSize: BigInt(body.clusterSize), cutOff: undefined, lacksExtension: false })
    }
    if (body._tag === "Bytes") {
      const start = content.read(body, 0, ImageExamination.headerLength)
      starts.set(file, ImageExamination.readStart(start, BigInt(body.size)))
    }
  }
  return starts
}

/** Refuses to harm a volume that has children. */
export const requireNoChildren = (tool: Tool, { descriptor: { volume }, home }: Disk): Answer<void> =>
  volume === undefined ? Either.void : Refusal.volumeChildren(tool, volume, childrenOf(tool, home))

/**
 * Refuses an operation where something in the descriptor speaks against it. A
 * descriptor that is not there, or has a wrong name, is left to the operation.
 */
export const judge = (tool: Tool, name: string): Answer<void> => {
  const found = read(tool, name, "backend")
  return Either.isRight(found)
    ? checks(
      () => Refusal.descriptor(tool, generation(tool), found.right, imageStarts(tool, found.right)),
      () => requireNoChildren(tool, found.right)
    )
    : found.left._tag === "DescriptorInvalid" || found.left._tag === "Unsupported"
    ? refused(found.left)
    : Either.void
}

/** Refuses to make a file where there is no directory for it. */
export const requireParent = (tool: Tool, directory: string): Answer<void> => {
  const found = files.lookup(tool.tx, directory)
  const isThere = Either.isRight(found) && tool.tx.inode(found.right).body._tag === "Directory"
  return Refusal.missingDirectory(tool, directory, isThere)
}

/** Makes the lock file of a disk, where the tool locks with one. */
export const makeLockFile = (tool: Tool, disk: Disk): void => {
  const file = `${disk.path}.lck`
  if (trait(tool, traits.leavesLockFile) && Either.isLeft(files.lookup(tool.tx, file))) {
    files.openFile(tool.tx, file, files.flags("w"), 0o600)
    // The lock file stays, even if the operation fails.
    tool.tx.checkpoint()
  }
}

/** Locks a disk before a change: with a file that stays, or the base image, which must be there then. */
export const lock = (tool: Tool, disk: Disk): Answer<void> => {
  makeLockFile(tool, disk)
  const image = base(tool, disk)
  return trait(tool, traits.locksBaseImage) && Either.isLeft(files.lookup(tool.tx, image))
    ? toolError(tool, 23, `Can not open ${image}: No such file or directory`)
    : Either.void
}

/** Reads and locks the descriptor, as the tool does before it changes the disk. */
export const open = (tool: Tool, name: string, reader: Reader = "tool"): Answer<Disk> =>
  Either.flatMap(read(tool, name, reader), (disk) => Either.map(lock(tool, disk), () => disk))

/** The same for what the tool does although it could not lock. */
export const openUnlocked = (tool: Tool, name: string, reader: Reader = "tool, if it is there"): Answer<Disk> =>
  Either.map(read(tool, name, reader), (disk) => {
    makeLockFile(tool, disk)
    return disk
  })

/**
 * Refuses to change the snapshots of a descriptor whose top delta has an
 * unusual identifier. Generations that accept it write the usual one.
 */
export const refuseOld = (tool: Tool, disk: Disk): Answer<void> =>
  disk.isOld && trait(tool, GenerationTraits.refusesOldFormat)
    ? toolError(tool, 38, "Snapshot is in old format")
    : Either.void

/** The absolute path of an image of the disk, or of one that it is to have. */
export const imagePath = (tool: Tool, { home, paths }: Pick<Disk, "home" | "paths">, file: string) =>
  paths.get(file) ?? HostPath.make(tool.path.resolve(home, file))

/** The name of an image file in a descriptor. */
export const relative = (tool: Tool, home: string, path: string): string =>
  trait(tool, GenerationTraits.namesOutsideRelatively) || path.startsWith(`${home === "/" ? "" : home}/`)
    ? tool.path.relative(home, path)
    : path

export const rootElement = (tool: Tool) => trait(tool, GenerationTraits.rootElement)

/** Writes a descriptor to the `.tmp` file beside the current one. */
const writeAside = (tool: Tool, path: string, file: DescriptorFile): Answer<unknown> =>
  denied(tool, 255, `Can't create ${path}.tmp`)(files.writeDeferred(tool.tx, `${path}.tmp`, file))

/** Removes the `.tmp` file. */
export const dropAside = (tool: Tool, disk: Disk): void => {
  files.unlink(tool.tx, `${disk.path}.tmp`)
}

/** Replaces the descriptor with its `.tmp` file. */
const commit = (tool: Tool, path: string): Answer<void> =>
  denied(tool, 28, `Can't rename ${path}.tmp ${path}`)(files.rename(tool.tx, `${path}.tmp`, path))

/** Writes a descriptor: a new file replaces the old one. */
export const write = (tool: Tool, path: string, descriptor: DiskDescriptor.DiskDescriptor): Answer<void> =>
  writeFile(tool, path, new DescriptorFile(descriptor))

const writeFile = (tool: Tool, path: string, file: DescriptorFile): Answer<void> =>
  checks(() => writeAside(tool, path, file), () => commit(tool, path))

/** The parts of a descriptor that operations change. */
export type Change =
  & Partial<
    Pick<DiskDescriptor.DiskDescriptor, "diskSize" | "preallocated" | "images" | "snapshots">
  >
  & {
    /** The name of the new key; none removes the encryption, and what is not given keeps it. */
    readonly keyId?: string | undefined
  }

const changed = (tool: Tool, { descriptor }: Disk, changes: Change): DescriptorFile => {
  const diskSize = changes.diskSize ?? descriptor.diskSize
  const keyId = "keyId" in changes ? changes.keyId : descriptor.keyId
  const plane = BigInt(descriptor.cylinders) * BigInt(descriptor.heads)
  const images = changes.images ?? descriptor.images
  // The tool takes a disk for raw when one of its images is.
  const type = images.some((image) => image.type === "Plain") ? "Plain" : "Compressed"
  const next = describe({
    rootElement: rootElement(tool),
    diskSize,
    cylinders: descriptor.cylinders,
    heads: descriptor.heads,
    sectors: plane === 0n ? 0 : Number(ByteSize.toSectors(diskSize) / plane),
    clusterSize: descriptor.clusterSize,
    preallocated: changes.preallocated ?? descriptor.preallocated,
    ...(descriptor.maxDeltaSize !== undefined && { maxDeltaSize: descriptor.maxDeltaSize }),
    ...(keyId !== undefined && { keyId }),
    ...(descriptor.volume !== undefined && { volume: descriptor.volume }),
    images: images.map((image) => ({ ...image, type })),
    snapshots: changes.snapshots ?? descriptor.snapshots
  })
  return new DescriptorFile(next)
}

const withDescriptor = (
  tool: Tool,
  { home, path, paths: old }: Disk,
  file: DescriptorFile
): Answer<Disk> => {
  const { descriptor, tree } = file
  if (Either.isRight(tree)) {
    const paths = pathsOf(tool, descriptor, home, old)
    return Either.right(file.keep({ path, home, descriptor, tree: tree.right, isOld: false, paths }))
  }
  // The error is the one that reading the new file would give.
  const read = DiskDescriptor.parse(DiskDescriptor.format(descriptor))
  const { message } = Either.isLeft(read) ? read.left : tree.left
  return refused(new PloopError.DescriptorInvalid({ ...context(tool), reason: message }))
}

/**
 * Changes the descriptor, in the form that this generation of the tool writes.
 * The `.tmp` file is written before the work starts: a failure after that
 * leaves it behind.
 */
export const changeWith = (tool: Tool, disk: Disk, changes: Change, work: () => Answer<void>): Answer<Disk> => {
  const file = changed(tool, disk, changes)
  const written = writeAside(tool, disk.path, file)
  if (Either.isLeft(written)) return Either.left(written.left)
  tool.tx.checkpoint()
  const worked = checks(work, () => commit(tool, disk.path))
  return Either.isRight(worked) ? withDescriptor(tool, disk, file) : Either.left(worked.left)
}

/** Leaves the descriptor of a change that failed before anything else was changed. */
export const leaveAside = (tool: Tool, disk: Disk, changes: Change): Answer<void> =>
  Either.map(writeAside(tool, disk.path, changed(tool, disk, changes)), () => tool.tx.checkpoint())

/** Changes the descriptor and nothing else. */
export const change = (tool: Tool, disk: Disk, changes: Change): Answer<Disk> => {
  const file = changed(tool, disk, changes)
  const written = writeFile(tool, disk.path, file)
  return Either.isRight(written) ? withDescriptor(tool, disk, file) : Either.left(written.left)
}

export const isRaw = (disk: Disk): boolean => disk.descriptor.images.some((image) => image.type === "Plain")

/** The base image, which identifies the devices of the disk. */
export const base = (tool: Tool, disk: Disk): HostPath.HostPath =>
  imagePath(
    tool,
    disk,
    trait(tool, GenerationTraits.mergesInPlaceOfParent)
      ? disk.descriptor.images[0]!.file
      : SnapshotTree.base(disk.tree).file
  )

export const fileOf = (tool: Tool, disk: Disk, id: SnapshotId): HostPath.HostPath | undefined => {
  const found = disk.descriptor.images.find((image) => image.id === id)
  return found === undefined ? undefined : imagePath(tool, disk, found.file)
}

/** An image file and its contents. */
export interface OpenImage {
  readonly ref: FileRef
  readonly path: string
  readonly image: image.Image
}

/**
 * What the tool opens an image for: to read it, to write to it, or to know its
 * size; a check and a comparison with another image have their own error messages.
 */
type Purpose = "check" | "compare" | "open" | "rewrite" | "size"

const ofChecks: ReadonlySet<Purpose> = new Set(["check", "compare"])

/** The output of a check for a file that is too short for a header. */
export const shortRead = "Short read PVD header"

const opening: Readonly<Record<image.Problem, string>> = {
  short: "read 1st sector of",
  signature: "Unknown ploop image version in the header",
  header: "Invalid image header"
}

const refuseImage = (tool: Tool, path: string, problem: image.Problem, purpose: Purpose): Answer<never> =>
  !ofChecks.has(purpose)
    ? toolError(tool, 4, `${opening[problem]} ${path}`)
    : problem === "short"
    ? toolError(tool, 6, shortRead)
    : purpose === "compare" && trait(tool, traits.comparesReplacement)
    ? toolError(tool, 11, `Images ${path} and what is to replace it are not identical`)
    : toolError(tool, 11, `Wrong signature in image ${path}`)

/**
 * An image opened as raw. It has the given cluster size. An image with a header
 * has the size of its whole file, and no file system where one would begin.
 */
const asRaw = (found: image.Image, clusterSize: number): image.Image =>
  found.raw ? { ...found, clusterSize } : {
    ...found,
    raw: true,
    size: image.fileSize(found),
    delta: { ...found.delta, tree: "garbage" }
  }

/** Opens an image file. A missing one fails with the given exit code and message. */
export const openImage = (
  tool: Tool,
  path: string,
  options: {
    readonly raw: boolean
    readonly clusterSize: bigint
    readonly missing: readonly [number, string]
    readonly purpose?: Purpose
  }
): Answer<OpenImage> => {
  const { tx } = tool
  const { purpose = "open" } = options
  const found = files.lookup(tx, path)
  if (Either.isLeft(found)) {
    return toolError(tool, options.missing[0], `${options.missing[1]} ${path}: No such file or directory`)
  }
  const ref = found.right
  const { body } = tx.inode(ref)
  const opened = (image: image.Image): Answer<OpenImage> => Either.right({ ref, path, image })
  const deltas = (token: number) => files.remembered(tx, token)
  const least = !ofChecks.has(purpose) ? image.firstRead : trait(tool, traits.checkedStart)
  if (body._tag === "Image") {
    if (options.raw) return opened(asRaw(body, Number(options.clusterSize)))
    return body.raw ? refuseImage(tool, path, body.size < least ? "short" : "signature", purpose) : opened(body)
  }
  // The size of a raw image is that of its file, whatever kind of file that is.
  const isSized = purpose === "size" || (purpose === "check" && !trait(tool, traits.checksPastCache))
  if (body._tag === "Directory" && options.raw && isSized) return opened(rawDirectory(options.clusterSize))
  if (body._tag !== "Bytes") {
    return purpose === "rewrite"
      ? toolError(tool, options.missing[0], `open ${path}: Is a directory`)
      : !ofChecks.has(purpose)
      ? toolError(tool, 4, `read 1st sector of ${path}: Is a directory`)
      : trait(tool, traits.checksPastCache)
      ? toolError(tool, 4, `ploop_check: can't open ${path}: Invalid argument`)
      : toolError(tool, 6, "read PVD header: Is a directory")
  }
  if (options.raw) return opened(image.fromRawBytes(body, Number(options.clusterSize), deltas))
  const read = image.fromBytes(body, deltas, trait(tool, traits.takesAnyMarkForInUse), least)
  return Either.isRight(read) ? opened(read.right) : refuseImage(tool, path, read.left, purpose)
}

/** The bytes of an image file that was not written by this tool, or was changed since; none when the tool wrote it. */
export const foreignBytes = (
  { tx }: Tool,
  path: string
): { readonly ref: FileRef; readonly bytes: content.Bytes } | undefined => {
  const found = files.lookup(tx, path)
  const body = Either.isRight(found) ? tx.inode(found.right).body : undefined
  return Either.isRight(found) && body?._tag === "Bytes" ? { ref: found.right, bytes: body } : undefined
}

/** The version in the header of an image; undefined when it has none or is missing. */
export const versionOf = (tool: Tool, path: string): image.Image["version"] | undefined => {
  const found = openImage(tool, path, { raw: false, clusterSize: 0n, missing: [4, "open"] })
  return Either.isRight(found) ? found.right.image.version : undefined
}

/** A directory, as the tool takes it for a raw image. */
const rawDirectory = (clusterSize: bigint): image.Image =>
  image.fromRawBytes(
    byteImage.resized(content.empty, space.blockSize),
    Number(clusterSize),
    () => Option.none()
  )

/** Opens an image for its size and format, as the tool does before it builds a delta on it. */
export const openForSize = (tool: Tool, disk: Disk, node: SnapshotTree.Node): Answer<OpenImage> => {
  const raw = node.parent === undefined && isRaw(disk)
  const path = imagePath(tool, disk, node.file)
  return openImage(tool, path, {
    raw,
    clusterSize: disk.descriptor.clusterSize,
    missing: raw ? [15, "Failed to stat"] : [4, "open"],
    purpose: "size"
  })
}

/** The images from the base delta to a snapshot, base first. */
export const chain = (
  tool: Tool,
  disk: Disk,
  id: SnapshotId,
  absent: readonly [number, string]
): Answer<ReadonlyArray<OpenImage>> => {
  const nodes = [...SnapshotTree.chain(disk.tree, id)].reverse()
  return Either.all(nodes.map((node, index) =>
    openImage(tool, imagePath(tool, disk, node.file), {
      raw: index === 0 && isRaw(disk),
      clusterSize: disk.descriptor.clusterSize,
      missing: absent,
      purpose: "check"
    })
  ))
}

/** Stores an image with the data that it had. */
export const setHeader = (tool: Tool, ref: FileRef, next: image.Image): Answer<void> => {
  const { tx } = tool
  return denied(tool, 7, "Can't write image")(tx.setInode(ref.volume, withBody(tx.inode(ref), next, tx.now)))
}

/** Stores an image in its file. */
export const setImage = (tool: Tool, ref: FileRef, next: image.Image): Answer<void> =>
  setHeader(tool, ref, next.token === undefined ? next : { ...next, token: undefined })

/**
 * Stores an image that was opened as raw. Of a file in which no data is known, the bytes stay, a header of another
 * format among them, until the first cluster is written.
 */
export const setRaw = (tool: Tool, opened: OpenImage, next: image.Image, isBeginWritten: boolean): Answer<void> => {
  const isUnknown = opened.image.delta.tree === "garbage" && next.delta.tree === "garbage"
  const bytes = isUnknown ? files.bytesOf(tool.tx, opened.ref) : undefined
  if (bytes === undefined) return setImage(tool, opened.ref, next)
  const sized = byteImage.resized(bytes, next.size)
  return setBytes(tool, opened.ref, isBeginWritten ? byteImage.withoutHeader(sized) : sized)
}

/** Stores the bytes of an image in its file. */
export const setBytes = (tool: Tool, ref: FileRef, bytes: content.Bytes): Answer<void> => {
  const { tx } = tool
  return denied(tool, 7, "Can't write image")(
    tx.setInode(ref.volume, withBody(tx.inode(ref), bytes, tx.now))
  )
}

/** Stores what work on the bytes of an image left, and fails if the work did. */
export const setWorked = (tool: Tool, ref: FileRef, { bytes, code, text }: byteImage.Worked): Answer<void> =>
  Either.flatMap(setBytes(tool, ref, bytes), () => {
    if (code === 0) return Either.void
    // What was written before the failure stays.
    tool.tx.checkpoint()
    return toolError(tool, code, text)
  })

/** Makes a new image file. */
export const makeImage = (tool: Tool, path: string, made: image.Image, code = 1): Answer<FileRef> => {
  const { tx } = tool
  const create = denied(tool, code, `Can't create ${path}`)
  const opened = files.openFile(tx, path, files.flags("wx"), 0o600)
  if (Either.isLeft(opened)) return create(opened)
  const ref = opened.right
  const stored = tx.setInode(ref.volume, withBody(tx.inode(ref), made, tx.now))
  return Either.isRight(stored) ? Either.right(ref) : create(Either.left(stored.left))
}

/** The file beside the base image to which an unmount by descriptor writes the numbers of the file system. */
export const statfs = (tool: Tool, disk: Disk): string => `${tool.path.dirname(base(tool, disk))}/.statfs`

export const dropStatfs = (tool: Tool, disk: Disk): void => {
  files.unlink(tool.tx, statfs(tool, disk))
}

/** An empty delta on top of an image. Its size is in whole clusters, even on a raw image. */
export const emptyDelta = (of: image.Image, version = of.version): image.Image =>
  image.empty({
    raw: false,
    preallocated: 0,
    version,
    clusterSize: of.clusterSize,
    // The size of a raw image is counted in whole sectors first.
    size: Math.ceil(Math.floor(of.size / 512) * 512 / of.clusterSize) * of.clusterSize,
    staleFlag: false
  })
