/**
 * Selects places of a source file by syntax: step by step, from a declaration
 * into what it contains. A step that names something means the last name of a
 * call or property (`take` for `permits.take(1)`), so that neither formatting
 * nor the names of local constants matter.
 */
import ts from "typescript"
import * as Declaration from "./Declaration.js"
import * as Operator from "./Operator.js"
import * as syntax from "./syntax.js"

/** A step did not lead to one place: which, and what there was to choose from. */
export class Stale {
  readonly _tag = "Stale"
  constructor(readonly reason: string, readonly candidates: ReadonlyArray<string>) {}
}

interface Step {
  /** As it is written in a list, for a report. */
  readonly written: string
  readonly run: (nodes: ReadonlyArray<ts.Node>) => ReadonlyArray<ts.Node>
  /** What this step could have found, when it finds nothing. */
  readonly candidates?: (nodes: ReadonlyArray<ts.Node>) => ReadonlyArray<string>
}

/** What makes a mutant of a place: an operator at a selection. */
export interface Breakage {
  readonly selection: Selection
  readonly operator: Operator.Operator
  /** Why no test can notice it. */
  readonly equivalent?: string | undefined
}

const unique = <A>(values: ReadonlyArray<A>): ReadonlyArray<A> => [...new Set(values)]

/** A step into everything below, by a test of one node. */
const below = (written: string, is: (node: ts.Node) => boolean, isAlike: (node: ts.Node) => boolean = is): Step => ({
  written,
  run: (nodes) => unique(nodes.flatMap(syntax.descendants)).filter(is),
  candidates: (nodes) => unique(nodes.flatMap(syntax.descendants)).filter(isAlike).map(syntax.show)
})

/** A step to a part of each node. */
const part = (written: string, of: (node: ts.Node) => ts.Node | undefined): Step => ({
  written,
  run: (nodes) => nodes.flatMap((node) => of(node) ?? [])
})

const isBranching = (node: ts.Node): boolean => syntax.conditionOf(node) !== undefined

const literalText = (node: ts.Node): string | undefined =>
  ts.isStringLiteralLike(node) || ts.isRegularExpressionLiteral(node)
    ? node.text
    : ts.isNumericLiteral(node) || ts.isBigIntLiteral(node)
    ? syntax.textOf(node)
    : node.kind === ts.SyntaxKind.TrueKeyword
    ? "true"
    : node.kind === ts.SyntaxKind.FalseKeyword
    ? "false"
    : undefined

const valueOf = (node: ts.Node, name: string): ts.Node | undefined =>
  ts.isPropertyAssignment(node) && syntax.nameOf(node.name) === name
    ? node.initializer
    : ts.isShorthandPropertyAssignment(node) && node.name.text === name
    ? node
    : undefined

export class Selection {
  private constructor(readonly steps: ReadonlyArray<Step>) {}

  static readonly everything = new Selection([])

  private then(step: Step): Selection {
    return new Selection([...this.steps, step])
  }

  /** The declaration with this name, or path of names. */
  declaration(path: string): Selection {
    return path.split(".").reduce((selection: Selection, name) =>
      selection.then({
        written: `declaration ${name} of ${path}`,
        run: (nodes) => nodes.flatMap((node) => Declaration.named(node, name)),
        candidates: (nodes) => unique(nodes.flatMap(Declaration.namesIn))
      }), this)
  }

  /** Calls of what has this last name. */
  call(name: string): Selection {
    return this.then(
      below(
        `call(${name})`,
        (node) => ts.isCallExpression(node) && syntax.lastName(node.expression) === name,
        ts.isCallExpression
      )
    )
  }

  /** Calls of what a call returns, as `f(x)(y)`; the name is that of `f`. */
  curried(name: string): Selection {
    return this.then(below(
      `curried(${name})`,
      (node) =>
        ts.isCallExpression(node) && ts.isCallExpression(node.expression) &&
        syntax.lastName(node.expression.expression) === name,
      (node) => ts.isCallExpression(node) && ts.isCallExpression(node.expression)
    ))
  }

