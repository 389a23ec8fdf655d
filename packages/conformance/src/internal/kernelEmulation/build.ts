import type { CommandExecutor } from "@effect/platform/CommandExecutor"
import type { PlatformError } from "@effect/platform/Error"
import * as FileSystem from "@effect/platform/FileSystem"
import * as Path from "@effect/platform/Path"
import * as Config from "effect/Config"
import type { ConfigError } from "effect/ConfigError"
import * as Effect from "effect/Effect"
import * as Encoding from "effect/Encoding"
import { run } from "./command.js"

export interface Built {
  /** The program that enters namespaces and cleans up state directories. */
  readonly program: string
  /** The library that is preloaded into the tool. */
  readonly library: string
}

/** The output of the compiler. */
export class CompilerRefused {
  readonly _tag = "CompilerRefused"
  constructor(readonly output: string) {}
}

const sources = Effect.flatMap(
  Path.Path,
  (path) => path.fromFileUrl(new URL("../../../kernel-emulation", import.meta.url))
)

const defaultCache: Effect.Effect<string, ConfigError, Path.Path> = Effect.gen(function*() {
  const path = yield* Path.Path
  const cache = yield* Config.string("XDG_CACHE_HOME").pipe(
    Config.orElse(() => Config.map(Config.string("HOME"), (home) => path.join(home, ".cache"))),
    Config.withDefault("/var/cache")
  )
  return path.join(cache, "effect-ploop")
})

/** The inputs of a build: the sources, sorted by name, and the compiler. */
const fingerprint = (directory: string) =>
  Effect.gen(function*() {
    const fs = yield* FileSystem.FileSystem
    const path = yield* Path.Path
    const names = (yield* fs.readDirectory(directory)).filter((name) => /\.(c|h|sh)$/.test(name)).sort()
    const texts = yield* Effect.forEach(names, (name) => fs.readFileString(path.join(directory, name)))
    const compiler = yield* run("gcc", "--version")
    const all = new TextEncoder().encode([...names, ...texts, compiler.stdout].join("\0"))
    const digest = yield* Effect.promise(() => crypto.subtle.digest("SHA-256", all))
    return Encoding.encodeHex(new Uint8Array(digest)).slice(0, 32)
  })

const compile = (directory: string, cache: string, finished: string) =>
  Effect.scoped(Effect.gen(function*() {
    const fs = yield* FileSystem.FileSystem
    const path = yield* Path.Path
    const temporary = yield* fs.makeTempDirectoryScoped({ directory: cache, prefix: "build-" })
    const result = yield* run("sh", path.join(directory, "build.sh"), path.join(temporary, "out"))
    if (result.exitCode !== 0) return yield* Effect.fail(new CompilerRefused(result.stderr.trim()))
    // The first of several concurrent builds wins; the others are identical.
    yield* Effect.catchAll(
      fs.rename(path.join(temporary, "out"), finished),
      (error) => Effect.flatMap(fs.exists(finished), (exists) => exists ? Effect.void : Effect.fail(error))
    )
  }))

/** Builds into the cache, unless it has the same build already. */
export const build = (
  cacheDirectory: string | undefined,
  onBuild: Effect.Effect<void> = Effect.void
): Effect.Effect<
  Built,
  CompilerRefused | ConfigError | PlatformError,
  CommandExecutor | FileSystem.FileSystem | Path.Path
> =>
  Effect.gen(function*() {
    const fs = yield* FileSystem.FileSystem
    const path = yield* Path.Path
    const directory = yield* sources
    const cache = path.resolve(cacheDirectory ?? (yield* defaultCache))
    if (/[\s:]/.test(cache)) {
      return yield* Effect.fail(
        new CompilerRefused(`a library in ${cache} cannot be preloaded: the path must not contain spaces or colons`)
      )
    }
    const finished = path.join(cache, yield* fingerprint(directory))
    if (!(yield* fs.exists(finished))) {
      yield* fs.makeDirectory(cache, { recursive: true })
      yield* onBuild
      yield* compile(directory, cache, finished)
    }
    return {
      program: path.join(finished, "ploop-emulation"),
      library: path.join(finished, "ploop-emulation.so")
    }
  })
