import * as PloopCli from "@effect-ploop/backend-cli/PloopCli"
import type { Generation } from "@effect-ploop/core/Generation"
import * as GenerationTraits from "@effect-ploop/core/GenerationTraits"
import type { Prerequisite, Tool } from "@effect-ploop/core/Result"
import type * as CommandExecutor from "@effect/platform/CommandExecutor"
import * as FileSystem from "@effect/platform/FileSystem"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { printed, toolVersion } from "./toolVersion.js"

export interface Fact {
  readonly name: string
  readonly value: string
}

type Reads<A> = Effect.Effect<A, never, FileSystem.FileSystem | CommandExecutor.CommandExecutor>

/** The modules of the driver of 1.15 and 7, and those of the device mapper that 9 uses. */
const modulesOf: Readonly<Record<Generation, RegExp>> = {
  "1.15": /^(?:ploop|pfmt_\w+|pio_\w+)$/,
  "7": /^(?:ploop|pfmt_\w+|pio_\w+)$/,
  "9": /^dm_(?:mod|ploop|tracking|qcow2)$/
}

const modules = (generation: Generation): Reads<string> =>
  Effect.gen(function*() {
    const fs = yield* FileSystem.FileSystem
    const all = yield* Effect.orElseSucceed(fs.readDirectory("/sys/module"), () => [])
    const found = all.filter((name) => modulesOf[generation].test(name)).sort()
    return found.length === 0 ? "none" : found.join(", ")
  })

/** A line of `dmsetup targets`, as in `ploop            v1.0.0`. */
const target = /^ploop\s+(v\S+)$/m

const targetVersion: Reads<string> = Effect.gen(function*() {
  const { prefix = [] } = yield* Effect.orElseSucceed(PloopCli.config, () => ({ prefix: undefined }))
  const [program = "dmsetup", ...args] = [...prefix, "dmsetup", "targets"]
  return Option.match(yield* printed(program, ...args), {
    onNone: () => "not known: dmsetup targets printed nothing",
    onSome: (text) => target.exec(text)?.[1] ?? "none"
  })
})

const both = (generation: Generation): string =>
  GenerationTraits.convertsWhenMounted[generation] ? "1 and 2; a writable mount converts 1 to 2" : "1 and 2"

/** The format versions of the images that the driver attaches. */
const attached = (generation: Generation, lacks: (part: GenerationTraits.KernelPart) => boolean): string =>
  GenerationTraits.attachesVersion2Only[generation]
    ? lacks("ploop target") ? "none: the ploop target is missing" : "2"
    : lacks("ploop kernel driver")
    ? "none: the ploop kernel driver is missing"
    : GenerationTraits.knowsVersion2[generation]({ largeDisks: !lacks("large disk support") })
    ? both(generation)
    : "1"

/** What is true of a host with this tool, and with these findings. */
export const facts = (
  { generation, path }: Pick<Tool, "generation" | "path">,
  findings: ReadonlyArray<Prerequisite>
): Reads<ReadonlyArray<Fact>> => {
  const lacks = (part: GenerationTraits.KernelPart) =>
    findings.some(({ name, status }) => name === part && status !== "present")
  return Effect.all([
    Effect.map(toolVersion(path), (version) => ({
      name: "package of the tool",
      value: version ?? "none, so that its version is not known"
    })),
    Effect.map(modules(generation), (value) => ({ name: "modules of the driver", value })),
    ...GenerationTraits.kernelParts[generation].includes("ploop target")
      ? [Effect.map(targetVersion, (value) => ({ name: "version of the ploop target", value }))]
      : [],
    Effect.succeed({ name: "format versions that mount", value: attached(generation, lacks) })
  ])
}
