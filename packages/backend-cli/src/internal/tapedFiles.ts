import type { PlatformError } from "@effect/platform/Error"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import type * as Scope from "effect/Scope"
import {
  type FileSystemNumbers,
  type Found,
  type HostFiles,
  type Identity,
  type Kind,
  type Resolved,
  type Stamp,
  startsBy,
  unseen
} from "./hostFiles.js"

/** The methods whose results are on a tape. */
export const methods = [
  "isRoot",
  "find",
  "start",
  "whole",
  "stamp",
  "realPath",
  "resolve",
  "hasNode",
  "numbers",
  "kernelText",
  "kernelNames",
  "names",
  "makePrivateDirectory",
  "makeDirectory",
  "link",
  "writeNew",
  "makePrivateFile",
  "copy",
  "compose",
  "pack",
  "dropMap",
  "replace",
  "unlink",
  "removeDirectory",
  "removeEmptyDirectory",
  "tryLock",
  "lockDirectory"
] as const satisfies ReadonlyArray<keyof HostFiles>

type Method = (typeof methods)[number]

const encoder = new TextEncoder()
const decoder = new TextDecoder()

interface Codec<A> {
  readonly encode: (value: A) => Uint8Array
  readonly decode: (bytes: Uint8Array) => A
}

const bytes: Codec<Uint8Array> = { encode: (value) => value, decode: (value) => value }

const text: Codec<string> = {
  encode: (value) => encoder.encode(value),
  decode: (value) => decoder.decode(value)
}

const flag: Codec<boolean> = {
  encode: (value) => encoder.encode(`${value}`),
  decode: (value) => decoder.decode(value) === "true"
}

const nothing: Codec<void> = { encode: () => new Uint8Array(), decode: () => undefined }

const words = <A>(
  print: (value: A) => string,
  parse: (words: ReadonlyArray<string>) => A
): Codec<Option.Option<A>> => ({
  encode: (value) => encoder.encode(Option.match(value, { onNone: () => "", onSome: print })),
  decode: (value) => value.length === 0 ? Option.none() : Option.some(parse(decoder.decode(value).split(" ")))
})

const found: Codec<Option.Option<Found>> = words(
  ({ device, inode, isPrivate, kind, links }) =>
    `${kind} ${device} ${inode}${isPrivate ? " private" : ""}${links === 1 ? "" : ` ${links}`}`,
  ([kind, device, inode, ...more]) => ({
    kind: kind as Kind,
    device: BigInt(device ?? 0),
    inode: BigInt(inode ?? 0),
    isPrivate: more.includes("private"),
    links: Number(more.find((word) => word !== "private") ?? 1)
  })
)

const identity: Codec<Option.Option<Identity>> = words(
  ({ device, inode }) => `${device} ${inode}`,
  ([device, inode]) => ({ device: BigInt(device ?? 0), inode: BigInt(inode ?? 0) })
)

const bigints = <A>(
  toArray: (value: A) => ReadonlyArray<bigint>,
  fromArray: (numbers: ReadonlyArray<bigint>) => A
): Codec<A> => ({
  encode: (value) => encoder.encode(toArray(value).join(" ")),
  decode: (value) => fromArray(decoder.decode(value).split(" ").map(BigInt))
})

const stamp: Codec<Stamp> = bigints(
  ({ changed, device, inode, modified, size }) => [device, inode, size, modified, changed],
  ([device = 0n, inode = 0n, size = 0n, modified = 0n, changed = 0n]) => ({ device, inode, size, modified, changed })
)

const resolved: Codec<Resolved> = {
  encode: (value) => encoder.encode(`${decoder.decode(stamp.encode(value.stamp))} ${value.path}`),
  decode: (value) => {
    const [, numbers = "", path = ""] = /^((?:\d+ ){5})([^]*)$/.exec(decoder.decode(value)) ?? []
    return { path, stamp: stamp.decode(encoder.encode(numbers.trim())) }
  }
}

const numbers: Codec<FileSystemNumbers> = bigints(
  ({ blockSize, blocks, freeBlocks, freeInodes, inodes }) => [blockSize, blocks, freeBlocks, inodes, freeInodes],
  ([blockSize = 0n, blocks = 0n, freeBlocks = 0n, inodes = 0n, freeInodes = 0n]) => ({
    blockSize,
    blocks,
    freeBlocks,
    inodes,
    freeInodes
  })
)

const kernelText: Codec<Option.Option<string>> = {
  encode: (value) => encoder.encode(Option.match(value, { onNone: () => "", onSome: (text) => `=${text}` })),
  decode: (value) => value.length === 0 ? Option.none() : Option.some(decoder.decode(value).slice(1))
}

const kernelNames: Codec<Option.Option<ReadonlyArray<string>>> = {
  encode: (value) => kernelText.encode(Option.map(value, (names) => names.join("/"))),
  decode: (value) => Option.map(kernelText.decode(value), (text) => text === "" ? [] : text.split("/"))
}

const names: Codec<ReadonlyArray<string>> = {
  encode: (value) => encoder.encode(value.join("/")),
  decode: (value) => value.length === 0 ? [] : decoder.decode(value).split("/")
}

