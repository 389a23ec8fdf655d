/** The docstrings of core, as an editor shows them. */
import { join } from "node:path"
import ts from "typescript"
import { program as programOf, root } from "../checks/sources.js"

const moduleNamed = (name: string): string => join(root, "packages", "core", "src", `${name}.ts`)

const program = programOf(["Ploop", "LowLevel", "PloopError"].map(moduleNamed))

const checker = program.getTypeChecker()

/** The text without links into the code, which Markdown does not have. */
const textOf = (symbol: ts.Symbol): string =>
  ts.displayPartsToString(symbol.getDocumentationComment(checker)).replace(/\{@link (?:\w+\.)?(\w+)\}/g, "`$1`")

const exported = (module: string, name: string): ts.Symbol => {
  const file = checker.getSymbolAtLocation(program.getSourceFile(moduleNamed(module))!)!
  const found = checker.getExportsOfModule(file).find((symbol) => symbol.name === name)
  if (found === undefined) throw new Error(`${module} exports no ${name}`)
  return found
}

/** The docstring of an export of a module of core. */
export const ofExport = (module: string, name: string): string => textOf(exported(module, name))

/** The docstring of a method of an interface of core. */
export const ofMethod = (module: string, name: string): string => {
  const found = checker.getDeclaredTypeOfSymbol(exported(module, module)).getProperty(name)
  if (found === undefined) throw new Error(`${module} has no method ${name}`)
  return textOf(found)
}
