import type { Error as PlatformError } from "@effect/platform"
import { FileSystem } from "@effect/platform"
import { Cause, Effect, ExecutionStrategy, Exit, FastCheck as fc, Option, Scope } from "effect"

/** Few names, so that commands hit each other's files. No `..`, so that none leaves the directory. */
const name = fc.constantFrom("a", "b", "c")

const path = fc.oneof(
  { weight: 8, arbitrary: name },
  { weight: 4, arbitrary: fc.tuple(name, name).map((names) => names.join("/")) },
  { weight: 1, arbitrary: fc.tuple(name, name, name).map((names) => names.join("/")) }
)

const withEnd = (...ends: ReadonlyArray<string>) =>
  fc.oneof(
    { weight: 9, arbitrary: path },
    { weight: 1, arbitrary: fc.tuple(path, fc.constantFrom(...ends)).map((parts) => parts.join("")) }
  )

/** A path, in the spellings that callers use. */
const spelled = withEnd("/", "/.", "//")

/** A path that is only read, in the spellings that callers use. */
const readPath = withEnd("/", "/.", "//", "/..")

const data = fc.record({
  letters: fc.constantFrom("x", "yz", "ü"),
  times: fc.oneof(
    { weight: 8, arbitrary: fc.integer({ min: 0, max: 4 }) },
    { weight: 1, arbitrary: fc.constantFrom(65_536, 70_001) }
  )
})

const length = fc.oneof(
  { weight: 8, arbitrary: fc.integer({ min: 0, max: 9 }) },
  { weight: 1, arbitrary: fc.constantFrom(65_535, 65_537, 140_000) }
)

/** Also below zero and beyond every file, where Node uses the position of the kernel or none. */
const offset = fc.oneof(
  { weight: 4, arbitrary: length.map(BigInt) },
  { weight: 2, arbitrary: fc.constantFrom(-1n, -3n, 2n ** 62n, -(2n ** 62n), 2n ** 64n) }
)

const flag = fc.constantFrom<FileSystem.OpenFlag>("r", "r+", "w", "wx", "w+", "wx+", "a", "ax", "a+", "ax+")

/** At most two files are open at a time. */
const slot = fc.constantFrom("one", "one", "one", "two")

const bytes = ({ letters, times }: { readonly letters: string; readonly times: number }) =>
  new TextEncoder().encode(letters.repeat(times))

/** The contents of a file; a digest of them when they are long. */
const content = (data: Uint8Array): string =>
  data.length < 40
    ? new TextDecoder().decode(data)
    : `${data.length} bytes, ${data.reduce((sum, byte) => (Math.imul(sum, 31) + byte) >>> 0, 0)}`

/** A time before any change. */
const longAgo = 1_000_000

const attributes = ({ mode, mtime, size, type }: FileSystem.File.Info) => ({
  owner: mode & 0o700,
  // Whether the copy of an empty file has the time of the original depends on the version of Node.
  aged: (type === "Directory" || size > 0n) && Option.exists(mtime, (time) => time.getTime() === longAgo * 1000)
})

const lengths = ({ nlink, size }: FileSystem.File.Info) => ({
  links: Option.getOrElse(nlink, () => 0),
  size: Number(size)
})

/** The attributes of a file that all file systems agree on: the size of a directory is up to each. */
const described = (info: FileSystem.File.Info) => ({
  type: info.type,
  ...attributes(info),
  ...(info.type === "Directory" ? {} : lengths(info))
})

interface World {
  readonly fs: FileSystem.FileSystem
  readonly at: (path: string) => string
  /** The text with the directory replaced by a name that is the same in all traces. */
  readonly named: (text: string) => string
  readonly files: Map<string, readonly [file: FileSystem.File, scope: Scope.CloseableScope]>
  readonly scope: Scope.Scope
}

/**
 * Whether the outcome of a copy is certain. Some depend on the version of Node,
 * or on which of two calls returns first.
 */
