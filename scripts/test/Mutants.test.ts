import { FileSystem, Path } from "@effect/platform"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Layer } from "effect"
import * as generic from "../mutants/engine/generic.js"
import * as Mutant from "../mutants/engine/Mutant.js"
import type { Mutation, Selection } from "../mutants/engine/Selection.js"
import { anywhere, at, Stale } from "../mutants/engine/Selection.js"
import * as syntax from "../mutants/engine/syntax.js"
import { draw } from "../mutants/random.js"

const source = `
import * as Effect from "effect/Effect"

const refuse = fail

interface Options { readonly limit: number }

/** Says "limit" in its comment: take(1). */
export const make = (config: Options) => {
  const other = 1
  const limit = config.limit ?? 10
  const run = (permits: Semaphore) =>
    Effect.gen(function*() {
      if (limit > 3 && !config.fast) {
        yield* refuse(limit)
        return yield* fail(new Errors.TooMany({ limit, kind: "query" }))
      }
      yield* permits.take(1)
      const result = yield* locks.exclusive(limit)(Effect.uninterruptible(work(limit, config)))
      return limit === 4 ? first(result) : second(result)
    }).pipe(Effect.uninterruptible, Effect.asVoid)
  return { run, "list": () => ["a", ...flags("-n", true)], walk: () => { for (const x of []) use(x) } }
}
`

const applied = (mutation: Mutation, text = source): string | Stale => {
  const [mutant] = Mutant.inFile({ package: "core", file: "x.ts" }, { broken: mutation })
  return Mutant.apply(mutant!, text)
}

/** What the lines say that a mutation changes, without the blanks around them. */
const changed = (mutation: Mutation): string => {
  const result = applied(mutation)
  if (result instanceof Stale) return `STALE ${result.reason}`
  const before = source.split("\n")
  return result.split("\n").filter((line) => !before.includes(line)).map((line) => line.trim()).join(" / ")
}

const stale = (mutation: Mutation): Stale => {
  const result = applied(mutation)
  if (!(result instanceof Stale)) throw new Error(`it applies: ${result}`)
  return result
}

describe("an operator", () => {
  const run = at("make.run")
  const cases: ReadonlyArray<readonly [title: string, mutation: Mutation, lines: string]> = [
    ["drops the statement of a yield*", run.call("refuse").drop(), ";"],
    ["drops a step of a pipe", run.call("pipe").mention("uninterruptible").nth(-1).drop(), "}).pipe(Effect.asVoid)"],
    [
      "drops the last argument with its comma",
      run.call("work").part(1).drop(),
      "const result = yield* locks.exclusive(limit)(Effect.uninterruptible(work(limit)))"
    ],
    [
      "drops a property",
      run.construct("TooMany").property("kind").drop(),
      "return yield* fail(new Errors.TooMany({ limit }))"
    ],
    ["drops an operand", run.not().drop(), "if ((limit > 3)) {"],
    [
      "drops a spread element",
      at("list").call("flags").drop(),
      "return { run, \"list\": () => [\"a\"], walk: () => { for (const x of []) use(x) } }"
    ],
    [
      "puts an argument in place of a call",
      run.curried("exclusive").unwrap(),
      "const result = yield* (Effect.uninterruptible(work(limit, config)))"
    ],
    ["puts an operand in place of both", at("make.limit").binary("??").unwrap(1), "const limit = 10"],
    ["swaps branches", run.ternary().swap(), "return limit === 4 ? second(result) : first(result)"],
    [
      "swaps arguments",
      run.call("work").swap(),
      "const result = yield* locks.exclusive(limit)(Effect.uninterruptible(work(config, limit)))"
    ],
    ["negates a condition", run.if().negate(), "if ((!(limit > 3 && !config.fast))) {"],
    ["takes a negation away", run.not().negate(), "if (limit > 3 && config.fast) {"],
    ["makes a condition always true", run.if().always(), "if (true) {"],
    ["makes a condition always false", run.ternary().never(), "return false ? first(result) : second(result)"],
    ["exchanges an operator", run.binary(">").operator(">="), "if (limit >= 3 && !config.fast) {"],
    [
      "puts other code there, with what was there in it",
      run.call("work").put("refuse(_, _0, other, /^_$/, config._)"),
      "const result = yield* locks.exclusive(limit)(Effect.uninterruptible((refuse(work(limit, config), limit, other, /^_$/, config._))))"
    ],
    [
      "changes a literal",
      run.value("kind").put("\"change\""),
      "return yield* fail(new Errors.TooMany({ limit, kind: \"change\" }))"
    ],
    [
      "changes the value of a shorthand property",
      run.value("limit").put("_ + other"),
      "return yield* fail(new Errors.TooMany({ limit: (limit + other), kind: \"query\" }))"
    ]
  ]
  for (const [title, mutation, lines] of cases) {
    it(title, () => assert.strictEqual(changed(mutation), lines))
  }

  it("does not join two lines where a parenthesis begins a statement", () => {
    const result = applied(at("f").call("g").unwrap(), "const f = () => {\n  a\n  g(h)\n}\n")
    assert.strictEqual(result, "const f = () => {\n  a\n  h\n}\n")
    assert.strictEqual(
      applied(at("f").call("g").unwrap(), "const f = () => {\n  a\n  g(h())\n}\n"),
      "const f = () => {\n  a\n  ;(h())\n}\n"
    )
  })
})

