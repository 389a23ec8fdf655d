// @effect-diagnostics nodeBuiltinImport:off
import * as CommandExecutor from "@effect/platform/CommandExecutor"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { type ChildProcess, spawn } from "node:child_process"
import type * as Net from "node:net"
import * as process from "node:process"
import type { Readable, Writable } from "node:stream"
import * as CommandText from "./commandText.js"
import type { Heritage } from "./heritage.js"
import * as Marked from "./marked.js"

/** How a command ended: with a code of the shell, or unseen, because the server was killed. */
export type Ending = number | "unseen"

/** A command that a server has started. */
export interface Started {
  readonly pid: CommandExecutor.ProcessId
  /** When it began, as the kernel counts: another process that gets its number began at another time. */
  readonly begun: string
  readonly ending: Deferred.Deferred<Ending>
  readonly stdout: Marked.Marked
  readonly stderr: Marked.Marked
}

/** A shell that runs one command at a time. It is small, so that a fork of it is cheap. */
export interface Server {
  readonly heritage: Heritage
  /** Starts a command. None when nothing was started. */
  readonly start: (program: string, args: ReadonlyArray<string>, nonce: string) => Effect.Effect<Option.Option<Started>>
  /** Has the shell itself do something. An interruption kills it, and what it runs. */
  readonly ask: (text: string) => Effect.Effect<Ending>
  /** Waits for its end. */
  readonly gone: Effect.Effect<void>
  /** Whether it can take a command. */
  readonly isIdle: () => boolean
  /** Lets a program end that waits for nothing else. */
  readonly rest: () => void
  /** Lets it end after what it runs. */
  readonly dismiss: () => void
}

interface Pipes {
  readonly commands: Writable
  readonly stdout: Net.Socket
  readonly status: Net.Socket
  readonly stderr: Net.Socket
}

/** The server's own messages about the ends of commands are nobody's output, so its standard error leads nowhere. */
const stdio: ReadonlyArray<"pipe" | "ignore"> = ["pipe", "pipe", "ignore", "pipe", "pipe"]

const pipesOf = (child: ChildProcess): Pipes | undefined => {
  const [commands, stdout, , status, stderr] = child.stdio
  return child.pid === undefined || !commands || !stdout || !status || !stderr ? undefined : {
    commands: commands as Writable,
    // Node makes a socket of each pipe. Its type says only what all kinds of stdio have.
    stdout: stdout as Readable as Net.Socket,
    status: status as Readable as Net.Socket,
    stderr: stderr as Readable as Net.Socket
  }
}

/** What a line of `/proc/<number>/stat` says. The name of the program, in parentheses, may have anything in it. */
export const statOf = (line: string): { readonly state: string; readonly began: string } => {
  const fields = line.slice(line.lastIndexOf(")") + 2).split(" ")
  return { state: fields[0] ?? "", began: fields[19] ?? "" }
}

/** The lines of the status pipe, and its end. */
const watch = (status: Net.Socket, onLine: (word: string, number: number, line: string) => void, onEnd: () => void) => {
  let text = ""
  status.setEncoding("latin1")
  status.on("data", (piece: string) => {
    const lines = `${text}${piece}`.split("\n")
    text = lines.pop() ?? ""
    for (const line of lines) {
      const [word = "", number = ""] = line.split(" ")
      onLine(word, /^\d+$/.test(number) ? Number(number) : -1, line)
    }
  })
  status.on("close", onEnd)
}

type Begun = Pick<Started, "pid" | "begun">

interface Current {
  readonly began: Deferred.Deferred<Option.Option<Begun>>
  readonly ending: Deferred.Deferred<Ending>
}

const makeCurrent: Effect.Effect<Current> = Effect.all({
  began: Deferred.make<Option.Option<Begun>>(),
  ending: Deferred.make<Ending>()
})

