/** Locks a directory as the backend does, prints a line, and holds the lock until it is ended. */
import { Effect } from "effect"
import { nodeHostFiles } from "../../src/internal/nodeHostFiles.js"

const hold = Effect.scoped(
  Effect.zipRight(
    nodeHostFiles.lockDirectory(process.argv[2]!),
    Effect.zipRight(Effect.sync(() => process.stdout.write("locked\n")), Effect.sleep("1 hour"))
  )
)

void Effect.runPromise(hold)
