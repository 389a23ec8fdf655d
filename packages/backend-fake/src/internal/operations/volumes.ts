import * as ByteSize from "@effect-ploop/core/ByteSize"
import * as Disk from "@effect-ploop/core/Disk"
import * as DiskDescriptor from "@effect-ploop/core/DiskDescriptor"
import * as DiskVolume from "@effect-ploop/core/DiskVolume"
import * as GenerationTraits from "@effect-ploop/core/GenerationTraits"
import { HostPath } from "@effect-ploop/core/HostPath"
import * as PloopError from "@effect-ploop/core/PloopError"
import * as Refusal from "@effect-ploop/core/Refusal"
import type * as Request from "@effect-ploop/core/Request"
import type * as Result from "@effect-ploop/core/Result"
import * as SnapshotId from "@effect-ploop/core/SnapshotId"
import * as Either from "effect/Either"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import * as deviceTable from "../deviceTable.js"
import * as disks from "../disk.js"
import * as files from "../files.js"
import type { Answer, Tool } from "../tool.js"
import { absolute, checks, context, denied, generation, refused, trait } from "../tool.js"
import * as traits from "../traits.js"
import { childrenOf, linksOf, real } from "../volumeLinks.js"
import { refuseExisting } from "./existing.js"
import { create } from "./images.js"
import { observed } from "./lowLevel.js"
import { mergeBare } from "./merging.js"
import { requireUnsharedImages } from "./sharing.js"
import { newDelta } from "./snapshots.js"

const encoder = new TextEncoder()
const decoder = new TextDecoder()

/** A volume, as its files show it. */
interface Found {
  readonly directory: string
  readonly descriptor: DiskDescriptor.DiskDescriptor
  /** What the descriptor calls the top delta. */
  readonly topId: string
  readonly parent: string | undefined
  readonly children: ReadonlyArray<string>
}

const find = (tool: Tool, given: string): Answer<Found> =>
  Either.gen(function*() {
    const directory = real(tool, absolute(tool, given))
    const path = tool.path.join(directory, Disk.descriptorName)
    const bytes = files.readWhole(tool.tx, path)
    if (Either.isLeft(bytes)) {
      return yield* refused(new PloopError.DiskNotFound(context(tool, `${path}: no such file or directory`)))
    }
    const parsed = DiskDescriptor.parseBytes(bytes.right)
    if (Either.isLeft(parsed)) {
      return yield* refused(Refusal.unreadableDescriptor(tool, bytes.right, parsed.left))
    }
    const descriptor = parsed.right
    const parent = descriptor.volume?.parent
    const [, topId = SnapshotId.top] = /<TopGUID>\s*(.*?)\s*<\/TopGUID>/.exec(decoder.decode(bytes.right)) ?? []
    return {
      directory,
      descriptor,
      topId,
      parent: parent === undefined ? undefined : real(tool, tool.path.resolve(directory, parent)),
      children: childrenOf(tool, directory)
    }
  })

const imagePath = (tool: Tool, { directory }: Found, file: string): HostPath =>
  HostPath.make(tool.path.resolve(directory, file))

const realImages = (tool: Tool, found: Found): ReadonlyArray<string> =>
  found.descriptor.images.map(({ file }) => real(tool, imagePath(tool, found, file)))

const deviceWith = (tool: Tool, images: ReadonlyArray<string>): string | undefined => {
  const own = images.flatMap((image) => Option.toArray(Either.getRight(files.lookup(tool.tx, image))))
  return deviceTable.all(tool.tx.devices).find(({ levels }) =>
    levels.some(({ file }) => own.some((ref) => files.same(ref, file)))
  )?.device
}

const tooLong = (tool: Tool): Answer<never> =>
  refused(new PloopError.DescriptorInvalid({ ...context(tool), reason: DiskVolume.tooLong }))

/** The parent of a volume, its parent, and so on. */
const ancestors = (tool: Tool, found: Found): Answer<ReadonlyArray<Found>> =>
  Either.gen(function*() {
    const all: Array<Found> = []
    for (let next = found.parent; next !== undefined;) {
      if (all.length + 1 >= DiskVolume.longestChain) return yield* tooLong(tool)
      const parent: Found = yield* find(tool, next)
      all.push(parent)
      next = parent.parent
    }
    return all
  })