const serve = (heritage: Heritage, child: ChildProcess, pipes: Pipes, gone: Deferred.Deferred<void>): Server => {
  let current: Current | undefined
  let usable = true

  /** The event loop of a program that only waits for idle servers may end. */
  const hold = (kept: boolean) => {
    const method = kept ? "ref" : "unref"
    for (const pipe of [pipes.stdout, pipes.status, pipes.stderr]) pipe[method]()
  }

  const dismiss = () => {
    usable = false
    pipes.commands.end()
    if (current !== undefined) return
    for (const pipe of [pipes.stdout, pipes.status, pipes.stderr]) pipe.destroy()
  }

  const onLine = (word: string, number: number, line: string) => {
    if (current === undefined) return
    if (word === "began" && number > 1) {
      const begun = { pid: CommandExecutor.ProcessId(number), begun: statOf(line).began }
      Deferred.unsafeDone(current.began, Effect.succeedSome(begun))
    } else if (word === "ended" && number >= 0) {
      // Without a beginning, nothing was started.
      Deferred.unsafeDone(current.began, Effect.succeedNone)
      Deferred.unsafeDone(current.ending, Effect.succeed(number))
      current = undefined
    } else {
      kill(child)
    }
  }

  const onEnd = () => {
    usable = false
    Deferred.unsafeDone(gone, Effect.void)
    if (current === undefined) return
    Deferred.unsafeDone(current.began, Effect.succeedNone)
    Deferred.unsafeDone(current.ending, Effect.succeed("unseen"))
    current = undefined
  }

  const begin = (made: Current, text: string) => {
    current = made
    hold(true)
    pipes.commands.write(text)
  }

  // Node's descriptors close by themselves when the other end is gone; what that means is in the status.
  for (const pipe of [pipes.commands, pipes.stdout, pipes.status, pipes.stderr]) pipe.on("error", () => undefined)
  watch(pipes.status, onLine, onEnd)
  child.unref()
  hold(false)

  return {
    heritage,
    isIdle: () => usable && current === undefined,
    dismiss,
    gone: Deferred.await(gone),
    rest: () => hold(false),
    ask: (text) =>
      Effect.flatMap(makeCurrent, (made) => {
        begin(made, text)
        return Effect.onInterrupt(
          Deferred.await(made.ending),
          () => Effect.zipRight(Effect.sync(() => kill(child)), Deferred.await(gone))
        )
      }),
    start: (program, args, nonce) =>
      Effect.gen(function*() {
        const marker = CommandText.makeMarker(nonce)
        const made = yield* makeCurrent
        begin(made, CommandText.commandText(program, args, marker))
        return Option.map(yield* Deferred.await(made.began), (begun): Started => ({
          ...begun,
          ending: made.ending,
          stdout: Marked.make(pipes.stdout, marker),
          stderr: Marked.make(pipes.stderr, marker)
        }))
      })
  }
}

/** Kills the shell, and what it runs in its own group. */
const kill = ({ pid }: ChildProcess): void => {
  try {
    if (pid !== undefined) process.kill(-pid, "SIGKILL")
  } catch {
    // It is gone.
  }
}

const spawned = ({ environment }: Heritage): ChildProcess | undefined => {
  try {
    // Node takes no readonly list.
    return spawn("/bin/sh", [], { stdio: [...stdio], env: environment, detached: true })
  } catch {
    return undefined
  }
}

/** None where there is no shell. */
export const make = (heritage: Heritage): Effect.Effect<Option.Option<Server>> =>
  Effect.flatMap(Deferred.make<void>(), (gone) =>
    Effect.async((resume) => {
      const child = spawned(heritage)
      if (child === undefined) return resume(Effect.succeedNone)
      child.once("error", () => resume(Effect.succeedNone))
      child.once("spawn", () => {
        const pipes = pipesOf(child)
        resume(Effect.succeed(pipes === undefined ? Option.none() : Option.some(serve(heritage, child, pipes, gone))))
      })
    }))
