import { CopyProtocol } from "@effect-ploop/core"
import { assert, describe, it } from "@effect/vitest"
import { FastCheck as fc } from "effect"

const { command, data } = CopyProtocol.types
const { finish, sync } = CopyProtocol.commands

const inForm = (form: CopyProtocol.Form, type: number, bytes: Uint8Array, position = 0n): Uint8Array =>
  CopyProtocol.format(form, { type, position }, bytes)

const packet = (type: number, bytes: Uint8Array, position?: bigint): Uint8Array =>
  inForm("dialogue", type, bytes, position)

const joined = (...parts: ReadonlyArray<Uint8Array>): Uint8Array => Uint8Array.from(parts.flatMap((part) => [...part]))

const none = new Uint8Array()

/** A copy of two rounds, and its end. */
const copy = joined(
  packet(command, CopyProtocol.command(sync), 1n),
  packet(data, new Uint8Array(5000)),
  packet(data, new Uint8Array(1000), 8192n),
  packet(command, CopyProtocol.command(sync)),
  packet(data, new Uint8Array(512), 4096n),
  packet(command, CopyProtocol.command(finish)),
  packet(command, none)
)

/** How many replies the receiver owes for it. */
const replies = 7

const rounds = [{ number: 1, bytes: 6000n }, { number: 2, bytes: 512n }]

/** A watch of that copy, to which the receiver has replied. */
const watched = (...codes: ReadonlyArray<number>): CopyProtocol.Watch => {
  const watch = new CopyProtocol.Watch("dialogue")
  watch.sent(copy)
  for (const code of codes) watch.replied(CopyProtocol.reply(code))
  return watch
}

const confirmed = (count: number): ReadonlyArray<number> => Array.from({ length: count }, () => 0)

describe("a dialogue is complete", () => {
  it("when all of it is confirmed, and not before", () => {
    for (let count = 0; count <= replies; count++) {
      assert.strictEqual(watched(...confirmed(count)).isComplete, count === replies, `${count} replies`)
    }
  })

  it("never when a part of it was refused, whatever was confirmed afterwards", () => {
    for (let refused = 0; refused < replies; refused++) {
      assert.isFalse(watched(...confirmed(replies).with(refused, 7)).isComplete, `reply ${refused}`)
    }
  })

  it("not when it has not ended", () => {
    const watch = new CopyProtocol.Watch("dialogue")
    watch.sent(packet(data, new Uint8Array(5000)))
    watch.replied(CopyProtocol.reply(0))
    assert.isFalse(watch.isComplete)
  })
})

it("the rounds of a dialogue are the same however its bytes are cut", () => {
  fc.assert(fc.property(fc.array(fc.nat(copy.length), { maxLength: 20 }), (cuts) => {
    const ends = [...cuts.toSorted((a, b) => a - b), copy.length]
    const watch = new CopyProtocol.Watch("dialogue")
    const found = ends.flatMap((end, index) => watch.sent(copy.subarray(ends[index - 1] ?? 0, end)))
    assert.deepStrictEqual(found, rounds)
  }))
})

it("a checksum stands before the data of a dialogue when both ends want it", () => {
  const checksum = new Uint8Array(16)
  const summed = (type: number, bytes: Uint8Array) => {
    const whole = packet(type, bytes)
    return joined(whole.subarray(0, CopyProtocol.headerLength("dialogue")), checksum, bytes)
  }
  for (const [features, of] of [[1, summed], [3, summed], [2, packet], [0, packet]] as const) {
    const watch = new CopyProtocol.Watch("dialogue")
    watch.sent(packet(command, CopyProtocol.command(sync), 3n))
    watch.replied(CopyProtocol.reply(-features))
    const found = watch.sent(joined(of(data, new Uint8Array(5000)), of(command, CopyProtocol.command(sync))))
    assert.deepStrictEqual(found, [{ number: 1, bytes: 5000n }], `features ${features}`)
  }
})

it("a copy one way has a round where it goes back, and is complete when it ends", () => {
  const watch = new CopyProtocol.Watch("oneWay")
  const sent = (position: bigint, size: number) => watch.sent(inForm("oneWay", data, new Uint8Array(size), position))
  assert.deepStrictEqual([sent(0n, 4096), sent(4096n, 4096), sent(0n, 512), sent(8192n, 512)], [
    [],
    [],
    [{ number: 1, bytes: 8192n }],
    []
  ])
  assert.isFalse(watch.isComplete)
  assert.deepStrictEqual(sent(0n, 0), [{ number: 2, bytes: 1024n }])
  assert.isTrue(watch.isComplete)
})