const seen = (tool: Tool, found: Found): Answer<Refusal.FoundVolume> =>
  Either.map(ancestors(tool, found), (below) => {
    const images = realImages(tool, found)
    const { children, descriptor: { volume }, directory } = found
    const lowest = (below.at(-1) ?? found).directory
    return { directory, volume, children, images, lowest, ancestors: below.length, device: deviceWith(tool, images) }
  })

/** Refuses a chain in which a parent has no link to its child. */
const requireLinks = (tool: Tool, found: Found): Answer<void> =>
  Either.flatMap(ancestors(tool, found), (below) => {
    const chain = [found, ...below]
    const index = chain.findIndex(({ directory }, index) => chain[index + 1]?.children.includes(directory) === false)
    return index < 0 ? Either.void : refused(
      new PloopError.DescriptorInvalid({
        ...context(tool),
        reason: `${chain[index]?.directory} has the parent ${chain[index + 1]?.directory}, which has no link to it`
      })
    )
  })

/** Refuses a link to a volume that has another parent. */
const requireOwnChild = (tool: Tool, found: Found, child: Found): Answer<void> =>
  child.parent === found.directory ? Either.void : refused(
    new PloopError.DescriptorInvalid({
      ...context(tool),
      reason: `${found.directory} has a link to ${child.directory}, whose parent it is not`
    })
  )

const readId = Schema.decodeUnknownOption(SnapshotId.SnapshotId)

const topImage = (tool: Tool, found: Found): Answer<disks.OpenImage> => {
  const path = imagePath(tool, found, DiskVolume.topFile(found.descriptor) ?? "")
  return disks.openImage(tool, path, {
    raw: false,
    clusterSize: found.descriptor.clusterSize,
    missing: [4, "Can't open"]
  })
}

const info = (tool: Tool, given: string): Answer<Result.Volume> =>
  Either.gen(function*() {
    const found = yield* find(tool, given)
    const { children, descriptor, directory, parent } = found
    yield* Refusal.volume(tool, { directory, volume: descriptor.volume })
    const file = DiskVolume.topFile(descriptor)
    const image = file === undefined ? directory : imagePath(tool, found, file)
    const ref = files.lookup(tool.tx, image)
    if (Either.isLeft(ref)) return yield* refused(new PloopError.ImageNotFound({ ...context(tool), image }))
    const snapshot = Option.getOrUndefined(readId(descriptor.volume?.snapshot))
    return {
      directory: HostPath.make(directory),
      disk: Disk.inDirectory(directory),
      readOnly: descriptor.volume?.readOnly === true,
      ...(parent !== undefined && { parent: HostPath.make(parent) }),
      ...(snapshot !== undefined && { snapshot }),
      children: children.map((child) => HostPath.make(child)),
      deltaSize: ByteSize.make(BigInt(files.sizeOf(tool.tx.inode(ref.right))))
    }
  })

export const volumeInfo = (tool: Tool, { volume }: Request.OfVolume): Answer<Result.Volume> =>
  Either.flatMap(Refusal.volumes(tool, generation(tool)), () => info(tool, volume))

const treeOf = (tool: Tool, found: Found, depth = 0): Answer<Result.VolumeTree> =>
  Either.gen(function*() {
    const { children, descriptor: { volume }, directory } = found
    yield* Refusal.volume(tool, { directory, volume })
    if (depth >= DiskVolume.longestChain) return yield* tooLong(tool)
    const above = children.map((path) =>
      Either.gen(function*() {
        const child = yield* find(tool, path)
        yield* requireOwnChild(tool, found, child)
        return yield* treeOf(tool, child, depth + 1)
      })
    )
    return {
      directory: HostPath.make(directory),
      readOnly: volume?.readOnly === true,
      children: yield* Either.all(above)
    }
  })

export const volumeTree = (tool: Tool, { volume }: Request.OfVolume): Answer<Result.VolumeTree> =>
  Either.flatMap(
    Refusal.volumes(tool, generation(tool)),
    () => Either.flatMap(find(tool, volume), (found) => treeOf(tool, found))
  )

