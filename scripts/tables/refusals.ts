/**
 * The table of refusals in the document for the authors of backends: those that the host in memory asks for in each
 * operation.
 */
import * as Generation from "@effect-ploop/core/Generation"
import * as Operation from "@effect-ploop/core/Operation"
import * as Refusal from "@effect-ploop/core/Refusal"
import { join } from "node:path"
import ts from "typescript"
import { program as programOf, root } from "../checks/sources.js"
import { code, table } from "./markdown.js"

const sources = join(root, "packages", "backend-fake", "src")
const backend = join(sources, "internal", "ploopFake.ts")

const program = programOf([backend])
const checker = program.getTypeChecker()

/** What a name stands for, also in another module. */
const declarationOf = (name: ts.Node): ts.Node | undefined => {
  const symbol = checker.getSymbolAtLocation(name)
  const own = symbol !== undefined && (symbol.flags & ts.SymbolFlags.Alias) !== 0
    ? checker.getAliasedSymbol(symbol)
    : symbol
  return own?.declarations?.[0]
}

/** A function of the backend, but for those around every operation. */
const isFollowed = (node: ts.Node): boolean => {
  const { fileName } = node.getSourceFile()
  return fileName.startsWith(sources) && fileName !== backend && !ts.isSourceFile(node)
}

/** Whether it is a refusal, and not a fact that one depends on. */
const isRefusal = (node: ts.Expression): boolean =>
  checker.getTypeAtLocation(node).getCallSignatures().some((signature) => {
    const returned = signature.getReturnType()
    return (returned.aliasSymbol ?? returned.symbol)?.name === "Either"
  })

/** The refusals that an expression asks for, in its own text and in all that it calls. */
const refusalsIn = (node: ts.Node, seen = new Set<ts.Node>(), found = new Set<string>()): ReadonlySet<string> => {
  if (seen.has(node)) return found
  seen.add(node)
  if (ts.isPropertyAccessExpression(node) && node.expression.getText() === "Refusal" && isRefusal(node)) {
    found.add(node.name.text)
  }
  const declaration = ts.isIdentifier(node) ? declarationOf(node) : undefined
  if (declaration !== undefined && isFollowed(declaration)) refusalsIn(declaration, seen, found)
  ts.forEachChild(node, (child) => void refusalsIn(child, seen, found))
  return found
}

/** What the backend has for each operation. */
const implementations = (): ReadonlyMap<string, ts.Expression> => {
  const found = new Map<string, ts.Expression>()
  const visit = (node: ts.Node): void => {
    if (ts.isCallExpression(node) && /^(?:Ploop|LowLevel)\.make$/.test(node.expression.getText())) {
      for (const property of (node.arguments[0] as ts.ObjectLiteralExpression).properties) {
        if (ts.isPropertyAssignment(property)) found.set(property.name.getText(), property.initializer)
      }
    }
    ts.forEachChild(node, visit)
  }
  visit(program.getSourceFile(backend)!)
  return found
}

/** Those around every operation depend on its name. */
const aroundAll = (name: Operation.Name): ReadonlyArray<string> => [
  ...Refusal.isJudgedByDescriptor(name) ? ["descriptor"] : [],
  ...Generation.Generation.literals.some((generation) => Refusal.mistakesDevices(generation, name))
    ? ["otherDisk"]
    : [],
  ...Refusal.harmsVolumes(name) ? ["volumeChildren"] : []
]

export const refusals = (): string => {
  const all = implementations()
  const rows = Operation.names.map((name) => {
    const own = all.get(name)
    // What is around every operation is in the text of some that it never refuses.
    const inText = [...own === undefined ? [] : refusalsIn(own)].filter((refusal) => refusal !== "volumeChildren")
    const asked = new Set([...aroundAll(name), ...inText])
    return [code(name), [...asked].toSorted().map(code).join(", ")]
  })
  return table(["operation", "refusals"], rows.filter(([, asked]) => asked !== ""))
}
