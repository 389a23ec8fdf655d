/**
 * Checks that every export of a public module has a docstring with `@since` and
 * `@category`, that every example type-checks, in docstrings, in READMEs and in
 * `docs`, and that the links of documents lead to files and headings.
 */
import { spawnSync } from "node:child_process"
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { basename, join, relative } from "node:path"
import ts from "typescript"
import { brokenLinks } from "./checks/links.js"
import { at, modules, packages, report, root } from "./checks/sources.js"

const problems: Array<string> = []
const examples = new Map<string, string>()

/** The exports of a public module: its own statements, and those of internal modules that it re-exports by name. */
const exported = (path: string): ReadonlyArray<ts.Statement> => {
  const file = ts.createSourceFile(path, readFileSync(path, "utf8"), ts.ScriptTarget.ES2022, true)
  const handedOn = file.statements.filter(ts.isExportDeclaration).flatMap(({ exportClause, moduleSpecifier }) => {
    if (moduleSpecifier === undefined || !ts.isStringLiteral(moduleSpecifier)) return []
    if (exportClause === undefined || !ts.isNamedExports(exportClause)) return []
    const names = new Set(exportClause.elements.map(({ name, propertyName }) => (propertyName ?? name).text))
    return exported(join(path, "..", moduleSpecifier.text.replace(/\.js$/, ".ts")))
      .filter((statement) => namesOf(statement).some((name) => names.has(name)))
  })
  return [...file.statements.filter(isExported), ...handedOn]
}

const namesOf = (statement: ts.Statement): ReadonlyArray<string> => {
  if (ts.isVariableStatement(statement)) {
    return statement.declarationList.declarations.map(({ name }) => name.getText())
  }
  const name = ts.getNameOfDeclaration(statement as ts.DeclarationStatement)
  return name === undefined ? [] : [name.getText()]
}

const isExported = (node: ts.Node): boolean =>
  ts.canHaveModifiers(node) &&
  (ts.getModifiers(node) ?? []).some((modifier) => modifier.kind === ts.SyntaxKind.ExportKeyword)

for (const path of modules) {
  const text = readFileSync(path, "utf8")
  for (const statement of exported(path)) {
    const tags = ts.getJSDocTags(statement).map((tag) => tag.tagName.text)
    for (const tag of ["since", "category"]) {
      if (!tags.includes(tag)) {
        problems.push(`${at(statement.getSourceFile(), statement.getStart())}: the docstring has no @${tag}`)
      }
    }
  }
  for (const [index, match] of [...text.matchAll(/@example\n([\s\S]*?)\n *\*(?:\/| *@\w)/g)].entries()) {
    examples.set(`${basename(path, ".ts")}${index}.ts`, match[1]!.replace(/^ *\* ?/gm, ""))
  }
}

const documents = [
  join(root, "README.md"),
  ...packages.map((directory) => join(directory, "README.md")),
  ...readdirSync(join(root, "docs")).filter((name) => name.endsWith(".md")).map((name) => join(root, "docs", name))
]

const others = ["CONTRIBUTING.md", "CHANGELOG.md", "SECURITY.md", "examples/README.md"].map((name) => join(root, name))
problems.push(...[...documents, ...others].flatMap(brokenLinks))

for (const path of documents) {
  const name = relative(root, path).replaceAll("/", "-")
  const blocks = readFileSync(path, "utf8").matchAll(/^( *)```ts\n([\s\S]*?)^ *```$/gm)
  for (const [index, [, indent = "", text = ""]] of [...blocks].entries()) {
    const example = text.replace(new RegExp(`^${indent}`, "gm"), "")
    // A block that begins with the name of its file can be imported by another one.
    const [, file] = /^\/\/ (\w[\w.]*\.ts)\n/.exec(example) ?? []
    if (file !== undefined && examples.has(file)) problems.push(`${relative(root, path)}: ${file} is in two documents`)
    examples.set(file ?? `${basename(name, ".md")}${index}.ts`, example)
  }
}

mkdirSync(join(root, "build"), { recursive: true })
const directory = mkdtempSync(join(root, "build", "examples-"))
try {
  for (const [name, text] of examples) writeFileSync(join(directory, name), `${text}\n`)
  writeFileSync(
    join(directory, "tsconfig.json"),
    JSON.stringify({
      extends: "../../tsconfig.base.json",
      include: ["*.ts"],
      // The examples see the packages as they are published, and not their sources, which are checked already.
      compilerOptions: { composite: false, customConditions: [], noEmit: true, noUnusedLocals: false, types: ["node"] }
    })
  )
  const checked = spawnSync("npx", ["tsc", "-p", directory], { cwd: root, encoding: "utf8" })
  if (checked.status !== 0) problems.push(checked.stdout)
} finally {
  rmSync(directory, { recursive: true })
}

report(problems, `${modules.length} modules are documented, ${examples.size} examples type-check`)