describe("a selection", () => {
  const same = (selection: Selection, other: string) => {
    const [one, two] = [source, other].map((text) => {
      const result = applied(selection.put("undefined"), text)
      return result instanceof Stale ? result.reason : [...result.matchAll(/undefined/g)].length
    })
    assert.strictEqual(one, 1)
    assert.strictEqual(two, 1)
  }

  it("holds when locals are renamed, lines are broken and comments come and go", () => {
    const other = source.replaceAll("permits", "available").replaceAll("limit)", "  limit /* take(1) */\n)")
      .replaceAll("result", "outcome")
    same(at("make.run").call("take"), other)
    same(at("make.run").curried("exclusive"), other)
    same(at("make.run").if().having((s) => s.construct("TooMany")).condition(), other)
  })

  it("sees no types and no comments", () => {
    assert.match(stale(anywhere.literal("limit").drop()).reason, /finds nothing/)
    assert.match(stale(anywhere.call("take").nth(1).drop()).reason, /finds nothing/)
  })

  it("finds what contains something", () => {
    assert.strictEqual(changed(at("make").if().making("TooMany").never()), "if (false) {")
    assert.strictEqual(changed(at("make").if().calling("refuse").never()), "if (false) {")
    assert.strictEqual(changed(at("make").if().saying("query").never()), "if (false) {")
    assert.match(stale(at("make").if().mentioning("permits").never()).reason, /having\(mention\(permits\)\)/)
  })

  it("takes the innermost of several", () => {
    const calls = at("make.run").call("gen").call("take")
    assert.strictEqual(changed(calls.innermost().drop()), ";")
  })
})

describe("a mutant is stale, and its report has what is there instead", () => {
  const cases: ReadonlyArray<readonly [title: string, mutation: Mutation, reason: RegExp, candidate: RegExp]> = [
    ["when its declaration is gone", at("build.run").call("take").drop(), /declaration build/, /^make$/],
    ["when nothing is found", at("make.run").call("release").drop(), /call\(release\) finds nothing/, /permits\.take/],
    ["when several places are found", at("make.run").call("pipe").mention("Effect").drop(), /finds [2-9]/, /Effect/],
    [
      "when the operator does not fit",
      at("make.run").call("first").unwrap(1),
      /no part 1/,
      /line 20: first\(result\)/
    ],
    ["when it names what is not there", at("make.run").call("take").put("semaphore"), /semaphore cannot/, /take/],
    ["when it changes nothing", at("make.run").binary(">").operator(">"), /nothing changes/, />/],
    ["when it no longer is a program", at("make.run").binary(">").operator("> >"), /expected/, />/]
  ]
  for (const [title, mutation, reason, candidate] of cases) {
    it(title, () => {
      const { candidates, reason: actual } = stale(mutation)
      assert.match(actual, reason)
      assert.isTrue(candidates.some((text) => candidate.test(text)), candidates.join("; "))
    })
  }
})

describe("a mutant that nobody wrote", () => {
  const places = (text: string) => generic.places(syntax.parse("x.ts", text))

  it("leaves out statements, exchanges operators, conditions, literals, branches and steps", () => {
    const found = new Set(places(source).map(({ what }) => what))
    for (
      const what of [
        "leaves out yield* refuse(limit)",
        "leaves out kind: \"query\"",
        "leaves out the step Effect.uninterruptible",
        "puts || into limit > 3 && !config.fast",
        "puts !== into limit === 4",
        "takes only the right of config.limit ?? 10",
        "adds one to 3",
        "makes false of true",
        "empties \"-n\"",
        "exchanges the branches of limit === 4 ? first(result) : second(result)",
        "puts the first argument in place of permits.take(1)"
      ]
    ) assert.isTrue(found.has(what), what)
  })

  it("breaks no types, comments, imports, logs and texts for people", () => {
    const text = `
      import { a } from "a"
      /** Says "b" in 1 comment. */
      type B = "b" | 1
      export const c = (d: 1 | "e") => Effect.log("f", 2)
      export const g = { reason: "h", text: "i" }
      export const j = "of three words"
    `
    assert.deepStrictEqual(
      places(text).filter(({ what }) => !what.startsWith("leaves out")).map(({ what }) => what),
      []
    )
  })

  it("is a program, in every place", () => {
    for (const { edit, what } of places(source)) {
      assert.isFalse(Mutant.apply({ file: "x.ts", edit: () => edit }, source) instanceof Stale, what)
    }
  })

  const drawn = (seed: string, isMutant: (mutant: Mutant.Mutant) => boolean = () => true) =>
    draw([["core", "/core"]], seed, (mutant) => Effect.succeed(isMutant(mutant)), 5).pipe(
      Effect.map((mutants) => mutants.map(({ broken }) => broken)),
      Effect.provide(Layer.merge(
        FileSystem.layerNoop({
          readDirectory: () => Effect.succeed(["x.ts", "notes.md"]),
          readFileString: () => Effect.succeed(source)
        }),
        Path.layer
      ))
    )

  it.effect("is drawn by its seed", () =>
    Effect.gen(function*() {
      assert.deepStrictEqual(yield* drawn("1"), yield* drawn("1"))
      assert.notDeepEqual(yield* drawn("1"), yield* drawn("2"))
      assert.strictEqual((yield* drawn("1")).length, 5)
    }))

  it.effect("is drawn only if it is wanted", () =>
    Effect.gen(function*() {
      const mutants = yield* drawn("1", ({ broken }) => broken.includes("permits"))
      assert.isAbove(mutants.length, 0)
      assert.isTrue(mutants.every((broken) => broken.includes("permits")))
    }))
})
