import { Effect } from "effect"

/** What is measured: it does its operations each time it runs. Nothing of it is expected to fail. */
export interface Contender {
  readonly run: Effect.Effect<unknown, unknown>
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
  /** Rounds before those that count, in which the code is compiled. */
  readonly warmUp: number
}

/**
 * Lets the contenders run in turn, round after round, so that a busy machine
 * slows all alike. Every other round goes backwards, so that none of them
 * always pays for what the same other one left behind. The times, in
 * milliseconds, are those of each contender in each round.
 */
export const alternate = <Name extends string>(
  contenders: Readonly<Record<Name, Contender>>,
  { rounds, warmUp }: Rounds
): Effect.Effect<Readonly<Record<Name, ReadonlyArray<number>>>> =>
  Effect.gen(function*() {
    // The keys of a record are its names.
    const names = Object.keys(contenders) as Array<Name>
    const times = Object.fromEntries(names.map((name) => [name, []])) as unknown as Record<Name, Array<number>>
    for (let round = -warmUp; round < rounds; round++) {
      for (const name of round % 2 === 0 ? names : [...names].reverse()) {
        const { prepare = Effect.void, run } = contenders[name]
        yield* prepare
        const time = yield* timed(run)
        if (round >= 0) times[name].push(time)
      }
    }
    return times
  }).pipe(Effect.orDie)

/** How many times as fast one was as the other: the median over the rounds, each against its own neighbour. */
export const speed = (times: ReadonlyArray<number>, reference: ReadonlyArray<number>): number =>
  median(times.map((time, round) => reference[round]! / time))

/** Operations a second, when each measurement was of so many. */
export const rate = (times: ReadonlyArray<number>, operations: number): number => 1000 * operations / median(times)
