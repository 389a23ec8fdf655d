import { DiskDescriptor, SnapshotId, SnapshotTree } from "@effect-ploop/core"
import { assert, describe, it } from "@effect/vitest"
import { Either, Option, Schema } from "effect"

const id = (digit: string) => SnapshotId.make(`{${digit.repeat(8)}-0000-4000-8000-${digit.repeat(12)}}`)

const [A, B, C, D] = ["a", "b", "c", "d"].map(id) as [
  SnapshotId.SnapshotId,
  SnapshotId.SnapshotId,
  SnapshotId.SnapshotId,
  SnapshotId.SnapshotId
]

const build = (...parents: ReadonlyArray<readonly [SnapshotId.SnapshotId, SnapshotId.SnapshotId]>) =>
  SnapshotTree.fromDescriptor(DiskDescriptor.make({
    size: "1G",
    images: parents.map(([id], index) => ({ id, type: "Compressed", file: `img.${index}` })),
    snapshots: parents.map(([id, parent]) => ({ id, parent, temporary: id === B }))
  }))

const tree = Either.getOrThrow(build([A, SnapshotId.none], [B, A], [C, B], [D, B], [SnapshotId.top, A]))

const ids = (nodes: ReadonlyArray<SnapshotTree.Node>) => nodes.map((node) => node.id)

describe("queries", () => {
  it("children are those that are built on a node directly", () => {
    assert.deepStrictEqual(ids(SnapshotTree.children(tree, A)), [B, SnapshotId.top])
    assert.deepStrictEqual(ids(SnapshotTree.children(tree, C)), [])
  })

  it("a chain goes from a node to the base, both included", () => {
    assert.deepStrictEqual(ids(SnapshotTree.chain(tree, D)), [D, B, A])
    assert.deepStrictEqual(ids(SnapshotTree.chain(tree, id("e"))), [])
  })

  it("the base is what the top is built on at last", () => {
    assert.strictEqual(SnapshotTree.base(tree).id, A)
    assert.strictEqual(SnapshotTree.top(tree).id, SnapshotId.top)
    assert.isTrue(Option.isNone(SnapshotTree.parent(tree, A)))
  })

  it("an ancestor is below a node, and no node is its own", () => {
    assert.isTrue(SnapshotTree.isAncestor(tree, A, D))
    assert.isFalse(SnapshotTree.isAncestor(tree, D, A))
    assert.isFalse(SnapshotTree.isAncestor(tree, A, A))
  })
})

describe("a tree is refused when", () => {
  for (
    const [title, result] of [
      ["a parent is not listed", build([SnapshotId.top, A])],
      ["a snapshot is its own ancestor", build([A, B], [B, A], [SnapshotId.top, SnapshotId.none])],
      ["there is no top", build([A, SnapshotId.none])],
      ["an identifier is there twice", build([A, SnapshotId.none], [A, SnapshotId.none], [SnapshotId.top, A])]
    ] as const
  ) {
    it(title, () => assert.isTrue(Either.isLeft(result)))
  }
})

describe("render", () => {
  it("goes straight down a chain, and indents branches", () => {
    assert.strictEqual(
      SnapshotTree.render(tree, { label: (node) => node.id.slice(1, 2) }),
      [
        "● a",
        "├─● b",
        "│ ├─● c",
        "│ └─● d",
        "└─● 5"
      ].join("\n")
    )
  })

  it("does without box-drawing characters", () => {
    assert.notMatch(SnapshotTree.render(tree, { unicode: false }), /[^\x20-\x7e\n]/)
  })

  it("says which node is written to and which is temporary", () => {
    const lines = SnapshotTree.render(tree).split("\n")
    assert.match(lines.find((line) => line.includes("img.4"))!, /top, written to now/)
    assert.match(lines.find((line) => line.includes("img.1"))!, /\(temporary\)/)
  })

  it("shows control characters in file names for what they are", () => {
    const odd = Either.getOrThrow(SnapshotTree.fromDescriptor(DiskDescriptor.make({
      size: "1G",
      images: [{ id: SnapshotId.top, type: "Compressed", file: "a\n\u001b[2Jb" }],
      snapshots: [{ id: SnapshotId.top, parent: SnapshotId.none, temporary: false }]
    })))
    assert.notMatch(SnapshotTree.render(odd), /[\u001b\n]/)
  })
})

describe("a tree of a hundred thousand snapshots", () => {
  const count = 100_000
  const uuid = (index: number) =>
    SnapshotId.make(`{${index.toString(16).padStart(8, "0")}-0000-4000-8000-000000000000}`)
  const all = Array.from({ length: count }, (_, index) => uuid(index))

  const tree = (parent: (index: number) => SnapshotId.SnapshotId) =>
    Either.getOrThrow(build(
      ...all.map((id, index) => [id, index === 0 ? SnapshotId.none : parent(index)] as const),
      [SnapshotId.top, all[count - 1]!]
    ))

  // A quadratic algorithm does not finish here.
  it("that is a chain is read, walked and rendered without a deep stack", () => {
    const chain = tree((index) => all[index - 1]!)
    assert.strictEqual(SnapshotTree.base(chain).id, all[0])
    assert.strictEqual(SnapshotTree.chain(chain, SnapshotId.top).length, count + 1)
    assert.strictEqual(SnapshotTree.render(chain).split("\n").length, 2 * count + 1)
    for (const id of all) assert.strictEqual(SnapshotTree.children(chain, id).length, 1)
  })

  it("that is a bush is, too", () => {
    const bush = tree(() => all[0]!)
    const children = ids(SnapshotTree.children(bush, all[0]!))
    assert.strictEqual(children.length, count - 1)
    assert.isTrue(children.every((id, index) => id === all[index + 1]), "in the order of the descriptor")
    assert.strictEqual(SnapshotTree.render(bush).split("\n").length, count + 2)
  })

  it("that is a ring is refused", () => {
    assert.isTrue(Either.isLeft(build(
      ...all.map((id, index) => [id, all[(index + 1) % count]!] as const),
      [SnapshotId.top, all[0]!]
    )))
  })
})

it("a tree crosses a wire and back", () => {
  const schema = Schema.parseJson(SnapshotTree.SnapshotTree)
  assert.deepStrictEqual(Schema.decodeSync(schema)(Schema.encodeSync(schema)(tree)), tree)
})
