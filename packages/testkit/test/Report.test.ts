import { Report } from "@effect-ploop/testkit"
import { assert, describe, it } from "@effect/vitest"
import { DateTime, Either, FastCheck as fc, Schema } from "effect"
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
      title: "MUST unmount",
      source: "manual: umount",
      outcome: { _tag: "Skipped", reason: "needs a driver" },
      duration: 0
    }
  ]
})

const passed: Report.CaseResult = {
  id: "create/one",
  title: "MUST make",
  source: "manual: init",
  outcome: { _tag: "Passed" },
  duration: 1
}

const skipped: Report.CaseResult = { ...passed, outcome: { _tag: "Skipped", reason: "needs a driver" } }

const failed = (message: string): Report.CaseResult => ({
  ...passed,
  outcome: { _tag: "Failed", message, operations: [], output: [] }
})

const of = (results: ReadonlyArray<Report.CaseResult>, endedEarly?: string) =>
  new Report.Report({ ...report, results, ...(endedEarly !== undefined && { endedEarly }) })

describe("a report", () => {
  it("as JSON decodes to the same report", () => {
    const decoded = Schema.decodeEither(Schema.parseJson(Report.Report))(Report.toJson(report))
    assert.deepStrictEqual(Either.getOrThrow(decoded), report)
  })

  it("as JUnit is well-formed XML with a suite for each operation, the details of a failure and the reason of a skip", () => {
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

  it("as HTML shows the output of a case as text, never as markup", () => {
    const html = Report.toHtml(report)
    assert.notInclude(html, "{<script>}")
    assert.include(html, "&lt;script&gt;")
    assert.include(html, "a &lt;host&gt;")
  })

  it("as HTML loads nothing from elsewhere", () => {
    assert.notMatch(Report.toHtml(report), /src=|href=(?!"#)|@import|url\(/)
  })

  it("as HTML shows each failure with its operations, the tool's arguments, output and exit code", () => {
    const html = Report.toHtml(report)
    for (const text of ["mount /d: MountFailed", "ploop mount -m &#39;/m&#39; /d", "exit code 21", "no &amp; no"]) {
      assert.include(html, text)
    }
  })

  it("as text is plain unless colors are requested", () => {
    assert.notInclude(Report.toText(report, { color: false }), "\u001b")
    assert.include(Report.toText(report, { color: true }), "\u001b[")
  })

  it("as text has a line for each operation, one for all of them, the failures, and the reasons of skips", () => {
    const lines = Report.toText(report, { color: false }).split("\n")
    assert.deepStrictEqual(lines.slice(3, 8), [
      "operation  passed  failed  skipped",
      "create          1       0        0",
      "mount           0       1        1",
      "----------------------------------",
      "all             1       1        1"
    ])
    const failure = lines.indexOf("mount/two")
    assert.deepStrictEqual(lines.slice(failure, failure + 7), [
      "mount/two",
      "  MUST \"mount\" & <show>",
      "  the tree: expected {}, found \u0001{<script>}",
      "    operations:",
      "      mount /d: MountFailed",
      "        $ ploop mount -m '/m' /d",
      "        exit code 21"
    ])
    assert.include(lines, "    1  needs a driver")
  })

  const sentences: ReadonlyArray<readonly [Report.Report, string]> = [
    [report, "1 of 2 cases failed."],
    [of([passed, passed, skipped]), "No case failed; 2 passed."],
    [of([failed("boom"), failed("boom"), passed]), "2 of 3 cases failed."],
    [of([skipped]), "No case ran, so nothing is known about the backend."],
    [
      of([passed], "it was interrupted"),
      "The run ended early: it was interrupted. No case failed; 1 passed."
    ]
  ]
  for (const [report, sentence] of sentences) {
    it(`begins with the outcome: ${sentence}`, () => {
      assert.strictEqual(Report.toText(report, { color: false }).split("\n")[1], sentence)
      assert.include(Report.toHtml(report), sentence)
    })
  }

  it("as text repeats the outcome below the failures, where the reader has scrolled to", () => {
    const last = (report: Report.Report) => Report.toText(report, { color: false }).split("\n").at(-1)
    assert.strictEqual(last(of([failed("boom"), skipped])), "1 of 1 cases failed.")
    assert.notMatch(last(of([passed, skipped])) ?? "", /case/)
  })

  it.prop("as text wraps sentences at the width of the terminal, and loses no word", {
    columns: fc.integer({ min: 40, max: 120 }),
    words: fc.array(fc.stringMatching(/^[a-z]{1,12}$/), { minLength: 1, maxLength: 60 })
  }, ({ columns, words }) => {
    const shown = Report.toText(of([failed(words.join(" "))]), { color: false, columns })
    assert.isTrue(shown.split("\n").every((line) => line.length <= columns), shown)
    assert.include(shown.replaceAll(/\s+/g, " "), words.join(" "))
  })

  it("as text does not wrap lines for a terminal that reports no width, or without a terminal", () => {
    const text = "the tree after the switch"
    assert.include(Report.toText(of([failed(text)]), { color: false, columns: 0 }), text)
    assert.include(Report.toText(of([failed(text.repeat(9))]), { color: false }), text.repeat(9))
  })

  it("as text has the stack frames of a backend and not those of libraries, which HTML has too", () => {
    const ours = "    at mount (/src/backend.ts:3:1)"
    const theirs = "    at runLoop (/node_modules/effect/src/fiber.ts:1:1)"
    const defect = of([failed(`defect: boom\n${ours}\n${theirs}`)])
    assert.include(Report.toText(defect, { color: false }), ours)
    assert.notInclude(Report.toText(defect, { color: false }), theirs)
    assert.include(Report.toHtml(defect), theirs)
  })

  it("as HTML links from an operation to its failures", () => {
    const html = Report.toHtml(report)
    const targets = [...html.matchAll(/href="#([^"]+)"/g)].map((match) => match[1])
    assert.deepStrictEqual(targets, ["failures-mount"])
    assert.include(html, "id=\"failures-mount\"")
  })

  it("as HTML expands a few failures, and collapses many to a list", () => {
    const open = (count: number) =>
      Report.toHtml(of(Array.from({ length: count }, () => failed("boom")))).match(/<details class="failure" open>/g)
    assert.lengthOf(open(20) ?? [], 20)
    assert.isNull(open(21))
  })

  it("as HTML has where it comes from, and leaves out what nobody knew", () => {
    const origin = { host: "vz1", kernel: "Linux 3.10", testkit: "0.2.0", command: "ploop-conformance run --jobs 4" }
    const html = Report.toHtml(new Report.Report({ ...report, directory: "/vz/t", duration: 61_500, origin }))
    for (const text of ["vz1", "Linux 3.10", "testkit 0.2.0", "run --jobs 4", "/vz/t", "1 min 2 s", "not known"]) {
      assert.include(html, text)
    }
    for (const name of ["host", "kernel", "directory", "duration"]) {
      assert.include(html, `<dt>${name}</dt>`)
      assert.notInclude(Report.toHtml(report), `<dt>${name}</dt>`)
    }
  })

  it("as HTML names a cause of skipped cases once, with what they need and how many cases need it", () => {
    const because = (reason: string): Report.CaseResult => ({ ...passed, outcome: { _tag: "Skipped", reason } })
    const html = Report.toHtml(of([
      because("needs a device: no driver: boot another kernel"),
      because("needs mounts: no driver: boot another kernel"),
      because("needs mounts: no driver: boot another kernel"),
      because("not run: interrupted")
    ]))
    assert.match(
      html,
      /<span class="skip">3<\/span> no driver: boot another kernel<br>.*1 needs a device; 2 needs mounts/
    )
    assert.match(html, /<span class="skip">1<\/span> not run: interrupted<\/summary>/)
  })

  it("as HTML has the duration and the source of every case", () => {
    assert.match(Report.toHtml(report), /create\/one<\/code> <span class="quiet">manual: init<\/span>.*1\.5 s/)
  })

  it("as HTML shows what the target lacks, and why", () => {
    assert.include(Report.toHtml(report), "mounts of the file systems in disks: no driver")
  })

  it("is a success only if the run finished, a case ran, and none failed", () => {
    assert.isTrue(Report.isSuccess(of([passed])))
    assert.isFalse(Report.isSuccess(of([passed], "interrupted")))
    assert.isFalse(Report.isSuccess(report))
    assert.isFalse(Report.isSuccess(of([skipped])))
    assert.deepStrictEqual(
      [of([passed, skipped]), of([passed, failed("boom")]), of([], "interrupted"), of([skipped]), of([])]
        .map(Report.verdict),
      ["passed", "failed", "failed", "nothingTried", "nothingTried"]
    )
  })

  it("as JUnit has an error when no case ran, which readers would take for a success otherwise", () => {
    const xml = Report.toJUnit(of([skipped]))
    assert.strictEqual(XMLValidator.validate(xml), true)
    assert.match(xml, /<testsuites [^>]*tests="2" failures="0" errors="1" skipped="1"/)
    assert.include(xml, "<error message=\"No case ran, so nothing is known about the backend.\">")
    assert.notInclude(Report.toJUnit(of([passed, skipped])), "<error")
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
