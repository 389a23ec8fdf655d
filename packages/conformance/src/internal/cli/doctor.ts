import * as Command from "@effect/cli/Command"
import * as Terminal from "@effect/platform/Terminal"
import * as Ansi from "@effect/printer-ansi/Ansi"
import * as AnsiDoc from "@effect/printer-ansi/AnsiDoc"
import * as Doc from "@effect/printer/Doc"
import * as Effect from "effect/Effect"
import * as Doctor from "../../Doctor.js"
import * as KernelEmulation from "../../KernelEmulation.js"
import { cliLayer } from "./backends.js"
import * as environment from "./environment.js"
import { Ended, misused, words } from "./exit.js"
import * as options from "./options.js"

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

export const command = Command.make(
  "doctor",
  { directory: options.directory },
  ({ directory = "/tmp" }) =>
    Effect.gen(function*() {
      yield* environment.check
      const terminal = yield* Terminal.Terminal
      const findings = yield* Doctor.examine(directory).pipe(
        Effect.provide(cliLayer),
        Effect.mapError((error) => misused(words(error)))
      )
      const emulation = yield* Effect.all([
        KernelEmulation.requirements({ scratch: directory }),
        KernelEmulation.optional
      ])
      const doc = Doc.vsep([
        ...findings.map(line),
        Doc.empty,
        Doc.string("To emulate the kernel's ploop driver (--emulate-kernel):"),
        ...emulation.flat().map(line),
        Doc.empty,
        Doc.string(summary(findings))
      ])
      const isTerminal = yield* terminal.isTTY
      yield* terminal.display(
        `${
          isTerminal ? AnsiDoc.render(doc, { style: "pretty" }) : Doc.render(Doc.unAnnotate(doc), { style: "pretty" })
        }\n`
      )
      if (!Doctor.canRun(findings)) return yield* new Ended({ code: 1, message: "" })
    })
).pipe(Command.withDescription("Inspects this host, and reports what is missing and what needs it."))
