import * as DateTime from "effect/DateTime"
import * as Duration from "effect/Duration"

/** Bytes at a time. */
export interface Point {
  readonly at: DateTime.Utc
  readonly bytes: bigint
}

const day = Duration.toMillis("1 day")

/** How fast the points grow, in bytes a day, by the line with the least squares. None of fewer than two times. */
export const perDay = (points: ReadonlyArray<Point>): number | undefined => {
  const first = points[0]
  if (first === undefined) return undefined
  const xs = points.map(({ at }) => (at.epochMillis - first.at.epochMillis) / day)
  const ys = points.map(({ bytes }) => Number(bytes - first.bytes))
  const mean = (values: ReadonlyArray<number>) => values.reduce((total, value) => total + value, 0) / values.length
  const [x, y] = [mean(xs), mean(ys)]
  const spread = xs.reduce((total, value) => total + (value - x) ** 2, 0)
  return spread === 0
    ? undefined
    : xs.reduce((total, value, index) => total + (value - x) * (ys[index]! - y), 0) / spread
}

/** Later than that a date says nothing. */
const furthest = 36_500

/** When the size is reached, if it goes on like this. None of what does not grow, or not within a hundred years. */
export const fullAt = (
  now: DateTime.Utc,
  used: bigint,
  size: bigint,
  rate: number | undefined
): DateTime.Utc | undefined => {
  if (rate === undefined || rate <= 0) return undefined
  const days = Math.max(0, Number(size - used)) / rate
  return days > furthest ? undefined : DateTime.add(now, { millis: Math.round(days * day) })
}
