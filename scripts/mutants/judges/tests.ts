/**
 * Runs the fast tests of the packages that are its arguments until one fails,
 * those of the first package first. Fast are those that need neither the real
 * tool nor the real time.
 */
import * as Effect from "effect/Effect"
import { join, relative } from "node:path"
import type { Plugin } from "vite"
import type { TestCase, TestModule, TestSpecification, Vitest } from "vitest/node"
import { BaseSequencer, createVitest } from "vitest/node"
import { answer } from "./question.js"
import * as Verdict from "./Verdict.js"

const packages = process.argv.slice(2)

const root = join(import.meta.dirname, "../../../packages")

/** Test files that need the real tool, several processes, or minutes. */
const slow = ["RealTool", "Races", "Fuzz", "Concurrency", "FileSystemNode", "FileSystemAgreement"]

/** What is in place of a file now. */
let current: Verdict.Change | undefined

const replacing: Plugin = {
  name: "replaced",
  enforce: "pre",
  transform: (_, id) =>
    current !== undefined && id.split("?")[0] === current.file ? { code: current.text, map: null } : undefined
}

/** Within a batch, what takes least time comes first. */
class Sequencer extends BaseSequencer {
  override sort(files: Array<TestSpecification>): Promise<Array<TestSpecification>> {
    const duration = ({ moduleId, project }: TestSpecification) =>
      this.ctx.cache.getFileTestResults(`${project.name}:${relative(this.ctx.config.root, moduleId)}`)?.duration ?? 0
    return Promise.resolve(files.toSorted((a, b) => duration(a) - duration(b)))
  }
}

/** The test files that have noticed the last mutants of a file, the latest first. */
const lately = new Map<string, ReadonlyArray<string>>()

/** How many of them are asked before all others. A batch loads each of its files, also when the first one fails. */
const likely = 2

/** What is likely to notice the mutant, and then the tests of one package after the other. */
const batchesOf = (all: ReadonlyArray<TestSpecification>): ReadonlyArray<ReadonlyArray<TestSpecification>> => {
  const first = lately.get(current?.file ?? "") ?? []
  const isFirst = ({ moduleId }: TestSpecification): boolean => first.includes(moduleId)
  const ofPackage = (name: string) =>
    all.filter((test) => !isFirst(test) && test.moduleId.startsWith(join(root, name, "test")))
  return [all.filter(isFirst), ...packages.map(ofPackage)].filter((batch) => batch.length > 0)
}

const start = (): Promise<Vitest> =>
  createVitest("test", {
    root,
    config: join(import.meta.dirname, "vitest.config.ts"),
    include: packages.map((name) => `${name}/test/**/*.test.ts`),
    exclude: slow.map((name) => `**/${name}.test.ts`),
    watch: false,
    bail: 1,
    reporters: [{}],
    // Nothing is written: several judges would write one file, and the packages would get a directory.
    cache: false,
    sequence: { sequencer: Sequencer },
    // One thread loads the libraries once; no test keeps anything for another.
    isolate: false,
    pool: "threads",
    poolOptions: { threads: { singleThread: true } }
  }, { plugins: [replacing] })

const pathOf = ({ moduleId }: TestModule): string => relative(root, moduleId)

const titleOf = (test: TestCase): string => `${pathOf(test.module)}: ${test.fullName}`

const noticed = (module: TestModule, by: string, error: { readonly message: string } | undefined): Verdict.Verdict => {
  if (current !== undefined) {
    const others = (lately.get(current.file) ?? []).filter((id) => id !== module.moduleId)
    lately.set(current.file, [module.moduleId, ...others].slice(0, likely))
  }
  return Verdict.Noticed.make({ by, message: error?.message ?? "" })
}

const verdictOf = (modules: ReadonlyArray<TestModule>, unhandled: ReadonlyArray<unknown>): Verdict.Verdict => {
  let passed = 0
  for (const module of modules) {
    for (const error of module.errors()) return noticed(module, pathOf(module), error)
    for (const test of module.children.allTests()) {
      const { errors, state } = test.result()
      if (state === "passed") passed++
      if (state === "failed") return noticed(module, titleOf(test), errors?.[0])
    }
  }
  return unhandled.length === 0
    ? Verdict.Survived.make({ passed })
    : Verdict.Noticed.make({ by: "an error outside of the tests", message: `${unhandled[0]}` })
}

/** A run also returns the modules of earlier runs, as they ended then: with the failures that another mutant caused. */
const isIn = (batch: ReadonlyArray<TestSpecification>) => ({ moduleId }: TestModule): boolean =>
  batch.some((test) => test.moduleId === moduleId)

const vitest = await start()

await answer(({ change }) =>
  Effect.promise(async () => {
    for (const file of [current?.file, change?.file]) if (file !== undefined) vitest.invalidateFile(file)
    current = change
    let passed = 0
    for (const batch of batchesOf(await vitest.globTestSpecifications())) {
      const { testModules, unhandledErrors } = await vitest.runTestSpecifications([...batch])
      const verdict = verdictOf(testModules.filter(isIn(batch)), unhandledErrors)
      if (verdict._tag === "Noticed") return verdict
      passed += verdict.passed
    }
    return Verdict.Survived.make({ passed })
  })
)
