import type * as CommandExecutor from "@effect/platform/CommandExecutor"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { attempt } from "./kernelEmulation/command.js"

/** What a program prints; none when it cannot be run, fails or prints nothing. */
export const printed = (
  program: string,
  ...args: ReadonlyArray<string>
): Effect.Effect<Option.Option<string>, never, CommandExecutor.CommandExecutor> =>
  Effect.map(
    attempt(program, ...args),
    Option.filterMap(({ exitCode, stdout }) =>
      exitCode === 0 && stdout.trim() !== "" ? Option.some(stdout.trim()) : Option.none()
    )
  )

const debian = (path: string) =>
  Effect.flatMap(printed("dpkg-query", "--search", path), (found) =>
    Option.match(found, {
      onNone: () => Effect.succeedNone,
      onSome: (line) => {
        const name = line.split(":", 1)[0] ?? ""
        return printed("dpkg-query", "--show", "--showformat=${Package} ${Version}", name)
      }
    }))

const redHat = (path: string) => printed("rpm", "--query", "--file", path)

/** The package that has the tool, and its version. The tool itself does not know its version. */
export const toolVersion = (
  tool: string
): Effect.Effect<string | undefined, never, CommandExecutor.CommandExecutor> =>
  Effect.gen(function*() {
    const path = yield* printed("sh", "-c", "command -v -- \"$1\"", "sh", tool)
    if (Option.isNone(path)) return undefined
    const owner = yield* debian(path.value)
    return Option.getOrUndefined(Option.isSome(owner) ? owner : yield* redHat(path.value))
  })
