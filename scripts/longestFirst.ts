/** Runs the test files that take longest first, so that none of them runs alone at the end. */
import type { TestSpecification } from "vitest/node"
import { BaseSequencer } from "vitest/node"

/** Short files that run whole suites. Vitest orders the others by their sizes. */
const long = [
  "conformance/test/ConformanceCli",
  "backend-remote/test/Conformance",
  "conformance/test/ConformanceFake",
  "conformance/test/KernelEmulation",
  "maintenance/test/EmulatedKernel",
  "command-line/test/Processes",
  "conformance/test/MinimumSizes",
  "testkit/test/Foreign",
  "backend-fake/test/Concurrency",
  "conformance/test/TapedRun",
  "conformance/test/Command",
  "conformance/test/Remedies",
  "maintenance/test/KilledTool",
  "conformance/test/Differential",
  "backend-fake/test/FileSystemAgreement"
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
