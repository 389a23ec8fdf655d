import type { Generation } from "@effect-ploop/core/Generation"
import type { CommandExecutor } from "@effect/platform/CommandExecutor"
import * as FileSystem from "@effect/platform/FileSystem"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { attempt, succeeds } from "./command.js"
import { generationOf } from "./generation.js"

export interface Requirement {
  readonly name: string
  readonly status: "present" | "missing"
  readonly neededFor: string
  readonly remedy: string
}

interface Probe {
  readonly name: string
  readonly neededFor: string
  readonly remedy: string
  readonly present: Effect.Effect<boolean, never, CommandExecutor | FileSystem.FileSystem>
}

const install = (names: string): string => `install it (on Debian: apt-get install --no-install-recommends ${names})`

/** The free space for a disk with ext4, its snapshots and its copies in a test. */
const roomKib = 2 * 1024 * 1024

/** Where the tool searches for helper programs, whatever the PATH of the caller. */
const directories = ["/sbin", "/bin", "/usr/sbin", "/usr/bin"]

const read = (path: string) =>
  Effect.flatMap(FileSystem.FileSystem, (fs) => Effect.orElseSucceed(fs.readFileString(path), () => ""))

const opens = (path: string) =>
  Effect.flatMap(
    FileSystem.FileSystem,
    (fs) =>
      Effect.match(Effect.scoped(fs.open(path, { flag: "r+" })), { onFailure: () => false, onSuccess: () => true })
  )

const printed = (pattern: RegExp, program: string, ...args: ReadonlyArray<string>) =>
  Effect.map(attempt(program, ...args), Option.exists((ended) => pattern.test(ended.stdout)))

const isRoot = Effect.map(read("/proc/self/status"), (status) => /^Uid:\s+\d+\s+0\s/m.test(status))

/** Whether a capability is effective in this process, by its number in capability.h. */
const capability = (bit: bigint) =>
  Effect.map(read("/proc/self/status"), (status) => {
    const effective = /^CapEff:\s+([0-9a-f]+)$/m.exec(status)?.[1] ?? "0"
    return (BigInt(`0x${effective}`) >> bit & 1n) === 1n
  })

const knowsExt4 = Effect.gen(function*() {
  if (/\bext4$/m.test(yield* read("/proc/filesystems"))) return true
  const release = (yield* read("/proc/sys/kernel/osrelease")).trim()
  return (yield* read(`/lib/modules/${release}/modules.dep`)).includes("/ext4.ko")
})

const header = (...names: ReadonlyArray<string>) =>
  succeeds("gcc", "-E", "-x", "c", "-o", "/dev/null", ...names.flatMap((name) => ["-include", name]), "/dev/null")

const helper = (name: string, neededFor: string, debian: string): Probe => ({
  name,
  neededFor,
  remedy: install(debian),
  present: Effect.flatMap(
    FileSystem.FileSystem,
    (fs) =>
      Effect.exists(directories, (directory) => Effect.orElseSucceed(fs.exists(`${directory}/${name}`), () => false))
  )
})

const room = (directory: string): Probe => ({
  name: `2 GiB of free space in ${directory}`,
  neededFor: "images",
  remedy: "free some space, or use another scratch directory",
  present: Effect.map(
    attempt("df", "-Pk", directory),
    Option.exists(({ stdout }) => Number(/^\S+\s+\d+\s+\d+\s+(\d+)/m.exec(stdout.split("\n")[1] ?? "")?.[1]) >= roomKib)
  )
})

