import * as ByteSize from "@effect-ploop/core/ByteSize"
import * as CopyProtocol from "@effect-ploop/core/CopyProtocol"
import type { Wire } from "@effect-ploop/core/Duplex"
import type * as PloopError from "@effect-ploop/core/PloopError"
import type * as Request from "@effect-ploop/core/Request"
import type * as Result from "@effect-ploop/core/Result"
import * as Chunk from "effect/Chunk"
import * as Effect from "effect/Effect"
import * as Mailbox from "effect/Mailbox"
import * as Option from "effect/Option"
import * as Ref from "effect/Ref"
import type * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import { concatUint8Arrays } from "uint8array-extras"
import * as copy from "./operations/copy.js"
import type { Answer, Tool } from "./tool.js"

/** Runs a transition of the operation. */
export type Run = <A>(transition: (tool: Tool) => Answer<A>) => Effect.Effect<A, PloopError.PloopError>

type Rounds = Stream.Stream<Result.CopyRound, PloopError.PloopError>

/** How often the tool looks for what was written meanwhile before it holds the device, and once more then. */
const passes = 5

/** Reads so many bytes at a time. Fewer come only at the end. */
const reader = (wire: Wire): Effect.Effect<(length: number) => Effect.Effect<Uint8Array>, never, Scope.Scope> =>
  Effect.gen(function*() {
    const pull = yield* Stream.toPull(wire.incoming)
    const left = yield* Ref.make<Uint8Array>(new Uint8Array())
    const more = Effect.map(Effect.option(pull), Option.map((pieces) => concatUint8Arrays(Chunk.toArray(pieces))))
    const take = (length: number): Effect.Effect<Uint8Array> =>
      Effect.flatMap(Ref.get(left), (held) =>
        held.length >= length
          ? Effect.as(Ref.set(left, held.subarray(length)), held.slice(0, length))
          : Effect.flatMap(
            more,
            Option.match({
              onNone: () => Effect.succeed(held),
              onSome: (bytes) => Effect.zipRight(Ref.set(left, concatUint8Arrays([held, bytes])), take(length))
            })
          ))
    return take
  })

interface Connection {
  readonly form: CopyProtocol.Form
  readonly run: Run
  readonly wire: Wire
  readonly take: (length: number) => Effect.Effect<Uint8Array>
  readonly watch: CopyProtocol.Watch
}

const connect = (run: Run, form: CopyProtocol.Form, wire: Wire) =>
  Effect.map(reader(wire), (take): Connection => ({ form, run, wire, take, watch: new CopyProtocol.Watch(form) }))

const roundsOf = (connection: Connection, bytes: Uint8Array): ReadonlyArray<Result.CopyRound> =>
  connection.watch.sent(bytes).map((round) => ({ number: round.number, bytes: ByteSize.make(round.bytes) }))

/** Sends a packet, and waits for its reply where there is one. Returns the rounds that are over with it. */
const send = (connection: Connection, type: number, position: number, data: Uint8Array) =>
  Effect.gen(function*() {
    const { form, run, take, wire } = connection
    const bytes = CopyProtocol.format(form, { type, position: BigInt(position) }, data)
    if (!(yield* wire.offer(bytes))) return yield* run((tool) => copy.broken(tool, 13))
    if (form === "oneWay") return roundsOf(connection, bytes)
    const reply = yield* take(4)
    const isConfirmed = reply.length === 4 && new DataView(reply.buffer, reply.byteOffset).getInt32(0, true) <= 0
    return isConfirmed ? roundsOf(connection, bytes) : yield* run((tool) => copy.broken(tool, 13))
  })

const sync = (connection: Connection, features: number) =>
  connection.form === "oneWay" ? Effect.succeed([]) : send(
    connection,
    CopyProtocol.types.command,
    features,
    CopyProtocol.command(CopyProtocol.commands.sync)
  )

