import * as Option from "effect/Option"
import * as Order from "effect/Order"
import * as RedBlackTree from "effect/RedBlackTree"

/** The size of a block in bytes: the unit in which the file system of a disk allocates space. */
export const blockSize = 4096

/** Adjacent blocks. */
export interface Run {
  readonly start: number
  readonly length: number
}

/** The free blocks of a file system: runs by their start, never empty and never adjacent. */
export interface Space {
  readonly free: RedBlackTree.RedBlackTree<number, number>
  readonly freeBlocks: number
}

const none: RedBlackTree.RedBlackTree<number, number> = RedBlackTree.empty(Order.number)

export const make = (start: number, end: number): Space => ({
  free: end > start ? RedBlackTree.insert(none, start, end - start) : none,
  freeBlocks: Math.max(0, end - start)
})

/** Allocates the lowest free blocks. */
export const allocate = (
  space: Space,
  count: number
): Option.Option<{ readonly space: Space; readonly runs: ReadonlyArray<Run> }> => {
  if (count > space.freeBlocks) return Option.none()
  const runs: Array<Run> = []
  let free = space.free
  let left = count
  while (left > 0) {
    const [start, length] = Option.getOrThrow(RedBlackTree.first(free))
    const taken = Math.min(length, left)
    runs.push({ start, length: taken })
    free = RedBlackTree.removeFirst(free, start)
    if (taken < length) free = RedBlackTree.insert(free, start + taken, length - taken)
    left -= taken
  }
  return Option.some({ space: { free, freeBlocks: space.freeBlocks - count }, runs })
}

const before = (free: Space["free"], start: number): readonly [number, number] | undefined => {
  for (const entry of RedBlackTree.lessThanReversed(free, start)) return entry
  return undefined
}

const giveBack = (free: Space["free"], run: Run): Space["free"] => {
  let { length, start } = run
  let next = free
  const left = before(next, start)
  if (left !== undefined && left[0] + left[1] === start) {
    next = RedBlackTree.removeFirst(next, left[0])
    start = left[0]
    length += left[1]
  }
  const right = RedBlackTree.findFirst(next, start + length)
  if (Option.isSome(right)) {
    next = RedBlackTree.removeFirst(next, start + length)
    length += right.value
  }
  return RedBlackTree.insert(next, start, length)
}

export const release = (space: Space, runs: ReadonlyArray<Run>): Space => ({
  free: runs.reduce(giveBack, space.free),
  freeBlocks: runs.reduce((sum, run) => sum + run.length, space.freeBlocks)
})

/** Adds the blocks from `from` to `to`, which a file system gains when it grows. */
export const extend = (space: Space, from: number, to: number): Space =>
  to > from ? release(space, [{ start: from, length: to - from }]) : space

/** The free runs, lowest first. */
export const runs = (space: Space): Iterable<readonly [number, number]> => space.free
