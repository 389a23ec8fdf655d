import type * as Report from "@effect-ploop/testkit/Report"
import type * as CommandExecutor from "@effect/platform/CommandExecutor"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { hostname, release, type } from "node:os"
import { attempt } from "../kernelEmulation/command.js"
import * as version from "./version.js"

const printed = (
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
const toolVersion = (tool: string) =>
  Effect.gen(function*() {
    const path = yield* printed("sh", "-c", "command -v -- \"$1\"", "sh", tool)
    if (Option.isNone(path)) return undefined
    const owner = yield* debian(path.value)
    return Option.getOrUndefined(Option.isSome(owner) ? owner : yield* redHat(path.value))
  })

/** Where a report of this process comes from. */
export const of = (
  { target }: Report.Report,
  runsTool: boolean
): Effect.Effect<Report.Origin, never, CommandExecutor.CommandExecutor> =>
  Effect.map(runsTool ? toolVersion(target.tool) : Effect.succeed(undefined), (toolVersion) => ({
    host: hostname(),
    kernel: `${type()} ${release()}`,
    ...toolVersion !== undefined && { toolVersion },
    testkit: version.testkit,
    command: ["ploop-conformance", ...process.argv.slice(2)].join(" ")
  }))
