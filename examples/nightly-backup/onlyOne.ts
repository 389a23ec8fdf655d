/**
 * Keeps a second process from saving into the same directory: it would plan what this one is doing, and could leave a
 * snapshot behind that no backup continues.
 */
import { FileLock } from "@effect-ploop/backend-cli"
import { FileSystem } from "@effect/platform"
import { Effect, Schema } from "effect"

/** Another process saves into the directory. */
export class AnotherRuns extends Schema.TaggedError<AnotherRuns>()("AnotherRuns", { directory: Schema.String }) {
  override get message(): string {
    return `another run of this service saves into ${this.directory}: end that one first`
  }
}

/** Locks the directory until the scope is closed, or fails at once. The kernel ends the lock with the process. */
export const onlyOne = (directory: string) =>
  Effect.gen(function*() {
    const fs = yield* FileSystem.FileSystem
    yield* fs.makeDirectory(directory, { recursive: true })
    if (!(yield* FileLock.tryDirectory(directory))) return yield* new AnotherRuns({ directory })
  })
