import type { Generation } from "@effect-ploop/core/Generation"
import type * as Result from "@effect-ploop/core/Result"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import type { Session } from "./session.js"

/** Where the tool looks for helper programs, whatever the caller's PATH. */
const directories = ["/sbin", "/bin", "/usr/sbin", "/usr/bin"]

interface Program {
  readonly name: string
  readonly neededFor: string
  readonly debian: string
  readonly generations: ReadonlyArray<Generation>
}

const every: ReadonlyArray<Generation> = ["1.15", "7", "9"]

const programs: ReadonlyArray<Program> = [
  { name: "parted", neededFor: "create with a file system", debian: "parted", generations: every },
  { name: "sgdisk", neededFor: "create with a file system", debian: "gdisk", generations: ["7", "9"] },
  { name: "partprobe", neededFor: "create, mount", debian: "parted", generations: ["7", "9"] },
  { name: "mkfs.ext4", neededFor: "create with a file system", debian: "e2fsprogs", generations: every },
  { name: "mkfs.xfs", neededFor: "XFS file systems", debian: "xfsprogs", generations: ["9"] },
  { name: "tune2fs", neededFor: "create, resize", debian: "e2fsprogs", generations: every },
  { name: "dumpe2fs", neededFor: "resize", debian: "e2fsprogs", generations: every },
  { name: "resize2fs", neededFor: "resize", debian: "e2fsprogs", generations: every },
  { name: "fsck.ext4", neededFor: "mount with fsck, resize", debian: "e2fsprogs", generations: every },
  { name: "lsof", neededFor: "naming the holders of a busy mount", debian: "lsof", generations: ["1.15"] },
  { name: "dmsetup", neededFor: "every operation on a device", debian: "dmsetup", generations: ["9"] },
  { name: "qemu-img", neededFor: "qcow2 images", debian: "qemu-utils", generations: ["9"] }
]

interface Place {
  readonly name: string
  readonly path: string
  readonly neededFor: string
  readonly remedy: string
  readonly generations: ReadonlyArray<Generation>
}

const kernel: ReadonlyArray<Place> = [
  {
    name: "ploop kernel driver",
    path: "/proc/vz/ploop_minor",
    neededFor: "mount, resize, balloon, and everything else on a device",
    remedy: "boot an OpenVZ kernel and load the ploop modules; the other operations work without",
    generations: ["1.15", "7"]
  },
  {
    name: "large disk support",
    path: "/sys/module/ploop/parameters/large_disk_support",
    neededFor: "format version 2, disks of 2 TiB and more",
    remedy: "load a ploop module that has it; format version 1 works without",
    generations: ["1.15", "7"]
  },
  {
    name: "device mapper",
    path: "/dev/mapper/control",
    neededFor: "nearly every operation",
    remedy: "load the dm_mod and dm_ploop modules of an OpenVZ 9 kernel",
    generations: ["9"]
  }
]

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

    const applies = (generations: ReadonlyArray<Generation>) =>
      generation === undefined || generations.includes(generation)

    const places = yield* Effect.forEach(
      kernel.filter((place) => applies(place.generations)),
      (place) =>
        Effect.map(host.exists(place.path), (exists): Result.Prerequisite => ({
          name: place.name,
          status: exists ? "present" : generation === undefined ? "unknown" : "missing",
          neededFor: place.neededFor,
          remedy: place.remedy
        }))
    )

    const helpers = yield* Effect.forEach(
      programs.filter((program) => applies(program.generations)),
      (program) =>
        Effect.map(
          Effect.exists(directories, (directory) => host.exists(`${directory}/${program.name}`)),
          (exists): Result.Prerequisite => ({
            name: program.name,
            status: exists ? "present" : "missing",
            neededFor: program.neededFor,
            remedy: `install it (on Debian: apt-get install ${program.debian})`
          })
        )
    )

    return [tool, ...places, ...helpers]
  })
