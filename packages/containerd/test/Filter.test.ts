import { Filter, type Snapshot } from "@effect-ploop/containerd"
import { assert, describe, it } from "@effect/vitest"
import { Either, FastCheck } from "effect"

const info = (name: string, kind: Snapshot.Kind, labels: Snapshot.Labels = {}, parent?: string): Snapshot.Info => ({
  name,
  kind,
  labels,
  parent,
  createdAt: 0n,
  updatedAt: 0n
})

const all = [
  info("layer", "committed", { "containerd.io/gc.root": "now" }),
  info("k8s.io/7/run", "active", { l: "2", "with,comma": "x" }, "layer"),
  info("look", "view", { l: "1" }, "layer")
]

const select = (...filters: ReadonlyArray<string>) =>
  all.filter(Either.getOrThrow(Filter.parseAny(filters))).map(({ name }) => name)

describe("a filter", () => {
  it.each([
    [[], ["layer", "k8s.io/7/run", "look"]],
    [[""], ["layer", "k8s.io/7/run", "look"]],
    [["kind==active"], ["k8s.io/7/run"]],
    [["kind != active"], ["layer", "look"]],
    [["name==layer", "name==look"], ["layer", "look"]],
    [["name==k8s.io/7/run"], ["k8s.io/7/run"]],
    [["parent==\"\""], ["layer"]],
    [["parent!=\"\",labels.l==1"], ["look"]],
    [["labels.l"], ["k8s.io/7/run", "look"]],
    [["labels.l , kind==view"], ["look"]],
    [["labels.\"containerd.io/gc.root\"==now"], ["layer"]],
    [["labels.\"with,comma\""], ["k8s.io/7/run"]],
    [["labels.none!=1"], ["layer", "k8s.io/7/run", "look"]],
    [["name~=/^l.*[rk]$/"], ["layer", "look"]],
    [["name~=|^k8s.io/|"], ["k8s.io/7/run"]],
    [["name~=^lo+k"], ["look"]],
    [["name==\"\\x6cook\""], ["look"]],
    [["name==\"l\\u006f\\157k\""], ["look"]],
    [["unknown"], []],
    [["unknown!=1"], ["layer", "k8s.io/7/run", "look"]]
  ])("%j selects %j", (filters, names) => {
    assert.deepStrictEqual(select(...filters), names)
  })

  it.each([
    ["name=layer", "one of ==, != and ~= before here is expected at character 6"],
    ["name==", "a value is expected at character 7"],
    ["name==/layer/", "a value is expected at character 7"],
    ["==layer", "the name of a field is expected at character 1"],
    ["name==layer,", "the name of a field is expected at character 13"],
    ["name==layer kind==view", "a comma or the end is expected at character 13"],
    ["name==\"layer", "a value is expected at character 7"],
    ["name==\"\\q\"", "a quoted text with escapes as in Go is expected at character 11"],
    ["name==\"\\400\"", "a quoted text with escapes as in Go is expected at character 13"],
    ["name~=/(/", "a regular expression before here is expected at character 10"]
  ])("%j is refused, with the place", (text, rule) => {
    const refused = Either.getOrThrow(Either.flip(Filter.parse(text)))
    assert.deepStrictEqual([refused.argument, refused.value, refused.rule], [
      "filters",
      text,
      `must be a filter: ${rule}`
    ])
  })

  it("selects a snapshot by any name that is quoted", () => {
    FastCheck.assert(
      FastCheck.property(FastCheck.string({ unit: "binary" }), (name) => {
        const quoted = name.replace(/[\\"\n]/g, (character) => character === "\n" ? "\\n" : `\\${character}`)
        return Either.getOrThrow(Filter.parse(`name=="${quoted}"`))(info(name, "view"))
      }),
      { numRuns: 30 }
    )
  })
})
