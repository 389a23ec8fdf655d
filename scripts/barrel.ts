/**
 * Writes `src/index.ts` of each package: one namespace for each public module,
 * with the first paragraph of the module's documentation. With `--check` it
 * only checks whether they are up to date.
 */
import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs"
import { join } from "node:path"

const root = join(import.meta.dirname, "..")

/** Modules to import by their own path, because vitest is an optional peer of the testkit. */
const apart = new Set(["Vitest.ts"])

const header = (path: string): string => {
  const comment = /^\/\*\*\n([\s\S]*?)\n \*\//.exec(readFileSync(path, "utf8"))?.[1]
  const since = /^ \* @since .*$/m.exec(comment ?? "")?.[0]
  if (comment === undefined || since === undefined) {
    throw new Error(`${path} does not start with a docstring that has @since`)
  }
  return `${comment.split("\n *\n")[0]!}\n *\n${since}`
}

const barrel = (source: string): string =>
  readdirSync(source)
    .filter((name) => /^[A-Z].*\.ts$/.test(name) && !apart.has(name))
    .sort()
    .map((name) => {
      const module = name.replace(/\.ts$/, "")
      return `/**\n${header(join(source, name))}\n */\nexport * as ${module} from "./${module}.js"\n`
    })
    .join("\n")

let stale = false
for (const name of readdirSync(join(root, "packages"))) {
  const source = join(root, "packages", name, "src")
  const index = join(source, "index.ts")
  const expected = barrel(source)
  if (expected === "" || (existsSync(index) && readFileSync(index, "utf8") === expected)) continue
  if (process.argv.includes("--check")) {
    process.stderr.write(`packages/${name}/src/index.ts is stale: npm run barrel\n`)
    stale = true
  } else {
    writeFileSync(index, expected)
  }
}
process.exitCode = stale ? 1 : 0
