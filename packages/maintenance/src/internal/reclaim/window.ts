import * as DateTime from "effect/DateTime"
import type { Window } from "../../ReclaimPolicy.js"

const minuteOf = (text: string): number => Number(text.slice(0, 2)) * 60 + Number(text.slice(3))

/** Whether a step may begin at this time. */
export const isOpen = ({ from, timeZone, to }: Window, now: DateTime.Utc): boolean => {
  const { hours, minutes } = DateTime.toParts(DateTime.unsafeSetZoneNamed(now, timeZone ?? "UTC"))
  const minute = hours * 60 + minutes
  const [begin, end] = [minuteOf(from), minuteOf(to)]
  return begin < end ? begin <= minute && minute < end : begin <= minute || minute < end
}
