/**
 * Parses and renders `DiskDescriptor.xml`.
 *
 * Parsing accepts what the tool accepts and refuses what it refuses. Rendering
 * keeps everything that this module does not know: elements, comments and
 * attributes stay where they were, and a text that the tool wrote is reproduced
 * byte for byte.
 *
 * @example
 * import { DiskDescriptor, SnapshotId } from "@effect-ploop/core"
 *
 * const fresh = DiskDescriptor.make({
 *   size: "10G",
 *   images: [{ id: SnapshotId.top, type: "Compressed", file: "root.hdd" }],
 *   snapshots: [{ id: SnapshotId.top, parent: SnapshotId.none, temporary: false }]
 * })
 * console.log(DiskDescriptor.format(fresh))
 *
 * @since 0.1.0
 */
import * as Either from "effect/Either"
import * as ParseResult from "effect/ParseResult"
import * as Schema from "effect/Schema"
import * as ByteSize from "./ByteSize.js"
import * as ClusterSize from "./ClusterSize.js"
import * as xml from "./internal/descriptorXml.js"
import * as HostPath from "./internal/hostPath.js"
import * as SnapshotId from "./SnapshotId.js"

/**
 * A text that is not a descriptor. It names the element at fault, its content and
 * the rule that it breaks.
 *
 * @since 0.1.0
 * @category errors
 */
export class DescriptorSyntaxError
  extends Schema.TaggedError<DescriptorSyntaxError>("@effect-ploop/core/DiskDescriptor/DescriptorSyntaxError")(
    "DescriptorSyntaxError",
    { element: Schema.String, value: Schema.String, rule: Schema.String }
  )
{
  override get message(): string {
    return `${this.element} is ${JSON.stringify(this.value)}, but it ${this.rule}`
  }
}

/**
 * An image file: whose data it holds, whether it has a ploop header
 * (`Compressed`) or the disk is based on a raw image (`Plain`), and its path,
 * relative to the descriptor or absolute.
 *
 * @since 0.1.0
 * @category schemas
 */
export const Image = Schema.Struct({
  id: SnapshotId.SnapshotIdFromSelf,
  type: Schema.Literal("Compressed", "Plain"),
  file: Schema.String
})

/**
 * @since 0.1.0
 * @category models
 */
export type Image = typeof Image.Type

/**
 * A snapshot: `parent` is {@link SnapshotId.none} for the base.
 *
 * @since 0.1.0
 * @category schemas
 */
export const Snapshot = Schema.Struct({
  id: SnapshotId.SnapshotIdFromSelf,
  parent: SnapshotId.SnapshotIdFromSelf,
  temporary: Schema.Boolean
})

/**
 * @since 0.1.0
 * @category models
 */
export type Snapshot = typeof Snapshot.Type

/**
 * A descriptor.
 *
 * - `rootElement`: the name that the writing generation uses; the tool ignores it;
 * - `diskSize`: the size in the descriptor; the top delta can have another;
 * - `cylinders`, `heads`, `sectors`: the geometry, kept by a resize;
 * - `preallocated`: whether the images take their full size;
 * - `source`: the text that was parsed, for what this module does not know.
 *
 * @since 0.1.0
 * @category models
 */
export class DiskDescriptor extends Schema.Class<DiskDescriptor>("@effect-ploop/core/DiskDescriptor/DiskDescriptor")({
  rootElement: Schema.String,
  diskSize: ByteSize.ByteSizeFromSelf,
  cylinders: Schema.NonNegativeInt,
  heads: Schema.NonNegativeInt,
  sectors: Schema.NonNegativeInt,
  clusterSize: Schema.typeSchema(ClusterSize.ClusterSize),
  preallocated: Schema.Boolean,
  images: Schema.Array(Image),
  snapshots: Schema.Array(Snapshot),
  source: Schema.optional(Schema.String)
}) {}

/**
 * The geometry that the tool gives to a disk of this size.
 *
 * @since 0.1.0
 * @category conversions
 */