const isSettled = ({ at, fs }: World, from: string, to: string) =>
  Effect.gen(function*() {
    const isLink = yield* Effect.isSuccess(fs.readLink(at(from)))
    const isDirectory = !isLink && (yield* Effect.isSuccess(fs.readDirectory(at(from))))
    const isThere = isLink || (yield* Effect.isSuccess(fs.access(at(from))))
    const isTaken = (yield* Effect.isSuccess(fs.readLink(at(to)))) || (yield* Effect.isSuccess(fs.access(at(to))))
    // Copies of links onto links and merges of directories happen in an unspecified order.
    if (isTaken) return !isLink && !isDirectory
    // When a link hides that a directory is copied into itself, the copy never ends.
    if (isDirectory) return !to.includes("/")
    // Both paths are resolved at once, and the first failure is reported.
    return isThere || (yield* Effect.isSuccess(fs.exists(at(to))))
  })

const close = ({ files }: World, slot: string) =>
  Effect.suspend(() => {
    const opened = files.get(slot)
    files.delete(slot)
    return opened === undefined ? Effect.void : Scope.close(opened[1], Exit.void)
  })

type Result = Effect.Effect<unknown, PlatformError.PlatformError>

const withFile = ({ files }: World, slot: string, use: (file: FileSystem.File) => Result): Result => {
  const opened = files.get(slot)
  return opened === undefined ? Effect.succeed("not open") : use(opened[0])
}

const operation = <Fields>(
  /** How often it is chosen, relative to the others. */
  weight: number,
  fields: { readonly [Name in keyof Fields]: fc.Arbitrary<Fields[Name]> },
  run: (world: World, fields: Fields) => Result
) => ({ weight, fields, run })

