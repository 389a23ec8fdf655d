/** Whether the kernel of a host has what generation 9 needs, by what `dmsetup` says. */
import { PloopError } from "@effect-ploop/core"
import { assert, describe, it } from "@effect/vitest"
import { Duration, Effect } from "effect"
import * as kernel from "../src/internal/kernel.js"
import type { ProcessResult, RunError, Runner } from "../src/internal/process.js"

const about = { operation: "create", subject: "/vz/a/root.hdd" } as const

const result = (given: Partial<ProcessResult>): ProcessResult => ({
  argv: [],
  exitCode: 0,
  signal: undefined,
  stdout: "",
  stderr: "",
  truncated: false,
  duration: Duration.zero,
  ...given
})

/** A runner of which only runs are asked. */
const runner = (
  run: Effect.Effect<ProcessResult, RunError>
): Runner => ({ run: () => run } as Partial<Runner> as Runner)

const required = (run: Effect.Effect<ProcessResult, RunError>) =>
  Effect.match(kernel.make({ runner: runner(Effect.die("not asked")), dmsetup: runner(run) }).require(about, "9"), {
    onFailure: (error) => error._tag === "PrerequisiteMissing" ? error.what : error._tag,
    onSuccess: () => "there"
  })

const targets = "striped          v1.6.0\nploop            v1.0.0\nlinear           v1.4.0\n"

const mapper = "the device mapper with its ploop target"

describe("the ploop target of the device mapper", () => {
  for (
    const [title, run, expected] of [
      ["is there when it is listed", Effect.succeed(result({ stdout: targets })), "there"],
      ["is missing when it is not listed", Effect.succeed(result({ stdout: "linear   v1.4.0\n" })), mapper],
      ["is missing when only a longer name is listed", Effect.succeed(result({ stdout: "ploop2   v1\n" })), mapper],
      ["is missing when the list failed", Effect.succeed(result({ stdout: targets, exitCode: 1 })), mapper],
      [
        "cannot be seen without dmsetup",
        Effect.fail(new PloopError.ToolNotFound({ ...about, text: "", path: "dmsetup" })),
        "the program dmsetup"
      ],
      [
        "cannot be seen by a user who may not run dmsetup",
        Effect.fail(new PloopError.PermissionDenied({ ...about, text: "" })),
        "PermissionDenied"
      ]
    ] as const
  ) {
    it.effect(title, () =>
      Effect.gen(function*() {
        assert.strictEqual(yield* required(run), expected)
      }))
  }
})

describe("the device mapper", () => {
  const responds = (run: Effect.Effect<ProcessResult, RunError>) =>
    kernel.make({ runner: runner(Effect.die("not asked")), dmsetup: runner(run) }).hasDeviceMapper

  it.effect("responds when dmsetup succeeds, and is as its node says where that program is missing", () =>
    Effect.gen(function*() {
      assert.isTrue(yield* responds(Effect.succeed(result({ stdout: targets }))))
      assert.isFalse(yield* responds(Effect.succeed(result({ exitCode: 1 }))))
      assert.isTrue(yield* responds(new PloopError.ToolNotFound({ ...about, text: "", path: "dmsetup" })))
      assert.isFalse(yield* responds(new PloopError.PermissionDenied({ ...about, text: "" })))
    }))
})
