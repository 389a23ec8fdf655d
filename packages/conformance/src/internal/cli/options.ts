import * as option from "@effect-ploop/command-line/Option"
import { Generation } from "@effect-ploop/core/Generation"
import * as Capability from "@effect-ploop/testkit/Capability"
import * as Options from "@effect/cli/Options"
import * as Option from "effect/Option"
import { formats } from "./reports.js"

export type Backend = "fake" | "cli"

/** Where the cases work on the real tool by default. */
export const defaultDirectory = "/tmp"

export const backend = option.withDefault(
  option.choice<Backend>("backend", ["cli", "fake"]),
  "What to test. cli: the ploop tool of this host; fake: a host in memory, which says nothing about this one.",
  "cli"
)

export const generation = option.choice("generation", Generation.literals).pipe(
  Options.withDescription("The generation of the host in memory. Default: 1.15."),
  Options.optional,
  Options.map(Option.getOrUndefined)
)

export const directory = Options.text("dir").pipe(
  Options.withPseudoName("DIRECTORY"),
  Options.withDescription(
    "Where the cases work, each in a directory of its own, which is removed afterwards. Ploop requires ext4. " +
      `Default: ${defaultDirectory}, or /vz on the host in memory.`
  ),
  Options.optional,
  Options.map(Option.getOrUndefined)
)

export const failOnSkip = Options.boolean("fail-on-skip").pipe(
  Options.withDescription("End with 1 when a case was skipped that a host of this generation can run.")
)

export const filters = Options.text("filter").pipe(
  Options.withPseudoName("TEXT"),
  Options.withDescription(
    "Only cases with this text in their identifier or title. May be repeated. Default: every case."
  ),
  Options.repeated
)

export const needs = option.choices("needs", Capability.all).pipe(
  Options.withPseudoName("CAPABILITY"),
  Options.withDescription(
    `Only cases that need one of: ${Capability.all.join(", ")}. May be repeated. Default: every case.`
  )
)

const jobsDescription = "How many cases run at the same time."

export const jobs = option.withDefault(option.positive("jobs"), jobsDescription, 2)

export const replayJobs = option.withDefault(option.positive("jobs"), jobsDescription, 16)

export const tape = Options.text("tape").pipe(
  Options.withPseudoName("FILE"),
  Options.withDescription("Also record the run to this file, which replay reads. Default: none."),
  Options.optional,
  Options.map(Option.getOrUndefined)
)

export const updateTape = Options.boolean("update-tape").pipe(
  Options.withDescription("With --tape: keep the cases that the file already has and this run does not record.")
)

export const reports = option.pairs("report", formats, "FILE").pipe(
  Options.withDescription(
    "Also write a report: html is one page for people, junit is for CI, json is for diff. May be repeated. Default: none."
  )
)

export const seed = option.integer("seed").pipe(
  Options.withDescription("The seed of the random numbers. Default: a random one, which is printed."),
  Options.optional,
  Options.map(Option.getOrUndefined)
)

export const remote = Options.boolean("remote").pipe(
  Options.withDescription("Reach the backend and its files through a server on a Unix socket.")
)

export const emulateKernel = Options.boolean("emulate-kernel").pipe(
  Options.withDescription("Emulate the ploop kernel driver for the tool. Requires root and a few packages: see doctor.")
)

export const json = Options.boolean("json").pipe(Options.withDescription("Writes JSON. Default: text."))