const operations = {
  write: operation(
    8,
    { path: spelled, data, flag },
    ({ at, fs }, { data, flag, path }) => fs.writeFile(at(path), bytes(data), { flag })
  ),
  truncate: operation(2, { path: spelled, length }, ({ at, fs }, { length, path }) => fs.truncate(at(path), length)),
  rename: operation(4, { from: spelled, to: spelled }, ({ at, fs }, { from, to }) => fs.rename(at(from), at(to))),
  link: operation(3, { from: spelled, to: spelled }, ({ at, fs }, { from, to }) => fs.link(at(from), at(to))),
  symlink: operation(
    4,
    { target: fc.oneof(path, fc.constant(".")), absolute: fc.boolean(), path: spelled },
    ({ at, fs }, { absolute, path, target }) => fs.symlink(absolute ? at(target) : target, at(path))
  ),
  makeDirectory: operation(
    6,
    { path: spelled, recursive: fc.boolean() },
    // Node's implementation returns the first directory that it made, although the type does not say so.
    ({ at, fs }, { path, recursive }) => Effect.asVoid(fs.makeDirectory(at(path), { recursive }))
  ),
  remove: operation(
    1,
    { path: spelled, force: fc.boolean() },
    ({ at, fs }, { force, path }) => fs.remove(at(path), { force })
  ),
  removeTree: operation(1, { path, force: fc.boolean() }, ({ at, fs }, { force, path }) => {
    const name = path.lastIndexOf("/")
    // When the path goes through a link within the tree, the order of removal is unspecified.
    const real = name < 0 ? Effect.succeed(at(path)) : fs.realPath(at(path.slice(0, name))).pipe(
      Effect.map((directory) => directory + path.slice(name)),
      Effect.orElseSucceed(() => at(path))
    )
    return Effect.flatMap(real, (path) => fs.remove(path, { force, recursive: true }))
  }),
  copy: operation(
    3,
    { from: path, to: path, overwrite: fc.boolean() },
    (world, { from, overwrite, to }) =>
      Effect.if(isSettled(world, from, to), {
        onTrue: () => world.fs.copy(world.at(from), world.at(to), { overwrite }),
        onFalse: () => Effect.succeed("not tried")
      })
  ),
  copyFile: operation(2, { from: spelled, to: spelled }, ({ at, fs }, { from, to }) => fs.copyFile(at(from), at(to))),
  changeMode: operation(
    1,
    { path: spelled, mode: fc.constantFrom(0o700, 0o755) },
    ({ at, fs }, { mode, path }) => fs.chmod(at(path), mode)
  ),
  age: operation(1, { path: spelled }, ({ at, fs }, { path }) => fs.utimes(at(path), longAgo, longAgo)),
  readFile: operation(1, { path: readPath }, ({ at, fs }, { path }) => Effect.map(fs.readFile(at(path)), content)),
  readDirectory: operation(
    1,
    { path: readPath },
    ({ at, fs }, { path }) => Effect.map(fs.readDirectory(at(path)), (names) => names.sort())
  ),
  readLink: operation(1, { path: readPath }, ({ at, fs }, { path }) => fs.readLink(at(path))),
  realPath: operation(1, { path: readPath }, ({ at, fs }, { path }) => fs.realPath(at(path))),
  stat: operation(1, { path: readPath }, ({ at, fs }, { path }) => Effect.map(fs.stat(at(path)), described)),
  exists: operation(1, { path: readPath }, ({ at, fs }, { path }) => fs.exists(at(path))),
  open: operation(8, { slot, path: spelled, flag }, (world, { flag, path, slot }) =>
    Effect.gen(function*() {
      yield* close(world, slot)
      const scope = yield* Scope.fork(world.scope, ExecutionStrategy.sequential)
      const file = yield* Scope.extend(world.fs.open(world.at(path), { flag }), scope)
      world.files.set(slot, [file, scope])
    })),
  readOpen: operation(2, { slot, length }, (world, { length, slot }) =>
    withFile(world, slot, (file) =>
      Effect.map(
        file.readAlloc(length),
        Option.match({ onNone: () => "end", onSome: content })
      ))),
  writeOpen: operation(
    2,
    { slot, data },
    (world, { data, slot }) => withFile(world, slot, (file) => Effect.map(file.write(bytes(data)), Number))
  ),
  seekOpen: operation(
    2,
    { slot, offset, from: fc.constantFrom<FileSystem.SeekMode>("start", "current") },
    // The type promises nothing, but Node's implementation returns the new position.
    (world, { from, offset, slot }) => withFile(world, slot, (file) => Effect.map(file.seek(offset, from), String))
  ),
  truncateOpen: operation(
    1,
    { slot, length: fc.oneof({ weight: 9, arbitrary: length }, { weight: 1, arbitrary: fc.constant(-2) }) },
    (world, { length, slot }) => withFile(world, slot, (file) => file.truncate(length))
  ),
  statOpen: operation(
    1,
    { slot },
    (world, { slot }) => withFile(world, slot, (file) => Effect.map(file.stat, described))
  ),
  close: operation(1, { slot }, (world, { slot }) => close(world, slot))
}

type Operations = typeof operations

type Commands = {
  readonly [Name in keyof Operations]: { readonly _tag: Name } & Parameters<Operations[Name]["run"]>[1]
}

/** An operation with its arguments. Paths are relative to the directory of the trace. */
export type Command = Commands[keyof Commands]

/** A name in the directory of the trace, and its file. */
export type Entry =
  | { readonly type: "Link"; readonly path: string; readonly target: string }
  | { readonly type: "Directory"; readonly path: string; readonly owner: number; readonly aged: boolean }
  | {
    readonly type: "File"
    readonly path: string
    /** The permissions of the owner. */
    readonly owner: number
    /** Whether its modification time is still the one that the command `age` set; only for files with content. */
    readonly aged: boolean
    readonly links: number
    readonly size: number
    /** Equal for names of the same file. */
    readonly file: number
    readonly content: string
  }

/** The outcome of a command. */
export type Answer =
  | { readonly _tag: "Done"; readonly value: unknown }
  | { readonly _tag: "Refused"; readonly error: Record<string, unknown> }
  | { readonly _tag: "Died"; readonly defect: string }

/** A command, its outcome, and everything in the directory afterwards. */
export interface Observation {
  readonly command: Command
  readonly answer: Answer
  readonly tree: ReadonlyArray<Entry>
}

/** The operations, without their specific types. */
const byTag: Record<string, {
  readonly weight: number
  readonly fields: Record<string, fc.Arbitrary<unknown>>
  readonly run: (world: World, command: never) => Result
}> = operations