/** Passes each result to a tape. */
export const record = (
  files: HostFiles,
  write: <A, R>(
    method: Method,
    path: string,
    effect: Effect.Effect<A, PlatformError, R>,
    encode: (value: A) => Uint8Array
  ) => Effect.Effect<A, PlatformError, R>
): HostFiles => ({
  isRoot: write("isRoot", "", files.isRoot, flag.encode),
  find: (path) => write("find", path, files.find(path), found.encode),
  kindsAt: files.kindsAt,
  inTheWay: files.inTheWay,
  processes: files.processes,
  foreignMounts: files.foreignMounts,
  glimpse: files.glimpse,
  start: (path, length, kind) => write("start", path, files.start(path, length, kind), bytes.encode),
  starts: startsBy({
    start: (path, length) => write("start", path, files.start(path, length), bytes.encode),
    stamp: (path) => write("stamp", path, files.stamp(path), stamp.encode)
  }),
  whole: (path, limit) => write("whole", path, files.whole(path, limit), bytes.encode),
  stamp: (path) => write("stamp", path, files.stamp(path), stamp.encode),
  realPath: (path) => write("realPath", path, files.realPath(path), text.encode),
  resolve: (path) => write("resolve", path, files.resolve(path), resolved.encode),
  hasNode: (path) => Effect.orDie(write("hasNode", path, files.hasNode(path), flag.encode)),
  numbers: (directory) => write("numbers", directory, files.numbers(directory), numbers.encode),
  kernelText: (path) => write("kernelText", path, files.kernelText(path), kernelText.encode),
  kernelNames: (path) => write("kernelNames", path, files.kernelNames(path), kernelNames.encode),
  names: (directory) => write("names", directory, files.names(directory), names.encode),
  makePrivateDirectory: (parent) =>
    write("makePrivateDirectory", parent, files.makePrivateDirectory(parent), text.encode),
  makeDirectory: (path) => write("makeDirectory", path, files.makeDirectory(path), nothing.encode),
  link: (from, to) => write("link", to, files.link(from, to), nothing.encode),
  writeNew: (path, content) => write("writeNew", path, files.writeNew(path, content), nothing.encode),
  makePrivateFile: (path) => write("makePrivateFile", path, files.makePrivateFile(path), nothing.encode),
  copy: (from, to, onDone) => write("copy", to, files.copy(from, to, onDone), nothing.encode),
  compose: (composition, to, onDone) => write("compose", to, files.compose(composition, to, onDone), nothing.encode),
  pack: (from, to, packing, onDone) => write("pack", to, files.pack(from, to, packing, onDone), nothing.encode),
  dropMap: (path) => write("dropMap", path, files.dropMap(path), nothing.encode),
  replace: (from, to, identity) => write("replace", to, files.replace(from, to, identity), nothing.encode),
  unlink: (path, identity) => write("unlink", path, files.unlink(path, identity), nothing.encode),
  removeDirectory: (path, identity) =>
    write("removeDirectory", path, files.removeDirectory(path, identity), nothing.encode),
  removeEmptyDirectory: (path, identity) =>
    write("removeEmptyDirectory", path, files.removeEmptyDirectory(path, identity), nothing.encode),
  tryLock: (path) => write<Option.Option<Identity>, Scope.Scope>("tryLock", path, files.tryLock(path), identity.encode),
  lockDirectory: (path) =>
    write<Option.Option<Identity>, Scope.Scope>(
      "lockDirectory",
      path,
      files.lockDirectory(path),
      identity.encode
    )
})

/** Nothing is at a path that the tape does not know. */
const orNone = <A>(effect: Effect.Effect<Option.Option<A>, PlatformError>) =>
  Effect.catchIf(
    effect,
    (error) => error._tag === "SystemError" && error.reason === "NotFound",
    () => Effect.succeedNone
  )

/** Replays a tape, and touches nothing. */
export const replay = (
  read: <A>(method: Method, path: string, decode: (bytes: Uint8Array) => A) => Effect.Effect<A, PlatformError>
): HostFiles => ({
  isRoot: read("isRoot", "", flag.decode),
  find: (path) => orNone(read("find", path, found.decode)),
  ...unseen,
  start: (path) => read("start", path, bytes.decode),
  starts: startsBy({
    start: (path) => read("start", path, bytes.decode),
    stamp: (path) => read("stamp", path, stamp.decode)
  }),
  whole: (path) => read("whole", path, bytes.decode),
  stamp: (path) => read("stamp", path, stamp.decode),
  realPath: (path) => read("realPath", path, text.decode),
  resolve: (path) => read("resolve", path, resolved.decode),
  // Older tapes have it as a file that was found.
  hasNode: (path) =>
    read("hasNode", path, flag.decode).pipe(
      Effect.orElse(() => Effect.map(read("find", path, found.decode), Option.isSome)),
      Effect.orElseSucceed(() => false)
    ),
  numbers: (directory) => read("numbers", directory, numbers.decode),
  kernelText: (path) => orNone(read("kernelText", path, kernelText.decode)),
  kernelNames: (path) => orNone(read("kernelNames", path, kernelNames.decode)),
  names: (directory) => read("names", directory, names.decode),
  makePrivateDirectory: (parent) => read("makePrivateDirectory", parent, text.decode),
  makeDirectory: (path) => read("makeDirectory", path, nothing.decode),
  link: (_, to) => read("link", to, nothing.decode),
  writeNew: (path) => read("writeNew", path, nothing.decode),
  makePrivateFile: (path) => read("makePrivateFile", path, nothing.decode),
  copy: (_, to) => read("copy", to, nothing.decode),
  compose: (_, to) => read("compose", to, nothing.decode),
  pack: (_, to) => read("pack", to, nothing.decode),
  dropMap: (path) => read("dropMap", path, nothing.decode),
  replace: (_, to) => read("replace", to, nothing.decode),
  unlink: (path) => read("unlink", path, nothing.decode),
  removeDirectory: (path) => read("removeDirectory", path, nothing.decode),
  removeEmptyDirectory: (path) => read("removeEmptyDirectory", path, nothing.decode),
  tryLock: (path) => orNone(read("tryLock", path, identity.decode)),
  lockDirectory: (path) => orNone(read("lockDirectory", path, identity.decode))
})