  /** `new` of what has this last name. */
  construct(name: string): Selection {
    return this.then(
      below(
        `construct(${name})`,
        (node) => ts.isNewExpression(node) && syntax.lastName(node.expression) === name,
        ts.isNewExpression
      )
    )
  }

  /** Mentions of what has this last name, but not its declaration: `Effect.uninterruptible`, `permits`. */
  mention(name: string): Selection {
    return this.then(
      below(`mention(${name})`, (node) =>
        (ts.isPropertyAccessExpression(node) && node.name.text === name) ||
        (ts.isIdentifier(node) && node.text === name && !syntax.isNamePart(node)))
    )
  }

  /** The values of properties of this name in object literals. */
  value(name: string): Selection {
    return this.then({
      ...below(`value(${name})`, (node) => valueOf(node, name) !== undefined, ts.isObjectLiteralElement),
      run: (nodes) => unique(nodes.flatMap(syntax.descendants)).flatMap((node) => valueOf(node, name) ?? [])
    })
  }

  /** Properties of this name in object literals, as wholes. */
  property(name: string): Selection {
    return this.then(
      below(
        `property(${name})`,
        (node) => ts.isObjectLiteralElement(node) && valueOf(node, name) !== undefined,
        ts.isObjectLiteralElement
      )
    )
  }

  /** Literals of this text: a string, a number, a bigint (`2n`), `true`, `false`, or a regular expression. */
  literal(text: string): Selection {
    return this.then(
      below(
        `literal(${text})`,
        (node) => literalText(node) === text,
        (node) => literalText(node) !== undefined
      )
    )
  }

  /** Binary expressions with this operator: `===`, `&&`, `??`, `+`, `in` … */
  binary(operator: string): Selection {
    return this.then(below(
      `binary(${operator})`,
      (node) => ts.isBinaryExpression(node) && syntax.textOf(node.operatorToken) === operator,
      ts.isBinaryExpression
    ))
  }

  /** `if` statements. */
  if(): Selection {
    return this.then(below("if()", ts.isIfStatement, isBranching))
  }

  /** `?:` expressions. */
  ternary(): Selection {
    return this.then(below("ternary()", ts.isConditionalExpression, isBranching))
  }

  /** `while` and `for` loops, those over the elements of something included. */
  loop(): Selection {
    return this.then(below("loop()", (node) => ts.isIterationStatement(node, false)))
  }

  /** `return` statements. */
  return(): Selection {
    return this.then(below("return()", ts.isReturnStatement))
  }

  /** `...` in arrays, objects and calls. */
  spread(): Selection {
    return this.then(below("spread()", (node) => ts.isSpreadElement(node) || ts.isSpreadAssignment(node)))
  }

  array(): Selection {
    return this.then(below("array()", ts.isArrayLiteralExpression))
  }

  object(): Selection {
    return this.then(below("object()", ts.isObjectLiteralExpression))
  }

  /** Access by index: `nodes[0]`. */
  index(): Selection {
    return this.then(below("index()", ts.isElementAccessExpression))
  }

  /** `!x`. */
  not(): Selection {
    return this.then(
      below("not()", (node) => ts.isPrefixUnaryExpression(node) && node.operator === ts.SyntaxKind.ExclamationToken)
    )
  }

  /** Functions without a name. */
  arrow(): Selection {
    return this.then(below("arrow()", ts.isArrowFunction))
  }

  /** `case` clauses of this text. */
  case(text: string): Selection {
    return this.then(
      below(
        `case(${text})`,
        (node) => ts.isCaseClause(node) && literalText(node.expression) === text,
        ts.isCaseClause
      )
    )
  }

  /** The argument, operand, branch or element at this index. */
  part(index: number): Selection {
    return this.then(part(`part(${index})`, (node) => syntax.partsOf(node).at(index)))
  }

  /** The condition of an `if`, a `?:` or a loop. */
  condition(): Selection {
    return this.then(part("condition()", syntax.conditionOf))
  }

  /** The body of a function without a name. */
  body(): Selection {
    return this.then(part("body()", (node) => ts.isArrowFunction(node) ? node.body : undefined))
  }

  /** What is called. */
  callee(): Selection {
    return this.then(part("callee()", (node) => ts.isCallExpression(node) ? node.expression : undefined))
  }

