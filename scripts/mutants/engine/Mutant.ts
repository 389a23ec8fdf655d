/** A way to break a package, and the text of a file with it. */
import ts from "typescript"
import type { Breakage } from "./Selection.js"
import { Stale } from "./Selection.js"
import type { Edit } from "./syntax.js"
import * as syntax from "./syntax.js"

export type Package = "core" | "backend-cli" | "backend-fake"

export interface Mutant {
  /** What is broken, as a sentence. */
  readonly broken: string
  readonly package: Package
  /** A file in the sources of the package. */
  readonly file: string
  /** The operation whose cases are run first. */
  readonly operation: string
  /** Why no test can notice it. */
  readonly equivalent?: string | undefined
  readonly edit: (source: ts.SourceFile) => Edit | Stale
}

/** Mutants by the sentence that says what is broken. */
export const inFile = (
  place: { readonly package: Package; readonly file: string; readonly operation?: string },
  breakages: Readonly<Record<string, Breakage>>
): ReadonlyArray<Mutant> =>
  Object.entries(breakages).map(([broken, { equivalent, operator, selection }]) => ({
    broken,
    operation: "",
    ...place,
    equivalent,
    edit: (source) => {
      const node = selection.only(source)
      if (node instanceof Stale) return node
      const edit = operator(node)
      return "_tag" in edit ? new Stale(edit.reason, [syntax.show(node)]) : edit
    }
  }))

const syntaxError = (text: string): string | undefined => {
  const { diagnostics = [] } = ts.transpileModule(text, {
    reportDiagnostics: true,
    compilerOptions: { target: ts.ScriptTarget.ESNext, module: ts.ModuleKind.ESNext }
  })
  return diagnostics[0] && ts.flattenDiagnosticMessageText(diagnostics[0].messageText, " ")
}

/** The text of the file, broken. */
export const apply = (mutant: Pick<Mutant, "edit" | "file">, text: string): string | Stale => {
  const edit = mutant.edit(syntax.parse(mutant.file, text))
  if (edit instanceof Stale) return edit
  const broken = text.slice(0, edit.start) + edit.text + text.slice(edit.end)
  const error = broken === text ? "nothing changes" : syntaxError(broken)
  return error === undefined ? broken : new Stale(error, [edit.text])
}
