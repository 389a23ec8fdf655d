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
import * as descriptorBytes from "./internal/descriptorBytes.js"
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
 * A volume of generations 7 and 9 that the disk is a part of: the path of its
 * parent, the snapshot of the parent, and whether it is read-only.
 *
 * @since 0.2.0
 * @category schemas
 */
export const Volume = Schema.Struct({
  parent: Schema.optional(Schema.String),
  snapshot: Schema.optional(Schema.String),
  readOnly: Schema.Boolean
})

/**
 * @since 0.2.0
 * @category models
 */
export type Volume = typeof Volume.Type

/**
 * A descriptor.
 *
 * - `rootElement`: the name that the writing generation uses; the tool ignores it;
 * - `diskSize`: the size in the descriptor; the top delta can have another;
 * - `cylinders`, `heads`, `sectors`: the geometry, kept by a resize;
 * - `preallocated`: whether the images take their full size;
 * - `maxDeltaSize`: a limit of the size of deltas, which the tool keeps and ignores; absent when there is none;
 * - `keyId`: the name of the key that the images are encrypted with; absent when they are not (generations 7 and 9);
 * - `volume`: the volume that the disk is a part of; absent when it is part of none (generations 7 and 9);
 * - `source`: the text that was parsed, for what this module does not know.
 *
 * @since 0.1.0
 * @category models
 */