  /** One of several, in the order of the text; from the end when negative. */
  nth(index: number): Selection {
    return this.then({
      written: `nth(${index})`,
      run: (nodes) => nodes.at(index) === undefined ? [] : [nodes.at(index)!],
      candidates: (nodes) => nodes.map(syntax.show)
    })
  }

  /** Those in which something is found. */
  having(select: (inner: Selection) => Selection): Selection {
    const inner = select(Selection.everything)
    return this.then({
      written: `having(${inner.written})`,
      run: (nodes) => nodes.filter((node) => inner.nodes(node).length > 0),
      candidates: (nodes) => nodes.map(syntax.show)
    })
  }

  /** Those in which `new` of what has this last name is. */
  making(name: string): Selection {
    return this.having((inner) => inner.construct(name))
  }

  /** Those in which a call of what has this last name is. */
  calling(name: string): Selection {
    return this.having((inner) => inner.call(name))
  }

  /** Those in which this name is. */
  mentioning(name: string): Selection {
    return this.having((inner) => inner.mention(name))
  }

  /** Those in which this literal is. */
  saying(text: string): Selection {
    return this.having((inner) => inner.literal(text))
  }

  /** Without those that lie around another one. */
  innermost(): Selection {
    return this.then({
      written: "innermost()",
      run: (nodes) =>
        nodes.filter((node) => !nodes.some((other) => other !== node && syntax.descendants(node).includes(other)))
    })
  }

  get written(): string {
    return this.steps.map(({ written }) => written).join(".")
  }

  nodes(scope: ts.Node): ReadonlyArray<ts.Node> {
    return this.steps.reduce((nodes: ReadonlyArray<ts.Node>, step) => step.run(nodes), [scope])
  }

  /** The one place; or what led elsewhere. */
  only(source: ts.SourceFile): ts.Node | Stale {
    let nodes: ReadonlyArray<ts.Node> = [source]
    for (const step of this.steps) {
      const next = step.run(nodes)
      if (next.length === 0) {
        return new Stale(`${step.written} finds nothing`, step.candidates?.(nodes) ?? nodes.map(syntax.show))
      }
      nodes = next
    }
    return nodes.length === 1
      ? nodes[0]!
      : new Stale(`${this.written} finds ${nodes.length} places`, nodes.map(syntax.show))
  }

  private as(operator: Operator.Operator): Mutation {
    return new Mutation(this, operator)
  }

  /** Leaves it out: a statement, an element, an argument, a property, a step of a pipe, an operand. */
  drop(): Mutation {
    return this.as(Operator.drop)
  }

  /** Puts one of its parts in its place: an argument of a call, a branch, an operand. */
  unwrap(index = 0): Mutation {
    return this.as(Operator.unwrap(index))
  }

  /** Exchanges two of its parts. */
  swap(first = 0, second = 1): Mutation {
    return this.as(Operator.swap(first, second))
  }

  /** Turns a condition round. */
  negate(): Mutation {
    return this.as(Operator.negate)
  }

  /** Makes a condition always true. */
  always(): Mutation {
    return this.as(Operator.condition(true))
  }

  /** Makes a condition always false. */
  never(): Mutation {
    return this.as(Operator.condition(false))
  }

  /** Another binary operator. */
  operator(operator: string): Mutation {
    return this.as(Operator.operator(operator))
  }

  /** Code in its place; `_` stands for what is there, `_0`, `_1` … for its parts. */
  put(code: string): Mutation {
    return this.as(Operator.put(code))
  }
}

/** A breakage that may still be called equivalent. */
export class Mutation implements Breakage {
  constructor(
    readonly selection: Selection,
    readonly operator: Operator.Operator,
    readonly equivalent?: string
  ) {}

  /** No test can notice it, for this reason. */
  isEquivalent(reason: string): Mutation {
    return new Mutation(this.selection, this.operator, reason)
  }
}

/** Where every mutant of a list begins: the declaration around it. */
export const at = (declaration: string): Selection => Selection.everything.declaration(declaration)

/** The whole file, for what no declaration is around. */
export const anywhere: Selection = Selection.everything
