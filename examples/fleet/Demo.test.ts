import { expect, it } from "@effect/vitest"
import { Effect } from "effect"
import { demo } from "./demo.js"

it.live("a move ends although its process is killed while it copies, and no file is lost", () =>
  Effect.gen(function*() {
    const lines: Array<string> = []
    const collecting = { ...globalThis.console, log: (line: string) => void lines.push(line) }
    yield* Effect.consoleWith((console) =>
      Effect.withConsole(demo, { ...console, log: (...args) => Effect.sync(() => collecting.log(args.join(" "))) })
    )
    const output = lines.join("\n")
    expect(output).toMatch(/Process \d+ is killed/)
    expect(output).toContain("publish the new disk has succeeded")
    expect(output).toMatch(/All \d+ files are there/)
  }))
