import { Report } from "@effect-ploop/testkit"
import { assert, describe, it } from "@effect/vitest"
import { DateTime } from "effect"
import { spawnSync } from "node:child_process"
import { mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"

const hasChromium = spawnSync("chromium", ["--version"]).status === 0

const long = "aWordThatNoLineBreaks".repeat(10)

const report = new Report.Report({
  startedAt: DateTime.unsafeMake("2020-02-02T02:02:02Z"),
  target: { name: long, tool: `/usr/${long}`, generation: "1.15", capabilities: [], lacks: [] },
  results: [
    { id: "create/one", title: `MUST make ${long}`, source: "manual", outcome: { _tag: "Passed" }, duration: 1500 },
    {
      id: `createTemporarySnapshot/${long}`,
      title: "MUST unmount",
      source: long,
      outcome: {
        _tag: "Failed",
        message: long,
        operations: [
          { name: "mount", subject: long, outcome: "MountFailed", arguments: `ploop mount ${long}`, exitCode: 21 }
        ],
        output: [long]
      },
      duration: 20
    },
    {
      id: "mount/three",
      title: "MUST skip",
      source: "manual",
      outcome: { _tag: "Skipped", reason: long },
      duration: 0
    }
  ]
})

/** What a browser shows of the page in a frame of 400 pixels, after everything was opened and searched. */
const measure = `
const frame = document.querySelector("iframe")
frame.addEventListener("load", () => {
  const page = frame.contentDocument
  const closed = [...page.querySelectorAll("details")]
  for (const one of closed) one.open = true
  const width = page.documentElement.scrollWidth
  const search = page.querySelector("input[type=search]")
  search.value = "UNMOUNT"
  search.dispatchEvent(new frame.contentWindow.Event("input"))
  const matching = [...page.querySelectorAll("details.group li")].filter((item) => item.checkVisibility())
  const found = matching.map((item) => item.textContent.includes("MUST unmount"))
  const result = { width, found, shown: page.getElementById("shown").textContent }
  document.body.textContent = "RESULT" + JSON.stringify(result) + "END"
})`

const inBrowser = (html: string): { width: number; found: ReadonlyArray<boolean>; shown: string } => {
  const directory = mkdtempSync(join(tmpdir(), "report-"))
  try {
    const source = html.replaceAll("&", "&amp;").replaceAll("\"", "&quot;")
    const frame = `<iframe srcdoc="${source}" style="width: 400px; height: 600px; border: 0"></iframe>`
    const text = `<!doctype html><body>${frame}<script>${measure}</script></body>`
    writeFileSync(join(directory, "page.html"), text)
    const { stderr, stdout } = spawnSync("chromium", [
      ...["--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--virtual-time-budget=5000"],
      ...[`--user-data-dir=${join(directory, "profile")}`, "--dump-dom", `file://${join(directory, "page.html")}`]
    ], { encoding: "utf8" })
    const json = /RESULT(.*)END/.exec(stdout)?.[1]
    assert.isDefined(json, stderr)
    return JSON.parse(json!.replaceAll("&amp;", "&"))
  } finally {
    rmSync(directory, { recursive: true, maxRetries: 5 })
  }
}

describe("the page of a report", () => {
  it.skipIf(!hasChromium)(
    `fits on a phone, and is searched in any case${hasChromium ? "" : ": chromium is not installed"}`,
    () => {
      const { found, shown, width } = inBrowser(Report.toHtml(report))
      assert.isAtMost(width, 400)
      assert.deepStrictEqual(found, [true])
      assert.strictEqual(shown, "1 case matches")
    }
  )

  it("asks for nothing from a network", () => {
    assert.notMatch(Report.toHtml(report), /(?:src|href)="(?!#)|url\(|@import/)
  })
})
