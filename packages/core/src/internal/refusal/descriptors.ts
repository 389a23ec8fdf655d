import * as Either from "effect/Either"
import { toSectors } from "../../ByteSize.js"
import * as DiskDescriptor from "../../DiskDescriptor.js"
import { Generation as Generations } from "../../Generation.js"
import type { Generation } from "../../Generation.js"
import * as GenerationTraits from "../../GenerationTraits.js"
import type { ImageStart } from "../../ImageExamination.js"
import type { Name } from "../../Operation.js"
import * as PloopError from "../../PloopError.js"
import * as SnapshotId from "../../SnapshotId.js"
import * as SnapshotTree from "../../SnapshotTree.js"
import * as descriptorBytes from "../descriptorBytes.js"
import type { Loss } from "../descriptorLosses.js"
import { losses } from "../descriptorLosses.js"
import * as xml from "../descriptorXml.js"
import type { Text } from "../remedies.js"
import { texts as remedies } from "../remedies.js"
import type { About, Described } from "./model.js"
import { context, inOrder, unsupported, when } from "./refuse.js"
import * as texts from "./texts.js"

const invalid = (about: About, reason: string, instead?: Text): PloopError.DescriptorInvalid =>
  new PloopError.DescriptorInvalid({ ...context(about), reason, ...(instead !== undefined && { instead }) })

// What can be read

/** What can be seen of a text even if it is not a descriptor. */
interface Outline {
  readonly storages: number
  readonly isEncrypted: boolean
  /** Whether its images go on in another descriptor. */
  readonly isOnVolume: boolean
  readonly images: ReadonlyArray<{ readonly type: string | undefined; readonly file: string | undefined }>
}

const inside = (nodes: ReadonlyArray<xml.Node>, name: string): ReadonlyArray<xml.Node> =>
  xml.filter(nodes, name).flatMap(xml.childrenOf)

const textIn = (node: xml.Node, name: string): string | undefined => {
  const found = xml.find(xml.childrenOf(node), name)
  return found === undefined ? undefined : xml.textOf(found)
}

const outline = (bytes: Uint8Array): Outline => {
  const nodes = Either.getOrElse(Either.flatMap(descriptorBytes.decode(bytes), xml.parse), () => [])
  const root = nodes.filter(xml.isElement).flatMap(xml.childrenOf)
  const data = inside(root, "StorageData")
  const storages = xml.filter(data, "Storage")
  return {
    storages: storages.length,
    isEncrypted: xml.find(inside(root, "Disk_Parameters"), "Encryption") !== undefined,
    isOnVolume: xml.find(inside(data, "Volume"), "Parent") !== undefined,
    images: storages.flatMap((storage) => xml.filter(xml.childrenOf(storage), "Image")).map((image) => ({
      type: textIn(image, "Type"),
      file: textIn(image, "File")
    }))
  }
}

const directoryOf = (path: string): string => path.slice(0, path.lastIndexOf("/") + 1)

/** A disk of one image loses nothing with its descriptor, which can be written again from the image. */
const fromItsImage = (about: About, { images, isEncrypted }: Outline): Text | undefined => {
  const [image] = images
  if (images.length !== 1 || isEncrypted || image?.file === undefined || image.file === "") return undefined
  const path = image.file.startsWith("/") ? image.file : `${directoryOf(about.subject)}${image.file}`
  return remedies["descriptor-from-image"]({ image: path, format: image.type === "Plain" ? "raw" : "expanded" })
}

export const unreadable = (
  about: About,
  bytes: Uint8Array,
  error: DiskDescriptor.DescriptorSyntaxError
): PloopError.DescriptorInvalid | PloopError.Unsupported => {
  const seen = outline(bytes)
  if (seen.storages > 1) return unsupported(about, texts.splitDisk, remedies["split-disk"]())
  return seen.isOnVolume
    ? unsupported(about, "the disk is a volume that has a parent", remedies["volume-with-parent"]())
    : invalid(about, error.message, fromItsImage(about, seen))
}

// What fits together

const repeatedFile = (about: About, { images }: DiskDescriptor.DiskDescriptor) => {
  const files = new Set<string>()
  const found = images.find(({ file }) => files.size === files.add(file).size)
  return when(found !== undefined, () => invalid(about, `two images have the file ${found?.file}`))
}

const hasDetour = (file: string): boolean =>
  !file.startsWith("/") && file.replaceAll(/\/+/g, "/").replace(/^(?:\.\.\/)+/, "").includes("../")

/** The tool would look for such an image in a directory above the one that the path leads to. */
const detour = (about: About, generation: Generation, { images }: DiskDescriptor.DiskDescriptor) => {
  const found = GenerationTraits.misreadsDetours[generation] ? images.find(({ file }) => hasDetour(file)) : undefined
  return when(found !== undefined, () =>
    invalid(
      about,
      `File is ${found?.file}, and generation ${generation} resolves ../ at the beginning of a path only`
    ))
}

