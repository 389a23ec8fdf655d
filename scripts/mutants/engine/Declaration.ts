/** Declarations by name, as `make.create`: a function, constant, property, method or class that has a body or a value. */
import ts from "typescript"
import * as syntax from "./syntax.js"

/** The name of a declaration; undefined for every other node. */
export const nameOf = (node: ts.Node): string | undefined =>
  (ts.isFunctionDeclaration(node) && node.body !== undefined) || ts.isClassDeclaration(node)
    ? node.name?.text
    : ts.isMethodDeclaration(node) || ts.isGetAccessorDeclaration(node) || ts.isPropertyAssignment(node)
    ? syntax.nameOf(node.name)
    : (ts.isVariableDeclaration(node) || ts.isPropertyDeclaration(node)) && node.initializer !== undefined
    ? syntax.nameOf(node.name)
    : undefined

const depthOf = (node: ts.Node): number => {
  let depth = 0
  for (let at = node.parent; at !== undefined; at = at.parent) depth++
  return depth
}

const all = (scope: ts.Node): ReadonlyArray<ts.Node> =>
  syntax.descendants(scope).filter((node) => nameOf(node) !== undefined)

/** The declarations of this name that lie least deep. */
export const named = (scope: ts.Node, name: string): ReadonlyArray<ts.Node> => {
  const found = all(scope).filter((node) => nameOf(node) === name)
  const least = Math.min(...found.map(depthOf))
  return found.filter((node) => depthOf(node) === least)
}

/** The names of the declarations directly in a scope, for a report. */
export const namesIn = (scope: ts.Node): ReadonlyArray<string> => {
  const found = all(scope)
  const least = Math.min(...found.map(depthOf))
  return found.filter((node) => depthOf(node) <= least + 3).map((node) => nameOf(node)!)
}

/** The path of the declaration around a node: `make.create`. */
export const pathOf = (node: ts.Node): string => {
  const names: Array<string> = []
  for (let at: ts.Node | undefined = node; at !== undefined; at = at.parent) {
    const name = nameOf(at)
    if (name !== undefined) names.unshift(name)
  }
  return names.join(".")
}
