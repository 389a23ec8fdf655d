/** The C program that measures libploop and bare processes, beside which the backend is measured. */
import { Command, CommandExecutor, FileSystem } from "@effect/platform"
import { Effect, Queue, Stream } from "effect"
import { fileURLToPath } from "node:url"

const source = fileURLToPath(new URL("reference/reference.c", import.meta.url))

/** What a command of the program took, and what the last of its runs returned. */
export interface Measured {
  /** In milliseconds. */
  readonly time: number
  readonly result: number
}

export type Reference = (command: string, count: number, ...words: ReadonlyArray<string>) => Effect.Effect<Measured>

const compile = (directory: string) =>
  Effect.gen(function*() {
    const program = `${directory}/reference`
    const code = yield* Command.exitCode(
      Command.make("gcc", "-std=gnu11", "-O2", "-o", program, source, "-lploop").pipe(Command.stderr("inherit"))
    )
    return code === 0 ? program : yield* Effect.fail("the reference needs gcc and libploop-dev")
  })

const measured = (line: string): Effect.Effect<Measured> => {
  const [time, result] = line.split(" ").map(Number)
  return time === undefined || result === undefined || result < 0
    ? Effect.dieMessage(`the reference failed: ${line}`)
    : Effect.succeed({ time: time / 1e6, result })
}

/** Builds the program and starts it behind a prefix; it ends with the scope. */
export const reference = (prefix: ReadonlyArray<string>) =>
  Effect.gen(function*() {
    const fs = yield* FileSystem.FileSystem
    const executor = yield* CommandExecutor.CommandExecutor
    const program = yield* compile(yield* fs.makeTempDirectoryScoped({ prefix: "ploop-bench-" }))
    const input = yield* Queue.unbounded<string>()
    const output = yield* Queue.unbounded<string>()
    const [first = program, ...rest] = [...prefix, program]
    const child = yield* executor.start(
      Command.make(first, ...rest).pipe(
        Command.env({ LC_ALL: "C", PLOOP_PAD: "x".repeat(8192) }),
        Command.stdin(Stream.encodeText(Stream.fromQueue(input))),
        Command.stderr("inherit")
      )
    )
    yield* Effect.forkScoped(Stream.runForEach(
      child.stdout.pipe(Stream.decodeText(), Stream.splitLines),
      (line) => Queue.offer(output, line)
    ))
    const ask: Reference = (command, count, ...words) =>
      Queue.offer(input, `${[command, count, ...words].join(" ")}\n`).pipe(
        Effect.zipRight(Queue.take(output)),
        Effect.flatMap(measured)
      )
    return ask
  })
