/** Which names can be seen where: a mutant that mentions one that was renamed is stale, not noticed. */
import ts from "typescript"
import * as syntax from "./syntax.js"

const bound = (name: ts.BindingName): ReadonlyArray<string> =>
  ts.isIdentifier(name)
    ? [name.text]
    : name.elements.flatMap((element) => ts.isBindingElement(element) ? bound(element.name) : [])

const imported = ({ importClause }: ts.ImportDeclaration): ReadonlyArray<string> => {
  const { name, namedBindings } = importClause ?? {}
  const named = namedBindings === undefined
    ? []
    : ts.isNamespaceImport(namedBindings)
    ? [namedBindings.name.text]
    : namedBindings.elements.map((element) => element.name.text)
  return name === undefined ? named : [name.text, ...named]
}

const declared = (statement: ts.Node): ReadonlyArray<string> =>
  ts.isVariableStatement(statement)
    ? statement.declarationList.declarations.flatMap(({ name }) => bound(name))
    : ts.isFunctionDeclaration(statement) || ts.isClassDeclaration(statement)
    ? statement.name === undefined ? [] : [statement.name.text]
    : ts.isImportDeclaration(statement)
    ? imported(statement)
    : []

/** The names that a node around another one declares for it. */
const declaredBy = (node: ts.Node): ReadonlyArray<string> =>
  ts.isSourceFile(node) || ts.isBlock(node)
    ? node.statements.flatMap(declared)
    : ts.isFunctionLike(node)
    ? node.parameters.flatMap(({ name }) => bound(name))
    : (ts.isForStatement(node) || ts.isForOfStatement(node)) && node.initializer !== undefined &&
        ts.isVariableDeclarationList(node.initializer)
    ? node.initializer.declarations.flatMap(({ name }) => bound(name))
    : []

const isReference = (node: ts.Node): node is ts.Identifier => ts.isIdentifier(node) && !syntax.isNamePart(node)

/** The names in a piece of code that nothing around the place declares. */
export const missing = (code: string, place: ts.Node): ReadonlyArray<string> => {
  const nodes = syntax.descendants(syntax.parse("code.ts", ts.isStatement(place) ? code : `(${code})`))
  const known = new Set(nodes.flatMap((node) => declaredBy(node)))
  for (let at = place; at !== undefined; at = at.parent) for (const name of declaredBy(at)) known.add(name)
  const names = nodes.filter(isReference).map(({ text }) => text)
  return [...new Set(names)].filter((name) => !known.has(name) && !(name in globalThis))
}
