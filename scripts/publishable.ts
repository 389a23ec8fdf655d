/**
 * Packs every package as it is built, and checks that what would be published can be used: by publint, its manifest and
 * its files; by `attw`, that its types are found and are those of its modules.
 */
import { checkPackage, createPackageFromTarballData } from "@arethetypeswrong/core"
import type { Problem } from "@arethetypeswrong/core"
import { execFileSync } from "node:child_process"
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { basename, join } from "node:path"
import { publint } from "publint"
import { formatMessage } from "publint/utils"
import { report, root } from "./checks/sources.js"

/** The packages are for import alone. */
const resolutions: ReadonlySet<string> = new Set(["node16-esm", "bundler"])

const concerns = (problem: Problem): boolean =>
  !("resolutionKind" in problem) || resolutions.has(problem.resolutionKind)

const shown = (problem: Problem): string =>
  Object.values(problem).filter((value) => typeof value === "string").join(", ")

const manifestProblems = async (tarball: Uint8Array<ArrayBuffer>): Promise<ReadonlyArray<string>> => {
  const { messages, pkg } = await publint({ pack: { tarball: tarball.buffer }, strict: true })
  return messages.map((message) => formatMessage(message, pkg) ?? message.code)
}

const typeProblems = async (tarball: Uint8Array): Promise<ReadonlyArray<string>> => {
  const result = await checkPackage(createPackageFromTarballData(tarball))
  return result.types === false ? ["has no types"] : result.problems.filter(concerns).map(shown)
}

const outside = mkdtempSync(join(tmpdir(), "publishable-"))
try {
  execFileSync("npm", ["pack", "--silent", "--workspaces", "--pack-destination", outside], { cwd: root })
  const tarballs = readdirSync(outside).map((name) => join(outside, name))
  const problems: Array<string> = []
  for (const path of tarballs) {
    const tarball = new Uint8Array(readFileSync(path))
    const found = [...await manifestProblems(tarball), ...await typeProblems(tarball)]
    problems.push(...found.map((problem) => `${basename(path)}: ${problem}`))
  }
  report(problems, `${tarballs.length} packages can be published`)
} finally {
  rmSync(outside, { recursive: true })
}
