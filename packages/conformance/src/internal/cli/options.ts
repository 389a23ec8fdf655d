import { Generation } from "@effect-ploop/core/Generation"
import * as Options from "@effect/cli/Options"
import * as Option from "effect/Option"
import * as option from "./option.js"
import { formats } from "./reports.js"

export type Backend = "fake" | "cli"

export const backend = option.choice<Backend>("backend", ["fake", "cli"]).pipe(
  Options.withDescription("fake: the host in memory; cli: the ploop tool of this host"),
  Options.withDefault<Backend>("fake")
)

export const generation = option.choice("generation", Generation.literals).pipe(
  Options.withDescription("the generation of the host in memory; default 1.15"),
  Options.optional,
  Options.map(Option.getOrUndefined)
)

export const directory = Options.text("dir").pipe(
  Options.withDescription("where the cases work, each in a directory of its own. Ploop requires ext4"),
  Options.optional,
  Options.map(Option.getOrUndefined)
)

export const failOnSkip = Options.boolean("fail-on-skip").pipe(
  Options.withDescription("end with 1 when a case was skipped that a host of this generation can run")
)

export const filters = Options.text("filter").pipe(
  Options.withDescription("only cases with this text in their id or title; may be repeated"),
  Options.repeated
)

export const jobs = option.positive("jobs").pipe(
  Options.withDescription("how many cases run at the same time"),
  Options.withDefault(2)
)

export const replayJobs = option.positive("jobs").pipe(
  Options.withDescription("how many cases run at the same time"),
  Options.withDefault(16)
)

export const tape = Options.text("tape").pipe(
  Options.withDescription("also record the run to this file, which replay reads"),
  Options.optional,
  Options.map(Option.getOrUndefined)
)

export const reports = option.pairs("report", formats, "FILE").pipe(
  Options.withDescription("also write a report; may be repeated")
)

export const seed = option.integer("seed").pipe(
  Options.withDescription("the seed of the random numbers; by default a random one, which is printed"),
  Options.optional,
  Options.map(Option.getOrUndefined)
)

export const remote = Options.boolean("remote").pipe(
  Options.withDescription("reach the backend and its files through a server on a Unix socket")
)

export const emulateKernel = Options.boolean("emulate-kernel").pipe(
  Options.withDescription("emulate the ploop kernel driver for the tool; requires root and a few packages")
)
