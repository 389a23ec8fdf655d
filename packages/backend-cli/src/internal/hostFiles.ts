import * as ImageExamination from "@effect-ploop/core/ImageExamination"
import type { PlatformError } from "@effect/platform/Error"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import type * as Scope from "effect/Scope"
import type { ForeignMount } from "./mountNamespaces.js"

/** The identity of a file, whatever its names. */
export interface Identity {
  readonly device: bigint
  readonly inode: bigint
}

export const same = (a: Identity, b: Identity): boolean => a.device === b.device && a.inode === b.inode

/** How the name of every private directory begins. */
export const privatePrefix = ".ploop-new-"

const privateName = new RegExp(`^${privatePrefix.replaceAll(".", "\\.")}[A-Za-z0-9]{6}$`)

/** Whether a private directory can have this name: six characters follow the prefix. */
export const isPrivateName = (name: string): boolean => privateName.test(name)

export type Kind = "File" | "Directory" | "SymbolicLink" | "BlockDevice" | "Other"

export interface Found extends Identity {
  readonly kind: Kind
  /** Whether it belongs to the user of this process, and nobody else has rights to it. */
  readonly isPrivate: boolean
  /** How many names it has on its file system. */
  readonly links: number
}

/** What changes whenever somebody writes to a file or puts another one in its place. */
export interface Stamp extends Identity {
  readonly size: bigint
  /** In nanoseconds since the epoch. */
  readonly modified: bigint
  /** In nanoseconds since the epoch. */
  readonly changed: bigint
}

/** The length of a file, and its first bytes: none of what is not a file. */
export interface Glimpse {
  /** In bytes. */
  readonly length: bigint
  /** As many as a header has, or all that there are. */
  readonly start: Uint8Array
}

/** The real path of a file, and what it is. */
export interface Resolved {
  readonly path: string
  readonly stamp: Stamp
}

/** A process of the host. */
export interface Process {
  readonly pid: number
  /** The real paths of the files among its arguments. */
  readonly paths: ReadonlyArray<string>
}

/** The numbers of a mounted file system. */
export interface FileSystemNumbers {
  /** In bytes. */
  readonly blockSize: bigint
  readonly blocks: bigint
  readonly freeBlocks: bigint
  readonly inodes: bigint
  readonly freeInodes: bigint
}

/** Learns how many bytes of the disk are done. */
export type OnDone = (bytes: number) => void

/** The images that make a disk, and its size. */
export interface Composition {
  /** The base first. A raw image has no header; only the base can be raw. */
  readonly layers: ReadonlyArray<{ readonly path: string; readonly isRaw: boolean }>
  /** In bytes. */
  readonly size: bigint
}

/** What the header of a new image says. */
export interface Packing {
  readonly version: 1 | 2
  /** In bytes. */
  readonly clusterSize: number
  /** The size of the disk, in bytes. */
  readonly size: number
}

/** Asks for the images one after the other, as tapes have it. */
export const startsBy = ({ stamp, start }: Pick<HostFiles, "stamp" | "start">): HostFiles["starts"] => (paths) =>
  Effect.forEach(paths, (path) =>
    Effect.option(
      Effect.zipWith(start(path, ImageExamination.headerLength), stamp(path), (start, { size }) => ({
        start,
        length: size
      }))
    ))

/** What a host that is replayed has in the way of an operation: nothing. */
export const unseen: Pick<HostFiles, "foreignMounts" | "glimpse" | "inTheWay" | "kindsAt" | "processes"> = {
  foreignMounts: Effect.succeed([]),
  glimpse: () => Effect.succeedNone,
  inTheWay: () => Effect.succeedNone,
  kindsAt: (paths) => Effect.succeed(paths.map(() => Option.none())),
  processes: () => Effect.succeed([])
}

/**
 * What the backend asks of the host's file system beyond Effect's `FileSystem`,
 * which has no `lstat`, waits for the writer of a FIFO, reads without a limit, and
 * knows no locks.
 */
