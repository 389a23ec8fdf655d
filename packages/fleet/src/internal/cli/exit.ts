import * as HelpDoc from "@effect/cli/HelpDoc"
import * as Span from "@effect/cli/HelpDoc/Span"
import * as Cause from "effect/Cause"
import * as Exit from "effect/Exit"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"

/** The fleet has refused what was asked, or a workflow has failed. */
export class NotDone extends Schema.TaggedError<NotDone>()("NotDone", { reason: Schema.String }) {
  override get message(): string {
    return this.reason
  }
}

/** The exit code of an end. */
export const codeOf = (exit: Exit.Exit<unknown, unknown>): number =>
  Exit.match(exit, {
    onSuccess: () => 0,
    onFailure: (cause) => {
      if (Cause.isInterruptedOnly(cause)) return 0
      const failure = Cause.failureOption(cause)
      return Option.isNone(failure) ? 70 : failure.value instanceof NotDone ? 1 : 2
    }
  })

/** The exit codes, and what each means. */
export const codes = [
  ["0", "It has done its work, or it was told to stop, by SIGTERM or SIGINT."],
  ["1", "The fleet has refused it, or the workflow that --wait waited for has failed."],
  ["2", "It could not: a wrong option or variable, a file of settings that is none, or no fleet at the socket."],
  ["70", "A bug of this command."]
] as const

const list = (entries: ReadonlyArray<readonly [string, string]>): ReadonlyArray<HelpDoc.HelpDoc> =>
  entries.map(([term, text]) => HelpDoc.descriptionList([[Span.text(term), HelpDoc.p(text)]]))

/** Examples, and what each does. */
export const examples = [
  ["ploop-fleet serve --config /etc/ploop-fleet.json", "Runs the fleet of that file."],
  ["ploop-fleet serve --web 7180", "Runs it with a web page at http://127.0.0.1:7180."],
  ["ploop-fleet disks 101", "Lists the disks of all hosts whose paths have 101 in them."],
  ["ploop-fleet move --wait node-1:/vz/101/root.hdd node-2", "Moves a disk, and shows each step until the end."],
  ["ploop-fleet snapshot nightly node-1:/vz/101/root.hdd node-2:/vz/102/root.hdd", "Snapshots two disks, or none."],
  ["ploop-fleet roll-back nightly", "Takes the disks of that set back."],
  ["ploop-fleet workflows --json", "Lists the workflows that have not ended, as JSON."],
  ["ploop-fleet resume b917f9979456dae1", "Repeats the step at which that workflow waits."]
] as const

/** The end of the help: examples and exit codes. */
export const footer: HelpDoc.HelpDoc = HelpDoc.blocks([
  HelpDoc.h1("EXAMPLES"),
  ...list(examples),
  HelpDoc.h1("EXIT CODES"),
  ...list(codes)
])
