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

/** A ratio of a figure and its reference, and how far it may be from the true one. */
export interface Compared {
  readonly ratio: number
  /** Half of the interval in which the median is with a probability of 95 %. */
  readonly noise: number
}

/**
 * How many times as fast as the reference: the median of the ratios in each
 * round. `more` is how many times the work of the figure the reference does.
 */
export const speed = (times: ReadonlyArray<number>, reference: ReadonlyArray<number>, more = 1): Compared => {
  const sorted = times.map((time, round) => reference[round]! / time / more).sort((a, b) => a - b)
  const at = (share: number): number => sorted[Math.floor(share * (sorted.length - 1))] ?? Number.NaN
  return { ratio: at(0.5), noise: 1.57 * (at(0.75) - at(0.25)) / Math.sqrt(sorted.length) }
}

/** Operations per second, when each measurement makes this many. */
export const rate = (times: ReadonlyArray<number>, operations: number): number => 1000 * operations / median(times)
