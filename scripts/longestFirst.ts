/** Runs the test files that take longest first, so that none of them runs alone at the end. */
import type { TestSpecification } from "vitest/node"
import { BaseSequencer } from "vitest/node"

/** Short files that run whole suites. Vitest orders the others by their sizes. */
const long = [
  "conformance/test/ConformanceCli",
  "conformance/test/Remedies",
  "conformance/test/Differential",
  "conformance/test/KernelEmulation",
  "conformance/test/TapedRun",
  "conformance/test/ForeignDisks",
  "conformance/test/ConformanceFake",
  "backend-remote/test/Conformance",
  "backend-fake/test/Concurrency"
]

const place = ({ moduleId }: TestSpecification): number => {
  const found = long.findIndex((name) => moduleId.endsWith(`${name}.test.ts`))
  return found < 0 ? long.length : found
}

export default class LongestFirst extends BaseSequencer {
  override async sort(files: Array<TestSpecification>): Promise<Array<TestSpecification>> {
    return (await super.sort(files)).toSorted((one, other) => place(one) - place(other))
  }
}
