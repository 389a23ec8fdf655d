/**
 * What an editor shows for a property of a public type is not empty, and for an
 * option that may be left out it says what happens then.
 */
import { basename } from "node:path"
import ts from "typescript"
import { at, modules, program, report } from "./sources.js"

const service = program()
const checker = service.getTypeChecker()

/** A property that an editor shows, and the type that it is shown for. */
interface Shown {
  readonly owner: string
  readonly isOption: boolean
  readonly property: ts.Symbol
  /** The declaration of the owner. */
  readonly node: ts.Node
}

const isOptions = (name: string): boolean => name.endsWith("Options")

/** Modules of which every type is one that a caller writes or reads. */
const isOfValues = (file: ts.SourceFile): boolean => ["Request.ts", "Result.ts"].includes(basename(file.fileName))

const declarationsOf = (symbol: ts.Symbol): ReadonlyArray<ts.Declaration> => symbol.declarations ?? []

const isForeign = (property: ts.Symbol): boolean => {
  const declarations = declarationsOf(property)
  return declarations.length > 0 &&
    declarations.every((declaration) => declaration.getSourceFile().fileName.includes("/node_modules/"))
}

/** The key of a type id, the tag of a union, and what a caller can only leave out. */
const isPlumbing = (property: ts.Symbol): boolean =>
  property.name === "_tag" || /^(?:__@|~)/.test(property.name) ||
  (checker.getTypeOfSymbol(property).flags & ~ts.TypeFlags.Undefined) === 0

const membersOf = (type: ts.Type): ReadonlyArray<ts.Symbol> => {
  if (type.isUnion()) return type.types.flatMap(membersOf)
  return (type.flags & ts.TypeFlags.Object) !== 0 || type.isIntersection() ? checker.getPropertiesOfType(type) : []
}

const isShownType = (name: string, declaration: ts.Declaration): boolean =>
  ts.isInterfaceDeclaration(declaration) ||
  (ts.isTypeAliasDeclaration(declaration) && (isOptions(name) || isOfValues(declaration.getSourceFile())))

const ofType = (symbol: ts.Symbol): ReadonlyArray<Shown> => {
  const node = declarationsOf(symbol).find((declaration) => isShownType(symbol.name, declaration))
  if (node === undefined) return []
  return membersOf(checker.getDeclaredTypeOfSymbol(symbol)).map((property) => ({
    owner: symbol.name,
    isOption: isOptions(symbol.name),
    property,
    node
  }))
}

/** Options that a function or a method declares in place. */
const ofParameters = (symbol: ts.Symbol): ReadonlyArray<Shown> => {
  const found: Array<Shown> = []
  const visit = (node: ts.Node): void => {
    if (ts.isBlock(node)) return
    if (ts.isParameter(node) && node.type !== undefined && ts.isTypeLiteralNode(node.type)) {
      for (const property of membersOf(checker.getTypeFromTypeNode(node.type))) {
        found.push({ owner: `${symbol.name}(${node.name.getText()})`, isOption: true, property, node })
      }
    }
    ts.forEachChild(node, visit)
  }
  for (const declaration of declarationsOf(symbol)) {
    if (ts.isVariableDeclaration(declaration)) {
      const { initializer, type } = declaration
      if (type !== undefined) visit(type)
      else if (initializer !== undefined && ts.isArrowFunction(initializer)) initializer.parameters.forEach(visit)
    } else if (ts.isInterfaceDeclaration(declaration)) visit(declaration)
  }
  return found
}

const exportsOf = (path: string): ReadonlyArray<ts.Symbol> => {
  const module = checker.getSymbolAtLocation(service.getSourceFile(path)!)
  return module === undefined ?
    [] :
    checker.getExportsOfModule(module).map((symbol) =>
      (symbol.flags & ts.SymbolFlags.Alias) === 0 ? symbol : checker.getAliasedSymbol(symbol)
    )
}

/** How a text can say what an option is when nobody gives it. */
const saysDefault = /\b(?:default|unless|otherwise|without it|required (?:when|with|for)|no \w+ when)\b/i

const problemOf = ({ isOption, owner, property }: Shown): string | undefined => {
  const text = ts.displayPartsToString(property.getDocumentationComment(checker)).trim()
  if (text === "") return `${owner}.${property.name} has no documentation`
  const isOptional = (property.flags & ts.SymbolFlags.Optional) !== 0
  if (isOption && isOptional && !saysDefault.test(text)) {
    return `${owner}.${property.name} can be left out, and its documentation does not say what happens then`
  }
  return undefined
}

const placeOf = ({ node, property }: Shown): string => {
  const place = declarationsOf(property).find((declaration) => !declaration.getSourceFile().isDeclarationFile) ?? node
  return at(place.getSourceFile(), place.getStart())
}

const shown = modules.flatMap(exportsOf)
  .flatMap((symbol) => [...ofType(symbol), ...ofParameters(symbol)])
  .filter(({ property }) => !isForeign(property) && !isPlumbing(property))

const problems = shown.flatMap((one) => {
  const problem = problemOf(one)
  return problem === undefined ? [] : [`${placeOf(one)}: ${problem}`]
})

report([...new Set(problems)], `${shown.length} properties of public types are documented`)