export const geometry = (
  size: ByteSize.ByteSize
): { readonly cylinders: number; readonly heads: number; readonly sectors: number } => {
  const total = ByteSize.toSectors(size)
  if (total > 1_032_192n && total < 16_777_216n) return { cylinders: Number(total / 1008n), heads: 16, sectors: 63 }
  const sectors = [63n, 32n, 16n, 8n].find((divisor) => total % divisor === 0n)
  const heads = sectors === undefined
    ? undefined
    : [16n, 8n, 4n, 2n].find((divisor) => total / sectors % divisor === 0n)
  return sectors === undefined || heads === undefined
    ? { cylinders: 1, heads: 1, sectors: Number(total) }
    : { cylinders: Number(total / sectors / heads), heads: Number(heads), sectors: Number(sectors) }
}

/**
 * The content of a new descriptor; {@link make} derives the rest from it.
 *
 * @since 0.1.0
 * @category models
 */
export interface MakeOptions {
  /** The size of the disk: text with a unit, as in `"10G"`, or bytes. */
  readonly size: ByteSize.ByteSizeInput
  /** The image files. */
  readonly images: ReadonlyArray<Image>
  /** The snapshots, the top delta among them. */
  readonly snapshots: ReadonlyArray<Snapshot>
  /** The cluster size of the images. Default: `1M`. */
  readonly clusterSize?: ByteSize.ByteSizeInput | undefined
  /** Whether the images are preallocated. Default: `false`. */
  readonly preallocated?: boolean | undefined
  /** The name of the root element. Default: `Virtuozzo_disk_image`, which generations 7 and 9 write. */
  readonly rootElement?: "Parallels_disk_image" | "Virtuozzo_disk_image" | undefined
}

/**
 * A descriptor as the tool would write it for a new disk.
 *
 * @since 0.1.0
 * @category constructors
 */
export const make = (options: MakeOptions): DiskDescriptor => {
  const diskSize = ByteSize.make(options.size)
  return new DiskDescriptor({
    rootElement: options.rootElement ?? "Virtuozzo_disk_image",
    diskSize,
    ...geometry(diskSize),
    clusterSize: options.clusterSize === undefined ? ClusterSize.standard : ClusterSize.make(options.clusterSize),
    preallocated: options.preallocated ?? false,
    images: options.images,
    snapshots: options.snapshots
  })
}

const fail = (element: string, value: string, rule: string) =>
  Either.left(new DescriptorSyntaxError({ element, value, rule }))

const child = (
  node: xml.Node,
  name: string,
  path: string
): Either.Either<xml.Node, DescriptorSyntaxError> => {
  const found = xml.find(xml.childrenOf(node), name)
  return found === undefined ? fail(path, "missing", "must be there") : Either.right(found)
}

const leaf = (node: xml.Node, name: string): string | undefined => {
  const found = xml.find(xml.childrenOf(node), name)
  return found === undefined ? undefined : xml.textOf(found)
}

const whole = (
  node: xml.Node,
  name: string,
  fallback?: bigint
): Either.Either<bigint, DescriptorSyntaxError> => {
  const text = leaf(node, name)?.trim()
  if (text === undefined && fallback !== undefined) return Either.right(fallback)
  return text !== undefined && /^\d{1,18}$/.test(text)
    ? Either.right(BigInt(text))
    : fail(name, text ?? "missing", "must be a whole number")
}

/** A number of the geometry, which the class keeps as a JavaScript number. */
const small = (node: xml.Node, name: string): Either.Either<number, DescriptorSyntaxError> =>
  Either.flatMap(whole(node, name, 0n), (value) =>
    value <= BigInt(Number.MAX_SAFE_INTEGER)
      ? Either.right(Number(value))
      : fail(name, `${value}`, `must not be larger than ${Number.MAX_SAFE_INTEGER}`))

const decodeId = Schema.decodeUnknownEither(SnapshotId.AnySnapshotId)

const identifier = (node: xml.Node, name: string): Either.Either<SnapshotId.SnapshotId, DescriptorSyntaxError> => {
  const text = leaf(node, name)?.trim()
  return Either.orElse(decodeId(text), () => fail(name, text ?? "missing", "must be a UUID in braces"))
}

const decodeCluster = Schema.decodeUnknownEither(ClusterSize.ClusterSize)

const readImage = (node: xml.Node): Either.Either<Image, DescriptorSyntaxError> =>
  Either.gen(function*() {
    const id = yield* identifier(node, "GUID")
    const type = leaf(node, "Type")?.trim() ?? "Compressed"
    if (type !== "Compressed" && type !== "Plain") {
      return yield* fail("Type", type, "must be Compressed or Plain")
    }
    const file = leaf(node, "File")
    if (file === undefined) return yield* fail("File", "missing", "must be a path")
    const rule = HostPath.brokenRule(file)
    return rule === undefined ? { id, type, file } : yield* fail("File", file.slice(0, 80), rule)
  })

