import type { Duplex, OperationError, Result } from "@effect-ploop/core"
import { LowLevel, Operation, Ploop, PloopError, Request } from "@effect-ploop/core"
import { assert, describe, expectTypeOf, it } from "@effect/vitest"
import { Arbitrary, Effect, Either, FastCheck as fc, Logger, Record, Schema, type Stream } from "effect"
import { samples } from "./utils/samples.js"

type Services = Ploop.Ploop & LowLevel.LowLevel

/** The method of a service that the table stands for, but for its options, which are documented by hand. */
type Method<N extends Operation.Name> = Operation.Implementation<N, OperationError.Of<N>> extends
  (request: never) => infer A ? A : Operation.Implementation<N, OperationError.Of<N>>

type Returned<A> = A extends (options: never) => infer B ? B : A

type OptionsOf<A> = A extends (options: infer O) => unknown ? O : undefined

type Written<N extends Operation.Name> = (typeof Operation.table)[N] extends { readonly request: infer S }
  ? S extends Schema.Schema.Any ? Schema.Schema.Encoded<S> : never
  : undefined

/** The names whose documented method is not the one of the table. */
type Unpinned = {
  [N in Exclude<Operation.Name, Dialogue>]: [Returned<Services[N]>, Method<N>, OptionsOf<Services[N]>] extends
    [Method<N>, Returned<Services[N]>, Written<N>] ? never : N
}[Exclude<Operation.Name, Dialogue>]

/** Their methods take the other end too, whose failures are theirs. */
type Dialogue = {
  [N in Operation.Name]: (typeof Operation.table)[N]["shape"] extends "dialogue" ? N : never
}[Operation.Name]

const schemaOf = (name: Operation.Name): Operation.Row => Operation.table[name]

describe("the table of operations", () => {
  it("has the documented methods of Ploop and LowLevel: same names, results and errors, and options that it takes", () => {
    expectTypeOf<Operation.Name>().toEqualTypeOf<keyof Services>()
    expectTypeOf<Operation.LowLevelName>().toEqualTypeOf<keyof LowLevel.LowLevel>()
    expectTypeOf<Unpinned>().toEqualTypeOf<never>()
    const dialogues = {
      copyTo: (ploop: Ploop.Ploop, options: Request.CopySendOptions, peer: Duplex.Duplex<"down">) =>
        ploop.copyTo(options, peer),
      copyFrom: (ploop: Ploop.Ploop, options: Request.CopyReceiveOptions, peer: Duplex.Duplex<"down">) =>
        ploop.copyFrom(options, peer)
    } satisfies Record<Dialogue, unknown>
    assert.sameMembers(
      Object.keys(dialogues),
      Operation.names.filter((name) => Operation.table[name].shape === "dialogue")
    )
    expectTypeOf<ReturnType<typeof dialogues.copyTo>>().toEqualTypeOf<
      Stream.Stream<Result.CopyRound, "down" | OperationError.CopyToError>
    >()
    expectTypeOf<ReturnType<typeof dialogues.copyFrom>>().toEqualTypeOf<
      Stream.Stream<Result.CopyRound, "down" | OperationError.CopyFromError>
    >()
  })

  it("gives the services exactly their methods", () => {
    const backend = Record.map(
      Operation.table,
      (row: Operation.Row) => row.request === undefined ? Effect.void : () => Effect.void
    )
    const ploop = Ploop.make(backend as unknown as Ploop.Backend)
    const low = LowLevel.make(backend as unknown as LowLevel.Backend)
    assert.deepStrictEqual([...Object.keys(ploop), ...Object.keys(low)].sort(), [...Operation.names].sort())
    assert.deepStrictEqual(Object.keys(low), Operation.names.filter(Operation.isLowLevel))
  })

  it("has every class of error in some operation, and no tag twice in one", () => {
    const used = new Set(Operation.names.flatMap((name) => [...schemaOf(name).errors]))
    assert.deepStrictEqual([...used].sort(), Object.keys(PloopError.classes).sort())
    for (const name of Operation.names) {
      const { errors } = schemaOf(name)
      assert.strictEqual(new Set(errors).size, errors.length, name)
    }
  })

  it("makes a check that repairs nothing a query, and a question about the file system one unless it may mount", () => {
    const written = (name: "check" | "fileSystemInfo", options: unknown) =>
      Operation.kindOf(name, Schema.decodeUnknownSync(schemaOf(name).request!)(options) as never)
    assert.strictEqual(written("check", { image: "/x", readOnly: true }), "query")
    assert.strictEqual(written("check", { image: "/x" }), "uninterruptible")
    assert.strictEqual(written("fileSystemInfo", { disk: "/x.xml" }), "query")
    assert.strictEqual(written("fileSystemInfo", { disk: "/x.xml", mayMount: true }), "change")
  })
})

