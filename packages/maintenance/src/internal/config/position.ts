import { type Document, isAlias, isMap, isNode, isScalar, isSeq, type LineCounter, type Pair } from "yaml"

/** Where something is in a text; the first line and the first column are 1. */
export interface Position {
  readonly line: number
  readonly column: number
}

const offsetOf = (node: unknown): number => (isNode(node) ? node.range?.[0] : undefined) ?? 0

const pairOf = (items: ReadonlyArray<Pair>, key: PropertyKey): Pair | undefined =>
  items.find((pair) => isScalar(pair.key) && pair.key.value === key)

/** The position of an offset. */
export const ofOffset = (lines: LineCounter, offset: number): Position => {
  const { col, line } = lines.linePos(offset)
  // An empty text has no lines.
  return { line: Math.max(line, 1), column: Math.max(col, 1) }
}

/** The position of the key or of the item at a path, or of the nearest one above it that is there. */
export const ofPath = (document: Document, lines: LineCounter, path: ReadonlyArray<PropertyKey>): Position => {
  let node: unknown = document.contents
  let offset = 0
  for (const key of path) {
    if (isAlias(node)) node = node.resolve(document)
    if (isMap(node)) {
      const pair = pairOf(node.items, key)
      if (pair === undefined) break
      offset = offsetOf(pair.key)
      node = pair.value
    } else if (isSeq(node)) {
      const item = node.items[Number(key)]
      if (item === undefined) break
      offset = offsetOf(item)
      node = item
    } else break
  }
  return ofOffset(lines, offset)
}