const readSnapshot = (node: xml.Node): Either.Either<Snapshot, DescriptorSyntaxError> =>
  Either.gen(function*() {
    const id = yield* identifier(node, "GUID")
    const parent = yield* identifier(node, "ParentGUID")
    return { id, parent, temporary: xml.find(xml.childrenOf(node), "Temporary") !== undefined }
  })

/** A disk whose writable delta has another identifier, as older tools made it: renamed, as the tool does on reading. */
const renameTop = (
  id: SnapshotId.SnapshotId,
  images: ReadonlyArray<Image>,
  snapshots: ReadonlyArray<Snapshot>
): { readonly images: ReadonlyArray<Image>; readonly snapshots: ReadonlyArray<Snapshot> } => {
  const renamed = (other: SnapshotId.SnapshotId) => other === id ? SnapshotId.top : other
  return {
    images: images.map((image) => ({ ...image, id: renamed(image.id) })),
    snapshots: snapshots.map((snapshot) => ({
      ...snapshot,
      id: renamed(snapshot.id),
      parent: renamed(snapshot.parent)
    }))
  }
}

/**
 * Reads a descriptor, or says which element breaks which rule.
 *
 * @since 0.1.0
 * @category conversions
 */
export const parse = (source: string): Either.Either<DiskDescriptor, DescriptorSyntaxError> =>
  Either.gen(function*() {
    const nodes = yield* Either.mapLeft(
      xml.parse(source),
      (rule) =>
        new DescriptorSyntaxError({ element: "the text", value: source.slice(0, 80), rule: `must be XML: ${rule}` })
    )
    const root = nodes.find(xml.isElement)
    if (root === undefined) return yield* fail("the text", source.slice(0, 80), "must have a root element")
    const parameters = yield* child(root, "Disk_Parameters", "/Disk_Parameters")
    const storageData = yield* child(root, "StorageData", "/StorageData/Storage")
    const storages = xml.filter(xml.childrenOf(storageData), "Storage")
    const storage = storages[0]
    if (storage === undefined) return yield* fail("/StorageData/Storage", "missing", "must be there")
    if (storages.length > 1) {
      return yield* fail(
        "/StorageData/Storage",
        `${storages.length} of them`,
        "must be one: split disks are not supported"
      )
    }
    const list = yield* child(root, "Snapshots", "/Snapshots")

    const diskSize = yield* whole(parameters, "Disk_size")
    const clusterSectors = yield* whole(storage, "Blocksize", 0n)
    const clusterSize = yield* Either.orElse(
      decodeCluster(clusterSectors * ByteSize.sectorSize),
      () => fail("Blocksize", `${clusterSectors}`, "must be a power of two from 64 to 131072 sectors")
    )
    const preallocated = leaf(storage, "Preallocated")?.trim() ?? "0"
    if (preallocated !== "0" && preallocated !== "1") {
      return yield* fail("Preallocated", preallocated, "must be 0 or 1")
    }

    const images = yield* Either.all(xml.filter(xml.childrenOf(storage), "Image").map(readImage))
    if (images.length === 0) return yield* fail("/StorageData/Storage/Image", "missing", "must be there")
    const listed = yield* Either.all(xml.filter(xml.childrenOf(list), "Shot").map(readSnapshot))
    const snapshots = listed.length === 0
      ? [{ id: images[0]!.id, parent: SnapshotId.none, temporary: false }]
      : listed
    const topText = leaf(list, "TopGUID")
    const topId = topText === undefined ? SnapshotId.top : yield* identifier(list, "TopGUID")
    const top = snapshots.find((snapshot) => snapshot.id === topId)
    if (top === undefined) return yield* fail("TopGUID", topText ?? "missing", "must be the GUID of a Shot")
    if (top.temporary) return yield* fail("TopGUID", topId, "must not be the GUID of a temporary Shot")
    if (images.length !== snapshots.length) {
      return yield* fail(
        "Image",
        `there ${images.length} times`,
        `must be there as often as Shot: ${snapshots.length} times`
      )
    }

    return new DiskDescriptor({
      rootElement: xml.nameOf(root),
      diskSize: ByteSize.fromSectors(diskSize),
      cylinders: yield* small(parameters, "Cylinders"),
      heads: yield* small(parameters, "Heads"),
      sectors: yield* small(parameters, "Sectors"),
      clusterSize,
      preallocated: preallocated === "1",
      ...renameTop(topId, images, snapshots),
      source
    })
  })