/** Writes the descriptor of a volume, in which the top delta has any identifier. */
const write = (
  tool: Tool,
  directory: string,
  descriptor: DiskDescriptor.DiskDescriptor,
  topId: string
): Answer<void> => {
  const path = tool.path.join(directory, Disk.descriptorName)
  const fresh = withFields(descriptor, { source: undefined })
  const text = DiskDescriptor.format(fresh).replaceAll(SnapshotId.top, topId)
  return denied(tool, 255, `Can't create ${path}`)(files.writeWhole(tool.tx, path, encoder.encode(text))).pipe(
    Either.map(() => undefined)
  )
}

type Fields =
  & { readonly source?: undefined }
  & Partial<Pick<DiskDescriptor.DiskDescriptor, "images" | "snapshots" | "volume">>

const withFields = (descriptor: DiskDescriptor.DiskDescriptor, fields: Fields): DiskDescriptor.DiskDescriptor =>
  // Each part comes from a descriptor that was read.
  new DiskDescriptor.DiskDescriptor({ ...descriptor, ...fields }, { disableValidation: true })

/** The lock file of a volume, where the tool locks with one. */
const lock = (tool: Tool, { directory }: Found): void => {
  const path = tool.path.join(directory, `${Disk.descriptorName}.lck`)
  if (trait(tool, traits.leavesLockFile) && !files.exists(tool.tx, path)) {
    files.openFile(tool.tx, path, files.flags("w"), 0o600)
  }
}

const makeLayout = (tool: Tool, directory: string): Answer<void> =>
  checks(
    () => refuseExisting(tool, directory),
    () => disks.requireParent(tool, tool.path.dirname(directory)),
    () => denied(tool, 21, `Can't create ${directory}`)(files.makeDirectory(tool.tx, directory, 0o700)),
    () => denied(tool, 21, "Can't create children")(files.makeDirectory(tool.tx, linksOf(tool, directory), 0o700))
  )

const linkIn = (tool: Tool, parent: string, child: string): string =>
  tool.path.join(linksOf(tool, parent), tool.path.basename(child))

const register = (tool: Tool, parent: string, child: string): Answer<void> =>
  denied(tool, 24, "Cannot create symlink")(
    files.makeSymbolicLink(tool.tx, real(tool, child), linkIn(tool, parent, child))
  )

const unregister = (tool: Tool, parent: string, child: string): void => {
  files.unlink(tool.tx, linkIn(tool, parent, child))
}

/** Refuses a parent whose link for a child of that name leads elsewhere. */
const requireFreeLink = (tool: Tool, parent: string | undefined, child: string): Answer<void> => {
  if (parent === undefined) return Either.void
  const link = linkIn(tool, parent, child)
  return real(tool, link) === real(tool, child) ? Either.void : refuseExisting(tool, link)
}

/** Refuses an image that the tool would misread. */
const requireSound = (tool: Tool, found: Found): Answer<void> =>
  found.parent === undefined
    ? disks.judge(tool, tool.path.join(found.directory, Disk.descriptorName))
    : checks(...found.descriptor.images.map(({ file }) => () =>
      Refusal.usableImage(tool, { ...observed(tool, imagePath(tool, found, file)), device: undefined })
    ))

export const createVolume = (tool: Tool, request: Request.CreateVolume): Answer<Result.Volume> =>
  Either.gen(function*() {
    yield* Refusal.volumes(tool, generation(tool))
    const directory = absolute(tool, request.directory)
    yield* makeLayout(tool, directory)
    const { clusterSize, fileSystem, size } = request
    const image = HostPath.make(tool.path.join(directory, "image.hds"))
    const { disk } = yield* create(tool, {
      image,
      size,
      clusterSize,
      fileSystem,
      format: "expanded",
      lazy: true,
      partition: true,
      balloon: true,
      sparse: false
    })
    const { descriptor } = yield* disks.read(tool, disk, "backend")
    yield* write(tool, directory, withFields(descriptor, { volume: { readOnly: false } }), SnapshotId.top)
    return yield* info(tool, directory)
  })