const probes: ReadonlyArray<Probe> = [
  {
    name: "Linux on x86-64",
    neededFor: "everything",
    remedy: "run this on such a machine, which may be a virtual one",
    present: printed(/^Linux x86_64$/m, "uname", "-sm")
  },
  { name: "root", neededFor: "everything", remedy: "run this as root", present: isRoot },
  {
    name: "CAP_SYS_ADMIN",
    neededFor: "mounts and loop devices",
    remedy: "give it to the container, or run this outside of one",
    present: capability(21n)
  },
  {
    name: "CAP_MKNOD",
    neededFor: "a /dev of its own",
    remedy: "give it to the container, or run this outside of one",
    present: capability(27n)
  },
  {
    name: "loop devices",
    neededFor: "every device",
    remedy: "load the kernel module loop, and let this process open /dev/loop-control",
    present: opens("/dev/loop-control")
  },
  {
    name: "FUSE",
    neededFor: "every device",
    remedy: "load the kernel module fuse, and let this process open /dev/fuse",
    present: opens("/dev/fuse")
  },
  {
    name: "ext4 in the kernel",
    neededFor: "mounts",
    remedy: "load the kernel module ext4, or use a kernel that has it",
    present: knowsExt4
  },
  { name: "gcc", neededFor: "building the emulation", remedy: install("gcc"), present: succeeds("gcc", "--version") },
  {
    name: "headers of the C library",
    neededFor: "building the emulation",
    remedy: install("libc6-dev"),
    present: header("stdio.h")
  },
  {
    name: "headers of the kernel",
    neededFor: "building the emulation",
    remedy: install("linux-libc-dev"),
    present: header("linux/fuse.h")
  },
  {
    name: "headers of ploop",
    neededFor: "building the emulation",
    remedy: install("libploop-dev"),
    present: header("linux/types.h", "ploop/ploop_if.h")
  },
  helper("parted", "create with a file system", "parted"),
  helper("mkfs.ext4", "create with a file system", "e2fsprogs"),
  helper("e2fsck", "mount with fsck, resize", "e2fsprogs"),
  helper("resize2fs", "resize", "e2fsprogs"),
  helper("tune2fs", "create, resize", "e2fsprogs"),
  helper("dumpe2fs", "resize", "e2fsprogs")
]

const toolIsThere = (tool: string, generation: Option.Option<Generation>): Probe => ({
  name: tool === "ploop" ? "ploop" : `ploop, at ${tool}`,
  neededFor: "everything",
  remedy: tool === "ploop" ? install("ploop") : "let PLOOP_TOOL name a ploop tool of generation 1.15, 7 or 9",
  present: Effect.succeed(Option.isSome(generation))
})

const sgdisk = helper("sgdisk", "create with a file system, with the tool of generation 7 or 9", "gdisk")
const partprobe = helper("partprobe", "mounts, with the tool of generation 7 or 9", "parted")

/** What a tool runs beside what that of 1.15 does. */
const furtherHelpers: Record<Generation, ReadonlyArray<Probe>> = {
  "1.15": [],
  "7": [sgdisk, partprobe],
  "9": [helper("dmsetup", "every device, with the tool of generation 9", "dmsetup"), sgdisk, partprobe]
}

const settle = ({ name, neededFor, present, remedy }: Probe) =>
  Effect.map(present, (found): Requirement => ({ name, status: found ? "present" : "missing", neededFor, remedy }))

export const requirements = (
  scratch: string,
  tool: string
): Effect.Effect<ReadonlyArray<Requirement>, never, CommandExecutor | FileSystem.FileSystem> =>
  Effect.flatMap(generationOf(tool), (generation) =>
    Effect.forEach(
      [
        ...probes,
        toolIsThere(tool, generation),
        ...Option.match(generation, { onNone: () => [], onSome: (known) => furtherHelpers[known] }),
        room(scratch)
      ],
      settle,
      { concurrency: 4 }
    ))

/** ext4 resizes a mounted file system only for a process with this capability. */
export const resourceCapability: Effect.Effect<Requirement, never, CommandExecutor | FileSystem.FileSystem> = settle({
  name: "CAP_SYS_RESOURCE",
  neededFor: "growing a mounted disk",
  remedy: "give it to the container, or run this outside of one; everything else works without it",
  present: capability(24n)
})
