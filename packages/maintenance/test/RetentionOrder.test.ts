import { SnapshotId, SnapshotTree } from "@effect-ploop/core"
import { assert, describe, it } from "@effect/vitest"
import { FastCheck } from "effect"
import { order } from "../src/internal/retention/order.js"

const idOf = (number: number) =>
  number === 0 ? SnapshotId.top : SnapshotId.make(`00000000-0000-4000-8000-${`${number}`.padStart(12, "0")}`)

/** A tree of up to six snapshots, each built on an earlier one or on none, and the top on any. */
const trees = FastCheck.array(FastCheck.nat(), { minLength: 2, maxLength: 6 }).map((parents) => {
  const numbers = [...parents.keys()].map((index) => index === parents.length - 1 ? 0 : index + 1)
  return new SnapshotTree.SnapshotTree({
    nodes: numbers.map((number, index) => {
      const parent = index === 0 ? undefined : numbers[parents[index]! % index]
      return new SnapshotTree.Node({
        id: idOf(number),
        file: `delta.${number}`,
        temporary: false,
        ...(parent !== undefined && { parent: idOf(parent) })
      })
    })
  })
})

interface Cost {
  readonly moved: bigint
  readonly left: number
}

/** What is cheapest among every order of deletions, when a merge leaves a delta as large as both were. */
const cheapest = (
  tree: SnapshotTree.SnapshotTree,
  doomed: ReadonlySet<string>,
  sizes: ReadonlyMap<string, bigint>
): Cost => {
  const possible = tree.nodes.filter(({ id }) => doomed.has(id) && SnapshotTree.children(tree, id).length < 2)
  if (possible.length === 0) return { moved: 0n, left: tree.nodes.filter(({ id }) => doomed.has(id)).length }
  return possible.map((gone) => {
    const child = SnapshotTree.children(tree, gone.id)[0]
    const moved = child === undefined ? 0n : sizes.get(child.id)!
    const nodes = tree.nodes.filter(({ id }) => id !== gone.id).map((node) => {
      const { parent, ...fields } = node
      const above = parent === gone.id ? gone.parent : parent
      return new SnapshotTree.Node({ ...fields, ...(above !== undefined && { parent: above }) })
    })
    const grown = child === undefined ? sizes : new Map([...sizes, [child.id, moved + sizes.get(gone.id)!]])
    const rest = cheapest(new SnapshotTree.SnapshotTree({ nodes }), doomed, grown)
    return { moved: moved + rest.moved, left: rest.left }
  }).reduce((best, next) => next.left < best.left || (next.left === best.left && next.moved < best.moved) ? next : best)
}

describe("the order of deletions", () => {
  it("deletes as many as any order can, and copies no more than the cheapest of them", () => {
    FastCheck.assert(
      FastCheck.property(
        trees,
        FastCheck.array(FastCheck.boolean(), { minLength: 6, maxLength: 6 }),
        FastCheck.array(FastCheck.bigInt(1n, 100n), { minLength: 7, maxLength: 7 }),
        (tree, choices, numbers) => {
          const doomed = new Set(
            tree.nodes.map(({ id }) => id).filter((id, index) => id !== SnapshotId.top && choices[index])
          )
          const sizes = new Map(tree.nodes.map(({ id }, index) => [id, numbers[index]!]))
          const { after, deletions } = order(tree, doomed, sizes)
          const best = cheapest(tree, doomed, sizes)
          assert.strictEqual(after.nodes.filter(({ id }) => doomed.has(id)).length, best.left)
          assert.strictEqual(deletions.reduce((total, { moves }) => total + moves, 0n), best.moved)
        }
      ),
      { numRuns: 200, seed: 1 }
    )
  })
})
