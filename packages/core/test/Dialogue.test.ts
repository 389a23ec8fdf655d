import { Ploop } from "@effect-ploop/core"
import { assert, it } from "@effect/vitest"
import { Chunk, Effect, Sink, Stream } from "effect"

it.effect("a dialogue gets all that the other end has sent before it ended, also when it reads late", () =>
  Effect.gen(function*() {
    const sent = [new Uint8Array([1]), new Uint8Array([2]), new Uint8Array([3])]
    let received: ReadonlyArray<number> = []
    const ploop = Ploop.makePartial({
      copyFrom: (_, { incoming }) =>
        Stream.execute(Effect.gen(function*() {
          yield* Effect.repeatN(Effect.yieldNow(), 50)
          received = Chunk.toReadonlyArray(yield* Stream.runCollect(incoming)).flatMap((bytes) => [...bytes])
        }))
    })
    for (let count = 0; count <= sent.length; count++) {
      const peer = { incoming: Stream.fromIterable(sent.slice(0, count)), outgoing: Sink.drain }
      yield* Stream.runDrain(ploop.copyFrom({ image: "/vz/copy.hdd" }, peer))
      assert.deepStrictEqual(received, [1, 2, 3].slice(0, count))
    }
  }))
