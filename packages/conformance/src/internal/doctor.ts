import * as PloopCli from "@effect-ploop/backend-cli/PloopCli"
import * as Ploop from "@effect-ploop/core/Ploop"
import type { Prerequisite } from "@effect-ploop/core/Result"
import * as Scratch from "@effect-ploop/testkit/Scratch"
import * as Target from "@effect-ploop/testkit/Target"
import * as Command from "@effect/platform/Command"
import type * as CommandExecutor from "@effect/platform/CommandExecutor"
import * as FileSystem from "@effect/platform/FileSystem"
import * as Path from "@effect/platform/Path"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"

/** The `neededFor` of what the suite cannot run without. */
export const everything = "everything"

type Environment = Ploop.Ploop | FileSystem.FileSystem | Path.Path | CommandExecutor.CommandExecutor

export type Look = Effect.Effect<Prerequisite, never, Environment>

const finding = (
  name: string,
  present: boolean,
  neededFor: string,
  remedy: string
): Prerequisite => ({ name, status: present ? "present" : "missing", neededFor, remedy: present ? "" : remedy })

const unknown = (name: string, neededFor: string, remedy: string): Prerequisite => ({
  name,
  status: "unknown",
  neededFor,
  remedy
})

/** What a command prints; none when it cannot be run or prints nothing. */
const ask = (
  command: string,
  ...args: ReadonlyArray<string>
): Effect.Effect<Option.Option<string>, never, CommandExecutor.CommandExecutor> =>
  Effect.map(
    Effect.orElseSucceed(Command.string(Command.make(command, ...args)), () => ""),
    (text) => Option.filter(Option.some(text.trim()), (words) => words !== "")
  )

const rootRemedy = "run this as root, or let this user run sudo without a password and set PLOOP_PREFIX=sudo,-n"

/** Whether the tool runs as root, with the prefix that the environment sets. */
export const root: Look = Effect.gen(function*() {
  const { prefix = [] } = yield* Effect.orElseSucceed(PloopCli.config, () => ({ prefix: undefined }))
  const [program = "id", ...args] = [...prefix, "id", "-u"]
  const user = yield* ask(program, ...args)
  return finding("root (PLOOP_PREFIX)", Option.contains(user, "0"), everything, rootRemedy)
})

/** Whether the tool can take its locks, without which it does not even query a disk. */
export const locks = (scratch: string): Look =>
  Effect.map(
    Target.lockRefusal(scratch),
    (refusal) => finding("the tool's locks in /var/lock/ploop", refusal === undefined, everything, refusal ?? "")
  )

/** Whether a file can be written to the directory and read back. */
export const directory = (scratch: string): Look =>
  Effect.gen(function*() {
    const name = `scratch directory ${scratch} (--dir)`
    return yield* Effect.match(Scratch.requireUsable(scratch), {
      onSuccess: () => finding(name, true, everything, ""),
      onFailure: ({ reason, rule }) => finding(name, false, everything, `it ${rule}: ${reason}`)
    })
  })

/** The type of the file system of a directory, as `stat` prints it. */
export const fileSystemOf = (scratch: string) => ask("stat", "--file-system", "--format=%T", scratch)

/** What `stat` prints for ext2, ext3 and ext4. */
const ext4 = "ext2/ext3"

/** Whether ploop accepts images on a file system of this type. */
export const isTaken = (type: string): boolean => type === ext4

export const hostFileSystem = (scratch: string): Look =>
  Effect.map(fileSystemOf(scratch), (found) => {
    const neededFor = "devices, mounts, and everything that needs them"
    const remedy = "let --dir name a directory on ext4: ploop refuses XFS and others"
    return Option.match(found, {
      onNone: () => unknown(`file system of ${scratch}`, neededFor, remedy),
      onSome: (type) =>
        finding(`ext4 at ${scratch}${isTaken(type) ? "" : ` (it is ${type})`}`, isTaken(type), neededFor, remedy)
    })
  })

const noLeftovers = "a run without leftovers of earlier ones"

/** The first few of many. */
const list = (all: ReadonlyArray<string>): string =>
  all.length <= 4 ? all.join(", ") : `${all.slice(0, 3).join(", ")} and ${all.length - 3} more`

export const leftoverDevices = (scratch: string): Look =>
  Effect.gen(function*() {
    const ploop = yield* Ploop.Ploop
    const fs = yield* FileSystem.FileSystem
    const below = `${yield* Effect.orElseSucceed(fs.realPath(scratch), () => scratch)}/${Scratch.prefix}`
    return yield* Effect.match(ploop.listDevices, {
      onFailure: (error) => unknown("no devices left by earlier runs", noLeftovers, error.message),
      onSuccess: (devices) => {
        const left = devices.filter(({ image }) => image.startsWith(below)).map(({ device }) => device)
        return finding(
          "no devices left by earlier runs",
          left.length === 0,
          noLeftovers,
          left.map((device) => `ploop umount -d ${device}`).join("; ")
        )
      }
    })
  })

export const leftoverDirectories = (scratch: string): Look =>
  Effect.gen(function*() {
    const fs = yield* FileSystem.FileSystem
    const path = yield* Path.Path
    const names = yield* Effect.orElseSucceed(fs.readDirectory(scratch), () => [])
    const left = names.filter((name) => name.startsWith(Scratch.prefix)).map((name) => path.join(scratch, name))
    return finding(
      "no directories left by earlier runs",
      left.length === 0,
      noLeftovers,
      `if no other run is in progress, remove ${list(left)}`
    )
  })
