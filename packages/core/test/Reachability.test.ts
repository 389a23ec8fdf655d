import { Classification, ExitCode, Operation, PloopError } from "@effect-ploop/core"
import { assert, describe, it } from "@effect/vitest"
import { readdirSync, readFileSync } from "node:fs"

const recorded = readFileSync(new URL("fixtures/failures.jsonl", import.meta.url), "utf8")
  .trimEnd()
  .split("\n")
  .map((line) => JSON.parse(line) as Classification.Outcome)

/** Output that no recorded run happens to have. */
const printed = [
  "Can't open /vz/root.hdd: Permission denied",
  "Already locked by pid 17",
  "The maximum number of snapshots (126) has been reached",
  "Can't add image /vz/root.hdd: unsupported underlying filesystem",
  "write: No space left on device",
  "Images /vz/a and /vz/b are not identical"
]

/** The causes of output and exit codes of the tool, run for this operation. */
const classified = (operation: Operation.Name): ReadonlyArray<PloopError.Tag> => [
  ...printed.map((stderr) =>
    Classification.classify({ operation, subject: "/x", exitCode: 1, stdout: "", stderr })._tag
  ),
  ...recorded.map((outcome) => Classification.classify({ ...outcome, operation, subject: "/x" })._tag),
  ...ExitCode.table.map(({ code }) =>
    Classification.classify({ operation, subject: "/x", exitCode: code, stdout: "", stderr: "" })._tag
  )
]

/** The refusals of core, by the sources of `Refusal`. */
const refused: ReadonlyArray<string> = readdirSync(new URL("../src/internal/refusal", import.meta.url)).flatMap((
  name
) =>
  [
    ...readFileSync(new URL(`../src/internal/refusal/${name}`, import.meta.url), "utf8").matchAll(
      /new PloopError\.(\w+)\(/g
    )
  ]
    .map(([, tag]) => tag!)
)

/** The failures of a run without an exit code, and of one that ended with success. */
const ofRuns: ReadonlyArray<PloopError.Tag> = [
  "ToolNotFound",
  "ToolNotExecutable",
  "TimedOut",
  "UnexpectedOutput",
  "RolledBack",
  "ImagesDropped"
]

/** The failures of a connection to another host. */
const ofConnections: ReadonlyArray<PloopError.Tag> = [
  "ConnectionLost",
  "AccessRefused",
  "LimitExceeded",
  "ProtocolMismatch"
]

describe("every error of an operation is reachable by a classification, a refusal, the run itself or a connection", () => {
  for (const name of Operation.names) {
    it(name, () => {
      const reachable = new Set<string>([...classified(name), ...refused, ...ofRuns, ...ofConnections])
      const row: Operation.Row = Operation.table[name]
      assert.deepStrictEqual(row.errors.filter((tag) => !reachable.has(tag)), [])
    })
  }
})

describe("every class of error is reachable in some operation", () => {
  for (const tag of Object.keys(PloopError.classes)) {
    it(tag, () => {
      const having = Operation.names.filter((name) =>
        (Operation.table[name].errors as ReadonlyArray<string>).includes(tag)
      )
      assert.isNotEmpty(having)
    })
  }
})
