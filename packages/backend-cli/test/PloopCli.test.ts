import { Environment, PloopCli } from "@effect-ploop/backend-cli"
import { Ploop } from "@effect-ploop/core"
import { NodeContext } from "@effect/platform-node"
import { assert, describe, it } from "@effect/vitest"
import {
  Cause,
  Clock,
  Config,
  ConfigProvider,
  Duration,
  Effect,
  Exit,
  Fiber,
  Layer,
  Logger,
  Option,
  Tracer
} from "effect"
import { untilDone } from "./utils/clock.js"
import { scripted } from "./utils/host.js"
import type { Answer } from "./utils/ScriptedExecutor.js"
import * as ScriptedExecutor from "./utils/ScriptedExecutor.js"

const read = (values: Record<string, string>) =>
  Effect.withConfigProvider(
    PloopCli.config,
    ConfigProvider.fromMap(new Map(Object.entries(values)), { pathDelim: "_" })
  )

describe("the configuration", () => {
  it.effect("is empty where nothing is said, so that the defaults hold", () =>
    Effect.gen(function*() {
      const options = yield* read({})
      assert.isTrue(Object.values(options).every((value) => value === undefined))
    }))

  it.effect("is read from variables that begin with PLOOP", () =>
    Effect.gen(function*() {
      const options = yield* read({
        PLOOP_TOOL: "/opt/ploop",
        PLOOP_PREFIX: "sudo,-n",
        PLOOP_KILL_PREFIX: "doas,-n",
        PLOOP_VERBOSITY: "5",
        PLOOP_QUERY_LIMIT: "90 seconds",
        PLOOP_CHANGE_LIMIT: "2 hours",
        PLOOP_GRACE: "1 minute",
        PLOOP_MAX_PROCESSES: "2",
        PLOOP_MAX_OUTPUT: "1000",
        PLOOP_ALLOW_OUTSIDE_IMAGES: "true",
        PLOOP_QUERIES: "tool",
        PLOOP_SYSFS: "/host/sys",
        PLOOP_LOAD_MODULES: "true"
      })
      assert.deepStrictEqual<unknown>(options, {
        tool: "/opt/ploop",
        prefix: ["sudo", "-n"],
        killPrefix: ["doas", "-n"],
        verbosity: 5,
        queryLimit: Duration.seconds(90),
        changeLimit: Duration.hours(2),
        grace: Duration.minutes(1),
        maxProcesses: 2,
        maxOutput: 1000,
        allowOutsideImages: true,
        queries: "tool",
        sysfs: "/host/sys",
        loadModules: true
      })
    }))

  it.effect("is refused where a number makes no sense", () =>
    Effect.gen(function*() {
      for (
        const [name, value] of [["MAX_PROCESSES", "0"], ["MAX_OUTPUT", "-1"], ["VERBOSITY", "loud"], ["GRACE", "soon"]]
      ) {
        assert.isTrue(Exit.isFailure(yield* Effect.exit(read({ [`PLOOP_${name}`]: value! }))), name)
      }
    }))

  it.scoped("of a layer that could never run anything is a bug, and says so", () =>
    Effect.gen(function*() {
      const exit = yield* Effect.exit(
        Layer.build(PloopCli.layer({ maxProcesses: 0 }).pipe(Layer.provide(NodeContext.layer)))
      )
      assert.isTrue(Exit.isFailure(exit) && Cause.pretty(exit.cause).includes("maxProcesses is 0"))
    }))
})

