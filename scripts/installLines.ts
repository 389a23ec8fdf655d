/**
 * Runs every `npm install` line of every README and of `docs` to the letter,
 * each in an empty folder, and imports what it installed. Our own packages come
 * from the tarballs in the directory that is the argument.
 */
import { execFile } from "node:child_process"
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join, relative } from "node:path"

const root = join(import.meta.dirname, "..")
const [tarballs] = process.argv.slice(2)
if (tarballs === undefined) throw new Error("usage: installLines.ts DIRECTORY-OF-TARBALLS")

interface Manifest {
  readonly name: string
  readonly version: string
}

const folders = readdirSync(join(root, "packages")).map((name) => join(root, "packages", name))

/** The names of our packages, with the path of each tarball. */
const ours = new Map(folders.map((folder) => {
  const { name, version } = JSON.parse(readFileSync(join(folder, "package.json"), "utf8")) as Manifest
  return [name, join(tarballs, `${name.replace("@", "").replace("/", "-")}-${version}.tgz`)] as const
}))

const documentsBelow = (directory: string): ReadonlyArray<string> =>
  readdirSync(directory, { withFileTypes: true }).flatMap((entry) => {
    if (entry.isDirectory()) {
      return ["node_modules", "dist", "build"].includes(entry.name) ? [] : documentsBelow(join(directory, entry.name))
    }
    return entry.name.endsWith(".md") ? [join(directory, entry.name)] : []
  })

const documents = [
  join(root, "README.md"),
  ...["packages", "examples", "docs"].flatMap((name) => documentsBelow(join(root, name)))
]

const command = /^npm (?:install|i|add) \S/

/** The install commands of a document: lines of shell blocks, and code spans within sentences. */
const installLines = (path: string): ReadonlyArray<string> => {
  const text = readFileSync(path, "utf8")
  const fences = [...text.matchAll(/^```(?:sh|bash|shell|console)\n([\s\S]*?)^```$/gm)]
    .flatMap((match) => match[1]!.replace(/\\\n\s*/g, "").split("\n"))
  const spans = [...text.replace(/^```[\s\S]*?^```$/gm, "").matchAll(/`([^`]+)`/g)]
    .map((match) => match[1]!.replace(/\s+/g, " "))
  return [...fences, ...spans].map((line) => line.trim()).filter((line) => command.test(line))
}

/** The packages that a line names, without their versions. */
const named = (line: string): ReadonlyArray<string> =>
  line.split(" ").slice(2).filter((word) => !word.startsWith("-")).map((word) => word.replace(/(?<=.)@.*$/, ""))

const isGlobal = (line: string): boolean => / (?:-g|--global)(?: |$)/.test(line)

/**
 * The line with our packages, which are in no registry yet, replaced with their tarballs. A global installation knows
 * no overrides: what our packages depend on is installed beside them.
 */
const withTarballs = (line: string): string => {
  const words = line.split(" ").map((word) => ours.get(word.replace(/(?<=.)@.*$/, "")) ?? word)
  const others = isGlobal(line) ? [...ours.values()].filter((tarball) => !words.includes(tarball)) : []
  return [...words, ...others].join(" ")
}

/** Runs every command that a global installation brought. */
const runCommands = async (directory: string): Promise<string | undefined> => {
  for (const name of readdirSync(join(directory, "bin"))) {
    const problem = await run(directory, `bin/${name} --help`)
    if (problem !== undefined) return problem
  }
  return undefined
}

const env = { ...process.env, npm_config_audit: "false", npm_config_fund: "false" }

/** Runs a line, and returns its output if it fails. */
const run = (directory: string, line: string): Promise<string | undefined> =>
  new Promise((resolve) => {
    execFile(
      "sh",
      ["-c", line],
      { cwd: directory, env: { ...env, npm_config_prefix: directory } },
      (error, stdout, stderr) => resolve(error === null ? undefined : `${line}\n${stdout}${stderr}`)
    )
  })

/**
 * Why a line is wrong; undefined when it installs, its peers agree, and what it installs can be imported. What needs
 * vitest can only be imported by its command.
 */
const problemOf = async (line: string): Promise<string | undefined> => {
  const names = named(line)
  const stranger = names.find((name) => name.startsWith("@effect-ploop/") && !ours.has(name))
  if (stranger !== undefined) return `${stranger} is not a package of this repository`
  const directory = mkdtempSync(join(tmpdir(), "install-"))
  try {
    const overrides = Object.fromEntries([...ours].filter(([name]) => !names.includes(name)))
    writeFileSync(join(directory, "package.json"), JSON.stringify({ private: true, type: "module", overrides }))
    const imports = names.filter((name) => !["vitest", "@effect/vitest"].includes(name)).map((name) =>
      `import ${JSON.stringify(name)}\n`
    )
    writeFileSync(join(directory, "program.js"), imports.join(""))
    const installed = await run(directory, withTarballs(line))
    if (isGlobal(line)) return installed ?? await runCommands(directory)
    return installed ??
      await run(directory, "npm ls --all") ??
      await run(directory, "node program.js")
  } finally {
    rmSync(directory, { recursive: true })
  }
}

const lines = new Map<string, string>()
for (const path of documents) {
  for (const line of installLines(path)) lines.set(line, relative(root, path))
}

const problems = folders
  .filter((folder) => {
    const { name } = JSON.parse(readFileSync(join(folder, "package.json"), "utf8")) as Manifest
    return !installLines(join(folder, "README.md")).some((line) => named(line).includes(name))
  })
  .map((folder) => `${relative(root, folder)}/README.md: no line says how to install the package`)

const pending = lines.entries()
const worker = async () => {
  for (const [line, document] of pending) {
    const problem = await problemOf(line)
    if (problem !== undefined) problems.push(`${document}: ${line}\n${problem}`)
  }
}
// Most of the time is spent waiting for the registry.
await Promise.all([worker(), worker(), worker()])

if (problems.length > 0) {
  process.stderr.write(`${problems.join("\n")}\n`)
  process.exitCode = 1
} else {
  process.stdout.write(`the ${lines.size} install lines of the documents install what they name\n`)
}
