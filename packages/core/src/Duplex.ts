/**
 * Bytes in both directions, as a socket carries them: what `copyTo` and
 * `copyFrom` need between two processes or hosts.
 *
 * @example
 * import { Duplex, Ploop } from "@effect-ploop/core"
 * import { Socket } from "@effect/platform"
 * import { Console, Effect, Stream } from "effect"
 *
 * // At the sender; the receiver calls copyFrom in the same way.
 * const program = Effect.gen(function*() {
 *   const ploop = yield* Ploop.Ploop
 *   const peer = yield* Duplex.fromSocket(yield* Socket.Socket)
 *   yield* ploop.copyTo({ device: "/dev/ploop12345" }, peer).pipe(
 *     Stream.runForEach(({ bytes, number }) => Console.log(`round ${number}: ${bytes} bytes`))
 *   )
 * })
 *
 * @since 0.2.0
 */
import * as Socket from "@effect/platform/Socket"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Mailbox from "effect/Mailbox"
import * as Option from "effect/Option"
import type * as Scope from "effect/Scope"
import * as Sink from "effect/Sink"
import * as Stream from "effect/Stream"

/**
 * One end of a connection.
 *
 * @since 0.2.0
 * @category models
 */
export interface Duplex<out E = never, out R = never> {
  /** What the other end sends. It ends when the other end sends nothing more. */
  readonly incoming: Stream.Stream<Uint8Array, E, R>
  /**
   * Takes what is for the other end, which learns when it is at its end. It ends early when the other end takes nothing
   * more.
   */
  readonly outgoing: Sink.Sink<void, Uint8Array, never, E, R>
}

/**
 * For backends: the other end, as an operation gets it. Failures of the connection end the operation from outside.
 *
 * @since 0.2.0
 * @category models
 */
export interface Wire {
  /** What the other end sends. */
  readonly incoming: Stream.Stream<Uint8Array>
  /** Sends, and waits while the other end is slow. False when it takes nothing more. */
  readonly offer: (bytes: Uint8Array) => Effect.Effect<boolean>
}

/** How many pieces wait for a reader. */
const capacity = 4

const into = (mailbox: Mailbox.Mailbox<Uint8Array>): Sink.Sink<void, Uint8Array> =>
  Sink.forEachWhile((bytes: Uint8Array) => mailbox.offer(bytes)).pipe(
    Sink.ignoreLeftover,
    Sink.ensuring(mailbox.end)
  )

/**
 * The two ends of a connection within the process. Each direction holds a few pieces, and waits for its reader.
 *
 * @since 0.2.0
 * @category constructors
 */
export const pair: Effect.Effect<readonly [Duplex, Duplex]> = Effect.map(
  Effect.all([Mailbox.make<Uint8Array>({ capacity }), Mailbox.make<Uint8Array>({ capacity })]),
  ([there, back]) => [
    { incoming: read(back), outgoing: into(there) },
    { incoming: read(there), outgoing: into(back) }
  ]
)

/** A writer must not wait for a reader that has left. */
function read(mailbox: Mailbox.Mailbox<Uint8Array>): Stream.Stream<Uint8Array> {
  return Stream.ensuring(Mailbox.toStream(mailbox), mailbox.shutdown)
}

const encoder = new TextEncoder()

/** The stream of Node.js under a socket, as `NodeSocket` of `@effect/platform-node` gives it to handlers: by its key. */
// @effect-diagnostics-next-line deterministicKeys:off
class NetSocket extends Context.Tag("@effect/platform-node/NodeSocket/NetSocket")<NetSocket, {
  readonly pause: () => unknown
  readonly resume: () => unknown
}>() {}

/** How many bytes wait for the reader before the other end has to. */
const waiting = 1024 * 1024

/** What has arrived, and is not read yet. The other end waits while that is much. */
const arriving = () => {
  let bytes = 0
  let paused: NetSocket["Type"] | undefined
  return {
    arrived: (data: Uint8Array) =>
      Effect.map(
        Effect.serviceOption(NetSocket),
        Option.map((stream) => {
          bytes += data.length
          if (bytes <= waiting) return
          paused = stream
          stream.pause()
        })
      ),
    isRead: (data: Uint8Array) =>
      Effect.sync(() => {
        bytes -= data.length
        if (paused === undefined || bytes > waiting) return
        paused.resume()
        paused = undefined
      })
  }
}

/**
 * An end of a socket, over TCP or a Unix socket. It is closed with the scope, and at once when a copy fails. The other
 * end waits while much of what has arrived is not read yet, if the socket is one of `NodeSocket`; another one keeps
 * everything in memory.
 *
 * @since 0.2.0
 * @category constructors
 */
export const fromSocket = (
  socket: Socket.Socket
): Effect.Effect<Duplex<Socket.SocketError>, never, Scope.Scope> =>
  Effect.gen(function*() {
    const { arrived, isRead } = arriving()
    // The socket drops what a handler still waits with when the other end has closed it.
    const received = yield* Mailbox.make<Uint8Array, Socket.SocketError>()
    const write = yield* socket.writer
    yield* socket.runRaw((data) => {
      const bytes = typeof data === "string" ? encoder.encode(data) : data
      received.unsafeOffer(bytes)
      return arrived(bytes)
    }).pipe(
      Effect.matchCauseEffect({
        onFailure: (cause) => received.failCause(cause),
        onSuccess: () => received.end
      }),
      Effect.forkScoped
    )
    return {
      incoming: Stream.tap(Mailbox.toStream(received), isRead),
      outgoing: Sink.forEach(write).pipe(
        Sink.ensuringWith((exit) =>
          Exit.isSuccess(exit) ? Effect.void : Effect.ignore(write(new Socket.CloseEvent(1011)))
        )
      )
    }
  })