const oneBase = (about: About, { snapshots }: DiskDescriptor.DiskDescriptor) => {
  const bases = snapshots.filter(({ parent }) => parent === SnapshotId.none)
  return when(
    bases.length > 1,
    () => invalid(about, `${bases.length} snapshots have no parent (${bases.map(({ id }) => id).join(", ")}), not one`)
  )
}

/** The tool takes a disk for raw when any image is Plain, and reads its base as raw. */
const rawBase = (about: About, { descriptor, tree }: Described) => {
  const base = SnapshotTree.base(tree).id
  const plain = descriptor.images.filter(({ type }) => type === "Plain")
  const isBaseRaw = plain.some(({ id }) => id === base)
  return when(plain.length > 0 && !isBaseRaw, () =>
    invalid(
      about,
      `the Type of ${
        plain[0]?.file
      } is Plain, and that of the base image is Compressed: ploop would take the base for raw`
    ))
}

const sameClusters = (
  about: About,
  { clusterSize }: DiskDescriptor.DiskDescriptor,
  images: ReadonlyMap<string, ImageStart>
) => {
  const other = [...images].find(([, start]) => start.clusterSize !== undefined && start.clusterSize !== clusterSize)
  const size = other?.[1].clusterSize
  return other === undefined || size === undefined ? Either.void : Either.left(
    invalid(
      about,
      `Blocksize is ${toSectors(clusterSize)}, but the header of ${other[0]} says ${size / 512n}`,
      remedies["descriptor-clusters"]({ sectors: size / 512n })
    )
  )
}

/** The images that an operation rewrites, or puts a new one on. */
const rewritten = ({ operation }: About, { descriptor, tree }: Described): ReadonlyArray<string> => {
  switch (operation) {
    case "convert":
      return descriptor.images.map(({ file }) => file)
    case "createSnapshot":
    case "createTemporarySnapshot":
      return [SnapshotTree.top(tree).file]
    default:
      return []
  }
}

/** The tool ends with an error of the system in the middle of its work, or does not notice. */
const whole = (about: About, disk: Described, images: ReadonlyMap<string, ImageStart>) => {
  const file = rewritten(about, disk).find((file) => images.get(file)?.cutOff !== undefined)
  return file === undefined ? Either.void : Either.left(
    new PloopError.ImageCorrupt({ ...context(about), text: images.get(file)?.cutOff ?? "", image: file })
  )
}

/** The operations that make a new top delta, to which the tool copies what the old one says of changed blocks. */
const copiesMap: ReadonlySet<Name> = new Set<Name>(["createSnapshot", "createTemporarySnapshot", "snapshotAndSwitch"])

/**
 * `ploop-cbt drop` of an idle disk leaves a place in the header of the image where nothing is any more. The tool finds
 * that out only when it has made the new delta, which it leaves.
 */
const mapped = (
  about: About,
  generation: Generation,
  { tree }: Described,
  images: ReadonlyMap<string, ImageStart>
) => {
  const { file } = SnapshotTree.top(tree)
  const isHurt = GenerationTraits.tracksChanges[generation] && copiesMap.has(about.operation)
  return when(isHurt && images.get(file)?.lacksExtension === true, () =>
    unsupported(
      about,
      `the header of ${file} says that a map of changed blocks follows, and the file ends before that, as ploop-cbt ` +
        "drop leaves it: the snapshot would fail half-way",
      remedies["lost-map"]()
    ))
}

// What this generation can keep

const keyInUnknownForm = (nodes: ReadonlyArray<xml.Node>, generation: Generation): string | undefined =>
  losses(nodes, generation).find(({ path }) => path.startsWith("/Disk_Parameters/Encryption"))?.path

const encrypted = (about: About, generation: Generation, nodes: ReadonlyArray<xml.Node>) => {
  const path = keyInUnknownForm(nodes, generation)
  return when(path !== undefined, () =>
    unsupported(
      about,
      `the disk is encrypted, and generation ${generation} does not know ${path}: ` +
        "it would take the images for plain text, and drop what may be the only copy of the key",
      remedies.encrypted()
    ))
}

/** Only a device decrypts what is in the images. */
const plain = (about: About, { keyId }: DiskDescriptor.DiskDescriptor) =>
  when(
    keyId !== undefined,
    () =>
      unsupported(about, "the disk is encrypted, and so are the bytes of its images", remedies["export-encrypted"]())
  )

const geometry = (about: About, generation: Generation, descriptor: DiskDescriptor.DiskDescriptor) => {
  const { cylinders, diskSize, heads } = descriptor
  const usual = DiskDescriptor.geometry(diskSize)
  return when(GenerationTraits.dividesByGeometry[generation] && (cylinders === 0 || heads === 0), () =>
    invalid(
      about,
      `Cylinders is ${cylinders} and Heads is ${heads}, or they are missing; generation ${generation} divides by them ` +
        "and crashes",
      remedies["descriptor-geometry"](usual)
    ))
}

