import type { Generation } from "@effect-ploop/core/Generation"
import type { KernelPart, Row } from "@effect-ploop/core/GenerationTraits"
import * as GenerationTraits from "@effect-ploop/core/GenerationTraits"
import type * as Result from "@effect-ploop/core/Result"
import * as Array from "effect/Array"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import { directories } from "./operations/devicePrerequisites.js"
import { helper } from "./operations/encryption.js"
import type { Session } from "./session.js"

/** Where the tool looks for helper programs, whatever the caller's PATH; `flock` is the backend's own. */
const programDirectories = ["/sbin", "/bin", "/usr/sbin", "/usr/bin"]

interface Program {
  readonly name: string
  readonly neededFor: string
  readonly debian: string
  readonly neededBy: Row<boolean>
}

const every: Row<boolean> = { "1.15": true, "7": true, "9": true }
const oldest: Row<boolean> = { "1.15": true, "7": false, "9": false }
const newer: Row<boolean> = { "1.15": false, "7": true, "9": true }
const newest: Row<boolean> = { "1.15": false, "7": false, "9": true }

const programs: ReadonlyArray<Program> = [
  { name: "flock", neededFor: "every operation that changes something", debian: "util-linux", neededBy: every },
  { name: "parted", neededFor: "create with a file system", debian: "parted", neededBy: every },
  { name: "sgdisk", neededFor: "create with a file system", debian: "gdisk", neededBy: newer },
  { name: "partprobe", neededFor: "create, mount", debian: "parted", neededBy: newer },
  { name: "mkfs.ext4", neededFor: "create with a file system", debian: "e2fsprogs", neededBy: every },
  { name: "mkfs.xfs", neededFor: "XFS file systems", debian: "xfsprogs", neededBy: newest },
  { name: "tune2fs", neededFor: "create, resize", debian: "e2fsprogs", neededBy: every },
  { name: "dumpe2fs", neededFor: "resize", debian: "e2fsprogs", neededBy: every },
  { name: "resize2fs", neededFor: "resize, sizeLimits", debian: "e2fsprogs", neededBy: every },
  { name: "fsck.ext4", neededFor: "mount with fsck, resize", debian: "e2fsprogs", neededBy: every },
  { name: "lsof", neededFor: "naming the holders of a busy mount", debian: "lsof", neededBy: oldest },
  { name: "dmsetup", neededFor: "every operation on a device", debian: "dmsetup", neededBy: newest },
  { name: "rsync", neededFor: "encrypt", debian: "rsync", neededBy: newer },
  { name: "qemu-img", neededFor: "exportImage and importImage of qcow2", debian: "qemu-utils", neededBy: every }
]

/** Nobody can tell which keys the helper would find. */
const cryptHelper = (exists: boolean): Result.Prerequisite => ({
  name: "crypthelper",
  status: exists ? "unknown" : "missing",
  neededFor: "encrypt, and mounts of encrypted disks",
  remedy: exists
    ? "give the crypt helper of the host the keys that disks name"
    : `provide ${helper} and the keys that disks name`
})

interface Part {
  /** Whether it is there. */
  readonly isPresent: (session: Session) => Effect.Effect<boolean>
  readonly remedy: string
}

const at = (path: string): Part["isPresent"] => ({ host }) => host.exists(path)

const kernel: Readonly<Record<KernelPart, Part>> = {
  "ploop kernel driver": {
    isPresent: at("/proc/vz/ploop_minor"),
    remedy: "boot an OpenVZ kernel and load the ploop modules; the other operations work without"
  },
  "large disk support": {
    isPresent: at("/sys/module/ploop/parameters/large_disk_support"),
    remedy: "load a ploop module that has it; format version 1 works without"
  },
  "device mapper": {
    isPresent: ({ host, kernel }) =>
      Effect.if(host.exists("/dev/mapper/control"), {
        onTrue: () => kernel.hasDeviceMapper,
        onFalse: () => Effect.succeed(false)
      }),
    remedy: "load the dm_mod and dm_ploop modules of an OpenVZ 9 kernel"
  },
  "ploop target": {
    isPresent: ({ kernel }) => Effect.isSuccess(kernel.require({ operation: "prerequisites", subject: "host" }, "9")),
    remedy: "load the dm_ploop module of an OpenVZ 9 kernel; dmsetup targets has to list it"
  }
}

/** The drivers that attach disks, and the generations of the tool that use each. */
const drivers = {
  "ploop kernel driver": "1.15 or 7",
  "ploop target": "9"
} as const

const otherDriver = {
  "ploop kernel driver": "ploop target",
  "ploop target": "ploop kernel driver"
} as const

const isDriver = (part: KernelPart): part is keyof typeof drivers => part in drivers

/** What to do about a missing part. A kernel with the driver of another generation needs another tool, or is the wrong one. */
const remedyFor = (session: Session, part: KernelPart): Effect.Effect<string> => {
  if (!isDriver(part)) return Effect.succeed(kernel[part].remedy)
  const other = otherDriver[part]
  return Effect.map(kernel[other].isPresent(session), (found) =>
    found
      ? `this kernel has the driver of generation ${drivers[other]}, and the tool is of another one: ` +
        `install a tool of generation ${drivers[other]}, or boot an OpenVZ kernel of the tool's generation`
      : kernel[part].remedy)
}

/** Without a tool, the parts that any generation needs. */
const kernelParts = (generation: Generation | undefined): ReadonlyArray<KernelPart> =>
  generation === undefined
    ? Array.dedupe(Object.values(GenerationTraits.kernelParts).flat())
    : GenerationTraits.kernelParts[generation]

export const prerequisites = (session: Session): Effect.Effect<ReadonlyArray<Result.Prerequisite>> =>
  Effect.gen(function*() {
    const { host } = session
    const probed = yield* Effect.either(session.generation)
    const generation = Either.getOrUndefined(probed)

    const tool: Result.Prerequisite = Either.match(probed, {
      onLeft: (error) => ({ name: "ploop", status: "missing", neededFor: "everything", remedy: error.remedy }),
      onRight: (found) => ({
        name: `ploop, generation ${found}`,
        status: "present",
        neededFor: "everything",
        remedy: ""
      })
    })

    const applies = (neededBy: Row<boolean>) => generation === undefined || neededBy[generation]

    const parts = yield* Effect.forEach(
      kernelParts(generation),
      (name) =>
        Effect.gen(function*() {
          const exists = yield* kernel[name].isPresent(session)
          const found: Result.Prerequisite = {
            name,
            status: exists ? "present" : generation === undefined ? "unknown" : "missing",
            neededFor: GenerationTraits.kernelPartUse[name],
            remedy: exists || generation === undefined ? kernel[name].remedy : yield* remedyFor(session, name)
          }
          return found
        })
    )

    const places = generation === undefined ? [] : yield* directories(session, generation)

    const helpers = yield* Effect.forEach(
      programs.filter((program) => applies(program.neededBy)),
      (program) =>
        Effect.map(
          Effect.exists(programDirectories, (directory) => host.exists(`${directory}/${program.name}`)),
          (exists): Result.Prerequisite => ({
            name: program.name,
            status: exists ? "present" : "missing",
            neededFor: program.neededFor,
            remedy: `install it (on Debian: apt-get install ${program.debian})`
          })
        )
    )

    const keys = generation !== undefined && GenerationTraits.encrypts[generation]
      ? [cryptHelper(yield* host.exists(helper))]
      : []

    return [tool, ...parts, ...places, ...helpers, ...keys]
  })