/** Sends what was not sent before. */
const pass = (connection: Connection, device: Request.CopySend["device"], sent: Map<number, Uint8Array>) =>
  Effect.gen(function*() {
    const { parts } = yield* connection.run((tool) => copy.imageOf(tool, device))
    const changed = parts.filter(({ data, position }) => {
      const before = sent.get(position)
      return before === undefined || before.length !== data.length || before.some((byte, at) => byte !== data[at])
    })
    const over: Array<Result.CopyRound> = []
    for (const { data, position } of changed) {
      over.push(...yield* send(connection, CopyProtocol.types.data, position, data))
      sent.set(position, data)
    }
    return [...over, ...yield* sync(connection, 0)]
  })

/** That checksums are not wanted. */
const noChecksums = 2

/** Sends a running device. */
export const copyTo = (run: Run, form: CopyProtocol.Form, { device }: Request.CopySend, wire: Wire): Rounds =>
  Stream.unwrapScoped(Effect.gen(function*() {
    const connection = yield* connect(run, form, wire)
    const sent = new Map<number, Uint8Array>()
    yield* run((tool) => copy.imageOf(tool, device))
    yield* sync(connection, noChecksums)
    const end = send(connection, CopyProtocol.types.command, 0, new Uint8Array())
    return Stream.repeatEffect(pass(connection, device, sent)).pipe(
      Stream.take(passes),
      Stream.concat(Stream.fromEffect(end)),
      Stream.mapConcat((rounds) => rounds)
    )
  }))

/** The next packet; undefined for the one that ends the copy. */
const next = ({ form, run, take }: Connection) =>
  Effect.gen(function*() {
    const length = CopyProtocol.headerLength(form)
    const bytes = yield* take(length)
    if (bytes.length < length) return yield* run((tool) => copy.broken(tool, 6))
    const header = CopyProtocol.parseHeader(form, bytes)
    if (header === undefined) return yield* run((tool) => copy.broken(tool, 13))
    if (header.size === 0) return undefined
    const data = yield* take(header.size)
    return data.length < header.size ? yield* run((tool) => copy.broken(tool, 6)) : { header, data, bytes }
  })

/** Receives all parts, and hands over the rounds that are over. */
const parts = (
  connection: Connection,
  onRounds: (rounds: ReadonlyArray<Result.CopyRound>) => Effect.Effect<unknown>
) =>
  Effect.gen(function*() {
    const received: Array<copy.Part> = []
    const confirm = (code: number) =>
      connection.form === "oneWay" ? Effect.void : connection.wire.offer(CopyProtocol.reply(code))
    for (;;) {
      const packet = yield* next(connection)
      if (packet === undefined) break
      const { bytes, data, header } = packet
      yield* onRounds(roundsOf(connection, concatUint8Arrays([bytes, data])))
      if (header.type !== CopyProtocol.types.command) received.push({ position: Number(header.position), data })
      yield* confirm(header.type === CopyProtocol.types.command ? -Number(header.position) : 0)
    }
    const { command } = CopyProtocol.types
    const end = CopyProtocol.format(connection.form, { type: command, position: 0n }, new Uint8Array())
    yield* onRounds(roundsOf(connection, end))
    if (!connection.watch.hasData && connection.form === "dialogue") {
      yield* connection.run((tool) => copy.broken(tool, 13))
    }
    return { received, confirm: confirm(0) }
  })

/** Receives an image. The file is written when all of it is there. */
export const copyFrom = (run: Run, form: CopyProtocol.Form, request: Request.CopyReceive, wire: Wire): Rounds =>
  Stream.unwrapScoped(Effect.gen(function*() {
    const rounds = yield* Mailbox.make<Result.CopyRound, PloopError.PloopError>()
    const connection = yield* connect(run, form, wire)
    yield* run((tool) => copy.requireNew(tool, request))
    yield* parts(connection, (over) => rounds.offerAll(over)).pipe(
      Effect.flatMap(({ confirm, received }) =>
        Effect.zipRight(run((tool) => copy.store(tool, request, received)), confirm)
      ),
      Mailbox.into(rounds),
      Effect.forkScoped
    )
    return Mailbox.toStream(rounds)
  }))
