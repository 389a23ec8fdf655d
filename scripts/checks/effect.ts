/**
 * Checks that the Effect language service reports no problem in any source of the
 * packages. Its own command makes a new program for each fifty files, and takes
 * several times as long.
 */
import { createRequire } from "node:module"
import { join, relative } from "node:path"
import ts from "typescript"
import { at, packages, report, root } from "./sources.js"

/** How tools that transform what they compile call the language service: with a program and the options of its plugin. */
type Transformer = (
  program: ts.Program,
  options: unknown,
  host: { readonly addDiagnostic: (diagnostic: ts.Diagnostic) => void; readonly ts: typeof ts }
) => (context: unknown) => (file: ts.SourceFile) => ts.SourceFile

// The module has no declarations.
const { default: transform } = createRequire(import.meta.url)("@effect/language-service/transform.js") as {
  readonly default: Transformer
}

const path = join(root, "tsconfig.sources.json")
const { fileNames, options } = ts.parseJsonConfigFileContent(
  ts.readConfigFile(path, ts.sys.readFile).config,
  ts.sys,
  root,
  undefined,
  path
)
const program = ts.createProgram(fileNames, options)

/** The options that the editor has too. */
const plugin = (options["plugins"] as ReadonlyArray<{ readonly name: string }>).find(({ name }) =>
  name === "@effect/language-service"
)

const problems: Array<string> = []
const addDiagnostic = ({ file, messageText, start }: ts.Diagnostic) => {
  const place = file === undefined ? "" : `${at(file, start ?? 0)}: `
  problems.push(`${place}${ts.flattenDiagnosticMessageText(messageText, "\n")}`)
}
const check = transform(program, plugin, { addDiagnostic, ts })(undefined)

const sources = program.getSourceFiles().filter(({ fileName }) =>
  packages.some((directory) => !relative(directory, fileName).startsWith(".."))
)
sources.forEach(check)

report(problems, `the Effect language service reports nothing in ${sources.length} files`)
