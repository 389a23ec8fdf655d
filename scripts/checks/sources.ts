/** The sources that the checks read, and the report that they print. */
import { readdirSync } from "node:fs"
import { join, relative } from "node:path"
import ts from "typescript"

export const root = join(import.meta.dirname, "..", "..")

/** The directories of the packages; the mutants leave a cache of their own beside them. */
export const packages: ReadonlyArray<string> = readdirSync(join(root, "packages"))
  .filter((name) => name !== "node_modules")
  .map((name) => join(root, "packages", name))

/** The public modules of every package. */
export const modules: ReadonlyArray<string> = packages.flatMap((directory) =>
  readdirSync(join(directory, "src"))
    .filter((name) => /^[A-Z].*\.ts$/.test(name))
    .map((name) => join(directory, "src", name))
)

/** A program of these modules for the language service. */
export const program = (modules: ReadonlyArray<string>): ts.Program => {
  const path = join(root, "tsconfig.base.json")
  const { config } = ts.readConfigFile(path, ts.sys.readFile)
  const { options } = ts.parseJsonConfigFileContent(config, ts.sys, root, { noEmit: true, composite: false }, path)
  return ts.createProgram([...modules], options)
}

/** A position in a file as `file:line`. */
export const at = (file: ts.SourceFile, position: number): string =>
  `${relative(root, file.fileName)}:${file.getLineAndCharacterOfPosition(position).line + 1}`

/** Prints the problems and fails, or prints what was checked. */
export const report = (problems: ReadonlyArray<string>, success: string): void => {
  if (problems.length === 0) {
    process.stdout.write(`${success}\n`)
    return
  }
  process.stderr.write(`${problems.join("\n")}\n\n${problems.length} in all\n`)
  process.exitCode = 1
}
