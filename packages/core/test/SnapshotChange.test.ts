import { SnapshotChange, SnapshotId } from "@effect-ploop/core"
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
