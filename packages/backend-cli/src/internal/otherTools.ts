import type { Generation } from "@effect-ploop/core/Generation"
import * as PrintableText from "@effect-ploop/core/PrintableText"
import * as Waiting from "@effect-ploop/core/Waiting"
import * as Array from "effect/Array"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Schedule from "effect/Schedule"
import type { Host } from "./host.js"
import type { HostFiles } from "./hostFiles.js"
import { besideTool } from "./programs.js"

/**
 * Whether the tool's own lock fails to keep two changes of a disk apart. Generation 9 locks bytes of the base image, as
 * `fcntl` does, and loses the lock as soon as it closes that image, which it reads in between.
 */
const locksNothing: Readonly<Record<Generation, boolean>> = { "1.15": false, "7": false, "9": true }

/**
 * The commands that change no descriptor, and `copy`, which may take hours: the lock of generation 9 holds during a copy,
 * so a change fails at once.
 */
const harmless: ReadonlySet<string | undefined> = new Set(["info", "list", "snapshot-list", "stat", "copy", "getdev"])

/** The tool and the programs beside it, by their names. Commands of other packages begin with `ploop` too. */
const programs: ReadonlyArray<string> = ["ploop", ...besideTool]

const nameOf = (word: string): string => word.slice(word.lastIndexOf("/") + 1)

/** The arguments of a change by the tool, in a command line that may begin with `sudo` or a shell; none of any other. */
export const changeOf = (words: ReadonlyArray<string>, tool: string): ReadonlyArray<string> => {
  const args = words.slice(words.findLastIndex((word) => word === tool || programs.includes(nameOf(word))) + 1)
  const isTool = args.length < words.length
  return isTool && !harmless.has(args.find((word) => !word.startsWith("-"))) ? args : []
}

interface Seen {
  readonly host: Host
  readonly files: HostFiles
  readonly tool: string
  readonly generation: Effect.Effect<Generation, unknown>
}

/** A process that changes the directory, or what is in it. */
const changing = ({ files, host, tool }: Seen, directory: string) =>
  Effect.map(
    files.processes((words) => changeOf(words, tool)),
    Array.findFirst(({ paths }) => paths.some((path) => path === directory || host.directory(path) === directory))
  )

/**
 * Waits for a tool of generation 9 that works in the directory and that this process has not started: one that somebody
 * else runs, or one that outlived the process which held the lock of the directory. Only its command line shows it.
 *
 * - `directory`: a real path
 */
export const awaitChanges = (seen: Seen, directory: string): Effect.Effect<void> =>
  Effect.gen(function*() {
    const generation = yield* Effect.option(seen.generation)
    if (!Option.exists(generation, (found) => locksNothing[found])) return
    const other = yield* changing(seen, directory)
    if (Option.isNone(other)) return
    yield* Effect.logInfo(
      `process ${other.value.pid} works in ${
        PrintableText.escape(directory)
      }, and no lock shows it: waiting for its end`
    )
    yield* Effect.repeat(changing(seen, directory), { schedule: Schedule.spaced("100 millis"), while: Option.isSome })
  }).pipe(Waiting.interruptible)