type Content = string | ReadonlyArray<Field>

interface Field {
  readonly name: string
  readonly content: Content
}

const field = (name: string, content: Content): Field => ({ name, content })

const space = (depth: number): xml.Node => ({ "#text": `\n${"  ".repeat(depth)}` })

const print = ({ content, name }: Field, depth: number): xml.Node =>
  typeof content === "string"
    ? xml.element(name, content === "" ? [] : [xml.text(content)])
    : xml.element(name, [
      ...content.flatMap((inner) => [space(depth + 1), print(inner, depth + 1)]),
      ...(content.length === 0 ? [] : [space(depth)])
    ])

const imageField = (image: Image): Field =>
  field("Image", [field("GUID", image.id), field("Type", image.type), field("File", image.file)])

const snapshotField = (snapshot: Snapshot): Field =>
  field("Shot", [
    field("GUID", snapshot.id),
    field("ParentGUID", snapshot.parent),
    ...(snapshot.temporary ? [field("Temporary", "")] : [])
  ])

const parameterFields = (descriptor: DiskDescriptor): ReadonlyArray<Field> => [
  field("Disk_size", `${ByteSize.toSectors(descriptor.diskSize)}`),
  field("Cylinders", `${descriptor.cylinders}`),
  field("Heads", `${descriptor.heads}`),
  field("Sectors", `${descriptor.sectors}`)
]

const storageFields = (descriptor: DiskDescriptor): ReadonlyArray<Field> => [
  field("End", `${ByteSize.toSectors(descriptor.diskSize)}`),
  field("Blocksize", `${ByteSize.toSectors(descriptor.clusterSize)}`),
  ...(descriptor.preallocated ? [field("Preallocated", "1")] : [])
]

const fresh = (descriptor: DiskDescriptor): ReadonlyArray<xml.Node> => [
  print(
    field(descriptor.rootElement, [
      field("Disk_Parameters", [...parameterFields(descriptor), field("Padding", "0")]),
      field("StorageData", [
        field("Storage", [
          field("Start", "0"),
          ...storageFields(descriptor),
          ...descriptor.images.map(imageField)
        ])
      ]),
      field("Snapshots", [field("TopGUID", SnapshotId.top), ...descriptor.snapshots.map(snapshotField)])
    ]),
    0
  )
]

const sameText = (node: xml.Node, value: string): boolean => {
  const text = xml.textOf(node)
  return text === value || text.trim().toLowerCase() === value && value.startsWith("{")
}

/** Gives leaves the values they should have, and adds those that are missing after the first that is there. */
const setLeaves = (
  children: ReadonlyArray<xml.Node>,
  leaves: ReadonlyArray<Field>,
  depth: number
): ReadonlyArray<xml.Node> =>
  leaves.reduce<ReadonlyArray<xml.Node>>((nodes, { content, name }) => {
    const value = typeof content === "string" ? content : ""
    const index = nodes.findIndex((node) => xml.nameOf(node) === name)
    if (index < 0) return insert(nodes, print(field(name, value), depth), depth)
    return sameText(nodes[index]!, value)
      ? nodes
      : nodes.with(index, xml.withChildren(nodes[index]!, value === "" ? [] : [xml.text(value)]))
  }, children)

const lastElement = (nodes: ReadonlyArray<xml.Node>): number => nodes.findLastIndex(xml.isElement)

const insert = (nodes: ReadonlyArray<xml.Node>, node: xml.Node, depth: number): ReadonlyArray<xml.Node> => {
  const after = lastElement(nodes) + 1
  return [
    ...nodes.slice(0, after),
    space(depth),
    node,
    ...nodes.slice(after),
    ...(after === 0 ? [space(depth - 1)] : [])
  ]
}

const without = (nodes: ReadonlyArray<xml.Node>, name: string): ReadonlyArray<xml.Node> =>
  nodes.filter((node, index) => {
    const next = nodes[index + 1]
    const leading = next !== undefined && xml.nameOf(next) === name && typeof node["#text"] === "string" &&
      node["#text"].trim() === ""
    return xml.nameOf(node) !== name && !leading
  })