/** The directory of the lowest image of a chain. */
const storage = (tool: Tool, found: Found): Answer<string> =>
  Either.map(ancestors(tool, found), (all) => {
    const last = all.at(-1) ?? found
    return tool.path.dirname(imagePath(tool, last, last.descriptor.images[0]!.file))
  })

/** The path of a new top delta of a volume. */
const newTop = (tool: Tool, found: Found): Answer<HostPath> =>
  Either.map(storage(tool, found), (base) => {
    const first = imagePath(tool, found, found.descriptor.images[0]!.file)
    const strips = trait(tool, traits.replacesIdentifierInName)
    const name = strips ? first.replace(/\.\{[^{}]*\}$/, "") : tool.path.join(base, tool.path.basename(first))
    return HostPath.make(`${name}.${tool.tx.uuid()}`)
  })

/** Turns the top delta of a volume into a snapshot with this identifier, under a new top delta. */
const takeSnapshot = (tool: Tool, found: Found, id: SnapshotId.SnapshotId): Answer<Found> =>
  Either.gen(function*() {
    const top = yield* topImage(tool, found)
    const path = yield* newTop(tool, found)
    yield* disks.makeImage(tool, path, newDelta(tool, top.image))
    const renamed = (other: SnapshotId.SnapshotId) => other === SnapshotId.top ? id : other
    const { directory } = found
    const { images, snapshots } = found.descriptor
    const descriptor = withFields(found.descriptor, {
      images: [
        ...images.map((image) => ({ ...image, id: renamed(image.id) })),
        { id: SnapshotId.top, type: "Compressed", file: disks.relative(tool, directory, path) }
      ],
      snapshots: [
        ...snapshots.map((entry) => ({ ...entry, id: renamed(entry.id), parent: renamed(entry.parent) })),
        { id: SnapshotId.top, parent: id, temporary: false }
      ]
    })
    const topId = found.parent === undefined ? SnapshotId.top : tool.tx.uuid()
    yield* write(tool, directory, descriptor, topId)
    return { ...found, descriptor, topId }
  })

export const snapshotVolume = (tool: Tool, request: Request.OntoVolume): Answer<Result.Volume> =>
  Either.gen(function*() {
    yield* Refusal.volumes(tool, generation(tool))
    const source = yield* find(tool, request.volume)
    yield* Refusal.snapshotVolume(tool, yield* seen(tool, source))
    yield* requireLinks(tool, source)
    yield* requireSound(tool, source)
    const directory = absolute(tool, request.directory)
    yield* requireFreeLink(tool, source.parent, directory)
    yield* makeLayout(tool, directory)
    lock(tool, source)
    yield* register(tool, directory, source.directory)
    const id = tool.tx.uuid()
    const { descriptor, topId } = yield* takeSnapshot(tool, source, id)
    const isTop = (entry: { readonly id: SnapshotId.SnapshotId }) => entry.id === SnapshotId.top
    const home = real(tool, directory)
    const { volume } = source.descriptor
    const parent = source.parent === undefined ? {} : { parent: tool.path.relative(home, source.parent) }
    const renamed = (other: SnapshotId.SnapshotId) => other === id ? SnapshotId.top : other
    yield* write(
      tool,
      home,
      withFields(descriptor, {
        volume: { ...volume, ...parent, readOnly: true },
        images: descriptor.images.filter((image) => !isTop(image)).map((image) => ({
          ...image,
          id: renamed(image.id),
          file: tool.path.relative(home, imagePath(tool, source, image.file))
        })),
        snapshots: descriptor.snapshots.filter((entry) => !isTop(entry)).map((entry) => ({
          ...entry,
          id: renamed(entry.id)
        }))
      }),
      id
    )
    yield* write(
      tool,
      source.directory,
      withFields(descriptor, {
        volume: { parent: tool.path.relative(source.directory, home), snapshot: id, readOnly: false },
        images: descriptor.images.filter(isTop),
        snapshots: descriptor.snapshots.filter(isTop)
      }),
      topId
    )
    if (source.parent !== undefined) {
      yield* register(tool, source.parent, home)
      unregister(tool, source.parent, source.directory)
    }
    return yield* info(tool, directory)
  })

