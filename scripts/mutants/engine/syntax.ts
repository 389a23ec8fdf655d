/** Small questions about the syntax tree that selectors and operators share. */
import ts from "typescript"

/** Positions of a part of the text, and what takes its place. */
export interface Edit {
  readonly start: number
  readonly end: number
  readonly text: string
}

export const parse = (file: string, text: string): ts.SourceFile =>
  ts.createSourceFile(file, text, ts.ScriptTarget.ESNext, true, ts.ScriptKind.TS)

export const textOf = (node: ts.Node): string => node.getText(node.getSourceFile())

export const lineOf = (node: ts.Node): number => {
  const source = node.getSourceFile()
  return source.getLineAndCharacterOfPosition(node.getStart(source)).line + 1
}

/** The beginning of a node on one line. */
export const excerpt = (node: ts.Node): string => {
  const text = textOf(node).replace(/\s+/g, " ")
  return text.length > 80 ? `${text.slice(0, 79)}…` : text
}

export const show = (node: ts.Node): string => `line ${lineOf(node)}: ${excerpt(node)}`

export const edit = (node: ts.Node, text: string): Edit => ({
  start: node.getStart(node.getSourceFile()),
  end: node.getEnd(),
  text
})

/** Whether anything of it is left at run time. */
export const isRuntime = (node: ts.Node): boolean =>
  // What a class extends is an expression, although it may have type arguments.
  (!ts.isTypeNode(node) || ts.isExpressionWithTypeArguments(node)) &&
  !ts.isInterfaceDeclaration(node) && !ts.isTypeAliasDeclaration(node)

/** Every node below this one that exists at run time, in the order of the text. */
export const descendants = (node: ts.Node): ReadonlyArray<ts.Node> => {
  const found: Array<ts.Node> = []
  const visit = (child: ts.Node): void => {
    if (!isRuntime(child)) return
    found.push(child)
    ts.forEachChild(child, visit)
  }
  ts.forEachChild(node, visit)
  return found
}

/** The last name of what is called: `take` of `permits.take(1)`; undefined for a call of a call. */
export const lastName = (node: ts.Expression): string | undefined =>
  ts.isIdentifier(node)
    ? node.text
    : ts.isPropertyAccessExpression(node)
    ? node.name.text
    : ts.isNonNullExpression(node) || ts.isParenthesizedExpression(node)
    ? lastName(node.expression)
    : undefined

export const nameOf = (name: ts.PropertyName | ts.BindingName | undefined): string | undefined =>
  name !== undefined && (ts.isIdentifier(name) || ts.isStringLiteral(name) || ts.isPrivateIdentifier(name))
    ? name.text
    : undefined

/** The parts that an operator can take, drop or exchange: arguments, operands, branches, elements. */
export const partsOf = (node: ts.Node): ReadonlyArray<ts.Node> =>
  ts.isCallExpression(node) || ts.isNewExpression(node)
    ? node.arguments ?? []
    : ts.isBinaryExpression(node)
    ? [node.left, node.right]
    : ts.isConditionalExpression(node)
    ? [node.whenTrue, node.whenFalse]
    : ts.isIfStatement(node)
    ? [node.thenStatement, ...(node.elseStatement === undefined ? [] : [node.elseStatement])]
    : ts.isArrayLiteralExpression(node)
    ? node.elements
    : ts.isPrefixUnaryExpression(node)
    ? [node.operand]
    : ts.isElementAccessExpression(node)
    ? [node.expression]
    : []

/** The condition of an `if`, a `?:` or a loop. */
export const conditionOf = (node: ts.Node): ts.Expression | undefined =>
  ts.isIfStatement(node) || ts.isWhileStatement(node)
    ? node.expression
    : ts.isConditionalExpression(node) || ts.isForStatement(node)
    ? node.condition
    : undefined

/** Whether an identifier only names something: a declaration, a property, a parameter. */
export const isNamePart = (node: ts.Identifier): boolean => {
  const { parent } = node
  return "name" in parent && parent.name === node && !ts.isShorthandPropertyAssignment(parent)
}