describe("the tool", () => {
  const list = Effect.flatMap(Ploop.Ploop, (ploop) => ploop.listDevices)

  it.scoped("is asked for its generation once, and not before it is needed", () =>
    Effect.gen(function*() {
      const host = yield* scripted("7", () => undefined)
      assert.strictEqual(host.calls.length, 0)
      yield* Effect.all([list, list, list], { concurrency: "unbounded" }).pipe(Effect.provide(host.context))
      assert.strictEqual(host.calls.filter((call) => call.argv.length === 1).length, 1)
      const cli = yield* Effect.provide(PloopCli.PloopCli, host.context)
      assert.strictEqual(yield* cli.generation, "7")
    }).pipe(Effect.provide(NodeContext.layer)))

  it.scoped("is run behind the prefix, which has to pass on what it needs of the environment", () =>
    Effect.gen(function*() {
      const host = yield* scripted("1.15", () => undefined, { tool: "/opt/ploop", prefix: ["sudo", "-n"] })
      yield* Effect.exit(Effect.provide(list, host.context))
      assert.deepStrictEqual(host.calls[0]!.argv, ["sudo", "-n", "/opt/ploop"])
      assert.strictEqual(host.calls[0]!.env["LC_ALL"], "C")
      assert.isAbove(host.calls[0]!.env["PLOOP_PAD"]!.length, 8000)
    }).pipe(Effect.provide(NodeContext.layer)))

  it.scoped("is as talkative as it is told to be", () =>
    Effect.gen(function*() {
      const host = yield* scripted("1.15", () => undefined, { verbosity: 5 })
      yield* Effect.flatMap(Ploop.Ploop, (ploop) => ploop.createSnapshot({ disk: host.disk })).pipe(
        Effect.provide(host.context)
      )
      assert.strictEqual(host.calls.at(-1)!.argv[1], "-v5")
    }).pipe(Effect.provide(NodeContext.layer)))

  it.scoped("finds the kernel modules loaded, when that is asked for", () =>
    Effect.gen(function*() {
      for (const [generation, module] of [["1.15", "pfmt_ploop1"], ["9", "dm_ploop"]] as const) {
        const host = yield* scripted(generation, () => undefined, { loadModules: true })
        yield* Effect.provide(list, host.context)
        const loading = host.calls.find((call) => call.argv[0] === "modprobe")
        assert.isTrue(loading?.argv.includes(module))
      }
    }).pipe(Effect.provide(NodeContext.layer)))

  it.scoped("is waited for when the modules cannot be loaded: only a warning comes of it", () =>
    Effect.gen(function*() {
      const warnings: Array<string> = []
      const logger = Logger.make(({ logLevel, message }) => {
        if (logLevel.label === "WARN") warnings.push(`${message}`)
      })
      const host = yield* scripted(
        "1.15",
        (command) => command[0] === "-a" ? { stderr: "not found", exitCode: 1 } : undefined,
        {
          loadModules: true
        }
      )
      yield* Effect.provide(list, host.context).pipe(Effect.provide(Logger.replace(Logger.defaultLogger, logger)))
      assert.isTrue(warnings.some((warning) => warning.includes("could not be loaded: not found")))
    }).pipe(Effect.provide(NodeContext.layer)))

  const others: ReadonlyArray<readonly [string, Answer, printed: string]> = [
    ["prints nothing", {}, ""],
    ["has another usage", { stderr: "\nusage: other COMMAND\n", exitCode: 1 }, "usage: other COMMAND"],
    ["does not end", { stdout: "y\ny\ny\n", lasts: Duration.infinity }, "y"]
  ]

  for (const [does, answer, printed] of others) {
    it.effect(`that ${does} is not taken for the tool: the error has what it printed, and what to configure`, () =>
      Effect.gen(function*() {
        const executor = ScriptedExecutor.make(() => answer)
        const layer = PloopCli.layer({ tool: "/opt/other" }).pipe(
          Layer.provide(executor.layer),
          Layer.provide(NodeContext.layer)
        )
        const fiber = yield* Effect.fork(Effect.flip(Effect.provide(list, layer)))
        yield* untilDone(executor, fiber)
        const error = yield* Fiber.join(fiber)
        assert.deepInclude(error, { _tag: "UnexpectedOutput", subject: "/opt/other", line: printed })
        assert.include(error.message, "expected the usage of ploop")
        assert.include(error.remedy, "Configure the path of a ploop tool of generation 1.15, 7 or 9")
        assert.isAtMost(yield* Clock.currentTimeMillis, 20_000)
        assert.strictEqual(executor.running(), 0)
      }))
  }
})

it.scoped("an operation is a span with the arguments, the exit code and the duration", () =>
  Effect.gen(function*() {
    const spans: Array<{ readonly name: string; readonly attributes: Map<string, unknown> }> = []
    const tracer = Tracer.make({
      context: (f) => f(),
      span: (name, parent, context, links, startTime, kind) => {
        const attributes = new Map<string, unknown>()
        spans.push({ name, attributes })
        return {
          _tag: "Span",
          spanId: `${spans.length}`,
          traceId: "0",
          name,
          parent,
          context,
          links,
          kind,
          sampled: true,
          status: { _tag: "Started", startTime },
          attributes,
          attribute: (key, value) => void attributes.set(key, value),
          end: () => {},
          event: () => {},
          addLinks: () => {}
        }
      }
    })
    const host = yield* scripted(
      "1.15",
      (command) => command[0] === "umount" ? { stderr: "Image x is not mounted\n", exitCode: 40 } : undefined
    )
    yield* Effect.flatMap(Ploop.Ploop, (ploop) => ploop.umount({ disk: host.disk })).pipe(
      Effect.exit,
      Effect.provide(host.context),
      Effect.withTracer(tracer)
    )
    const attributes = Option.fromNullable(spans.find((span) => span.name === "Ploop.umount")).pipe(
      Option.map((span) => span.attributes),
      Option.getOrThrow
    )
    assert.strictEqual(attributes.get("ploop.subject"), host.disk)
    assert.include(`${attributes.get("ploop.arguments")}`, "umount")
    assert.strictEqual(attributes.get("ploop.exit_code"), 40)
    assert.isTrue(attributes.has("ploop.duration_ms"))
    assert.isTrue(spans.some((span) => span.name === "ploop.process"))
  }).pipe(Effect.provide(NodeContext.layer)))

describe("a variable that breaks its rule", () => {
  const reasons = (isSecret: boolean) =>
    Environment.read(Config.integer("URL"), [
      { name: "URL", text: "where", rule: "a number", default: "none", isSecret }
    ]).pipe(
      Effect.withConfigProvider(ConfigProvider.fromMap(new Map([["URL", "https://user:word@host/"]]))),
      Effect.flip,
      Effect.map((error) => error.reasons)
    )

  it.effect("is shown without a password, and not at all if it is secret", () =>
    Effect.gen(function*() {
      assert.deepStrictEqual<unknown>(yield* reasons(false), ["URL is https://...@host/, but it must be a number"])
      assert.deepStrictEqual<unknown>(yield* reasons(true), ["URL, whose value is not shown, must be a number"])
    }))
})