/** A descriptor of one image, which begins with a snapshot of another volume. */
const writeChild = (
  tool: Tool,
  parent: Found,
  directory: string,
  image: { readonly path: string; readonly snapshot: string }
): Answer<void> =>
  write(
    tool,
    directory,
    withFields(parent.descriptor, {
      volume: { parent: tool.path.relative(directory, parent.directory), snapshot: image.snapshot, readOnly: false },
      images: [{ id: SnapshotId.top, type: "Compressed", file: disks.relative(tool, directory, image.path) }],
      snapshots: [{
        id: SnapshotId.top,
        parent: Option.getOrElse(readId(image.snapshot), () => SnapshotId.none),
        temporary: false
      }]
    }),
    tool.tx.uuid()
  )

/** An empty image of a new volume, in the format that this generation takes without a word about it. */
const newImage = (tool: Tool, parent: Found, path: string): Answer<unknown> =>
  Either.flatMap(topImage(tool, parent), ({ image }) =>
    disks.makeImage(tool, path, {
      ...newDelta(tool, image),
      version: GenerationTraits.defaultVersion(generation(tool), tool.tx.rest)
    }))

export const cloneVolume = (tool: Tool, request: Request.OntoVolume): Answer<Result.Volume> =>
  Either.gen(function*() {
    yield* Refusal.volumes(tool, generation(tool))
    const source = yield* find(tool, request.volume)
    yield* Refusal.cloneVolume(tool, yield* seen(tool, source))
    yield* requireLinks(tool, source)
    yield* requireSound(tool, source)
    const directory = absolute(tool, request.directory)
    yield* requireFreeLink(tool, source.directory, directory)
    yield* makeLayout(tool, directory)
    lock(tool, source)
    const home = real(tool, directory)
    const isSnapshot = source.descriptor.volume?.readOnly === true
    const id = tool.tx.uuid()
    const snapshot = isSnapshot ? source.topId : id
    const path = tool.path.join(home, `${tool.tx.uuid()}.hds`)
    yield* newImage(tool, source, path)
    yield* writeChild(tool, source, home, { path, snapshot })
    if (!isSnapshot) yield* takeSnapshot(tool, source, id)
    yield* register(tool, source.directory, home)
    return yield* info(tool, directory)
  })

export const switchVolume = (tool: Tool, request: Request.SwitchVolume): Answer<Result.Volume> =>
  Either.gen(function*() {
    yield* Refusal.volumes(tool, generation(tool))
    const found = yield* find(tool, request.volume)
    const to = yield* find(tool, request.to)
    yield* Refusal.switchVolume(tool, yield* seen(tool, found), yield* seen(tool, to))
    yield* requireLinks(tool, found)
    yield* requireFreeLink(tool, to.directory, found.directory)
    lock(tool, found)
    lock(tool, to)
    const old = yield* topImage(tool, found)
    const path = tool.path.join(yield* storage(tool, found), `${tool.tx.uuid()}.hds`)
    yield* newImage(tool, to, path)
    yield* writeChild(tool, to, found.directory, { path, snapshot: to.topId })
    if (found.parent !== undefined) unregister(tool, found.parent, found.directory)
    yield* register(tool, to.directory, found.directory)
    yield* denied(tool, 35, `unlink ${old.path}`)(files.unlink(tool.tx, old.path))
    return yield* info(tool, request.volume)
  })

const removeLayout = (tool: Tool, { directory }: Found): Answer<void> =>
  Either.gen(function*() {
    const names = yield* denied(tool, 1, `Cannot open ${directory}`)(files.readDirectory(tool.tx, directory))
    for (const name of names) {
      const path = tool.path.join(directory, name)
      const isLinks = name === DiskVolume.linksName
      yield* denied(tool, 1, `Cannot remove ${path}`)(
        isLinks ? files.removeDirectory(tool.tx, path) : files.unlink(tool.tx, path)
      )
    }
    yield* denied(tool, 1, `Cannot remove ${directory}`)(files.removeDirectory(tool.tx, directory))
  })

