import * as Operation from "@effect-ploop/core/Operation"
import * as Arr from "effect/Array"
import * as Option from "effect/Option"
import * as Predicate from "effect/Predicate"
import * as Record from "effect/Record"
import * as AST from "effect/SchemaAST"

/** The values of core that are paths of the host. */
const brands: ReadonlySet<string | symbol> = new Set(
  ["HostPath", "Disk", "DevicePath", "PartitionPath"].map((name) => `@effect-ploop/core/${name}`)
)

const isPath = (ast: AST.AST): boolean =>
  Option.exists(AST.getBrandAnnotation(ast), (names) => names.some((name) => brands.has(name))) ||
  (AST.isUnion(ast) && ast.types.some(isPath)) ||
  (AST.isRefinement(ast) && isPath(ast.from)) ||
  (AST.isTransformation(ast) && isPath(ast.to))

const fieldsOf = (ast: AST.AST): ReadonlyArray<string> =>
  AST.isTypeLiteral(ast)
    ? ast.propertySignatures.flatMap(({ name, type }) => isPath(type) ? [String(name)] : [])
    : AST.isUnion(ast)
    ? Arr.dedupe(ast.types.flatMap(fieldsOf))
    : AST.isRefinement(ast)
    ? fieldsOf(ast.from)
    : AST.isTransformation(ast)
    ? fieldsOf(ast.to)
    : []

/** The options of each operation that are paths of the host, from the schema of its request. */
export const fields: Readonly<Record<Operation.Name, ReadonlyArray<string>>> = Record.map(
  Operation.table,
  (row: Operation.Row) => row.request === undefined ? [] : fieldsOf(row.request.ast)
)

/** The paths in a request. */
export const pathsOf = (name: Operation.Name, request: unknown): ReadonlyArray<string> =>
  fields[name].flatMap((field) =>
    Predicate.hasProperty(request, field) && Predicate.isString(request[field]) ? [request[field]] : []
  )
