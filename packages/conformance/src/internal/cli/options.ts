import { Generation } from "@effect-ploop/core/Generation"
import * as Options from "@effect/cli/Options"
import * as Option from "effect/Option"

export const backend = Options.choice("backend", ["fake", "cli"]).pipe(
  Options.withDescription("fake: the host in memory; cli: the ploop tool of this host"),
  Options.withDefault("fake" as const)
)

export type Backend = "fake" | "cli"

export const generation = Options.choice("generation", Generation.literals).pipe(
  Options.withDescription("which generation the host in memory is; 1.15 unless given"),
  Options.optional,
  Options.map(Option.getOrUndefined)
)

export const directory = Options.text("dir").pipe(
  Options.withDescription("where cases work; each gets a directory of its own in it. Ploop wants it on ext4"),
  Options.optional,
  Options.map(Option.getOrUndefined)
)

export const filters = Options.text("filter").pipe(
  Options.withDescription("only cases with this text in their id or title; may be repeated"),
  Options.repeated
)

export const jobs = Options.integer("jobs").pipe(
  Options.withDescription("how many cases run side by side"),
  Options.withDefault(2)
)

export const reports = Options.keyValueMap("report").pipe(
  Options.withDescription("also write a report: junit=FILE, json=FILE or html=FILE; may be repeated"),
  Options.optional,
  Options.map(Option.getOrUndefined)
)

export const emulateKernel = Options.boolean("emulate-kernel").pipe(
  Options.withDescription("emulate the ploop kernel driver beneath the tool, which takes root and a few packages")
)
