import { SnapshotChange, SnapshotId, SnapshotTree } from "@effect-ploop/core"
import { assert, describe, it } from "@effect/vitest"
import { FastCheck as fc, Option } from "effect"
import * as trees from "./utils/trees.js"

const { none, top } = SnapshotId
const [a, b, c] = [trees.id("a"), trees.id("b"), trees.id("c")]

const treeOf = (...entries: ReadonlyArray<trees.Entry>) => trees.disk(entries).tree

describe("gone", () => {
  it("is what the first tree has and the second has not, in the order of the first", () => {
    assert.deepStrictEqual(
      SnapshotChange.gone(treeOf([a, none], [b, a], [c, b], [top, c]), treeOf([c, none], [top, c])),
      [a, b]
    )
  })

  it("is nothing between a tree and itself", () => {
    fc.assert(fc.property(trees.entries, (entries) => {
      const { tree } = trees.disk(entries)
      assert.deepStrictEqual(SnapshotChange.gone(tree, tree), [])
    }))
  })
})

describe("a deleted snapshot", () => {
  it("lets its parent become the top when it is the top delta", () => {
    assert.deepStrictEqual(
      SnapshotChange.deleted(treeOf([a, none], [b, a], [top, b]), treeOf([a, none], [top, a]), top),
      { _tag: "Deleted", id: top, becameTop: b }
    )
  })

  it("is marked as temporary when it is still there", () => {
    assert.deepStrictEqual(
      SnapshotChange.deleted(
        treeOf([a, none], [b, a], [top, a]),
        treeOf([a, none, "temporary"], [b, a], [top, a]),
        a
      ),
      { _tag: "MarkedTemporary", id: a, children: [b, top] }
    )
  })

  it("is merged into its child when it had one", () => {
    assert.deepStrictEqual(
      SnapshotChange.deleted(treeOf([a, none], [b, a], [top, b]), treeOf([b, none], [top, b]), a),
      { _tag: "MergedIntoChild", id: a, child: b }
    )
  })

  it("is gone when it had no child", () => {
    assert.deepStrictEqual(
      SnapshotChange.deleted(treeOf([a, none], [b, a], [top, a]), treeOf([a, none], [top, a]), b),
      { _tag: "Deleted", id: b }
    )
  })
})

describe("a deletion has nothing to do", () => {
  it("when the snapshot is temporary and has several children", () => {
    assert.deepStrictEqual(
      Option.getOrUndefined(SnapshotChange.alreadyMarked(treeOf([a, none, "temporary"], [b, a], [top, a]), a)),
      { _tag: "MarkedTemporary", id: a, children: [b, top] }
    )
  })

  it("and in no other case", () => {
    for (
      const tree of [
        treeOf([a, none], [b, a], [top, a]),
        treeOf([a, none, "temporary"], [b, a], [top, b]),
        treeOf([b, none, "temporary"], [c, b], [top, b])
      ]
    ) {
      assert.isTrue(Option.isNone(SnapshotChange.alreadyMarked(tree, a)))
    }
  })
})

describe("the deletion of a snapshot merges", () => {
  const merged = (tree: SnapshotTree.SnapshotTree, id: SnapshotId.SnapshotId) =>
    SnapshotChange.mergedByDeletion(tree, id).map((node) => node.id)

  it("its only child, and nothing when it has several or none", () => {
    const chain = treeOf([a, none], [b, a], [top, b])
    assert.deepStrictEqual([merged(chain, a), merged(chain, b), merged(chain, top)], [[b], [top], []])
    const branch = treeOf([a, none], [b, a], [top, a])
    assert.deepStrictEqual([merged(branch, a), merged(branch, b)], [[], []])
  })

  it("the child that is left to a temporary snapshot", () => {
    assert.deepStrictEqual(merged(treeOf([a, none, "temporary"], [b, a], [c, a], [top, c]), b), [c])
  })

  it("each image once, and never one that has no parent", () => {
    fc.assert(fc.property(trees.entries, (entries) => {
      const { tree } = trees.disk(entries)
      for (const node of SnapshotTree.nodes(tree)) {
        const found = SnapshotChange.mergedByDeletion(tree, node.id)
        assert.strictEqual(new Set(found).size, found.length)
        assert.isTrue(found.every(({ id }) => Option.isSome(SnapshotTree.parent(tree, id))))
      }
    }))
  })
})
