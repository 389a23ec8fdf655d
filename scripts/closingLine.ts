/** Prints last lines for continuous integration: what failed, and a count that is the same for every test runner. */
import { relative } from "node:path"
import type { Reporter, TestModule } from "vitest/node"

const lineOf = (module: TestModule, title: string, message: string | undefined): string =>
  `FAILED ${relative(process.cwd(), module.moduleId)} > ${title}: ${message?.split("\n", 1)[0] ?? ""}\n`

export default class ClosingLine implements Reporter {
  onTestRunEnd(modules: ReadonlyArray<TestModule>): void {
    const count = { passed: 0, failed: 0, skipped: 0 }
    const failed: Array<string> = []
    for (const module of modules) {
      if (!module.ok() && [...module.children.allTests("failed")].length === 0) {
        count.failed += 1
        failed.push(lineOf(module, "the file", module.errors()[0]?.message))
      }
      for (const test of module.children.allTests()) {
        const { errors, state } = test.result()
        count[state === "pending" ? "skipped" : state] += 1
        if (state === "failed") failed.push(lineOf(module, test.fullName, errors[0]?.message))
      }
    }
    process.stdout.write(`${failed.join("")}${count.passed} passed, ${count.failed} failed, ${count.skipped} skipped\n`)
  }
}