/** The elements of a list, in the wanted order: those that are there already with all that is in them. */
const setList = (
  children: ReadonlyArray<xml.Node>,
  name: string,
  wanted: ReadonlyArray<
    { readonly id: SnapshotId.SnapshotId; readonly field: Field; readonly absent: ReadonlyArray<string> }
  >,
  depth: number
): ReadonlyArray<xml.Node> => {
  const existing = xml.filter(children, name)
  const updated = wanted.map(({ absent, field, id }) => {
    const found = existing.find((node) => leaf(node, "GUID")?.trim().toLowerCase() === id)
    if (found === undefined) return print(field, depth)
    const leaves = typeof field.content === "string" ? [] : field.content
    const kept = absent.reduce(without, xml.childrenOf(found))
    const next = setLeaves(kept, leaves, depth + 1)
    return next === xml.childrenOf(found) ? found : xml.withChildren(found, next)
  })
  if (existing.length === updated.length && existing.every((node, index) => node === updated[index])) return children
  return updated.reduce((nodes, node) => insert(nodes, node, depth), without(children, name))
}

const replaceChild = (
  node: xml.Node,
  name: string,
  change: (children: ReadonlyArray<xml.Node>) => ReadonlyArray<xml.Node>
): xml.Node =>
  xml.withChildren(
    node,
    xml.childrenOf(node).map((inner) =>
      xml.nameOf(inner) === name ? xml.withChildren(inner, change(xml.childrenOf(inner))) : inner
    )
  )

const change = (root: xml.Node, descriptor: DiskDescriptor): xml.Node => {
  const parameters = replaceChild(root, "Disk_Parameters", (nodes) => setLeaves(nodes, parameterFields(descriptor), 2))
  const storage = (nodes: ReadonlyArray<xml.Node>): ReadonlyArray<xml.Node> => {
    const leaves = setLeaves(
      descriptor.preallocated ? nodes : without(nodes, "Preallocated"),
      storageFields(descriptor),
      3
    )
    return setList(
      leaves,
      "Image",
      descriptor.images.map((image) => ({ id: image.id, field: imageField(image), absent: [] })),
      3
    )
  }
  const stored = replaceChild(
    parameters,
    "StorageData",
    (nodes) =>
      nodes.map((node) => xml.nameOf(node) === "Storage" ? xml.withChildren(node, storage(xml.childrenOf(node))) : node)
  )
  return replaceChild(stored, "Snapshots", (nodes) =>
    setList(
      setLeaves(nodes, [field("TopGUID", SnapshotId.top)], 2),
      "Shot",
      descriptor.snapshots.map((snapshot) => ({
        id: snapshot.id,
        field: snapshotField(snapshot),
        absent: snapshot.temporary ? [] : ["Temporary"]
      })),
      2
    ))
}

const declaration = "<?xml version=\"1.0\"?>\n"

/**
 * Writes a descriptor: as the tool writes one, or as the text that it was read
 * from with what has been changed.
 *
 * @since 0.1.0
 * @category conversions
 */
export const format = (descriptor: DiskDescriptor): string => {
  const { source } = descriptor
  if (source === undefined) return `${declaration}${xml.print(fresh(descriptor))}\n`
  const unchanged = parse(source)
  if (Either.isRight(unchanged) && equivalent(unchanged.right, descriptor)) return source
  return Either.match(xml.parse(source), {
    onLeft: () => `${declaration}${xml.print(fresh(descriptor))}\n`,
    // The parser drops the line break behind the declaration.
    onRight: (nodes) =>
      `${xml.print(nodes.map((node) => xml.isElement(node) ? change(node, descriptor) : node))}`
        .replace(/^(<\?xml[^>]*\?>)\s*/, "$1\n")
        .trimEnd() + "\n"
  })
}

const equivalent = Schema.equivalence(DiskDescriptor)

/**
 * The codec between a descriptor and its text.
 *
 * @since 0.1.0
 * @category schemas
 */
export const DiskDescriptorFromXml: Schema.Schema<DiskDescriptor, string> = Schema.transformOrFail(
  Schema.String,
  Schema.typeSchema(DiskDescriptor),
  {
    strict: true,
    decode: (text, _, ast) => Either.mapLeft(parse(text), (error) => new ParseResult.Type(ast, text, error.message)),
    encode: (descriptor) => ParseResult.succeed(format(descriptor))
  }
)