export class DiskDescriptor extends Schema.Class<DiskDescriptor>("@effect-ploop/core/DiskDescriptor/DiskDescriptor")({
  rootElement: Schema.String.pipe(
    Schema.pattern(/^[\p{L}_][\p{L}\p{N}_.-]*$/u, { message: () => "must be the name of an XML element" })
  ),
  diskSize: ByteSize.ByteSizeFromSelf,
  cylinders: Schema.NonNegativeInt,
  heads: Schema.NonNegativeInt,
  sectors: Schema.NonNegativeInt,
  clusterSize: Schema.typeSchema(ClusterSize.ClusterSize),
  preallocated: Schema.Boolean,
  maxDeltaSize: Schema.optional(ByteSize.ByteSizeFromSelf),
  keyId: Schema.optional(Schema.String),
  volume: Schema.optional(Volume),
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
  if (total === 0n) return { cylinders: 0, heads: 16, sectors: 0 }
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

type Parsed<A> = Either.Either<A, DescriptorSyntaxError>

/**
 * The text of an element; undefined when it is not there. The tool reads the
 * first piece of text only, so that anything else in it would be misread.
 */
const leaf = (node: xml.Node, name: string): Parsed<string | undefined> => {
  const found = xml.find(xml.childrenOf(node), name)
  if (found === undefined) return Either.right(undefined)
  if (!xml.isText(found)) {
    return fail(name, "not only text", "must hold no CDATA, comment or element: ploop misreads it")
  }
  const text = xml.textOf(found)
  return text === undefined
    ? fail(name, "a reference", "must hold no reference to an unknown entity")
    : Either.right(text)
}

/** A number as the C library reads it: decimal, octal after a `0`, hexadecimal after `0x`. */
const toNumber = (text: string): bigint | undefined => {
  const digits = text.replace(/^[ \t\n\r]*\+?/, "")
  if (/^0[xX][\da-fA-F]{1,15}$/.test(digits)) return BigInt(digits)
  if (/^0[0-7]{0,18}$/.test(digits)) return BigInt(`0o${digits}`)
  return /^[1-9]\d{0,17}$/.test(digits) ? BigInt(digits) : undefined
}

const whole = (node: xml.Node, name: string, fallback?: bigint): Parsed<bigint> =>
  Either.flatMap(leaf(node, name), (text) => {
    const value = text === undefined ? fallback : toNumber(text)
    return value === undefined ? fail(name, text ?? "missing", "must be a whole number") : Either.right(value)
  })

/** A number of the geometry, which the class keeps as a JavaScript number. */
const small = (node: xml.Node, name: string): Parsed<number> =>
  Either.flatMap(whole(node, name, 0n), (value) =>
    value <= BigInt(Number.MAX_SAFE_INTEGER)
      ? Either.right(Number(value))
      : fail(name, `${value}`, `must not be larger than ${Number.MAX_SAFE_INTEGER}`))

const decodeId = Schema.decodeUnknownEither(SnapshotId.AnySnapshotId)

const identifier = (node: xml.Node, name: string): Parsed<SnapshotId.SnapshotId> =>
  Either.flatMap(leaf(node, name), (text) =>
    Either.orElse(
      text?.startsWith("{") === true ? decodeId(text) : Either.left(undefined),
      () => fail(name, text ?? "missing", "must be a UUID in braces, with nothing around them")
    ))

const decodeCluster = Schema.decodeUnknownEither(ClusterSize.ClusterSize)

const readImage = (node: xml.Node): Parsed<Image> =>
  Either.gen(function*() {
    const id = yield* identifier(node, "GUID")
    const type = (yield* leaf(node, "Type")) ?? "Compressed"
    if (type !== "Compressed" && type !== "Plain") {
      return yield* fail("Type", type, "must be Compressed or Plain")
    }
    const file = yield* leaf(node, "File")
    if (file === undefined) return yield* fail("File", "missing", "must be a path")
    const rule = HostPath.brokenTextRule(file)
    return rule === undefined ? { id, type, file } : yield* fail("File", file.slice(0, 80), rule)
  })

const readSnapshot = (node: xml.Node): Parsed<Snapshot> =>
  Either.gen(function*() {
    const id = yield* identifier(node, "GUID")
    const parent = yield* identifier(node, "ParentGUID")
    return { id, parent, temporary: xml.find(xml.childrenOf(node), "Temporary") !== undefined }
  })

/** The elements of a list. From the first one on, the tool takes everything in the list for another. */
const listed = (parent: xml.Node, name: string, path: string): Parsed<ReadonlyArray<xml.Node>> => {
  const elements = xml.childrenOf(parent).filter(xml.isElement)
  const first = elements.findIndex((node) => xml.localName(node) === name)
  if (first < 0) return Either.right([])
  const stray = elements.slice(first).find((node) => xml.localName(node) !== name)
  return stray === undefined
    ? Either.right(elements.slice(first))
    : fail(path, `followed by ${xml.nameOf(stray)}`, `must be followed by nothing but ${name}`)
}

/** The one storage of a disk. */
const readStorage = (root: xml.Node): Parsed<xml.Node> =>
  Either.gen(function*() {
    const path = "/StorageData/Storage"
    const storages = yield* listed(yield* child(root, "StorageData", path), "Storage", path)
    if (storages[0] === undefined) return yield* fail(path, "missing", "must be there")
    return storages.length === 1
      ? storages[0]
      : yield* fail(path, `${storages.length} of them`, "must be one: split disks are not supported")
  })

const readPreallocated = (storage: xml.Node): Parsed<boolean> =>
  Either.flatMap(
    whole(storage, "Preallocated", 0n),
    (value) => value > 1n ? fail("Preallocated", `${value}`, "must be 0 or 1") : Either.right(value === 1n)
  )

const readVolume = (root: xml.Node): Parsed<Volume | undefined> =>
  Either.gen(function*() {
    const data = xml.find(xml.childrenOf(root), "StorageData")
    const node = data === undefined ? undefined : xml.find(xml.childrenOf(data), "Volume")
    if (node === undefined) return undefined
    const parent = yield* leaf(node, "Parent")
    const snapshot = yield* leaf(node, "SnapshotGUID")
    return {
      ...(parent !== undefined && { parent }),
      ...(snapshot !== undefined && { snapshot }),
      readOnly: xml.find(xml.childrenOf(node), "ReadOnly") !== undefined
    }
  })

/** What only some generations know, or none uses. */
const readRest = (root: xml.Node, parameters: xml.Node) =>
  Either.gen(function*() {
    const limit = yield* whole(parameters, "Max_delta_size", 0n)
    const encryption = xml.find(xml.childrenOf(parameters), "Encryption")
    const keyId = encryption === undefined ? undefined : yield* leaf(encryption, "KeyId")
    const volume = yield* readVolume(root)
    return {
      ...(limit > 0n && { maxDeltaSize: ByteSize.fromSectors(limit) }),
      ...(keyId !== undefined && keyId !== "" && { keyId }),
      ...(volume !== undefined && { volume })
    }
  })

const readSnapshots = (list: xml.Node, images: ReadonlyArray<Image>) =>
  Either.gen(function*() {
    const shots = yield* Either.all((yield* listed(list, "Shot", "/Snapshots/Shot")).map(readSnapshot))
    const snapshots = shots.length === 0
      ? [{ id: images[0]!.id, parent: SnapshotId.none, temporary: false }]
      : shots
    const isNamed = xml.find(xml.childrenOf(list), "TopGUID") !== undefined
    const topId = isNamed ? yield* identifier(list, "TopGUID") : SnapshotId.top
    const top = snapshots.find((snapshot) => snapshot.id === topId)
    if (top === undefined) return yield* fail("TopGUID", isNamed ? topId : "missing", "must be the GUID of a Shot")
    if (top.temporary) return yield* fail("TopGUID", topId, "must not be the GUID of a temporary Shot")
    if (images.length !== snapshots.length) {
      return yield* fail(
        "Image",
        `there ${images.length} times`,
        `must be there as often as Shot: ${snapshots.length} times`
      )
    }
    return { topId, snapshots }
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
    const storage = yield* readStorage(root)
    const list = yield* child(root, "Snapshots", "/Snapshots")

    const diskSize = yield* whole(parameters, "Disk_size")
    const clusterSectors = yield* whole(storage, "Blocksize", 0n)
    const clusterSize = yield* Either.orElse(
      decodeCluster(clusterSectors * ByteSize.sectorSize),
      () => fail("Blocksize", `${clusterSectors}`, "must be a power of two from 64 to 131072 sectors")
    )
    const preallocated = yield* readPreallocated(storage)
    const images = yield* Either.all(
      (yield* listed(storage, "Image", "/StorageData/Storage/Image")).map(readImage)
    )
    if (images.length === 0) return yield* fail("/StorageData/Storage/Image", "missing", "must be there")
    if (preallocated && images.some(({ type }) => type === "Plain")) {
      return yield* fail("Preallocated", "1", "must not be 1 where the Type of an Image is Plain")
    }
    const { snapshots, topId } = yield* readSnapshots(list, images)

    return new DiskDescriptor({
      rootElement: xml.localName(root),
      diskSize: ByteSize.fromSectors(diskSize),
      cylinders: yield* small(parameters, "Cylinders"),
      heads: yield* small(parameters, "Heads"),
      sectors: yield* small(parameters, "Sectors"),
      clusterSize,
      preallocated,
      ...(yield* readRest(root, parameters)),
      ...renameTop(topId, images, snapshots),
      source
    })
  })

/**
 * The identifier of the top delta, spelled as in the text that the descriptor was
 * read from. A descriptor may have it in upper case, and the tool compares it with
 * what it is given letter by letter: for another spelling it takes the top delta
 * for a snapshot.
 *
 * @since 0.2.0
 * @category queries
 */
export const spelledTop = ({ source = "" }: DiskDescriptor): string => {
  const name = Either.getOrUndefined(Either.map(xml.parse(source), xml.topGuid))
  return name?.toLowerCase() === SnapshotId.top ? name : SnapshotId.top
}

/**
 * Reads the bytes of a descriptor: UTF-8, UTF-16, or the encoding that its
 * declaration names. The text that is kept as `source` is in UTF-8 then.
 *
 * @since 0.2.0
 * @category conversions
 */
export const parseBytes = (bytes: Uint8Array): Either.Either<DiskDescriptor, DescriptorSyntaxError> =>
  Either.flatMap(
    Either.mapLeft(
      descriptorBytes.decode(bytes),
      (rule) => new DescriptorSyntaxError({ element: "the text", value: "undecodable", rule })
    ),
    parse
  )

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

/** As {@link print}, to text at once, for a descriptor that is not written over another one. */
const printText = ({ content, name }: Field, indent: string): string => {
  if (content.length === 0) return `<${name}/>`
  if (typeof content === "string") return `<${name}>${xml.encode(content)}</${name}>`
  const inner = `${indent}  `
  return `<${name}>${content.map((part) => inner + printText(part, inner)).join("")}${indent}</${name}>`
}

const imageField = (image: Image): Field =>
  field("Image", [field("GUID", image.id), field("Type", image.type), field("File", image.file)])

const snapshotField = (snapshot: Snapshot): Field =>
  field("Shot", [
    field("GUID", snapshot.id),
    field("ParentGUID", snapshot.parent),
    ...(snapshot.temporary ? [field("Temporary", "")] : [])
  ])

const limitField = ({ maxDeltaSize }: DiskDescriptor): ReadonlyArray<Field> =>
  maxDeltaSize === undefined ? [] : [field("Max_delta_size", `${ByteSize.toSectors(maxDeltaSize)}`)]

const keyField = ({ keyId }: DiskDescriptor): ReadonlyArray<Field> =>
  keyId === undefined ? [] : [field("Encryption", [field("KeyId", keyId)])]

const volumeField = ({ volume }: DiskDescriptor): ReadonlyArray<Field> =>
  volume === undefined ? [] : [
    field("Volume", [
      ...(volume.parent === undefined ? [] : [field("Parent", volume.parent)]),
      ...(volume.snapshot === undefined ? [] : [field("SnapshotGUID", volume.snapshot)]),
      ...(volume.readOnly ? [field("ReadOnly", "1")] : [])
    ])
  ]

const parameterFields = (descriptor: DiskDescriptor): ReadonlyArray<Field> => [
  field("Disk_size", `${ByteSize.toSectors(descriptor.diskSize)}`),
  ...limitField(descriptor),
  field("Cylinders", `${descriptor.cylinders}`),
  field("Heads", `${descriptor.heads}`),
  field("Sectors", `${descriptor.sectors}`)
]

const storageFields = (descriptor: DiskDescriptor): ReadonlyArray<Field> => [
  field("End", `${ByteSize.toSectors(descriptor.diskSize)}`),
  field("Blocksize", `${ByteSize.toSectors(descriptor.clusterSize)}`),
  ...(descriptor.preallocated ? [field("Preallocated", "1")] : [])
]

const fresh = (descriptor: DiskDescriptor): Field =>
  field(descriptor.rootElement, [
    field("Disk_Parameters", [
      ...parameterFields(descriptor),
      field("Padding", "0"),
      ...keyField(descriptor)
    ]),
    field("StorageData", [
      ...volumeField(descriptor),
      field("Storage", [
        field("Start", "0"),
        ...storageFields(descriptor),
        ...descriptor.images.map(imageField)
      ])
    ]),
    field("Snapshots", [field("TopGUID", SnapshotId.top), ...descriptor.snapshots.map(snapshotField)])
  ])

const sameText = (node: xml.Node, value: string): boolean => {
  const text = xml.textOf(node) ?? ""
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
    const index = nodes.findIndex((node) => xml.localName(node) === name)
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
    const leading = next !== undefined && xml.localName(next) === name && typeof node["#text"] === "string" &&
      node["#text"].trim() === ""
    return xml.localName(node) !== name && !leading
  })

const idIn = (node: xml.Node, name: string): string | undefined => {
  const found = xml.find(xml.childrenOf(node), name)
  return found === undefined ? undefined : xml.textOf(found)?.toLowerCase()
}

const guidOf = (node: xml.Node): string | undefined => idIn(node, "GUID")

/** The elements of a list, in the wanted order: those that are there already with all that is in them. */
const setList = (
  children: ReadonlyArray<xml.Node>,
  name: string,
  wanted: ReadonlyArray<
    { readonly id: SnapshotId.SnapshotId; readonly field: Field; readonly absent: ReadonlyArray<string> }
  >,
  depth: number,
  oldTop: string | undefined
): ReadonlyArray<xml.Node> => {
  const existing = xml.filter(children, name)
  const updated = wanted.map(({ absent, field, id }) => {
    const found = existing.find((node) => guidOf(node) === id || (id === SnapshotId.top && guidOf(node) === oldTop))
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
      xml.localName(inner) === name ? xml.withChildren(inner, change(xml.childrenOf(inner))) : inner
    )
  )

const change = (root: xml.Node, descriptor: DiskDescriptor): xml.Node => {
  const list = xml.find(xml.childrenOf(root), "Snapshots")
  const oldTop = list === undefined ? undefined : idIn(list, "TopGUID")
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
      3,
      oldTop
    )
  }
  const stored = replaceChild(
    parameters,
    "StorageData",
    (nodes) =>
      nodes.map((node) =>
        xml.localName(node) === "Storage" ? xml.withChildren(node, storage(xml.childrenOf(node))) : node
      )
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
      2,
      oldTop
    ))
}