/** What no generation writes, ploop does not use; the rest belongs to a generation that knows it. */
const insteadOf = ({ path, what }: Loss, nodes: ReadonlyArray<xml.Node>): Text => {
  const keeping = Generations.literals.filter((other) => losses(nodes, other).every((loss) => loss.path !== path))
  return keeping.length > 0
    ? remedies["kept-by-others"]({ generations: keeping })
    : remedies["kept-by-none"]({ path, what })
}

const kept = (about: About, generation: Generation, nodes: ReadonlyArray<xml.Node>) => {
  const [loss] = losses(nodes, generation)
  return loss === undefined ? Either.void : Either.left(
    unsupported(
      about,
      `the descriptor has ${loss.what} at ${loss.path}, which generation ${generation} would drop when it writes the ` +
        "descriptor again",
      insteadOf(loss, nodes)
    )
  )
}

/**
 * What the operations do with a descriptor: `read` it for the images of the disk; `decode` what is in the images;
 * `write` it again, which drops what the tool does not know; or `mount` the disk, which writes it only where a temporary
 * snapshot is merged.
 */
const uses: Readonly<Partial<Record<Name, "read" | "decode" | "write" | "mount">>> = {
  check: "read",
  dropTracking: "read",
  exportImage: "decode",
  convert: "write",
  encrypt: "write",
  clone: "write",
  replace: "write",
  mount: "mount",
  fileSystemInfo: "mount",
  sizeLimits: "mount",
  resize: "write",
  createSnapshot: "write",
  createTemporarySnapshot: "write",
  switchSnapshot: "write",
  snapshotAndSwitch: "write",
  switchAndDelete: "write",
  deleteSnapshot: "write",
  mergeSnapshots: "write",
  snapshotVolume: "write",
  cloneVolume: "write",
  grow: "write"
}

export const isJudged = (operation: Name): boolean => uses[operation] !== undefined

export const descriptor = (
  about: About,
  generation: Generation,
  disk: Described,
  images: ReadonlyMap<string, ImageStart>
): Either.Either<void, Refused> => {
  const use = uses[about.operation]
  if (use === undefined) return Either.void
  const alike = inOrder<Refused>(
    () => repeatedFile(about, disk.descriptor),
    () => detour(about, generation, disk.descriptor),
    () => oneBase(about, disk.descriptor),
    () => rawBase(about, disk),
    () => sameClusters(about, disk.descriptor, images)
  )
  if (Either.isLeft(alike) || use === "read") return alike
  const nodes = nodesOf(disk.descriptor)
  const readable = encrypted(about, generation, nodes)
  if (Either.isLeft(readable)) return readable
  if (use === "decode") return plain(about, disk.descriptor)
  // A mount merges temporary snapshots, and writes the descriptor then.
  if (use === "mount" && !disk.tree.nodes.some(({ temporary }) => temporary)) return Either.void
  return inOrder<Refused>(
    () => geometry(about, generation, disk.descriptor),
    () => kept(about, generation, nodes),
    () => whole(about, disk, images),
    () => mapped(about, generation, disk, images)
  )
}

type Refused = PloopError.DescriptorInvalid | PloopError.ImageCorrupt | PloopError.Unsupported

const parsed = new WeakMap<DiskDescriptor.DiskDescriptor, ReadonlyArray<xml.Node>>()

/** The text that a descriptor was read from, parsed once; none of one that was made here. */
const nodesOf = (descriptor: DiskDescriptor.DiskDescriptor): ReadonlyArray<xml.Node> => {
  if (descriptor.source === undefined) return []
  const nodes = parsed.get(descriptor) ?? Either.getOrElse(xml.parse(descriptor.source), () => [])
  parsed.set(descriptor, nodes)
  return nodes
}

/** Refuses a descriptor whose top delta has another identifier than the usual one. */
const oldFormat = (about: About, descriptor: DiskDescriptor.DiskDescriptor) => {
  const id = xml.topGuid(nodesOf(descriptor))
  return when(
    id !== undefined && id.toLowerCase() !== SnapshotId.top,
    () => invalid(about, `it is in the old format: TopGUID is ${id}`)
  )
}

export const oldTop = (
  about: About,
  generation: Generation,
  { descriptor }: Pick<Described, "descriptor">,
  named: SnapshotId.SnapshotId | undefined
): Either.Either<void, PloopError.DescriptorInvalid> =>
  GenerationTraits.refusesOldFormat[generation] && named === SnapshotId.top
    ? oldFormat(about, descriptor)
    : Either.void

export const oldTopMerged = (
  about: About,
  generation: Generation,
  { descriptor, tree }: Described,
  id: SnapshotId.SnapshotId
): Either.Either<void, PloopError.DescriptorInvalid> => {
  const [child, ...others] = SnapshotTree.children(tree, id)
  return GenerationTraits.losesOldTop[generation] && child?.id === SnapshotId.top && others.length === 0
    ? oldFormat(about, descriptor)
    : Either.void
}