/** Merges the lowest image of the child of this volume into its image. */
const mergeInto = (tool: Tool, found: Found, child: Found): Answer<void> =>
  Either.gen(function*() {
    const id = found.topId
    const { images, snapshots } = child.descriptor
    const lowest = snapshots.find(({ parent }) => parent === id)
    const upper = images.find((image) => image.id === lowest?.id)
    const into = imagePath(tool, found, found.descriptor.images[0]!.file)
    const { volume } = found.descriptor
    const parent = found.parent === undefined ? {} : { parent: tool.path.relative(child.directory, found.parent) }
    const below = found.descriptor.snapshots[0]!.parent
    if (upper === undefined) return
    const open = (path: string, purpose: "open" | "rewrite") =>
      disks.openImage(tool, path, {
        raw: false,
        clusterSize: child.descriptor.clusterSize,
        missing: [4, "Can't open"],
        purpose
      })
    const opened = yield* open(imagePath(tool, child, upper.file), "open")
    yield* mergeBare(tool, opened, yield* open(into, "rewrite"))
    yield* denied(tool, 35, `unlink ${opened.path}`)(files.unlink(tool.tx, opened.path))
    yield* write(
      tool,
      child.directory,
      withFields(child.descriptor, {
        volume: {
          ...parent,
          ...(volume?.snapshot !== undefined && { snapshot: volume.snapshot }),
          readOnly: child.descriptor.volume?.readOnly === true
        },
        images: images.map((image) =>
          image === upper ? { ...image, file: tool.path.relative(child.directory, into) } : image
        ),
        snapshots: snapshots.map((entry) => entry === lowest ? { ...entry, parent: below } : entry)
      }),
      child.topId
    )
  })

/** Everything that is lost or changed with a volume. */
const deleted = (tool: Tool, found: Found, child: Found | undefined): Answer<Refusal.DeletedVolume> =>
  Either.gen(function*() {
    const others = [...(yield* ancestors(tool, found)), ...(child === undefined ? [] : [child])]
    const merged = child === undefined
      ? []
      : [found, child].flatMap((each) => each.descriptor.images.map(({ file }) => imagePath(tool, each, file)))
    return {
      ...(yield* seen(tool, found)),
      names: Either.getOrElse(files.readDirectory(tool.tx, found.directory), (): ReadonlyArray<string> => []),
      others: others.flatMap((other) => realImages(tool, other)),
      childDevice: child === undefined ? undefined : deviceWith(tool, realImages(tool, child)),
      merged: merged.map((path) => ({ ...observed(tool, path), device: undefined }))
    }
  })

export const deleteVolume = (tool: Tool, request: Request.OfVolume): Answer<void> =>
  Either.gen(function*() {
    yield* Refusal.volumes(tool, generation(tool))
    const found = yield* find(tool, request.volume)
    const [only] = found.children
    const child = only === undefined || found.children.length > 1 ? undefined : yield* find(tool, only)
    const all = yield* deleted(tool, found, child)
    yield* Refusal.deleteVolume(tool, all)
    if (child !== undefined) yield* requireOwnChild(tool, found, child)
    yield* requireLinks(tool, found)
    if (child !== undefined) yield* requireFreeLink(tool, found.parent, child.directory)
    yield* requireUnsharedImages(tool, all.merged.map(({ image }) => image))
    for (const each of [found, ...(child === undefined ? [] : [child])]) lock(tool, each)
    if (found.parent !== undefined) lock(tool, yield* find(tool, found.parent))
    if (child === undefined) {
      for (const image of found.descriptor.images) {
        const path = imagePath(tool, found, image.file)
        yield* denied(tool, 35, `unlink ${path}`)(files.unlink(tool.tx, path))
      }
    } else {
      yield* mergeInto(tool, found, child)
      unregister(tool, found.directory, child.directory)
    }
    if (found.parent !== undefined) {
      unregister(tool, found.parent, found.directory)
      if (child !== undefined) yield* register(tool, found.parent, child.directory)
    }
    yield* removeLayout(tool, found)
  })
