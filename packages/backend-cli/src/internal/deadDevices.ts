import * as Effect from "effect/Effect"
import * as args from "./arguments.js"
import type { Invocation, ProcessResult, Runner } from "./process.js"

/** The device that the tool made for a table that the driver then refused, and that it could not remove again. */
const left = (stderr: string): string | undefined =>
  /^Failed to revert device creation\.$/m.test(stderr)
    ? /^device-mapper: reload ioctl on (?<name>ploop\d+) .*failed: /m.exec(stderr)?.groups?.["name"]
    : undefined

/** A device without a table is nobody's: nothing can be read from it, and the tool does not know it. */
const remove = (dmsetup: Runner, invocation: Invocation, name: string) =>
  Effect.gen(function*() {
    const { operation, subject } = invocation
    const table = yield* dmsetup.run({ operation, subject, args: args.table(name), kind: "query" })
    if (table.exitCode !== 0 || table.stdout.trim() !== "") return
    const removed = yield* dmsetup.run({ operation, subject, args: args.remove(name), kind: "change" })
    yield* removed.exitCode === 0
      ? Effect.logInfo(`the driver refused the images; ${name}, which was left without a table, was removed`)
      : Effect.logWarning(`${name}, which was left without a table, could not be removed: ${removed.stderr.trim()}`)
  }).pipe(
    Effect.catchAll((error) =>
      Effect.logWarning(`${name}, which was left without a table, could not be removed`, error)
    )
  )

/**
 * Removes what generation 9 leaves when the driver refuses a table: a device that
 * the tool neither lists nor unmounts.
 */
export const removing = (runner: Runner, dmsetup: Runner): Runner => {
  const clear = (invocation: Invocation) => (result: ProcessResult) => {
    const name = result.exitCode === 0 ? undefined : left(result.stderr)
    return name === undefined ? Effect.void : Effect.uninterruptible(remove(dmsetup, invocation, name))
  }
  return { ...runner, run: (invocation, wait) => Effect.tap(runner.run(invocation, wait), clear(invocation)) }
}