/** Any command. */
export const command: fc.Arbitrary<Command> = fc.oneof(
  // The fields are those of the operation that the tag names.
  ...Object.entries(byTag).map(([tag, { fields, weight }]) => ({
    weight,
    arbitrary: fc.record({ _tag: fc.constant(tag), ...fields }) as fc.Arbitrary<Command>
  }))
)

/** Any sequence of commands. */
export const commands: fc.Arbitrary<ReadonlyArray<Command>> = fc.array(command, { maxLength: 40, size: "max" })

/** Everything in the directory, by path. */
const walk = ({ at, fs, named }: World): Effect.Effect<ReadonlyArray<Entry>, PlatformError.PlatformError> => {
  // Files are numbered in the order of their names, because inode numbers vary.
  const numbers: Array<number | undefined> = []
  const below = (directory: string): Effect.Effect<ReadonlyArray<Entry>, PlatformError.PlatformError> =>
    Effect.gen(function*() {
      const entries: Array<Entry> = []
      for (const name of (yield* fs.readDirectory(at(directory))).sort()) {
        const path = `${directory}${name}`
        const target = yield* Effect.option(fs.readLink(at(path)))
        if (Option.isSome(target)) {
          entries.push({ type: "Link", path, target: named(target.value) })
          continue
        }
        const info = yield* fs.stat(at(path))
        if (info.type === "Directory") {
          entries.push({ type: "Directory", path, ...attributes(info) }, ...(yield* below(`${path}/`)))
          continue
        }
        const number = Option.getOrUndefined(info.ino)
        if (!numbers.includes(number)) numbers.push(number)
        entries.push({
          type: "File",
          path,
          ...attributes(info),
          ...lengths(info),
          file: numbers.indexOf(number),
          content: content(yield* fs.readFile(at(path)))
        })
      }
      return entries
    })
  return below("")
}

const answered = (
  { named }: World,
  exit: Exit.Exit<unknown, PlatformError.PlatformError>
): Answer => {
  if (Exit.isSuccess(exit)) {
    return { _tag: "Done", value: typeof exit.value === "string" ? named(exit.value) : exit.value }
  }
  const failure = Cause.failureOption(exit.cause)
  if (Option.isNone(failure)) return { _tag: "Died", defect: named(`${Cause.squash(exit.cause)}`) }
  const { _tag, method, module } = failure.value
  if (_tag === "BadArgument") return { _tag: "Refused", error: { _tag, module, method } }
  const { description, pathOrDescriptor, reason, syscall } = failure.value
  return {
    _tag: "Refused",
    error: {
      _tag,
      module,
      method,
      reason,
      syscall,
      pathOrDescriptor: typeof pathOrDescriptor === "string" ? named(pathOrDescriptor) : typeof pathOrDescriptor,
      description: description === undefined ? undefined : named(description)
    }
  }
}

/**
 * Runs the commands in a new directory, and returns their outcomes and what is
 * in the directory after each of them. It leaves inode numbers and times out,
 * so that two file systems that behave alike give the same trace.
 */
export const trace = (
  commands: ReadonlyArray<Command>
): Effect.Effect<ReadonlyArray<Observation>, PlatformError.PlatformError, FileSystem.FileSystem> =>
  Effect.scoped(Effect.gen(function*() {
    const fs = yield* FileSystem.FileSystem
    // One more directory, because `..` behind a link may lead out of the inspected one.
    const directory = `${yield* Effect.flatMap(fs.makeTempDirectoryScoped(), fs.realPath)}/directory`
    yield* fs.makeDirectory(directory)
    const world: World = {
      fs,
      at: (path) => `${directory}/${path}`,
      named: (text) => text.replaceAll(directory, "~"),
      files: new Map(),
      scope: yield* Effect.scope
    }
    return yield* Effect.forEach(commands, (command) =>
      Effect.gen(function*() {
        // The fields of a command are those of the operation that its tag names.
        const answer = answered(world, yield* Effect.exit(byTag[command._tag]!.run(world, command as never)))
        const tree = yield* walk(world)
        return { command, answer, tree }
      }))
  }))