const declaration = "<?xml version=\"1.0\"?>\n"

const fromScratch = (descriptor: DiskDescriptor): string => `${declaration}${printText(fresh(descriptor), "\n")}\n`

/** The source with what has been changed; undefined when that would not read as the descriptor. */
const overSource = (source: string, descriptor: DiskDescriptor): string | undefined => {
  const nodes = xml.parse(source)
  if (Either.isLeft(nodes)) return undefined
  // The parser drops the line break behind the declaration.
  const text = `${xml.print(nodes.right.map((node) => xml.isElement(node) ? change(node, descriptor) : node))}`
    .replace(/^(<\?xml[^>]*\?>)\s*/, "$1\n")
    .trimEnd() + "\n"
  const read = parse(text)
  return Either.isRight(read) && equivalent(withSource(read.right, source), descriptor) ? text : undefined
}

const withSource = (descriptor: DiskDescriptor, source: string | undefined): DiskDescriptor =>
  new DiskDescriptor({ ...descriptor, source })

/**
 * Writes a descriptor: as the tool writes one, or as the text that it was read
 * from with what has been changed. A text that {@link parse} would refuse, or
 * would read as another descriptor, is written from scratch.
 *
 * @since 0.1.0
 * @category conversions
 */
export const format = (descriptor: DiskDescriptor): string => {
  const { source } = descriptor
  if (source === undefined) return fromScratch(descriptor)
  const unchanged = parse(source)
  if (Either.isRight(unchanged) && equivalent(unchanged.right, descriptor)) return source
  return overSource(source, descriptor) ?? fromScratch(descriptor)
}

const equivalent = Schema.equivalence(DiskDescriptor)

/**
 * The codec between a descriptor and its text. It writes nothing that it could
 * not read: a value that is not a descriptor, such as one without images, is refused.
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
    encode: (descriptor, _, ast) => {
      const text = format(descriptor)
      const read = Either.mapLeft(parse(text), (error) => error.message)
      const same = Either.filterOrLeft(
        read,
        (found) => equivalent(withSource(found, descriptor.source), descriptor),
        () => "what is written would read as another descriptor"
      )
      return Either.mapBoth(same, {
        onLeft: (reason) => new ParseResult.Type(ast, descriptor, reason),
        onRight: () => text
      })
    }
  }
)
