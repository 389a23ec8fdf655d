import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import type { HostFiles, Stamp } from "./hostFiles.js"

/** How many descriptors are kept. */
const capacity = 256

/**
 * Within this time of a change, in nanoseconds, a file can change again without a
 * new stamp: the kernel's clock for files moves in steps.
 */
const settling = 1_000_000_000n

interface Entry<A> {
  readonly home: string
  readonly stamp: Stamp
  readonly value: A
}

const isUnchanged = (a: Stamp, b: Stamp): boolean =>
  a.device === b.device && a.inode === b.inode && a.size === b.size && a.modified === b.modified &&
  a.changed === b.changed

/** Reads a file again only when it may have changed since; `before` is its stamp now. */
export type DescriptorCache<A, E> = (
  path: string,
  home: string,
  before: Stamp,
  read: Effect.Effect<A, E>
) => Effect.Effect<A, E>

export const make = <A, E>(files: HostFiles): Effect.Effect<DescriptorCache<A, E>> =>
  Effect.sync(() => {
    const entries = new Map<string, Entry<A>>()

    const keep = (path: string, entry: Entry<A>) => {
      entries.delete(path)
      entries.set(path, entry)
      for (const oldest of entries.keys()) {
        if (entries.size <= capacity) break
        entries.delete(oldest)
      }
    }

    const readAndKeep: DescriptorCache<A, E> = (path, home, before, read) =>
      Effect.gen(function*() {
        const value = yield* read
        const isSame = yield* Effect.match(files.stamp(path), {
          onFailure: () => false,
          onSuccess: (after) => isUnchanged(before, after)
        })
        const now = yield* Clock.currentTimeNanos
        if (isSame && now - before.changed > settling) keep(path, { home, stamp: before, value })
        return value
      })

    return (path, home, before, read) => {
      const known = entries.get(path)
      return known?.home === home && isUnchanged(known.stamp, before)
        ? Effect.succeed(known.value)
        : readAndKeep(path, home, before, read)
    }
  })
