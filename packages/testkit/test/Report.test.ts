import { Report } from "@effect-ploop/testkit"
import { assert, describe, it } from "@effect/vitest"
import { DateTime, Either, Schema } from "effect"
import { XMLParser, XMLValidator } from "fast-xml-parser"

const report = new Report.Report({
  startedAt: DateTime.unsafeMake("2020-02-02T02:02:02Z"),
  target: {
    name: "a <host>",
    tool: "/usr/sbin/ploop",
    generation: "1.15",
    capabilities: ["version2"],
    lacks: [{ capability: "mount", reason: "no driver" }]
  },
  results: [
    { id: "create/one", title: "MUST make", source: "manual: init", outcome: { _tag: "Passed" }, duration: 1500 },
    {
      id: "mount/two",
      title: "MUST \"mount\" & <show>",
      source: "observed: 1.15",
      outcome: {
        _tag: "Failed",
        message: "the tree: expected {}, found \u0001{<script>}",
        operations: [
          { name: "mount", subject: "/d", outcome: "MountFailed", arguments: "ploop mount -m '/m' /d", exitCode: 21 }
        ],
        output: ["mount: Error in mount (a.c:1): no & no"]
      },
      duration: 20
    },
    {
      id: "mount/three",
      title: "MUST umount",
      source: "manual: umount",
      outcome: { _tag: "Skipped", reason: "needs a driver" },
      duration: 0
    }
  ]
})

describe("a report", () => {
  it("as JSON decodes to the same report again", () => {
    const decoded = Schema.decodeEither(Schema.parseJson(Report.Report))(Report.toJson(report))
    assert.deepStrictEqual(Either.getOrThrow(decoded), report)
  })

  it("as JUnit is well-formed XML with a suite for each operation, the failure's details and the reason of a skip", () => {
    const xml = Report.toJUnit(report)
    assert.strictEqual(XMLValidator.validate(xml), true)
    const parsed: unknown = new XMLParser({ ignoreAttributes: false, attributeNamePrefix: "" }).parse(xml)
    const { testsuites } = Schema.decodeUnknownSync(JUnit)(parsed)
    assert.deepStrictEqual(
      [testsuites.tests, testsuites.failures, testsuites.skipped, testsuites.time],
      ["3", "1", "1", "1.520"]
    )
    const [create, mount] = testsuites.testsuite
    assert.deepStrictEqual([create?.name, create?.tests, mount?.name, mount?.tests], ["create", "1", "mount", "2"])
    assert.include(xml, "exit code 21")
    assert.include(xml, "message=\"needs a driver\"")
  })

  it("as JUnit has no character that XML cannot have", () => {
    assert.notInclude(Report.toJUnit(report), "\u0001")
  })

  it("as HTML shows what a case printed as text, never as markup", () => {
    const html = Report.toHtml(report)
    assert.notInclude(html, "<script>")
    assert.include(html, "&lt;script&gt;")
    assert.include(html, "a &lt;host&gt;")
  })

  it("as HTML needs nothing from elsewhere", () => {
    assert.notMatch(Report.toHtml(report), /(?:src|href)=|@import|url\(/)
  })

  it("as HTML shows each failure with its operations, the tool's arguments, output and exit code", () => {
    const html = Report.toHtml(report)
    for (const text of ["mount /d: MountFailed", "ploop mount -m &#39;/m&#39; /d", "exit code 21", "no &amp; no"]) {
      assert.include(html, text)
    }
  })

  it("as text is plain unless colours are asked for", () => {
    assert.notInclude(Report.toText(report, { color: false }), "\u001b")
    assert.include(Report.toText(report, { color: true }), "\u001b[")
  })

  it("as text has a line for each operation, one for all, the failures, and the reasons of skips", () => {
    const lines = Report.toText(report, { color: false }).split("\n")
    assert.deepStrictEqual(lines.slice(2, 7), [
      "operation  passed  failed  skipped",
      "create          1       0        0",
      "mount           0       1        1",
      "----------------------------------",
      "all             1       1        1"
    ])
    assert.include(lines, "mount/two: MUST \"mount\" & <show>")
    assert.include(lines, "      mount /d: MountFailed")
    assert.include(lines, "    1  needs a driver")
  })

  it("is a success only when nothing failed and the run came to its end", () => {
    const passed = new Report.Report({ ...report, results: report.results.slice(0, 1) })
    assert.isTrue(Report.isSuccess(passed))
    assert.isFalse(Report.isSuccess(new Report.Report({ ...passed, endedEarly: "interrupted" })))
    assert.isFalse(Report.isSuccess(report))
  })
})

const Suite = Schema.Struct({ name: Schema.String, tests: Schema.String })

const JUnit = Schema.Struct({
  testsuites: Schema.Struct({
    tests: Schema.String,
    failures: Schema.String,
    skipped: Schema.String,
    time: Schema.String,
    testsuite: Schema.Array(Suite)
  })
})
