import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import type { HostFiles, Stamp } from "./hostFiles.js"
import * as lease from "./lease.js"

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
  /** Of one that was young when it was read: how long nobody who respects the lock of its disk changes it. */
  readonly lease: lease.Lease | undefined
}

const isUnchanged = (a: Stamp, b: Stamp): boolean =>
  a.device === b.device && a.inode === b.inode && a.size === b.size && a.modified === b.modified &&
  a.changed === b.changed

/** Whether an entry still serves. A young one serves only the operation that has read it, and only while it is young. */
const isKept = <A>(entry: Entry<A>, held: lease.Lease | undefined, now: bigint): boolean =>
  entry.lease === undefined || entry.lease === held && now - entry.stamp.changed <= settling

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

    const readAndKeep = (
      held: lease.Lease | undefined,
      path: string,
      home: string,
      before: Stamp,
      read: Effect.Effect<A, E>
    ) =>
      Effect.gen(function*() {
        const value = yield* read
        const isSame = yield* Effect.match(files.stamp(path), {
          onFailure: () => false,
          onSuccess: (after) => isUnchanged(before, after)
        })
        if (!isSame) return value
        const age = (yield* Clock.currentTimeNanos) - before.changed
        if (age > settling) keep(path, { home, stamp: before, value, lease: undefined })
        else if (age >= 0n && held !== undefined) keep(path, { home, stamp: before, value, lease: held })
        return value
      })

    return (path, home, before, read) =>
      Effect.flatMap(Effect.zip(lease.lasting, Clock.currentTimeNanos), ([held, now]) => {
        const known = entries.get(path)
        return known?.home === home && isUnchanged(known.stamp, before) && isKept(known, held, now)
          ? Effect.succeed(known.value)
          : readAndKeep(held, path, home, before, read)
      })
  })