describe("a request", () => {
  for (const name of Operation.names) {
    const { request } = schemaOf(name)
    if (request === undefined) continue
    it(`comes back complete from its encoded form: ${name}`, () => {
      const complete = Schema.decodeUnknownSync(request)(samples[name].options)
      assert.deepStrictEqual(Schema.decodeSync(request)(Schema.encodeSync(request)(complete)), complete)
    })
  }

  it("leaves the defaults out of its encoded form", () => {
    const complete = Schema.decodeSync(Request.Check)({ image: "/x", force: true, silent: false })
    assert.deepStrictEqual(Schema.encodeSync(Request.Check)(complete), { image: "/x", force: true })
  })

  it("keeps a rule between options that name their defaults: they were written all the same", () => {
    const broken = Schema.decodeEither(Request.Check)({ disk: "/x.xml", raw: false })
    assert.isTrue(Either.isLeft(broken))
  })
})

/** What a logger that writes JSON makes of a value. */
const logged = (value: unknown): ReadonlyArray<string> => {
  const lines: Array<string> = []
  const collect = Logger.map(Logger.jsonLogger, (line) => lines.push(line))
  Effect.runSync(Effect.provide(Effect.logError("seen", value), Logger.replace(Logger.defaultLogger, collect)))
  return lines
}

/** Has the service answer a call with a value, and hands over what a caller and a backend get. */
const crossing = (name: Operation.PloopName, options: unknown, result: unknown) => {
  let request: unknown
  const implementation = (given: unknown) => {
    request = given
    return Effect.succeed(result)
  }
  const backend = Record.map(
    Operation.table,
    (row: Operation.Row) => row.request === undefined ? Effect.succeed(result) : implementation
  ) as unknown as Ploop.Backend
  const method = Ploop.make(backend)[name]
  const call = (Effect.isEffect(method) ? method : (method as (options: unknown) => unknown)(options)) as Effect.Effect<
    unknown
  >
  return { result: Effect.runSync(call), request }
}

const isEffectOfPloop = (name: Operation.Name): name is Operation.PloopName =>
  Operation.isPloop(name) && Operation.table[name].shape === "effect"

describe("requests and results, sizes included, survive", () => {
  const everyCall = (check: (value: unknown) => void) => {
    for (const name of Operation.names.filter(isEffectOfPloop)) {
      const { options, result } = samples[name]
      const seen = crossing(name, options, result)
      check(seen.result)
      check(seen.request)
    }
  }

  it("JSON.stringify", () => everyCall((value) => JSON.stringify(value)))

  it("a logger that writes JSON", () => everyCall((value) => assert.lengthOf(logged(value), 1)))

  it("a structured clone", () => everyCall((value) => structuredClone(value)))

  it("a structured clone of their encoded form, without loss", () => {
    for (const name of Operation.names) {
      const { result } = schemaOf(name)
      const clone = structuredClone(Schema.encodeSync(result)(samples[name].result as never))
      assert.deepStrictEqual(Schema.decodeSync(result)(clone), samples[name].result)
    }
  })

  it("JSON.stringify as numbers, and as digits where a number would not be exact", () => {
    const info = { size: 1n << 60n, clusterSize: 1048576n }
    assert.strictEqual(
      JSON.stringify(crossing("imageInfo", { disk: "/x.xml" }, info).result),
      "{\"size\":\"1152921504606846976\",\"clusterSize\":1048576}"
    )
  })
})

describe("errors survive", () => {
  const everyError = (check: (error: PloopError.PloopError) => void) =>
    fc.assert(fc.property(Arbitrary.make(PloopError.PloopError), check))

  it("JSON.stringify, with their fields and their message", () =>
    everyError((error) => {
      const { _tag, message, operation } = JSON.parse(JSON.stringify(error))
      assert.deepStrictEqual([_tag, message, operation], [error._tag, error.message, error.operation])
    }))

  it("a logger that writes JSON", () => everyError((error) => assert.include(logged(error).join(), error._tag)))

  it("a structured clone of their encoded form, without loss", () =>
    everyError((error) => {
      const clone = structuredClone(Schema.encodeSync(PloopError.PloopError)(error))
      assert.deepStrictEqual(Schema.decodeSync(PloopError.PloopError)(clone), error)
    }))
})
