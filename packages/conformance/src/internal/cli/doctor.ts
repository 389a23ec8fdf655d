import { Ended, misused } from "@effect-ploop/command-line/Ended"
import * as Command from "@effect/cli/Command"
import * as Terminal from "@effect/platform/Terminal"
import * as Ansi from "@effect/printer-ansi/Ansi"
import * as AnsiDoc from "@effect/printer-ansi/AnsiDoc"
import * as Doc from "@effect/printer/Doc"
import * as Console from "effect/Console"
import * as Effect from "effect/Effect"
import * as Doctor from "../../Doctor.js"
import * as KernelEmulation from "../../KernelEmulation.js"
import { cliLayer } from "./backends.js"
import * as environment from "./environment.js"
import * as options from "./options.js"
import { words } from "./words.js"

const marks = {
  present: Doc.annotate(Doc.string("ok      "), Ansi.green),
  missing: Doc.annotate(Doc.string("missing "), Ansi.red),
  unknown: Doc.annotate(Doc.string("unknown "), Ansi.yellow)
}

const line = ({ name, neededFor, remedy, status }: Doctor.Finding): Doc.Doc<Ansi.Ansi> =>
  status === "present"
    ? Doc.hcat([marks[status], Doc.string(name)])
    : Doc.vsep([
      Doc.hcat([marks[status], Doc.string(`${name}, needed for ${neededFor}`)]),
      Doc.string(`          ${remedy}`)
    ])

const summary = (findings: ReadonlyArray<Doctor.Finding>): string => {
  const missing = findings.filter(({ status }) => status !== "present").length
  return missing === 0
    ? "Nothing is missing."
    : Doctor.canRun(findings)
    ? "The suite can run; cases that need what is missing are skipped."
    : "The suite cannot run here."
}

/** The name without the generation, the path and the variable. */
const bare = ({ name }: Doctor.Finding): string => name.replace(/,.*$| \(.*$/, "")

/** What the emulation needs and the findings do not have already. */
const emulationOf = (directory: string, findings: ReadonlyArray<Doctor.Finding>) =>
  Effect.map(
    Effect.all([KernelEmulation.requirements({ scratch: directory }), KernelEmulation.optional]),
    ([required, optional]) => {
      const known = findings.map(bare)
      const others = (all: ReadonlyArray<Doctor.Finding>) => all.filter((finding) => !known.includes(bare(finding)))
      return { required: others(required), optional: others([optional].flat()) }
    }
  )

const missing = (findings: ReadonlyArray<Doctor.Finding>): number =>
  findings.filter(({ status }) => status !== "present").length

/** Whether this host has no kernel driver, so that an emulated one is useful. */
const lacksDriver = (findings: ReadonlyArray<Doctor.Finding>): boolean =>
  findings.some(({ name, status }) => status === "missing" && /^(?:ploop kernel driver|ploop target)$/.test(name))

type Emulation = Effect.Effect.Success<ReturnType<typeof emulationOf>>

const section = ({ optional, required }: Emulation, asked: boolean): ReadonlyArray<Doc.Doc<Ansi.Ansi>> =>
  asked
    ? [Doc.empty, Doc.string("For --emulate-kernel also:"), ...[...required, ...optional].map(line)]
    : missing(required) === 0
    ? [Doc.empty, Doc.string("The kernel driver can be emulated here: ploop-conformance run --emulate-kernel")]
    : [
      Doc.empty,
      Doc.string("The kernel driver cannot be emulated here: doctor --emulate-kernel reports what that needs")
    ]

const description = (facts: ReadonlyArray<Doctor.Fact>): ReadonlyArray<Doc.Doc<Ansi.Ansi>> =>
  facts.length === 0
    ? []
    : [Doc.empty, Doc.string("On this host:"), ...facts.map(({ name, value }) => Doc.string(`  ${name}: ${value}`))]

const show = (doc: Doc.Doc<Ansi.Ansi>) =>
  Effect.gen(function*() {
    const terminal = yield* Terminal.Terminal
    const isTerminal = yield* terminal.isTTY
    const plain = () => Doc.render(Doc.unAnnotate(doc), { style: "pretty" })
    yield* terminal.display(`${isTerminal ? AnsiDoc.render(doc, { style: "pretty" }) : plain()}\n`)
  })

export const command = Command.make(
  "doctor",
  { directory: options.directory, emulateKernel: options.emulateKernel, json: options.json },
  ({ directory = options.defaultDirectory, emulateKernel, json }) =>
    Effect.gen(function*() {
      yield* environment.check
      const { facts, findings } = yield* Doctor.examine(directory).pipe(
        Effect.bindTo("findings"),
        Effect.bind("facts", ({ findings }) => Doctor.facts(findings)),
        Effect.provide(cliLayer),
        Effect.mapError((error) => misused(words(error)))
      )
      const canRun = Doctor.canRun(findings)
      const isUseful = emulateKernel || lacksDriver(findings)
      const emulation = isUseful ? yield* emulationOf(directory, findings) : undefined
      const text = Doc.vsep([
        ...findings.map(line),
        ...emulation === undefined ? [] : section(emulation, emulateKernel),
        ...description(facts),
        Doc.empty,
        Doc.string(summary(findings))
      ])
      yield* json
        ? Console.log(JSON.stringify({ canRun, findings, emulation, facts }, undefined, 2))
        : show(text)
      const cannotEmulate = emulateKernel && emulation !== undefined && missing(emulation.required) > 0
      if (!canRun || cannotEmulate) return yield* new Ended({ code: 1, message: "" })
    })
).pipe(Command.withDescription("Inspects this host, and reports what is missing and what needs it."))
