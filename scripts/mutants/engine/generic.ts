/** Breakages by rules that know nothing of the program, at every place of a source file that they fit. */
import ts from "typescript"
import * as Declaration from "./Declaration.js"
import * as Operator from "./Operator.js"
import type { Edit } from "./syntax.js"
import * as syntax from "./syntax.js"

export interface Place {
  readonly declaration: string
  readonly line: number
  /** What is done to which code. */
  readonly what: string
  readonly edit: Edit
}

/** Properties whose texts are for people: no test has to know them by heart. */
const prose = new Set([
  "reason",
  "rule",
  "remedy",
  "message",
  "text",
  "description",
  "meaning",
  "neededFor",
  "expected"
])

const isLogging = (node: ts.Node): boolean =>
  ts.isCallExpression(node) &&
  /^log(?:$|[A-Z])|^dieMessage$|^annotations$|^with(?:Span|LogSpan)$/.test(syntax.lastName(node.expression) ?? "")

/** Three words and more are for people, too. */
const isSentence = (node: ts.Node): boolean => ts.isStringLiteralLike(node) && /\S+ \S+ \S/.test(node.text)

const isProse = (node: ts.Node): boolean =>
  isLogging(node) || isSentence(node) || (ts.isPropertyAssignment(node) && prose.has(syntax.nameOf(node.name) ?? "")) ||
  ts.isImportDeclaration(node) || ts.isExportDeclaration(node)

const opposites: Readonly<Record<string, ReadonlyArray<string>>> = {
  "===": ["!=="],
  "!==": ["==="],
  "<": ["<=", ">="],
  "<=": ["<", ">"],
  ">": [">=", "<="],
  ">=": [">", "<"],
  "&&": ["||"],
  "||": ["&&"],
  "+": ["-"],
  "-": ["+"],
  "*": ["+"],
  "/": ["*"]
}

type Rule = (node: ts.Node) => ReadonlyArray<readonly [what: string, operator: Operator.Operator, of?: ts.Node]>

const conditions: Rule = (node) =>
  syntax.conditionOf(node) === undefined || ts.isForStatement(node) || ts.isWhileStatement(node)
    ? []
    : [["negates the condition of", Operator.negate], ["never takes", Operator.condition(false)], [
      "always takes",
      Operator.condition(true)
    ]]

const operators: Rule = (node) => {
  if (!ts.isBinaryExpression(node)) return []
  const text = syntax.textOf(node.operatorToken)
  const others = (opposites[text] ?? []).map((other) => [`puts ${other} into`, Operator.operator(other)] as const)
  return text === "??" || text === "||" || text === "&&"
    ? [...others, ["takes only the left of", Operator.unwrap(0)], ["takes only the right of", Operator.unwrap(1)]]
    : others
}

const literals: Rule = (node) =>
  node.kind === ts.SyntaxKind.TrueKeyword
    ? [["makes false of", Operator.put("false")]]
    : node.kind === ts.SyntaxKind.FalseKeyword
    ? [["makes true of", Operator.put("true")]]
    : ts.isNumericLiteral(node)
    ? [["adds one to", Operator.put(`${Number(node.text) + 1}`)]]
    : ts.isBigIntLiteral(node)
    ? [["adds one to", Operator.put("$ + 1n")]]
    : ts.isStringLiteral(node) && node.text !== "" && !ts.isPropertyAssignment(node.parent)
    ? [["empties", Operator.put("\"\"")]]
    : []

const statements: Rule = (node) =>
  ts.isExpressionStatement(node) ||
    (ts.isIfStatement(node) && node.elseStatement === undefined) || ts.isForOfStatement(node)
    ? [["leaves out", Operator.drop]]
    : []

const members: Rule = (node) =>
  (ts.isObjectLiteralExpression(node.parent) || ts.isArrayLiteralExpression(node.parent)) &&
    !ts.isOmittedExpression(node)
    ? [["leaves out", Operator.drop]]
    : []

const calls: Rule = (node) => {
  if (!ts.isCallExpression(node)) return []
  return syntax.lastName(node.expression) === "pipe"
    ? node.arguments.map((argument) => ["leaves out the step", Operator.drop, argument] as const)
    : node.arguments.length > 0 && !ts.isArrowFunction(node.arguments[0]!) &&
        !ts.isFunctionExpression(node.arguments[0]!)
    ? [["puts the first argument in place of", Operator.unwrap(0)]]
    : []
}

const branches: Rule = (node) =>
  ts.isConditionalExpression(node) ? [["exchanges the branches of", Operator.swap(0, 1)]] : []

const rules: ReadonlyArray<Rule> = [conditions, operators, literals, statements, members, calls, branches]

const placesOf = (node: ts.Node): ReadonlyArray<Place> =>
  rules.flatMap((rule) => rule(node)).flatMap(([what, operator, of = node]) => {
    const edit = operator(of)
    return "_tag" in edit ? [] : [{
      declaration: Declaration.pathOf(node),
      line: syntax.lineOf(of),
      what: `${what} ${syntax.excerpt(of)}`,
      edit
    }]
  })

/** Every place, in the order of the text. */
export const places = (source: ts.SourceFile): ReadonlyArray<Place> => {
  const found: Array<Place> = []
  const visit = (node: ts.Node): void => {
    if (!syntax.isRuntime(node) || isProse(node)) return
    if (node !== source) found.push(...placesOf(node))
    ts.forEachChild(node, visit)
  }
  visit(source)
  return found
}
