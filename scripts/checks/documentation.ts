/** What an editor shows for the properties of public types. */
import { basename } from "node:path"
import ts from "typescript"
import { at } from "./sources.js"

/** A property, and the type for which an editor shows it. */
interface Shown {
  readonly owner: string
  readonly isOption: boolean
  readonly property: ts.Symbol
  /** The declaration of the owner. */
  readonly node: ts.Node
}

/** The documentation of some modules. */
export interface Documentation {
  readonly properties: number
  readonly problems: ReadonlyArray<string>
}

const isOptions = (name: string): boolean => name.endsWith("Options")

/** Whether every type of the module is a result. */
const isOfResults = (file: ts.SourceFile): boolean => basename(file.fileName) === "Result.ts"

const declarationsOf = (symbol: ts.Symbol): ReadonlyArray<ts.Declaration> => symbol.declarations ?? []

const isForeign = (property: ts.Symbol): boolean => {
  const declarations = declarationsOf(property)
  return declarations.length > 0 &&
    declarations.every((declaration) => declaration.getSourceFile().fileName.includes("/node_modules/"))
}

/** Whether a property needs no documentation: a type id, the tag of a union, or a property that must be left out. */
const isPlumbing = (checker: ts.TypeChecker, property: ts.Symbol): boolean =>
  property.name === "_tag" || /^(?:__@|~)/.test(property.name) ||
  (checker.getTypeOfSymbol(property).flags & ~ts.TypeFlags.Undefined) === 0

const membersOf = (checker: ts.TypeChecker, type: ts.Type): ReadonlyArray<ts.Symbol> => {
  if (type.isUnion()) return type.types.flatMap((member) => membersOf(checker, member))
  const hasMembers = (type.flags & ts.TypeFlags.Object) !== 0 || type.isIntersection()
  return hasMembers
    ? checker.getPropertiesOfType(type).filter((property) => !isForeign(property) && !isPlumbing(checker, property))
    : []
}

const isShownType = (name: string, declaration: ts.Declaration): boolean =>
  ts.isInterfaceDeclaration(declaration) ||
  (ts.isTypeAliasDeclaration(declaration) && (isOptions(name) || isOfResults(declaration.getSourceFile())))

const ofType = (checker: ts.TypeChecker, symbol: ts.Symbol): ReadonlyArray<Shown> => {
  const node = declarationsOf(symbol).find((declaration) => isShownType(symbol.name, declaration))
  if (node === undefined) return []
  return membersOf(checker, checker.getDeclaredTypeOfSymbol(symbol)).map((property) => ({
    owner: symbol.name,
    isOption: isOptions(symbol.name),
    property,
    node
  }))
}

/** The parameters of an exported function, and of the methods of an exported interface. */
const parametersOf = (symbol: ts.Symbol): ReadonlyArray<ts.ParameterDeclaration> => {
  const found: Array<ts.ParameterDeclaration> = []
  const visit = (node: ts.Node): void => {
    if (ts.isParameter(node)) found.push(node)
    if (!ts.isBlock(node)) ts.forEachChild(node, visit)
  }
  for (const declaration of declarationsOf(symbol)) {
    if (ts.isInterfaceDeclaration(declaration)) visit(declaration)
    if (!ts.isVariableDeclaration(declaration)) continue
    const { initializer, type } = declaration
    if (type !== undefined) visit(type)
    else if (initializer !== undefined && ts.isArrowFunction(initializer)) initializer.parameters.forEach(visit)
  }
  return found
}

/** Options that a function declares in place. */
const ofParameters = (checker: ts.TypeChecker, symbol: ts.Symbol): ReadonlyArray<Shown> =>
  parametersOf(symbol).flatMap((node) =>
    node.type === undefined || !ts.isTypeLiteralNode(node.type)
      ? []
      : membersOf(checker, checker.getTypeFromTypeNode(node.type)).map((property) => ({
        owner: `${symbol.name}(${node.name.getText()})`,
        isOption: true,
        property,
        node
      }))
  )

const exportsOf = (checker: ts.TypeChecker, file: ts.SourceFile): ReadonlyArray<ts.Symbol> => {
  const module = checker.getSymbolAtLocation(file)
  const symbols = module === undefined ? [] : checker.getExportsOfModule(module)
  return symbols.map((symbol) =>
    (symbol.flags & ts.SymbolFlags.Alias) === 0 ? symbol : checker.getAliasedSymbol(symbol)
  )
}

/** Matches a text that says what happens when an option is left out. */
const saysDefault = /\b(?:default|unless|otherwise|without it|required (?:when|with|for))\b/i

const problemOf = (checker: ts.TypeChecker, { isOption, owner, property }: Shown): string | undefined => {
  const text = ts.displayPartsToString(property.getDocumentationComment(checker)).trim()
  if (text === "") return `${owner}.${property.name} has no documentation`
  const isOptional = (property.flags & ts.SymbolFlags.Optional) !== 0
  return isOption && isOptional && !saysDefault.test(text)
    ? `${owner}.${property.name} can be left out, but its documentation does not say what happens then`
    : undefined
}

const placeOf = ({ node, property }: Shown): string => {
  const place = declarationsOf(property).find((declaration) => !declaration.getSourceFile().isDeclarationFile) ?? node
  return at(place.getSourceFile(), place.getStart())
}

/** The documentation of the exports of these modules, from the language service. */
export const documentation = (program: ts.Program, modules: ReadonlyArray<string>): Documentation => {
  const checker = program.getTypeChecker()
  const shown = modules
    .flatMap((path) => exportsOf(checker, program.getSourceFile(path)!))
    .flatMap((symbol) => [...ofType(checker, symbol), ...ofParameters(checker, symbol)])
  const problems = shown.flatMap((one) => {
    const problem = problemOf(checker, one)
    return problem === undefined ? [] : [`${placeOf(one)}: ${problem}`]
  })
  return { properties: shown.length, problems: [...new Set(problems)] }
}
