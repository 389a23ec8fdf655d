import { Effect } from "effect"

/** A measured effect, which runs several times. It must not fail. */
export type Contender =
  & (
    | { readonly run: Effect.Effect<unknown, unknown> }
    /** Measures itself, and returns milliseconds. */
    | { readonly elapsed: Effect.Effect<number, unknown> }
  )
  & {
    /** Runs before each measurement, and is not measured. */
    readonly prepare?: Effect.Effect<unknown, unknown> | undefined
  }

export const timed = <A, E, R>(effect: Effect.Effect<A, E, R>): Effect.Effect<number, E, R> =>
  Effect.suspend(() => {
    const begin = performance.now()
    return Effect.map(effect, () => performance.now() - begin)
  })

export const median = (values: ReadonlyArray<number>): number => {
  const sorted = [...values].sort((a, b) => a - b)
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN
}

export interface Rounds {
  readonly rounds: number
  /** The rounds before the measured ones, in which the code is compiled. */
  readonly warmUp: number
}

/**
 * Runs the contenders in turn, round after round, so that a busy machine slows
 * all of them down alike. Every other round is in reverse order, so that no
 * contender always runs after the same other one. Returns the times of each
 * contender in each round, in milliseconds.
 */
export const alternate = <Name extends string>(
  contenders: Readonly<Record<Name, Contender>>,
  { rounds, warmUp }: Rounds
): Effect.Effect<Readonly<Record<Name, ReadonlyArray<number>>>> =>
  Effect.gen(function*() {
    // `Object.keys` loses the type of the keys.
    const names = Object.keys(contenders) as Array<Name>
    const times = Object.fromEntries(names.map((name) => [name, []])) as unknown as Record<Name, Array<number>>
    for (let round = -warmUp; round < rounds; round++) {
      for (const name of round % 2 === 0 ? names : [...names].reverse()) {
        const contender = contenders[name]
        yield* contender.prepare ?? Effect.void
        const time = yield* "run" in contender ? timed(contender.run) : contender.elapsed
        if (round >= 0) times[name].push(time)
      }
    }
    return times
  }).pipe(Effect.orDie)

/** How many times as fast as the reference: the median of the ratios in each round. */
export const speed = (times: ReadonlyArray<number>, reference: ReadonlyArray<number>): number =>
  median(times.map((time, round) => reference[round]! / time))

/** Operations per second, when each measurement makes this many. */
export const rate = (times: ReadonlyArray<number>, operations: number): number => 1000 * operations / median(times)
