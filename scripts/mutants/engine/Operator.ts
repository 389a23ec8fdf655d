/** Breaks one place of a source file: each operator makes the edit, or says why it cannot. */
import ts from "typescript"
import * as scope from "./scope.js"
import type { Edit } from "./syntax.js"
import * as syntax from "./syntax.js"

/** An operator does not fit the place. */
export class Unfit {
  readonly _tag = "Unfit"
  constructor(readonly reason: string) {}
}

export type Operator = (node: ts.Node) => Edit | Unfit

/** Without semicolons, a line that begins with a parenthesis would go on with the line before. */
const beginsStatement = (node: ts.Node): boolean => {
  for (let at = node; at.parent !== undefined && at.getStart() === node.getStart(); at = at.parent) {
    if (ts.isExpressionStatement(at)) return true
  }
  return false
}

const isSimple = (code: string): boolean => /^(?:[\w$.]+|"[^"]*"|'[^']*'|`[^`]*`)$/.test(code)

/** Puts code in the place of a node, or of the value that it declares, in parentheses where an expression needs them. */
const replace = (node: ts.Node, code: string): Edit => {
  if ((ts.isVariableDeclaration(node) || ts.isPropertyAssignment(node)) && node.initializer !== undefined) {
    return replace(node.initializer, code)
  }
  if (ts.isShorthandPropertyAssignment(node)) return syntax.edit(node, `${node.name.text}: (${code})`)
  if (!ts.isExpression(node) || isSimple(code)) return syntax.edit(node, code)
  return syntax.edit(node, `${beginsStatement(node) ? ";" : ""}(${code})`)
}

/** Leaves out one member of a list, and one comma with it. */
const dropFrom = (list: ReadonlyArray<ts.Node>, node: ts.Node): Edit => {
  const index = list.indexOf(node)
  const next = list[index + 1]
  const previous = list[index - 1]
  if (next !== undefined) return { start: node.getStart(), end: next.getStart(), text: "" }
  return { start: previous?.getEnd() ?? node.getStart(), end: node.getEnd(), text: "" }
}

const listAround = (node: ts.Node): ReadonlyArray<ts.Node> | undefined => {
  const { parent } = node
  return ts.isArrayLiteralExpression(parent)
    ? parent.elements
    : ts.isObjectLiteralExpression(parent)
    ? parent.properties
    : (ts.isCallExpression(parent) || ts.isNewExpression(parent)) && parent.expression !== node
    ? parent.arguments
    : undefined
}

/** What an expression statement, a `yield*` or a spread adds to an expression goes with it. */
const isOnlyAround = (parent: ts.Node): boolean =>
  ts.isYieldExpression(parent) || ts.isAwaitExpression(parent) || ts.isParenthesizedExpression(parent) ||
  ts.isSpreadElement(parent) || ts.isSpreadAssignment(parent) || ts.isExpressionStatement(parent)

export const drop: Operator = (node) => {
  for (let at = node;; at = at.parent) {
    if (ts.isStatement(at) && !ts.isBlock(at)) {
      return syntax.edit(at, ts.isBlock(at.parent) || ts.isSourceFile(at.parent) ? ";" : "{}")
    }
    if (ts.isCaseClause(at)) return syntax.edit(at, "")
    const list = listAround(at)
    if (list !== undefined) return dropFrom(list, at)
    if (ts.isBinaryExpression(at.parent)) {
      const { left, right } = at.parent
      return replace(at.parent, syntax.textOf(at === left ? right : left))
    }
    if (ts.isReturnStatement(at.parent)) return syntax.edit(at.parent, "return")
    if (!isOnlyAround(at.parent)) return new Unfit("it can be left out of nothing")
  }
}

export const unwrap = (index: number): Operator => (node) => {
  const part = syntax.partsOf(node).at(index)
  return part === undefined ? new Unfit(`it has no part ${index}`) : replace(node, syntax.textOf(part))
}

export const swap = (first: number, second: number): Operator => (node) => {
  const parts = syntax.partsOf(node)
  const [one, other] = [parts.at(first), parts.at(second)].sort((a, b) => (a?.pos ?? 0) - (b?.pos ?? 0))
  if (one === undefined || other === undefined || one === other) {
    return new Unfit(`it has no parts ${first} and ${second}`)
  }
  const text = node.getSourceFile().text
  return {
    start: one.getStart(),
    end: other.getEnd(),
    text: syntax.textOf(other) + text.slice(one.getEnd(), other.getStart()) + syntax.textOf(one)
  }
}

export const condition = (value: boolean): Operator => (node) => replace(syntax.conditionOf(node) ?? node, `${value}`)

export const negate: Operator = (node) => {
  const condition = syntax.conditionOf(node) ?? node
  return ts.isPrefixUnaryExpression(condition) && condition.operator === ts.SyntaxKind.ExclamationToken
    ? replace(condition, syntax.textOf(condition.operand))
    : replace(condition, `!(${syntax.textOf(condition)})`)
}

export const operator = (text: string): Operator => (node) =>
  ts.isBinaryExpression(node) ? syntax.edit(node.operatorToken, text) : new Unfit("it has no operator")

/** `_`, and `_0`, `_1` …, as names of their own. */
const placeholder = /(?<![\w$.])_(\d?)(?![\w$])/g

export const put = (code: string): Operator => (node) => {
  const parts = syntax.partsOf(node)
  const missing = scope.missing(code.replace(placeholder, "undefined"), node)
  if (missing.length > 0) return new Unfit(`${missing.join(", ")} cannot be seen there`)
  const value = ts.isShorthandPropertyAssignment(node) ? node.name : node
  const absent = [...code.matchAll(placeholder)].find(([, index]) => index !== "" && parts[Number(index)] === undefined)
  if (absent !== undefined) return new Unfit(`it has no part ${absent[1]}`)
  return replace(
    node,
    code.replace(
      placeholder,
      (_, index: string) => syntax.textOf(index === "" ? value : parts[Number(index)]!)
    )
  )
}
