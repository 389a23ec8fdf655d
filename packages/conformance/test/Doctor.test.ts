import { PloopFake } from "@effect-ploop/backend-fake"
import { Doctor } from "@effect-ploop/conformance"
import type { Generation } from "@effect-ploop/core"
import { Command, CommandExecutor, Error as PlatformError, FileSystem } from "@effect/platform"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Layer, Sink, Stream } from "effect"

interface Host {
  readonly generation: Generation.Generation
  /** The names in /sys/module. */
  readonly modules?: ReadonlyArray<string>
  /** What programs print, by their command lines; others are missing. */
  readonly prints?: Readonly<Record<string, string>>
  /** The parts of the kernel that are missing. */
  readonly lacks?: ReadonlyArray<string>
}

const process = (stdout: string): CommandExecutor.Process => {
  const process: Partial<CommandExecutor.Process> = {
    [CommandExecutor.ProcessTypeId]: CommandExecutor.ProcessTypeId,
    pid: CommandExecutor.ProcessId(1),
    exitCode: Effect.succeed(CommandExecutor.ExitCode(0)),
    isRunning: Effect.succeed(false),
    kill: () => Effect.void,
    stdin: Sink.drain,
    stdout: Stream.make(new TextEncoder().encode(stdout)),
    stderr: Stream.empty
  }
  // What is left out is for printing a process.
  return process as CommandExecutor.Process
}

const programs = (prints: Readonly<Record<string, string>>) =>
  CommandExecutor.makeExecutor((command) => {
    const [{ args, command: program }] = Command.flatten(command)
    const stdout = prints[[program, ...args].join(" ")]
    return stdout === undefined
      ? Effect.fail(
        new PlatformError.SystemError({
          reason: "NotFound",
          module: "Command",
          method: "spawn",
          pathOrDescriptor: program
        })
      )
      : Effect.succeed(process(stdout))
  })

const whereIs = "sh -c command -v -- \"$1\" sh ploop"

/** What is true of a host, by name. */
const factsOf = ({ generation, lacks = [], modules = [], prints = {} }: Host) =>
  Effect.map(
    Doctor.facts(lacks.map((name) => ({ name, status: "missing", neededFor: "mount", remedy: "load it" }))),
    (facts) => Object.fromEntries(facts.map(({ name, value }) => [name, value]))
  ).pipe(Effect.provide(Layer.mergeAll(
    PloopFake.layer({ generation }),
    FileSystem.layerNoop({ readDirectory: (path) => Effect.succeed(path === "/sys/module" ? [...modules] : []) }),
    Layer.succeed(CommandExecutor.CommandExecutor, programs(prints))
  )))

describe("the facts of a host", () => {
  it.effect("of 9 have the version of the ploop target and its modules, and only format version 2 mounts", () =>
    Effect.gen(function*() {
      assert.deepStrictEqual(
        yield* factsOf({
          generation: "9",
          modules: ["dm_ploop", "ext4", "dm_mod", "dm_crypt"],
          prints: {
            "dmsetup targets": "striped          v1.6.0\nploop            v1.0.0\nlinear           v1.4.0\n",
            [whereIs]: "/usr/sbin/ploop\n",
            "rpm --query --file /usr/sbin/ploop": "ploop-9.0.30-1.vz9.x86_64\n"
          }
        }),
        {
          "package of the tool": "ploop-9.0.30-1.vz9.x86_64",
          "modules of the driver": "dm_mod, dm_ploop",
          "version of the ploop target": "v1.0.0",
          "format versions that mount": "2"
        }
      )
    }))

  it.effect("of 9 without the target say that it is missing, and that nothing mounts", () =>
    Effect.gen(function*() {
      const found = yield* factsOf({
        generation: "9",
        lacks: ["ploop target"],
        prints: { "dmsetup targets": "linear           v1.4.0\n" }
      })
      assert.strictEqual(found["version of the ploop target"], "none")
      assert.strictEqual(found["modules of the driver"], "none")
      assert.strictEqual(found["format versions that mount"], "none: the ploop target is missing")
      assert.strictEqual(found["package of the tool"], "none, so that its version is not known")
    }))

  it.effect("of 9 without dmsetup do not claim that the target is missing", () =>
    Effect.gen(function*() {
      assert.include((yield* factsOf({ generation: "9" }))["version of the ploop target"], "not known")
    }))

  it.effect("of 7 have the modules of its driver, and say that a writable mount converts version 1", () =>
    Effect.gen(function*() {
      const found = yield* factsOf({
        generation: "7",
        modules: ["pio_direct", "ploop", "pfmt_ploop1", "dm_ploop", "pio_kaio"],
        prints: {
          [whereIs]: "/usr/sbin/ploop\n",
          "dpkg-query --search /usr/sbin/ploop": "ploop: /usr/sbin/ploop\n",
          "dpkg-query --show --showformat=${Package} ${Version} ploop": "ploop 7.0.280"
        }
      })
      assert.deepStrictEqual(found, {
        "package of the tool": "ploop 7.0.280",
        "modules of the driver": "pfmt_ploop1, pio_direct, pio_kaio, ploop",
        "format versions that mount": "1 and 2; a writable mount converts 1 to 2"
      })
    }))

  it.effect("of 7 and 1.15 without large disk support have format version 1 only, and none without the driver", () =>
    Effect.gen(function*() {
      for (const generation of ["1.15", "7"] as const) {
        const mounts = (lacks: ReadonlyArray<string>) =>
          Effect.map(factsOf({ generation, lacks }), (found) => found["format versions that mount"])
        assert.strictEqual(yield* mounts(["large disk support"]), "1")
        assert.strictEqual(yield* mounts(["ploop kernel driver"]), "none: the ploop kernel driver is missing")
      }
      assert.strictEqual((yield* factsOf({ generation: "1.15" }))["format versions that mount"], "1 and 2")
    }))
})
