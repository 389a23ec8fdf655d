/** Lets this process load another text in place of a source file: nothing is written. */
import { register } from "node:module"
import { pathToFileURL } from "node:url"
import ts from "typescript"
import type { Change } from "./Verdict.js"

const hook = `
let url, source
export const initialize = (data) => { url = data.url; source = data.source }
export const load = (asked, context, next) =>
  asked.split("?")[0] === url ? { format: "module", shortCircuit: true, source } : next(asked, context)
`

export const replace = ({ file, text }: Change): void => {
  const { outputText: source } = ts.transpileModule(text, {
    compilerOptions: { target: ts.ScriptTarget.ES2022, module: ts.ModuleKind.ESNext }
  })
  register(`data:text/javascript,${encodeURIComponent(hook)}`, {
    data: { url: pathToFileURL(file).href, source }
  })
}