export interface HostFiles {
  /** Whether this process has the rights of root. */
  readonly isRoot: Effect.Effect<boolean, PlatformError>
  /** What is at a path, links not followed; none only when it was seen that nothing is there. */
  readonly find: (path: string) => Effect.Effect<Option.Option<Found>, PlatformError>
  /**
   * What is at each of these paths, links followed; none where nothing is seen. It only finds what stands in the way of
   * an operation, so it is on no tape: on a host that is replayed, nothing does.
   */
  readonly kindsAt: (paths: ReadonlyArray<string>) => Effect.Effect<ReadonlyArray<Option.Option<Kind>>>
  /**
   * What is at a path, links not followed unless that is said; none where nothing is seen. As {@link kindsAt}, it is on no
   * tape.
   */
  readonly inTheWay: (path: string, links?: "followed") => Effect.Effect<Option.Option<Found>>
  /**
   * The mounts of ploop devices in other mount namespaces. None where they cannot be seen. They only stand in the way
   * of an operation, so they are on no tape: on a host that is replayed, there are none.
   */
  readonly foreignMounts: Effect.Effect<ReadonlyArray<ForeignMount>>
  /**
   * What there is to see of an image at a path, links followed; none where nothing is seen. As {@link kindsAt}, it is on
   * no tape.
   */
  readonly glimpse: (path: string) => Effect.Effect<Option.Option<Glimpse>>
  /**
   * The first bytes of a regular file, or of a block device where that is said.
   * Anything else is refused without being opened, and nothing is waited for.
   */
  readonly start: (path: string, length: number, kind?: "BlockDevice") => Effect.Effect<Uint8Array, PlatformError>
  /**
   * What there is to see of images, links followed: the beginning and the length of each regular file; none of anything
   * else, and of what cannot be read.
   */
  readonly starts: (paths: ReadonlyArray<string>) => Effect.Effect<ReadonlyArray<Option.Option<Glimpse>>>
  /** The whole of a regular file, which must not be larger than the limit. */
  readonly whole: (path: string, limit: number) => Effect.Effect<Uint8Array, PlatformError>
  /** What is at a path now, links followed. */
  readonly stamp: (path: string) => Effect.Effect<Stamp, PlatformError>
  /** The same for every name of a file. */
  readonly realPath: (path: string) => Effect.Effect<string, PlatformError>
  /** The same for every name of a file, and what is there now. */
  readonly resolve: (path: string) => Effect.Effect<Resolved, PlatformError>
  /** Whether there is a node in `/dev` with a device behind it: the tool leaves nodes, and makes some of partitions that are none. */
  readonly hasNode: (path: string) => Effect.Effect<boolean>
  /** The numbers of the file system that a directory is in. */
  readonly numbers: (directory: string) => Effect.Effect<FileSystemNumbers, PlatformError>
  /** A file that the kernel makes up, such as those of sysfs. None when there is none. */
  readonly kernelText: (path: string) => Effect.Effect<Option.Option<string>, PlatformError>
  /** The names in a directory that the kernel makes up. None when there is none. */
  readonly kernelNames: (path: string) => Effect.Effect<Option.Option<ReadonlyArray<string>>, PlatformError>
  /** The names in a directory. */
  readonly names: (directory: string) => Effect.Effect<ReadonlyArray<string>, PlatformError>
  /** A new directory in another, which only its owner may enter. */
  readonly makePrivateDirectory: (parent: string) => Effect.Effect<string, PlatformError>
  /** A new directory, which only its owner may enter. It fails when anything has that name already. */
  readonly makeDirectory: (path: string) => Effect.Effect<void, PlatformError>
  /** A second name for a file. It fails when anything has that name already. */
  readonly link: (from: string, to: string) => Effect.Effect<void, PlatformError>
  /** Writes a file that must not be there yet. */
  readonly writeNew: (path: string, text: string) => Effect.Effect<void, PlatformError>
  /** Makes an empty file that only its owner may read. */
  readonly makePrivateFile: (path: string) => Effect.Effect<void, PlatformError>
  /**
   * Writes what a chain of images holds to a path where nothing is yet: a raw file, with holes where
   * no image has anything, or has zeros. An image that makes no sense is an error of its path, for the reason
   * `InvalidData`. An interruption ends it.
   */
  readonly compose: (composition: Composition, to: string, onDone?: OnDone) => Effect.Effect<void, PlatformError>
  /**
   * Writes an expanded image of what a raw file holds to a path where nothing is yet. It has a cluster for each part of
   * the file that is not zero. An interruption ends it.
   */
  readonly pack: (from: string, to: string, packing: Packing, onDone?: OnDone) => Effect.Effect<void, PlatformError>
  /**
   * Copies a regular file to a path where nothing is yet: the copy shares blocks with it
   * where the file system can. Elsewhere it has holes in the place of zeros if the file has
   * holes. An interruption ends the copy.
   */
  readonly copy: (from: string, to: string, onDone?: OnDone) => Effect.Effect<void, PlatformError>
  /** Removes the map of changed blocks from the end of an image, and its place from the header, if it has one. */
  readonly dropMap: (path: string) => Effect.Effect<void, PlatformError>
  /** Gives a file, if it is this one, the name of another, which is gone then. */
  readonly replace: (from: string, to: string, identity: Identity) => Effect.Effect<void, PlatformError>
  /** Removes the name of a file, if it is this file's. */
  readonly unlink: (path: string, identity: Identity) => Effect.Effect<void, PlatformError>
  /** Removes a directory and the files and empty directories in it, if it is this directory. */
  readonly removeDirectory: (path: string, identity: Identity) => Effect.Effect<void, PlatformError>
  /** Removes a directory, if it is this directory; one that is not empty, or a mount point, is left and an error. */
  readonly removeEmptyDirectory: (path: string, identity: Identity) => Effect.Effect<void, PlatformError>
  /**
   * The processes of this host whose command lines have arguments of a kind, except this one and those that have
   * started it. A process that cannot be read is left out. As {@link kindsAt}, it is on no tape.
   */
  readonly processes: (
    argumentsOf: (words: ReadonlyArray<string>) => ReadonlyArray<string>
  ) => Effect.Effect<ReadonlyArray<Process>>
  /**
   * Locks a file or a directory until the scope is closed or this process ends,
   * without waiting. None when another holder has it, or nothing is there.
   */
  readonly tryLock: (path: string) => Effect.Effect<Option.Option<Identity>, PlatformError, Scope.Scope>
  /**
   * Locks a directory against every other holder on this host until the scope is
   * closed or this process ends. None when there is no such directory.
   */
  readonly lockDirectory: (path: string) => Effect.Effect<Option.Option<Identity>, PlatformError, Scope.Scope>
}
