import type { Error as PlatformError } from "@effect/platform"
import { FileSystem, Path } from "@effect/platform"
import { assert, describe, layer as withLayer } from "@effect/vitest"
import type { Layer, Scope } from "effect"
import { Cause, Chunk, Effect, Exit, Option, Schedule, Stream } from "effect"
import type { YieldWrap } from "effect/Utils"
import * as fileSystemTrace from "./fileSystemTrace.js"

/** The error codes of the system, with the platform's reason and the system's message for each. */
const codes = {
  EBADF: ["Unknown", "bad file descriptor"],
  EBUSY: ["Busy", "resource busy or locked"],
  EEXIST: ["AlreadyExists", "file already exists"],
  EINVAL: ["Unknown", "invalid argument"],
  EISDIR: ["BadResource", "illegal operation on a directory"],
  ELOOP: ["BadResource", "too many symbolic links encountered"],
  ENAMETOOLONG: ["Unknown", "name too long"],
  ENOENT: ["NotFound", "no such file or directory"],
  ENOTDIR: ["BadResource", "not a directory"],
  ENOTEMPTY: ["Unknown", "directory not empty"],
  EPERM: ["Unknown", "operation not permitted"]
} as const

type Code = keyof typeof codes

/** Every field of an error except its cause. */
const fieldsOf = (error: PlatformError.PlatformError) =>
  error._tag === "BadArgument"
    ? { _tag: error._tag, module: error.module, method: error.method, description: error.description }
    : {
      _tag: error._tag,
      module: error.module,
      method: error.method,
      reason: error.reason,
      pathOrDescriptor: error.pathOrDescriptor,
      syscall: error.syscall,
      description: error.description
    }

interface Refusal {
  /** The method, as the error names it. */
  readonly method: string
  readonly path: string | number
  /** The system call and its paths, as they end the description. */
  readonly call: string
}

const systemError = (code: Code, { call, method, path }: Refusal) => ({
  _tag: "SystemError" as const,
  module: "FileSystem" as const,
  method,
  reason: codes[code][0],
  pathOrDescriptor: path,
  syscall: call.split(" ")[0],
  description: `${code}: ${codes[code][1]}, ${call}`
})

/** Asserts a failure with the error for a code of the system. */
const refused = <A, R>(effect: Effect.Effect<A, PlatformError.PlatformError, R>, code: Code, refusal: Refusal) =>
  Effect.map(
    Effect.flip(effect),
    (error) => assert.deepStrictEqual<unknown>(fieldsOf(error), systemError(code, refusal))
  )

/** Asserts that a call with one path is refused. The system call is named after the method, in lower case. */
const refusedAt = <A, R>(
  effect: Effect.Effect<A, PlatformError.PlatformError, R>,
  code: Code,
  method: string,
  path: string
) => refused(effect, code, { method, path, call: `${method.toLowerCase()} '${path}'` })

/** Asserts that a call with two paths is refused; the error names the first of them. */
const refusedBetween = <A, R>(
  effect: Effect.Effect<A, PlatformError.PlatformError, R>,
  code: Code,
  method: string,
  [from, to]: readonly [from: string, to: string]
) => refused(effect, code, { method, path: from, call: `${method.toLowerCase()} '${from}' -> '${to}'` })

/** Asserts that a method fails because the file cannot be opened. */
const refusedToOpen = <A, R>(
  effect: Effect.Effect<A, PlatformError.PlatformError, R>,
  code: Code,
  method: string,
  path: string
) => refused(effect, code, { method, path, call: `open '${path}'` })

/** Asserts that the arguments are refused before a system call. The message may vary. */
const refusedArgument = <A, R>(effect: Effect.Effect<A, PlatformError.PlatformError, R>, method: string) =>
  Effect.map(
    Effect.flip(effect),
    (error) => assert.deepInclude(fieldsOf(error), { _tag: "BadArgument", module: "FileSystem", method })
  )

/** Asserts the error of a recursive copy or removal, which has its own description. */
const refusedWith = <A, R>(
  effect: Effect.Effect<A, PlatformError.PlatformError, R>,
  { description, method, path, syscall }: {
    readonly method: string
    readonly path: string
    readonly syscall: string
    readonly description: string
  }
) =>
  Effect.map(Effect.flip(effect), (error) =>
    assert.deepStrictEqual<unknown>(fieldsOf(error), {
      _tag: "SystemError",
      module: "FileSystem",
      method,
      reason: "Unknown",
      pathOrDescriptor: path,
      syscall,
      description
    }))

const bytes = (text: string) => new TextEncoder().encode(text)

const text = (data: Uint8Array) => new TextDecoder().decode(data)

const readAlloc = (file: FileSystem.File, size: FileSystem.SizeInput) =>
  Effect.map(file.readAlloc(size), Option.match({ onNone: () => undefined, onSome: text }))

const collected = <E>(stream: Stream.Stream<Uint8Array, E>) =>
  Effect.map(Stream.runCollect(stream), (chunks) => Chunk.toReadonlyArray(chunks).map(text))

/** A time long before any test. */
const longAgo = 1_000_000

const isLongAgo = (info: FileSystem.File.Info) => Option.getOrThrow(info.mtime).getTime() === longAgo * 1000

/** A directory for each test, and shorthands for frequent queries. */
interface World {
  readonly fs: FileSystem.FileSystem
  readonly path: Path.Path
  readonly directory: string
  /** The absolute path of a name in the directory. */
  readonly at: (name: string) => string
  /** The names in a directory, sorted. */
  readonly names: (name: string) => Effect.Effect<ReadonlyArray<string>, PlatformError.PlatformError>
  /** The contents of a file. */
  readonly content: (name: string) => Effect.Effect<string, PlatformError.PlatformError>
  readonly write: (name: string, content: string) => Effect.Effect<void, PlatformError.PlatformError>
  readonly mkdir: (name: string) => Effect.Effect<void, PlatformError.PlatformError>
  readonly info: (name: string) => Effect.Effect<FileSystem.File.Info, PlatformError.PlatformError>
  /** The permission bits. */
  readonly mode: (name: string) => Effect.Effect<number, PlatformError.PlatformError>
  /** The inode number, which the names of a file share. */
  readonly inode: (name: string) => Effect.Effect<number, PlatformError.PlatformError>
  /** The target of a link; none for anything else. */
  readonly target: (name: string) => Effect.Effect<Option.Option<string>>
  /** Sets the modification time to one before any change. */
  readonly age: (name: string) => Effect.Effect<void, PlatformError.PlatformError>
  /** Whether the modification time is still the one that `age` set. */
  readonly aged: (name: string) => Effect.Effect<boolean, PlatformError.PlatformError>
}

const world = Effect.gen(function*() {
  const fs = yield* FileSystem.FileSystem
  const path = yield* Path.Path
  const directory = yield* fs.makeTempDirectoryScoped()
  const at = (name: string) => `${directory}/${name}`
  const info = (name: string) => fs.stat(at(name))
  const result: World = {
    fs,
    path,
    directory,
    at,
    names: (name) => Effect.map(fs.readDirectory(at(name)), (names) => names.sort()),
    content: (name) => fs.readFileString(at(name)),
    write: (name, content) => fs.writeFileString(at(name), content),
    mkdir: (name) => fs.makeDirectory(at(name), { recursive: true }),
    info,
    mode: (name) => Effect.map(info(name), (info) => info.mode & 0o7777),
    inode: (name) => Effect.map(info(name), (info) => Option.getOrThrow(info.ino)),
    target: (name) => Effect.option(fs.readLink(at(name))),
    age: (name) => fs.utimes(at(name), longAgo, longAgo),
    aged: (name) => Effect.map(info(name), isLongAgo)
  }
  return result
})

type Body = (world: World) => Generator<YieldWrap<Effect.Effect<unknown, unknown, Scope.Scope>>, void, never>

type Rule = (title: string, body: Body) => void

interface Operation {
  readonly name: string
  /** The method in the error, when it is another. */
  readonly method?: string
  readonly run: (world: World, path: string) => Effect.Effect<unknown, PlatformError.PlatformError, Scope.Scope>
  /** The first system call. */
  readonly call: (path: string, world: World) => string
  /** The path in the error, when it is another. */
  readonly names?: (world: World) => string
}

/** Operations on an existing file. */
const readers: ReadonlyArray<Operation> = [
  { name: "access", run: ({ fs }, path) => fs.access(path), call: (path) => `access '${path}'` },
  { name: "chmod", run: ({ fs }, path) => fs.chmod(path, 0o700), call: (path) => `chmod '${path}'` },
  { name: "chown", run: ({ fs }, path) => fs.chown(path, 0, 0), call: (path) => `chown '${path}'` },
  { name: "copy", run: ({ at, fs }, path) => fs.copy(path, at("to")), call: (path) => `lstat '${path}'` },
  {
    name: "copyFile",
    run: ({ at, fs }, path) => fs.copyFile(path, at("to")),
    call: (path, { at }) => `copyfile '${path}' -> '${at("to")}'`
  },
  {
    name: "link",
    run: ({ at, fs }, path) => fs.link(path, at("to")),
    call: (path, { at }) => `link '${path}' -> '${at("to")}'`
  },
  { name: "open", run: ({ fs }, path) => fs.open(path), call: (path) => `open '${path}'` },
  { name: "readDirectory", run: ({ fs }, path) => fs.readDirectory(path), call: (path) => `scandir '${path}'` },
  { name: "readFile", run: ({ fs }, path) => fs.readFile(path), call: (path) => `open '${path}'` },
  {
    name: "readFileString",
    method: "readFile",
    run: ({ fs }, path) => fs.readFileString(path),
    call: (path) => `open '${path}'`
  },
  { name: "readLink", run: ({ fs }, path) => fs.readLink(path), call: (path) => `readlink '${path}'` },
  { name: "remove", run: ({ fs }, path) => fs.remove(path), call: (path) => `lstat '${path}'` },
  {
    name: "rename",
    run: ({ at, fs }, path) => fs.rename(path, at("to")),
    call: (path, { at }) => `rename '${path}' -> '${at("to")}'`
  },
  { name: "stat", run: ({ fs }, path) => fs.stat(path), call: (path) => `stat '${path}'` },
  {
    name: "stream",
    method: "open",
    run: ({ fs }, path) => Stream.runDrain(fs.stream(path)),
    call: (path) => `open '${path}'`
  },
  { name: "truncate", run: ({ fs }, path) => fs.truncate(path), call: (path) => `open '${path}'` },
  { name: "utimes", method: "utime", run: ({ fs }, path) => fs.utimes(path, 1, 1), call: (path) => `utime '${path}'` },
  {
    name: "watch",
    method: "stat",
    run: ({ fs }, path) => Stream.runHead(fs.watch(path)),
    call: (path) => `stat '${path}'`
  }
]

/** Operations that make a file at their path; `f` is a file. */
const makers: ReadonlyArray<Operation> = [
  {
    name: "copyFile to it",
    method: "copyFile",
    run: ({ at, fs }, path) => fs.copyFile(at("f"), path),
    call: (path, { at }) => `copyfile '${at("f")}' -> '${path}'`,
    names: ({ at }) => at("f")
  },
  {
    name: "link to it",
    method: "link",
    run: ({ at, fs }, path) => fs.link(at("f"), path),
    call: (path, { at }) => `link '${at("f")}' -> '${path}'`,
    names: ({ at }) => at("f")
  },
  { name: "makeDirectory", run: ({ fs }, path) => fs.makeDirectory(path), call: (path) => `mkdir '${path}'` },
  {
    name: "open for writing",
    method: "open",
    run: ({ fs }, path) => fs.open(path, { flag: "w" }),
    call: (path) => `open '${path}'`
  },
  {
    name: "rename to it",
    method: "rename",
    run: ({ at, fs }, path) => fs.rename(at("f"), path),
    call: (path, { at }) => `rename '${at("f")}' -> '${path}'`,
    names: ({ at }) => at("f")
  },
  {
    name: "sink",
    method: "open",
    run: ({ fs }, path) => Stream.run(Stream.make(bytes("data")), fs.sink(path)),
    call: (path) => `open '${path}'`
  },
  {
    name: "symlink",
    run: ({ fs }, path) => fs.symlink("target", path),
    call: (path) => `symlink 'target' -> '${path}'`,
    names: () => "target"
  },
  { name: "writeFile", run: ({ fs }, path) => fs.writeFile(path, bytes("data")), call: (path) => `open '${path}'` },
  {
    name: "writeFileString",
    method: "writeFile",
    run: ({ fs }, path) => fs.writeFileString(path, "data"),
    call: (path) => `open '${path}'`
  }
]

const refusedPath = (operation: Operation, world: World, code: Code, path: string) =>
  refused(operation.run(world, path), code, {
    method: operation.method ?? operation.name,
    path: operation.names?.(world) ?? path,
    call: operation.call(path, world)
  })

const paths = (rule: Rule) => {
  const cases: ReadonlyArray<readonly [what: string, name: string, code: Code, operations: ReadonlyArray<Operation>]> =
    [
      ["a missing name", "missing", "ENOENT", readers],
      ["a path through a missing directory", "missing/x", "ENOENT", [...readers, ...makers]],
      ["a missing directory followed by two dots", "missing/../f", "ENOENT", [...readers, ...makers]],
      ["a path through a file", "f/x", "ENOTDIR", [...readers, ...makers]],
      ["a file followed by two dots", "f/../x", "ENOTDIR", [...readers, ...makers]],
      ["a path through a dangling link", "dangling/x", "ENOENT", [...readers, ...makers]],
      ["a path through a link that leads to itself", "loop/x", "ELOOP", [...readers, ...makers]],
      ["a path through two links that lead to each other", "ping/x", "ELOOP", [...readers, ...makers]],
      ["a name of 256 bytes", "x".repeat(256), "ENAMETOOLONG", [...readers, ...makers]],
      ["a file with a trailing slash", "f/", "ENOTDIR", readers],
      ["a file with a trailing dot", "f/.", "ENOTDIR", readers]
    ]
  for (const [what, name, code, operations] of cases) {
    describe(`${what} is refused with ${code} by`, () => {
      for (const operation of operations) {
        rule(operation.name, function*(world) {
          yield* world.write("f", "file")
          yield* world.fs.symlink("nowhere", world.at("dangling"))
          yield* world.fs.symlink("loop", world.at("loop"))
          yield* world.fs.symlink("pong", world.at("ping"))
          yield* world.fs.symlink("ping", world.at("pong"))
          const before = yield* world.names(".")
          yield* refusedPath(operation, world, code, world.at(name))
          assert.deepStrictEqual(yield* world.names("."), before)
          assert.strictEqual(yield* world.content("f"), "file")
        })
      }
    })
  }

  describe("an empty path is refused with ENOENT by", () => {
    for (const operation of [...readers, ...makers]) {
      rule(operation.name, function*(world) {
        yield* world.write("f", "file")
        yield* refusedPath(operation, world, "ENOENT", "")
      })
    }
  })

  describe("a path with a NUL byte is a bad argument for", () => {
    for (const operation of [...readers, ...makers].filter(({ name }) => name !== "readDirectory")) {
      rule(operation.name, function*(world) {
        yield* world.write("f", "file")
        yield* refusedArgument(operation.run(world, world.at("f\0")), operation.method ?? operation.name)
        assert.deepStrictEqual(yield* world.names("."), ["f"])
      })
    }

    rule("exists, as access does", function*({ at, fs }) {
      yield* refusedArgument(fs.exists(at("f\0")), "access")
    })

    rule("realPath", function*({ at, fs }) {
      yield* refusedArgument(fs.realPath(at("f\0")), "realPath")
    })

    rule("makeTempDirectory", function*({ directory, fs }) {
      yield* refusedArgument(fs.makeTempDirectory({ directory, prefix: "a\0" }), "makeTempDirectory")
    })

    rule("symlink, also in the target", function*({ at, fs }) {
      yield* refusedArgument(fs.symlink("a\0", at("l")), "symlink")
    })

    rule("readDirectory, but as an error of unknown reason without a system call", function*({ at, fs }) {
      const { description, ...rest } = fieldsOf(yield* Effect.flip(fs.readDirectory(at("f\0"))))
      assert.deepStrictEqual<unknown>(rest, {
        _tag: "SystemError",
        module: "FileSystem",
        method: "readDirectory",
        reason: "Unknown",
        pathOrDescriptor: at("f\0"),
        syscall: undefined
      })
      assert.match(description!, /null bytes/)
    })
  })

  rule("a name may have 255 bytes", function*({ content, names, write }) {
    const name = "x".repeat(255)
    yield* write(name, "long")
    assert.strictEqual(yield* content(name), "long")
    assert.deepStrictEqual(yield* names("."), [name])
  })

  rule("the length of a name is counted in bytes, not in characters", function*({ at, content, fs, write }) {
    yield* write("ü".repeat(127), "254 bytes")
    assert.strictEqual(yield* content("ü".repeat(127)), "254 bytes")
    const path = at("ü".repeat(128))
    yield* refusedToOpen(fs.readFile(path), "ENAMETOOLONG", "readFile", path)
  })

  rule("a whole path may have 4095 bytes", function*({ directory, fs }) {
    const spelled = (length: number) => {
      const path = directory + "/.".repeat((length - directory.length) >> 1)
      return path.length === length ? path : path.replace("/.", "//.")
    }
    assert.strictEqual((yield* fs.stat(spelled(4095))).type, "Directory")
    yield* refusedAt(fs.stat(spelled(4096)), "ENAMETOOLONG", "stat", spelled(4096))
  })

  rule("dots and duplicate slashes have no effect", function*({ content, mkdir, write }) {
    yield* mkdir("d")
    yield* write("d/f", "here")
    assert.strictEqual(yield* content("./d/./f"), "here")
    assert.strictEqual(yield* content("/d//f"), "here")
    assert.strictEqual(yield* content("d///./f"), "here")
  })

  rule("two dots lead to the parent", function*({ content, mkdir, write }) {
    yield* mkdir("d/e")
    yield* write("f", "up")
    assert.strictEqual(yield* content("d/../f"), "up")
    assert.strictEqual(yield* content("d/e/../../f"), "up")
  })

  rule("two dots after a link lead to the parent of the link's target", function*(world) {
    yield* world.mkdir("d/e")
    yield* world.write("f", "beside the link")
    yield* world.write("d/f", "beside the directory")
    yield* world.fs.symlink("d/e", world.at("l"))
    assert.strictEqual(yield* world.content("l/../f"), "beside the directory")
  })

  rule("the parent of the root is the root", function*({ fs, directory }) {
    assert.strictEqual((yield* fs.stat(`/../..${directory}`)).type, "Directory")
  })

  rule("the path of a directory may have trailing slashes", function*({ info, mkdir, names, write }) {
    yield* mkdir("d")
    yield* write("d/f", "")
    assert.strictEqual((yield* info("d/")).type, "Directory")
    assert.deepStrictEqual(yield* names("d//"), ["f"])
  })

  rule("names may contain spaces, quotes, newlines and backslashes", function*({ content, names, write }) {
    const odd = [" ", "a b", "a\nb", "'\"", "\\", "-rf", "*", "..."].sort()
    for (const name of odd) yield* write(name, name)
    assert.deepStrictEqual(yield* names("."), odd)
    for (const name of odd) assert.strictEqual(yield* content(name), name)
  })

  rule("names are sensitive to case and to the composition of characters", function*({ content, names, write }) {
    const alike = ["A", "a", "\u00e9", "e\u0301"].sort()
    for (const name of alike) yield* write(name, name)
    assert.deepStrictEqual(yield* names("."), alike)
    for (const name of alike) assert.strictEqual(yield* content(name), name)
  })

  rule("names may contain characters outside the basic plane", function*({ content, names, write }) {
    yield* write("💾", "disk")
    assert.deepStrictEqual(yield* names("."), ["💾"])
    assert.strictEqual(yield* content("💾"), "disk")
  })
}

const accesses = (rule: Rule) => {
  rule("access succeeds on files and directories", function*({ at, directory, fs, write }) {
    yield* write("f", "")
    assert.isUndefined(yield* fs.access(at("f")))
    assert.isUndefined(yield* fs.access(directory))
  })

  for (const options of [{ ok: true }, { readable: true }, { writable: true }, { readable: true, writable: true }]) {
    rule(`access with ${JSON.stringify(options)} succeeds on files that the owner may use`, function*(world) {
      yield* world.write("f", "")
      assert.isUndefined(yield* world.fs.access(world.at("f"), options))
      assert.isUndefined(yield* world.fs.access(world.directory, options))
    })

    rule(`access with ${JSON.stringify(options)} does not find a missing file`, function*({ at, fs }) {
      yield* refusedAt(fs.access(at("f"), options), "ENOENT", "access", at("f"))
    })
  }

  rule("access follows links", function*({ at, fs, write }) {
    yield* write("f", "")
    yield* fs.symlink("f", at("l"))
    yield* fs.symlink("nowhere", at("dangling"))
    yield* fs.symlink("loop", at("loop"))
    assert.isUndefined(yield* fs.access(at("l")))
    yield* refusedAt(fs.access(at("dangling")), "ENOENT", "access", at("dangling"))
    yield* refusedAt(fs.access(at("loop")), "ELOOP", "access", at("loop"))
  })

  rule(
    "exists is true for files, directories and links to them, and false for a missing file",
    function*({ at, fs, mkdir, write }) {
      yield* write("f", "")
      yield* mkdir("d")
      yield* fs.symlink("f", at("l"))
      yield* fs.symlink("nowhere", at("dangling"))
      assert.isTrue(yield* fs.exists(at("f")))
      assert.isTrue(yield* fs.exists(at("d")))
      assert.isTrue(yield* fs.exists(at("l")))
      assert.isFalse(yield* fs.exists(at("dangling")))
      assert.isFalse(yield* fs.exists(at("missing")))
      assert.isFalse(yield* fs.exists(at("missing/x")))
      assert.isFalse(yield* fs.exists(""))
    }
  )

  rule("exists fails when a path is wrong in another way than by being missing", function*({ at, fs, write }) {
    yield* write("f", "")
    yield* fs.symlink("loop", at("loop"))
    const long = at("x".repeat(256))
    yield* refusedAt(fs.exists(at("f/x")), "ENOTDIR", "access", at("f/x"))
    yield* refusedAt(fs.exists(at("loop")), "ELOOP", "access", at("loop"))
    yield* refusedAt(fs.exists(long), "ENAMETOOLONG", "access", long)
  })
}

const copies = (rule: Rule) => {
  rule("copy makes a file with the same bytes and permissions", function*({ at, content, fs, mode, write }) {
    yield* write("f", "data")
    yield* fs.chmod(at("f"), 0o640)
    yield* fs.copy(at("f"), at("g"))
    assert.strictEqual(yield* content("g"), "data")
    assert.strictEqual(yield* mode("g"), 0o640)
  })

  rule("a copy is a separate file", function*({ at, content, fs, inode, write }) {
    yield* write("f", "data")
    yield* fs.copy(at("f"), at("g"))
    yield* write("g", "other")
    assert.strictEqual(yield* content("f"), "data")
    assert.notStrictEqual(yield* inode("f"), yield* inode("g"))
  })

  rule("copy makes the missing parents of its destination", function*({ at, content, fs, write }) {
    yield* write("f", "data")
    yield* fs.copy(at("f"), at("p/q/g"))
    assert.strictEqual(yield* content("p/q/g"), "data")
  })

  rule("copy leaves an existing file as it is, without an error", function*({ at, content, fs, write }) {
    yield* write("f", "new")
    yield* write("g", "old")
    yield* fs.copy(at("f"), at("g"))
    yield* fs.copy(at("f"), at("g"), { overwrite: false })
    assert.strictEqual(yield* content("g"), "old")
  })

  rule("copy with overwrite replaces an existing file with a new one", function*(world) {
    yield* world.write("f", "new")
    yield* world.write("g", "old")
    yield* world.fs.chmod(world.at("f"), 0o640)
    yield* world.fs.chmod(world.at("g"), 0o600)
    yield* world.fs.link(world.at("g"), world.at("other name"))
    yield* world.fs.copy(world.at("f"), world.at("g"), { overwrite: true })
    assert.strictEqual(yield* world.content("g"), "new")
    assert.strictEqual(yield* world.mode("g"), 0o640)
    assert.strictEqual(yield* world.content("other name"), "old")
  })

  rule("copy gives the copy a new time", function*({ age, aged, at, fs, write }) {
    yield* write("f", "data")
    yield* age("f")
    yield* fs.copy(at("f"), at("g"))
    assert.isFalse(yield* aged("g"))
  })

  rule("copy with preserveTimestamps keeps the modification time of files, but not of directories", function*(world) {
    yield* world.mkdir("d")
    yield* world.write("d/f", "data")
    yield* world.age("d/f")
    yield* world.age("d")
    yield* world.fs.copy(world.at("d"), world.at("e"), { preserveTimestamps: true })
    assert.isTrue(yield* world.aged("e/f"))
    assert.isFalse(yield* world.aged("e"))
  })

  rule(
    "copy copies a whole directory, with its permissions",
    function*({ at, content, fs, mkdir, mode, names, write }) {
      yield* mkdir("d/sub/empty")
      yield* write("d/f", "1")
      yield* write("d/sub/g", "2")
      yield* fs.chmod(at("d/sub"), 0o750)
      yield* fs.copy(at("d"), at("e"))
      assert.deepStrictEqual(yield* names("e"), ["f", "sub"])
      assert.deepStrictEqual(yield* names("e/sub"), ["empty", "g"])
      assert.deepStrictEqual(yield* names("e/sub/empty"), [])
      assert.strictEqual(yield* content("e/f"), "1")
      assert.strictEqual(yield* content("e/sub/g"), "2")
      assert.strictEqual(yield* mode("e/sub"), 0o750)
    }
  )

  rule("copy makes the missing parents of a copied directory", function*({ at, content, fs, mkdir, write }) {
    yield* mkdir("d")
    yield* write("d/f", "1")
    yield* fs.copy(at("d"), at("p/q/e"))
    assert.strictEqual(yield* content("p/q/e/f"), "1")
  })

  for (const overwrite of [false, true]) {
    rule(
      `copy merges a directory into an existing one, ${overwrite ? "replacing" : "keeping"} its files`,
      function*(world) {
        yield* world.mkdir("d")
        yield* world.write("d/both", "new")
        yield* world.write("d/one", "1")
        yield* world.mkdir("e")
        yield* world.write("e/both", "old")
        yield* world.write("e/other", "2")
        yield* world.fs.copy(world.at("d"), world.at("e"), { overwrite })
        assert.deepStrictEqual(yield* world.names("e"), ["both", "one", "other"])
        assert.strictEqual(yield* world.content("e/both"), overwrite ? "new" : "old")
        assert.strictEqual(yield* world.content("e/other"), "2")
      }
    )

    rule(
      `copy refuses to copy a file onto a directory, ${overwrite ? "with" : "without"} overwrite`,
      function*({ at, fs, mkdir, write }) {
        yield* write("f", "")
        yield* mkdir("d")
        yield* refusedWith(fs.copy(at("f"), at("d"), { overwrite }), {
          method: "copy",
          path: at("f"),
          syscall: "cp",
          description: "Cannot overwrite directory with non-directory: cp returned ENOTDIR "
            + `(cannot overwrite directory ${at("d")} with non-directory ${at("f")}) ${at("d")}`
        })
      }
    )

    rule(
      `copy refuses to copy a directory onto a file, ${overwrite ? "with" : "without"} overwrite`,
      function*({ at, fs, mkdir, write }) {
        yield* write("f", "")
        yield* mkdir("d")
        yield* refusedWith(fs.copy(at("d"), at("f"), { overwrite }), {
          method: "copy",
          path: at("d"),
          syscall: "cp",
          description: "Cannot overwrite non-directory with directory: cp returned EISDIR "
            + `(cannot overwrite non-directory ${at("f")} with directory ${at("d")}) ${at("f")}`
        })
      }
    )

    rule(
      `copy refuses to copy a file or directory onto itself, ${overwrite ? "with" : "without"} overwrite`,
      function*(world) {
        yield* world.write("f", "data")
        yield* world.mkdir("d")
        for (const path of [world.at("f"), world.at("d")]) {
          yield* refusedWith(world.fs.copy(path, path, { overwrite }), {
            method: "copy",
            path,
            syscall: "cp",
            description: `Invalid src or dest: cp returned EINVAL (src and dest cannot be the same) ${path}`
          })
        }
        assert.strictEqual(yield* world.content("f"), "data")
      }
    )
  }

  rule("copy refuses to copy a file onto another name of it", function*({ at, fs, write }) {
    yield* write("f", "data")
    yield* fs.link(at("f"), at("g"))
    yield* refusedWith(fs.copy(at("f"), at("g"), { overwrite: true }), {
      method: "copy",
      path: at("f"),
      syscall: "cp",
      description: `Invalid src or dest: cp returned EINVAL (src and dest cannot be the same) ${at("g")}`
    })
  })

  rule("copy refuses to copy a directory into itself", function*({ at, fs, mkdir, names }) {
    yield* mkdir("d/sub")
    yield* refusedWith(fs.copy(at("d"), at("d/sub/x")), {
      method: "copy",
      path: at("d"),
      syscall: "cp",
      description: "Invalid src or dest: cp returned EINVAL "
        + `(cannot copy ${at("d")} to a subdirectory of self ${at("d/sub/x")}) ${at("d/sub/x")}`
    })
    assert.deepStrictEqual(yield* names("d/sub"), [])
  })

  rule("copy copies a directory to a name that starts with its own name", function*({ at, fs, mkdir, names }) {
    yield* mkdir("d/sub")
    yield* fs.copy(at("d"), at("dd"))
    assert.deepStrictEqual(yield* names("dd"), ["sub"])
  })

  rule("copy of a link makes a link with an absolute target", function*({ at, content, fs, target, write }) {
    yield* write("f", "data")
    yield* fs.symlink("f", at("l"))
    yield* fs.copy(at("l"), at("m"))
    assert.deepStrictEqual(yield* target("m"), Option.some(at("f")))
    assert.strictEqual(yield* content("m"), "data")
  })

  rule(
    "the links in a copied directory lead to the files of the original",
    function*({ at, fs, mkdir, target, write }) {
      yield* mkdir("d")
      yield* write("d/f", "data")
      yield* fs.symlink("f", at("d/l"))
      yield* fs.symlink("/", at("d/root"))
      yield* fs.copy(at("d"), at("e"))
      assert.deepStrictEqual(yield* target("e/l"), Option.some(at("d/f")))
      assert.deepStrictEqual(yield* target("e/root"), Option.some("/"))
    }
  )

  rule("copy of a dangling link makes a dangling link", function*({ at, fs, target }) {
    yield* fs.symlink("nowhere", at("l"))
    yield* fs.copy(at("l"), at("m"))
    assert.deepStrictEqual(yield* target("m"), Option.some(at("nowhere")))
  })

  rule("copy with overwrite replaces a link, not its target", function*({ at, content, fs, target, write }) {
    yield* write("f", "new")
    yield* write("g", "old")
    yield* fs.symlink("g", at("l"))
    yield* fs.copy(at("f"), at("l"), { overwrite: true })
    assert.deepStrictEqual(yield* target("l"), Option.none())
    assert.strictEqual(yield* content("l"), "new")
    assert.strictEqual(yield* content("g"), "old")
  })

  rule("copy without overwrite leaves an existing link as it is", function*({ at, fs, target, write }) {
    yield* write("f", "new")
    yield* fs.symlink("nowhere", at("l"))
    yield* fs.copy(at("f"), at("l"))
    assert.deepStrictEqual(yield* target("l"), Option.some("nowhere"))
  })

  for (const overwrite of [false, true]) {
    rule(
      `copy refuses to copy a link onto a file, ${overwrite ? "with" : "without"} overwrite`,
      function*({ at, content, fs, write }) {
        yield* write("f", "data")
        yield* write("g", "old")
        yield* fs.symlink("f", at("l"))
        yield* refused(fs.copy(at("l"), at("g"), { overwrite }), "EEXIST", {
          method: "copy",
          path: at("l"),
          call: `symlink '${at("f")}' -> '${at("g")}'`
        })
        assert.strictEqual(yield* content("g"), "old")
      }
    )
  }

  for (const overwrite of [false, true]) {
    const title = `copy of a link replaces a link with another target, ${overwrite ? "with" : "without"} overwrite`
    rule(title, function*({ at, fs, target, write }) {
      yield* write("f", "")
      yield* write("g", "")
      yield* fs.symlink("f", at("l"))
      yield* fs.symlink("g", at("m"))
      yield* fs.copy(at("l"), at("m"), { overwrite })
      assert.deepStrictEqual(yield* target("m"), Option.some(at("f")))
    })
  }

  rule("copy refuses to copy a dangling link onto another link", function*({ at, fs, target, write }) {
    yield* write("f", "")
    yield* fs.symlink("nowhere", at("l"))
    yield* fs.symlink("f", at("m"))
    yield* refused(fs.copy(at("l"), at("m")), "ENOENT", { method: "copy", path: at("l"), call: `stat '${at("l")}'` })
    assert.deepStrictEqual(yield* target("m"), Option.some("f"))
  })

  rule("copy refuses to copy a directory onto a link, whatever its target", function*({ at, fs, mkdir, write }) {
    yield* write("f", "")
    yield* mkdir("d")
    for (const name of ["f", "d", "nowhere"]) {
      const link = at(`to ${name}`)
      yield* fs.symlink(name, link)
      yield* refusedWith(fs.copy(at("d"), link), {
        method: "copy",
        path: at("d"),
        syscall: "cp",
        description: "Cannot overwrite non-directory with directory: cp returned EISDIR "
          + `(cannot overwrite non-directory ${link} with directory ${at("d")}) ${link}`
      })
    }
  })

  rule("copy follows links to directories in both paths", function*({ at, content, fs, mkdir, write }) {
    yield* mkdir("d")
    yield* mkdir("e")
    yield* write("d/f", "data")
    yield* fs.symlink("d", at("from"))
    yield* fs.symlink("e", at("to"))
    yield* fs.copy(at("from/f"), at("to/g"))
    assert.strictEqual(yield* content("e/g"), "data")
  })

  rule("copy of a link to a directory with a trailing slash copies the directory", function*(world) {
    yield* world.mkdir("d")
    yield* world.write("d/f", "data")
    yield* world.fs.symlink("d", world.at("l"))
    yield* world.fs.copy(world.at("l/"), world.at("e/"))
    assert.deepStrictEqual(yield* world.target("e"), Option.none())
    assert.strictEqual(yield* world.content("e/f"), "data")
  })

  rule("copy refuses to copy a directory into itself through a link", function*({ at, fs, mkdir }) {
    yield* mkdir("d")
    yield* fs.symlink("d", at("l"))
    yield* refusedWith(fs.copy(at("d"), at("l/x")), {
      method: "copy",
      path: at("d"),
      syscall: "cp",
      description: "Invalid src or dest: cp returned EINVAL "
        + `(cannot copy ${at("d")} to a subdirectory of self ${at("l/x")}) ${at("l/x")}`
    })
  })

  rule("copy merges a directory into its parent", function*({ at, fs, mkdir, names, write }) {
    yield* mkdir("d/sub")
    yield* write("d/sub/f", "")
    yield* fs.copy(at("d/sub"), at("d"))
    assert.deepStrictEqual(yield* names("d"), ["f", "sub"])
  })

  for (
    const [what, name, code, call, called] of [
      ["a file", "g/x", "ENOTDIR", "lstat", "g/x"],
      ["a link to itself", "loop/x", "ELOOP", "lstat", "loop/x"],
      ["a dangling link", "dangling/x", "ENOENT", "mkdir", "dangling"],
      ["a dangling link, further down,", "dangling/x/y", "ENOTDIR", "mkdir", "dangling"]
    ] as const
  ) {
    rule(`copy refuses a destination through ${what} with ${code}`, function*({ at, fs, names, write }) {
      yield* write("f", "")
      yield* write("g", "")
      yield* fs.symlink("loop", at("loop"))
      yield* fs.symlink("nowhere", at("dangling"))
      yield* refused(fs.copy(at("f"), at(name)), code, {
        method: "copy",
        path: at("f"),
        call: `${call} '${at(called)}'`
      })
      assert.deepStrictEqual(yield* names("."), ["dangling", "f", "g", "loop"])
    })
  }

  rule("copy refuses to make a file at a path with a trailing slash", function*({ at, fs, names, write }) {
    yield* write("f", "")
    yield* refused(fs.copy(at("f"), at("g/")), "EISDIR", {
      method: "copy",
      path: at("f"),
      call: `copyfile '${at("f")}' -> '${at("g/")}'`
    })
    assert.deepStrictEqual(yield* names("."), ["f"])
  })

  rule("copyFile makes a file with the same bytes and permissions", function*({ at, content, fs, mode, write }) {
    yield* write("f", "data")
    yield* fs.chmod(at("f"), 0o640)
    yield* fs.copyFile(at("f"), at("g"))
    assert.strictEqual(yield* content("g"), "data")
    assert.strictEqual(yield* mode("g"), 0o640)
  })

  rule("copyFile overwrites an existing file, under all its names", function*({ at, content, fs, mode, write }) {
    yield* write("f", "new")
    yield* write("g", "older and longer")
    yield* fs.chmod(at("f"), 0o640)
    yield* fs.link(at("g"), at("other name"))
    yield* fs.copyFile(at("f"), at("g"))
    assert.strictEqual(yield* content("g"), "new")
    assert.strictEqual(yield* content("other name"), "new")
    assert.strictEqual(yield* mode("g"), 0o640)
  })

  rule("copyFile of a file onto itself changes nothing", function*({ at, content, fs, write }) {
    yield* write("f", "data")
    yield* fs.symlink("f", at("l"))
    yield* fs.copyFile(at("f"), at("f"))
    yield* fs.copyFile(at("f"), at("l"))
    assert.strictEqual(yield* content("f"), "data")
  })

  rule("copyFile follows links in both paths", function*({ at, content, fs, target, write }) {
    yield* write("f", "data")
    yield* write("g", "old")
    yield* fs.symlink("f", at("from"))
    yield* fs.symlink("g", at("to"))
    yield* fs.copyFile(at("from"), at("to"))
    assert.strictEqual(yield* content("g"), "data")
    assert.deepStrictEqual(yield* target("to"), Option.some("g"))
  })

  rule("copyFile through a dangling link makes the target of the link", function*({ at, content, fs, write }) {
    yield* write("f", "data")
    yield* fs.symlink("new", at("l"))
    yield* fs.copyFile(at("f"), at("l"))
    assert.strictEqual(yield* content("new"), "data")
  })

  rule("copyFile refuses a directory as its destination", function*({ at, fs, mkdir, names, write }) {
    yield* write("f", "")
    yield* mkdir("d")
    yield* refusedBetween(fs.copyFile(at("f"), at("d")), "EISDIR", "copyFile", [at("f"), at("d")])
    yield* refusedBetween(fs.copyFile(at("d"), at("d")), "EISDIR", "copyFile", [at("d"), at("d")])
    assert.deepStrictEqual(yield* names("."), ["d", "f"])
  })

  rule("copyFile of a directory fails, and removes the destination, new or not", function*(world) {
    yield* world.write("f", "data")
    yield* world.mkdir("d")
    for (const name of ["new", "f"]) {
      const [from, to] = [world.at("d"), world.at(name)]
      yield* refusedBetween(world.fs.copyFile(from, to), "EISDIR", "copyFile", [from, to])
    }
    assert.deepStrictEqual(yield* world.names("."), ["d"])
  })

  rule("copyFile of a directory through a link empties the target and removes the link", function*(world) {
    yield* world.write("f", "data")
    yield* world.mkdir("d")
    yield* world.fs.symlink("f", world.at("l"))
    const [from, to] = [world.at("d"), world.at("l")]
    yield* refusedBetween(world.fs.copyFile(from, to), "EISDIR", "copyFile", [from, to])
    assert.deepStrictEqual(yield* world.names("."), ["d", "f"])
    assert.strictEqual(yield* world.content("f"), "")
  })

  rule("copyFile refuses to make a file at a path with a trailing slash", function*({ at, fs, names, write }) {
    yield* write("f", "")
    yield* refusedBetween(fs.copyFile(at("f"), at("g/")), "EISDIR", "copyFile", [at("f"), at("g/")])
    assert.deepStrictEqual(yield* names("."), ["f"])
  })
}

const attributes = (rule: Rule) => {
  for (const bits of [0o600, 0o644, 0o755, 0o700, 0o1777, 0o4755, 0o2750]) {
    rule(`chmod sets exactly the permission bits ${bits.toString(8)}`, function*({ at, fs, mkdir, mode, write }) {
      yield* write("f", "")
      yield* mkdir("d")
      yield* fs.chmod(at("f"), bits)
      yield* fs.chmod(at("d"), bits)
      assert.strictEqual(yield* mode("f"), bits)
      assert.strictEqual(yield* mode("d"), bits)
    })
  }

  rule("chmod keeps the type of a file", function*({ at, fs, info, write }) {
    yield* write("f", "")
    yield* fs.chmod(at("f"), 0o040600)
    assert.strictEqual((yield* info("f")).mode, 0o100600)
  })

  rule("chmod follows links", function*({ at, fs, mode, write }) {
    yield* write("f", "")
    yield* fs.symlink("f", at("l"))
    yield* fs.symlink("nowhere", at("dangling"))
    yield* fs.chmod(at("l"), 0o640)
    assert.strictEqual(yield* mode("f"), 0o640)
    yield* refusedAt(fs.chmod(at("dangling"), 0o640), "ENOENT", "chmod", at("dangling"))
  })

  rule("chmod does not change the modification time", function*({ age, aged, at, fs, write }) {
    yield* write("f", "")
    yield* age("f")
    yield* fs.chmod(at("f"), 0o640)
    assert.isTrue(yield* aged("f"))
  })

  for (const bits of [-1, 1.5, 2 ** 32, Number.NaN]) {
    rule(`chmod rejects ${bits} as permission bits`, function*({ at, fs, write }) {
      yield* write("f", "")
      yield* refusedArgument(fs.chmod(at("f"), bits), "chmod")
    })
  }

  rule("chown changes owner and group for root, and fails for other users", function*({ at, fs, info, write }) {
    yield* write("f", "")
    const { uid } = yield* info("f")
    if (Option.contains(uid, 0)) {
      yield* fs.chown(at("f"), 11, 12)
      const { gid, uid } = yield* info("f")
      assert.deepStrictEqual([uid, gid], [Option.some(11), Option.some(12)])
    } else {
      yield* refusedAt(fs.chown(at("f"), 0, 0), "EPERM", "chown", at("f"))
    }
  })

  rule("chown to the same owner and group changes nothing", function*({ at, fs, info, write }) {
    yield* write("f", "")
    const before = yield* info("f")
    yield* fs.chown(at("f"), Option.getOrThrow(before.uid), Option.getOrThrow(before.gid))
    const after = yield* info("f")
    assert.deepStrictEqual([after.uid, after.gid], [before.uid, before.gid])
  })

  rule("chown with -1 keeps the owner or the group", function*({ at, fs, info, write }) {
    yield* write("f", "")
    const before = yield* info("f")
    yield* fs.chown(at("f"), -1, Option.getOrThrow(before.gid))
    yield* fs.chown(at("f"), Option.getOrThrow(before.uid), -1)
    yield* fs.chown(at("f"), -1, -1)
    const after = yield* info("f")
    assert.deepStrictEqual([after.uid, after.gid], [before.uid, before.gid])
  })

  for (const id of [-2, 1.5, 2 ** 32]) {
    rule(`chown rejects ${id} as an owner or a group`, function*({ at, fs, write }) {
      yield* write("f", "")
      yield* refusedArgument(fs.chown(at("f"), id, 0), "chown")
      yield* refusedArgument(fs.chown(at("f"), 0, id), "chown")
    })
  }

  rule("utimes accepts seconds, with fractions", function*({ at, fs, info, write }) {
    yield* write("f", "")
    yield* fs.utimes(at("f"), 1.5, 2.25)
    const { atime, mtime } = yield* info("f")
    assert.deepStrictEqual([atime, mtime], [Option.some(new Date(1500)), Option.some(new Date(2250))])
  })

  rule("utimes accepts dates, to the millisecond", function*({ at, fs, info, write }) {
    yield* write("f", "")
    yield* fs.utimes(at("f"), new Date(1_234_567_890_123), new Date(987_654_321_001))
    const { atime, mtime } = yield* info("f")
    assert.deepStrictEqual([atime, mtime], [
      Option.some(new Date(1_234_567_890_123)),
      Option.some(new Date(987_654_321_001))
    ])
  })

  rule("utimes works on directories, and follows links", function*({ at, fs, info, mkdir }) {
    yield* mkdir("d")
    yield* fs.symlink("d", at("l"))
    yield* fs.utimes(at("l"), 1, 2)
    const { atime, mtime } = yield* info("d")
    assert.deepStrictEqual([atime, mtime], [Option.some(new Date(1000)), Option.some(new Date(2000))])
    yield* fs.symlink("nowhere", at("dangling"))
    yield* refused(fs.utimes(at("dangling"), 1, 2), "ENOENT", {
      method: "utime",
      path: at("dangling"),
      call: `utime '${at("dangling")}'`
    })
  })

  for (const time of [Number.NaN, Infinity]) {
    rule(`utimes rejects ${time} as a time`, function*({ at, fs, write }) {
      yield* write("f", "")
      yield* refusedArgument(fs.utimes(at("f"), time, 1), "utime")
    })
  }

  rule("stat distinguishes files and directories", function*({ info, mkdir, write }) {
    yield* write("f", "")
    yield* mkdir("d")
    assert.strictEqual((yield* info("f")).type, "File")
    assert.strictEqual((yield* info("d")).type, "Directory")
    assert.strictEqual((yield* info("f")).mode & 0o170000, 0o100000)
    assert.strictEqual((yield* info("d")).mode & 0o170000, 0o040000)
  })

  rule("stat follows links, so its result is never a link", function*({ at, fs, info, inode, mkdir, write }) {
    yield* write("f", "data")
    yield* mkdir("d")
    yield* fs.symlink("f", at("l"))
    yield* fs.symlink("l", at("m"))
    yield* fs.symlink("d", at("n"))
    assert.strictEqual((yield* info("m")).type, "File")
    assert.strictEqual((yield* info("m")).size, FileSystem.Size(4))
    assert.strictEqual(yield* inode("m"), yield* inode("f"))
    assert.strictEqual((yield* info("n")).type, "Directory")
  })

  rule("stat of a dangling link is not found, and of a loop of links fails", function*({ at, fs }) {
    yield* fs.symlink("nowhere", at("dangling"))
    yield* fs.symlink("pong", at("ping"))
    yield* fs.symlink("ping", at("pong"))
    yield* refusedAt(fs.stat(at("dangling")), "ENOENT", "stat", at("dangling"))
    yield* refusedAt(fs.stat(at("ping")), "ELOOP", "stat", at("ping"))
  })

  rule("a path may contain 40 links, but not 41", function*({ at, fs, info, write }) {
    yield* write("f", "")
    yield* fs.symlink("f", at("1"))
    for (let index = 2; index <= 41; index++) yield* fs.symlink(`${index - 1}`, at(`${index}`))
    assert.strictEqual((yield* info("40")).type, "File")
    yield* refusedAt(fs.stat(at("41")), "ELOOP", "stat", at("41"))
  })

  rule("the size of a file is its length in bytes after every write", function*({ at, fs, info, write }) {
    yield* write("f", "")
    assert.strictEqual((yield* info("f")).size, FileSystem.Size(0))
    yield* write("f", "ü")
    assert.strictEqual((yield* info("f")).size, FileSystem.Size(2))
    yield* fs.writeFileString(at("f"), "more", { flag: "a" })
    assert.strictEqual((yield* info("f")).size, FileSystem.Size(6))
    yield* write("f", "x".repeat(100_000))
    assert.strictEqual((yield* info("f")).size, FileSystem.Size(100_000))
    yield* fs.truncate(at("f"), 3)
    assert.strictEqual((yield* info("f")).size, FileSystem.Size(3))
  })

  rule("each file has its own inode number, on the device of its directory", function*({ info, inode, write }) {
    yield* write("f", "")
    yield* write("g", "")
    assert.notStrictEqual(yield* inode("f"), yield* inode("g"))
    assert.strictEqual((yield* info("f")).dev, (yield* info(".")).dev)
  })

  rule("a file keeps its inode number when it is written, renamed or changes permissions", function*(world) {
    yield* world.write("f", "")
    const before = yield* world.inode("f")
    yield* world.write("f", "data")
    yield* world.fs.truncate(world.at("f"))
    yield* world.fs.chmod(world.at("f"), 0o600)
    yield* world.fs.rename(world.at("f"), world.at("g"))
    assert.strictEqual(yield* world.inode("g"), before)
  })

  rule("stat returns times as dates", function*({ info, write }) {
    yield* write("f", "")
    const { atime, birthtime, mtime } = yield* info("f")
    for (const time of [atime, birthtime, mtime]) assert.instanceOf(Option.getOrThrow(time), Date)
  })

  const modifies = (what: string, change: (world: World) => Effect.Effect<unknown, unknown, Scope.Scope>) =>
    rule(`${what} modifies it`, function*(world) {
      yield* world.write("f", "data")
      yield* world.age("f")
      yield* change(world)
      assert.isFalse(yield* world.aged("f"))
    })

  modifies("writing a file", ({ write }) => write("f", "data"))
  modifies(
    "emptying an empty file",
    ({ age, at, fs, write }) =>
      Effect.zipRight(write("f", ""), Effect.zipRight(age("f"), fs.open(at("f"), { flag: "w" })))
  )
  modifies("appending to a file", ({ at, fs }) => fs.writeFileString(at("f"), "x", { flag: "a" }))
  modifies("truncating a file to its current size", ({ at, fs }) => fs.truncate(at("f"), 4))
  modifies(
    "copying another file onto a file",
    ({ at, fs, write }) => Effect.zipRight(write("g", ""), fs.copyFile(at("g"), at("f")))
  )

  const leaves = (what: string, act: (world: World) => Effect.Effect<unknown, unknown, Scope.Scope>) =>
    rule(`${what} does not modify it`, function*(world) {
      yield* world.write("f", "data")
      yield* world.age("f")
      yield* act(world)
      assert.isTrue(yield* world.aged("f"))
    })

  leaves("reading a file", ({ content }) => content("f"))
  leaves("opening a file for writing without truncation", ({ at, fs }) => fs.open(at("f"), { flag: "r+" }))
  leaves(
    "writing no bytes to a file",
    ({ at, fs }) => Effect.flatMap(fs.open(at("f"), { flag: "r+" }), (file) => file.write(new Uint8Array(0)))
  )
  leaves("linking a file", ({ at, fs }) => fs.link(at("f"), at("g")))
  leaves(
    "renaming a file there and back",
    ({ at, fs }) => Effect.zipRight(fs.rename(at("f"), at("g")), fs.rename(at("g"), at("f")))
  )

  for (
    const [what, change] of [
      ["making a file", ({ write }) => write("d/new", "")],
      ["making a directory", ({ at, fs }) => fs.makeDirectory(at("d/new"))],
      ["making a link", ({ at, fs }) => fs.symlink("x", at("d/new"))],
      ["adding a name to a file", ({ at, fs }) => fs.link(at("d/f"), at("d/new"))],
      ["removing a file", ({ at, fs }) => fs.remove(at("d/f"))],
      ["removing a directory", ({ at, fs }) => fs.remove(at("d/sub"), { recursive: true })],
      ["renaming a file", ({ at, fs }) => fs.rename(at("d/f"), at("d/g"))],
      ["moving a file out of it", ({ at, fs }) => fs.rename(at("d/f"), at("g"))],
      ["moving a file into it", ({ at, fs, write }) => Effect.zipRight(write("g", ""), fs.rename(at("g"), at("d/g")))]
    ] satisfies ReadonlyArray<readonly [string, (world: World) => Effect.Effect<unknown, PlatformError.PlatformError>]>
  ) {
    rule(`${what} modifies the directory`, function*(world) {
      yield* world.mkdir("d/sub")
      yield* world.write("d/f", "")
      yield* world.age("d")
      yield* change(world)
      assert.isFalse(yield* world.aged("d"))
    })
  }

  rule(
    "writing a file or changing a subdirectory does not modify the directory",
    function*({ age, aged, mkdir, write }) {
      yield* mkdir("d/sub")
      yield* write("d/f", "")
      yield* age("d")
      yield* write("d/f", "data")
      yield* write("d/sub/g", "")
      assert.isTrue(yield* aged("d"))
    }
  )
}

const links = (rule: Rule) => {
  rule("link gives a file another name", function*({ at, content, fs, inode, write }) {
    yield* write("f", "data")
    yield* fs.link(at("f"), at("g"))
    assert.strictEqual(yield* inode("g"), yield* inode("f"))
    assert.strictEqual(yield* content("g"), "data")
  })

  rule("data written under one name is read under the other", function*({ at, content, fs, mode, write }) {
    yield* write("f", "data")
    yield* fs.link(at("f"), at("g"))
    yield* write("g", "changed")
    yield* fs.chmod(at("g"), 0o640)
    assert.strictEqual(yield* content("f"), "changed")
    assert.strictEqual(yield* mode("f"), 0o640)
  })

  rule("the link count of a file is the number of its names", function*({ at, fs, info, mkdir, write }) {
    const count = (name: string) => Effect.map(info(name), ({ nlink }) => Option.getOrThrow(nlink))
    yield* write("f", "data")
    assert.strictEqual(yield* count("f"), 1)
    yield* mkdir("d")
    yield* fs.link(at("f"), at("d/g"))
    yield* fs.link(at("d/g"), at("h"))
    assert.strictEqual(yield* count("f"), 3)
    yield* fs.remove(at("f"))
    assert.strictEqual(yield* count("h"), 2)
    yield* fs.remove(at("d"), { recursive: true })
    assert.strictEqual(yield* count("h"), 1)
    yield* write("other", "")
    yield* fs.link(at("h"), at("i"))
    yield* fs.rename(at("other"), at("i"))
    assert.strictEqual(yield* count("h"), 1)
  })

  rule("a file exists as long as it has a name", function*({ at, content, fs, write }) {
    yield* write("f", "data")
    yield* fs.link(at("f"), at("g"))
    yield* fs.remove(at("f"))
    assert.strictEqual(yield* content("g"), "data")
  })

  rule("link refuses an existing name of any kind", function*({ at, fs, mkdir, write }) {
    yield* write("f", "")
    yield* write("g", "")
    yield* mkdir("d")
    yield* fs.symlink("nowhere", at("dangling"))
    for (const name of ["f", "g", "d", "dangling"]) {
      yield* refusedBetween(fs.link(at("f"), at(name)), "EEXIST", "link", [at("f"), at(name)])
    }
  })

  rule("link refuses a directory, but reports an existing name first", function*({ at, fs, mkdir, write }) {
    yield* write("f", "")
    yield* mkdir("d")
    yield* refusedBetween(fs.link(at("d"), at("e")), "EPERM", "link", [at("d"), at("e")])
    yield* refusedBetween(fs.link(at("d"), at("f")), "EEXIST", "link", [at("d"), at("f")])
  })

  rule("link refuses a new name with a trailing slash", function*({ at, fs, write }) {
    yield* write("f", "")
    yield* refusedBetween(fs.link(at("f"), at("g/")), "ENOENT", "link", [at("f"), at("g/")])
  })

  rule("link to a link makes another name of the link itself", function*({ at, fs, target }) {
    yield* fs.symlink("nowhere", at("l"))
    yield* fs.link(at("l"), at("m"))
    assert.deepStrictEqual(yield* target("m"), Option.some("nowhere"))
    yield* fs.remove(at("l"))
    assert.deepStrictEqual(yield* target("m"), Option.some("nowhere"))
  })

  rule("readLink returns the target as it was written", function*({ at, fs, target }) {
    const targets = ["f", "../f", "./d//f/", "/", "/absolute path", "ü", "..", "."]
    for (const [index, name] of targets.entries()) {
      yield* fs.symlink(name, at(`${index}`))
      assert.deepStrictEqual(yield* target(`${index}`), Option.some(name))
    }
  })

  rule("readLink refuses files and directories", function*({ at, fs, mkdir, write }) {
    yield* write("f", "")
    yield* mkdir("d")
    yield* fs.symlink("d", at("l"))
    for (const name of ["f", "d", ".", "l/"]) {
      yield* refusedAt(fs.readLink(at(name)), "EINVAL", "readLink", at(name))
    }
  })

  rule("a relative target starts at the directory of the link", function*({ at, content, fs, mkdir, write }) {
    yield* mkdir("d/e")
    yield* write("d/f", "near")
    yield* write("f", "far")
    yield* fs.symlink("f", at("d/l"))
    yield* fs.symlink("../../f", at("d/e/l"))
    assert.strictEqual(yield* content("d/l"), "near")
    assert.strictEqual(yield* content("d/e/l"), "far")
    yield* fs.rename(at("d/l"), at("d/e/m"))
    yield* refusedToOpen(fs.readFile(at("d/e/m")), "ENOENT", "readFile", at("d/e/m"))
  })

  rule("an absolute target starts at the root", function*({ at, content, fs, mkdir, write }) {
    yield* mkdir("d")
    yield* write("f", "data")
    yield* fs.symlink(at("f"), at("d/l"))
    assert.strictEqual(yield* content("d/l"), "data")
  })

  rule("a link to a directory can be used as the directory", function*({ at, content, fs, mkdir, names, write }) {
    yield* mkdir("d")
    yield* fs.symlink("d", at("l"))
    yield* write("l/f", "data")
    yield* fs.makeDirectory(at("l/sub"))
    assert.deepStrictEqual(yield* names("l"), ["f", "sub"])
    assert.deepStrictEqual(yield* names("l/"), ["f", "sub"])
    assert.strictEqual(yield* content("d/f"), "data")
  })

  rule("symlink accepts a target that does not exist yet", function*({ at, content, fs, write }) {
    yield* fs.symlink("f", at("l"))
    assert.isFalse(yield* fs.exists(at("l")))
    yield* write("f", "data")
    assert.strictEqual(yield* content("l"), "data")
  })

  rule("symlink refuses an empty target", function*({ at, fs }) {
    yield* refusedBetween(fs.symlink("", at("l")), "ENOENT", "symlink", ["", at("l")])
  })

  rule("symlink accepts a target of 4095 bytes, but not of 4096", function*({ at, fs, target }) {
    const long = "x".repeat(4096)
    yield* fs.symlink(long.slice(1), at("l"))
    assert.deepStrictEqual(yield* target("l"), Option.some(long.slice(1)))
    yield* refusedBetween(fs.symlink(long, at("m")), "ENAMETOOLONG", "symlink", [long, at("m")])
  })

  rule("symlink refuses an existing name of any kind", function*({ at, fs, mkdir, write }) {
    yield* write("f", "")
    yield* mkdir("d")
    yield* fs.symlink("nowhere", at("dangling"))
    for (const name of ["f", "d", "dangling", "."]) {
      yield* refusedBetween(fs.symlink("target", at(name)), "EEXIST", "symlink", ["target", at(name)])
    }
  })

  rule("symlink refuses a new name with a trailing slash", function*({ at, fs }) {
    yield* refusedBetween(fs.symlink("target", at("l/")), "ENOENT", "symlink", ["target", at("l/")])
  })

  rule(
    "realPath returns the path without links, dots and duplicate slashes",
    function*({ at, directory, fs, mkdir, write }) {
      yield* mkdir("d/e")
      yield* write("d/f", "")
      yield* fs.symlink("d", at("l"))
      yield* fs.symlink(at("l/f"), at("m"))
      const real = yield* fs.realPath(directory)
      assert.strictEqual(yield* fs.realPath(at("d/f")), `${real}/d/f`)
      assert.strictEqual(yield* fs.realPath(at("l/f")), `${real}/d/f`)
      assert.strictEqual(yield* fs.realPath(at("m")), `${real}/d/f`)
      assert.strictEqual(yield* fs.realPath(at(".//d/./e/../f")), `${real}/d/f`)
      assert.strictEqual(yield* fs.realPath(at("d/")), `${real}/d`)
      assert.strictEqual(yield* fs.realPath("/"), "/")
    }
  )

  rule("realPath removes two dots with the name before them, even if it is a link or missing", function*(world) {
    yield* world.mkdir("d/e")
    yield* world.fs.symlink("d/e", world.at("l"))
    const real = yield* world.fs.realPath(world.directory)
    assert.strictEqual(yield* world.fs.realPath(world.at("l/..")), real)
    assert.strictEqual(yield* world.fs.realPath(world.at("missing/..")), real)
  })

  rule("realPath accepts a trailing slash after a file", function*({ at, directory, fs, write }) {
    yield* write("f", "")
    assert.strictEqual(yield* fs.realPath(at("f/")), `${yield* fs.realPath(directory)}/f`)
  })

  rule("realPath reports the first part of the path that is missing", function*({ directory, fs }) {
    const real = yield* fs.realPath(directory)
    const path = `${real}/missing/x`
    yield* refused(fs.realPath(path), "ENOENT", { method: "realPath", path, call: `lstat '${real}/missing'` })
  })

  rule("realPath refuses a path through a file", function*({ at, directory, fs, write }) {
    yield* write("f", "")
    yield* fs.symlink("f", at("l"))
    const real = yield* fs.realPath(directory)
    for (const name of ["f", "l"]) {
      const path = `${real}/${name}/x`
      yield* refused(fs.realPath(path), "ENOTDIR", { method: "realPath", path, call: `lstat '${real}/f/x'` })
    }
  })

  rule("realPath reports a dangling link and a loop by the link", function*({ at, directory, fs }) {
    yield* fs.symlink("nowhere", at("dangling"))
    yield* fs.symlink("pong", at("ping"))
    yield* fs.symlink("ping", at("pong"))
    const real = yield* fs.realPath(directory)
    for (const [name, link, code] of [["dangling", "dangling", "ENOENT"], ["ping/x", "ping", "ELOOP"]] as const) {
      const path = `${real}/${name}`
      yield* refused(fs.realPath(path), code, { method: "realPath", path, call: `stat '${real}/${link}'` })
    }
  })

  rule("realPath refuses a name of 256 bytes", function*({ directory, fs }) {
    const path = `${yield* fs.realPath(directory)}/${"x".repeat(256)}`
    yield* refused(fs.realPath(path), "ENAMETOOLONG", { method: "realPath", path, call: `lstat '${path}'` })
  })
}

const directories = (rule: Rule) => {
  rule("makeDirectory makes an empty directory", function*({ at, fs, info, names }) {
    yield* fs.makeDirectory(at("d"))
    assert.strictEqual((yield* info("d")).type, "Directory")
    assert.deepStrictEqual(yield* names("d"), [])
  })

  rule("makeDirectory accepts a trailing slash", function*({ at, fs, names }) {
    yield* fs.makeDirectory(at("d/"))
    assert.deepStrictEqual(yield* names("."), ["d"])
  })

  rule("makeDirectory refuses an existing name of any kind", function*({ at, fs, mkdir, write }) {
    yield* write("f", "")
    yield* mkdir("d")
    yield* fs.symlink("d", at("l"))
    yield* fs.symlink("nowhere", at("dangling"))
    for (const name of ["f", "d", "l", "dangling", ".", "d/.."]) {
      yield* refused(fs.makeDirectory(at(name)), "EEXIST", {
        method: "makeDirectory",
        path: at(name),
        call: `mkdir '${at(name)}'`
      })
    }
  })

  rule("makeDirectory refuses a trailing dot after a new name", function*({ at, fs, names }) {
    const path = at("d/.")
    yield* refused(fs.makeDirectory(path), "ENOENT", { method: "makeDirectory", path, call: `mkdir '${path}'` })
    assert.deepStrictEqual(yield* names("."), [])
  })

  rule("makeDirectory, recursive, makes all directories of the path", function*({ at, fs, names }) {
    yield* fs.makeDirectory(at("a/b//c/"), { recursive: true })
    yield* fs.makeDirectory(at("a/d/."), { recursive: true })
    assert.deepStrictEqual(yield* names("a"), ["b", "d"])
    assert.deepStrictEqual(yield* names("a/b"), ["c"])
  })

  rule("makeDirectory, recursive, accepts an existing directory and keeps its permissions", function*(world) {
    yield* world.mkdir("d")
    yield* world.write("d/f", "data")
    yield* world.fs.chmod(world.at("d"), 0o750)
    yield* world.fs.symlink("d", world.at("l"))
    yield* world.fs.makeDirectory(world.at("d"), { recursive: true, mode: 0o700 })
    yield* world.fs.makeDirectory(world.at("l"), { recursive: true })
    yield* world.fs.makeDirectory(world.at("."), { recursive: true })
    assert.strictEqual(yield* world.mode("d"), 0o750)
    assert.strictEqual(yield* world.content("d/f"), "data")
  })

  rule("makeDirectory, recursive, follows links to directories", function*({ at, fs, mkdir, names }) {
    yield* mkdir("d")
    yield* fs.symlink("d", at("l"))
    yield* fs.makeDirectory(at("l/a/b"), { recursive: true })
    assert.deepStrictEqual(yield* names("d/a"), ["b"])
  })

  for (
    const [what, name, code, named] of [
      ["a file", "f", "EEXIST", "f"],
      ["a link to a file", "lf", "EEXIST", "lf"],
      ["a path through a file", "f/x", "ENOTDIR", "f/x"],
      ["a longer path through a file", "f/x/y", "ENOTDIR", "f/x/y"],
      ["a dangling link", "dangling", "ENOENT", "dangling"],
      ["a path through a dangling link", "dangling/x", "ENOTDIR", "dangling"],
      ["a link to itself", "loop", "ELOOP", "loop"],
      ["a path through a link to itself", "loop/x", "ELOOP", "loop/x"]
    ] as const
  ) {
    rule(`makeDirectory, recursive, refuses ${what} with ${code}`, function*({ at, fs, write }) {
      yield* write("f", "data")
      yield* fs.symlink("f", at("lf"))
      yield* fs.symlink("nowhere", at("dangling"))
      yield* fs.symlink("loop", at("loop"))
      yield* refused(fs.makeDirectory(at(name), { recursive: true }), code, {
        method: "makeDirectory",
        path: at(name),
        call: `mkdir '${at(named)}'`
      })
    })
  }

  rule("makeDirectory, recursive, refuses an empty path and a long name", function*({ at, fs }) {
    const long = at("x".repeat(256))
    const make = (path: string) => fs.makeDirectory(path, { recursive: true })
    yield* refused(make(""), "ENOENT", { method: "makeDirectory", path: "", call: "mkdir ''" })
    yield* refused(make(long), "ENAMETOOLONG", { method: "makeDirectory", path: long, call: `mkdir '${long}'` })
  })

  rule("makeDirectory gives every directory that it makes the requested permissions", function*({ at, fs, mode }) {
    yield* fs.makeDirectory(at("d"), { mode: 0o700 })
    yield* fs.makeDirectory(at("a/b"), { mode: 0o700, recursive: true })
    assert.deepStrictEqual([yield* mode("d"), yield* mode("a"), yield* mode("a/b")], [0o700, 0o700, 0o700])
  })

  rule("a new directory is accessible to its owner by default", function*({ at, fs, mode }) {
    yield* fs.makeDirectory(at("d"))
    assert.strictEqual((yield* mode("d")) & 0o700, 0o700)
  })

  rule(
    "readDirectory returns the names in the directory, and nothing else",
    function*({ at, fs, mkdir, names, write }) {
      yield* mkdir("d/sub/deep")
      yield* write("d/f", "")
      yield* write("d/.hidden", "")
      yield* fs.symlink("nowhere", at("d/dangling"))
      assert.deepStrictEqual(yield* names("d"), [".hidden", "dangling", "f", "sub"])
      assert.deepStrictEqual(yield* names("d/sub/deep"), [])
    }
  )

  rule(
    "readDirectory, recursive, returns everything below, by paths relative to the directory",
    function*({ at, fs, mkdir, write }) {
      yield* mkdir("d/sub/deep")
      yield* write("d/f", "")
      yield* write("d/sub/g", "")
      yield* write("d/sub/deep/h", "")
      for (const path of [at("d"), at("d/"), at("./d//"), at("d/sub/..")]) {
        const names = yield* fs.readDirectory(path, { recursive: true })
        assert.deepStrictEqual(names.sort(), ["f", "sub", "sub/deep", "sub/deep/h", "sub/g"])
      }
    }
  )

  rule("readDirectory, recursive, returns a directory before its contents", function*({ at, fs, mkdir }) {
    yield* mkdir("d/a/b/c")
    yield* mkdir("d/b/c")
    const names = yield* fs.readDirectory(at("d"), { recursive: true })
    for (const name of names.filter((name) => name.includes("/"))) {
      assert.isBelow(names.indexOf(name.slice(0, name.lastIndexOf("/"))), names.indexOf(name))
    }
    assert.lengthOf(names, 5)
  })

  rule("readDirectory, recursive, follows links to directories", function*({ at, fs, mkdir, write }) {
    yield* mkdir("d/sub")
    yield* write("d/sub/f", "")
    yield* fs.symlink("sub", at("d/l"))
    yield* fs.symlink("sub/f", at("d/m"))
    const names = yield* fs.readDirectory(at("d"), { recursive: true })
    assert.deepStrictEqual(names.sort(), ["l", "l/f", "m", "sub", "sub/f"])
  })

  for (const recursive of [false, true]) {
    rule(`readDirectory, ${recursive ? "" : "not "}recursive, refuses files and links to them`, function*(world) {
      yield* world.write("f", "")
      yield* world.fs.symlink("f", world.at("l"))
      for (const name of ["f", "l"]) {
        const path = world.at(name)
        yield* refused(world.fs.readDirectory(path, { recursive }), "ENOTDIR", {
          method: "readDirectory",
          path,
          call: `scandir '${path}'`
        })
      }
    })
  }

  rule("makeTempDirectory makes a directory that only its owner can use", function*({ directory, fs, path }) {
    const one = yield* fs.makeTempDirectory({ directory })
    const two = yield* fs.makeTempDirectory({ directory })
    assert.notStrictEqual(one, two)
    for (const made of [one, two]) {
      assert.strictEqual(path.dirname(made), directory)
      assert.match(path.basename(made), /^[A-Za-z0-9]{6}$/)
      assert.deepStrictEqual(yield* fs.readDirectory(made), [])
      assert.strictEqual((yield* fs.stat(made)).mode & 0o7777, 0o700)
    }
  })

  rule("makeTempDirectory adds six letters or digits to a prefix", function*({ directory, fs, path }) {
    const made = yield* fs.makeTempDirectory({ directory: `${directory}/.//`, prefix: "a b-" })
    assert.strictEqual(path.dirname(made), directory)
    assert.match(path.basename(made), /^a b-[A-Za-z0-9]{6}$/)
  })

  rule("makeTempDirectory outlives the scope", function*({ directory, fs }) {
    const made = yield* Effect.scoped(fs.makeTempDirectory({ directory }))
    assert.isTrue(yield* fs.exists(made))
  })

  rule("makeTempDirectory uses the system's directory by default, with an absolute path", function*({ fs, path }) {
    const made = yield* Effect.acquireRelease(
      fs.makeTempDirectory({ prefix: "spec-" }),
      (made) => Effect.orDie(fs.remove(made, { recursive: true }))
    )
    const scoped = yield* fs.makeTempDirectoryScoped()
    assert.isTrue(path.isAbsolute(made))
    assert.strictEqual(path.dirname(made), path.dirname(scoped))
  })

  for (
    const [method, make] of [
      ["makeTempDirectory", ({ fs }, directory) => fs.makeTempDirectory({ directory })],
      ["makeTempDirectoryScoped", ({ fs }, directory) => fs.makeTempDirectoryScoped({ directory })],
      ["makeTempFile", ({ fs }, directory) => fs.makeTempFile({ directory })],
      ["makeTempFileScoped", ({ fs }, directory) => fs.makeTempFileScoped({ directory })]
    ] satisfies ReadonlyArray<
      readonly [
        string,
        (world: World, directory: string) => Effect.Effect<string, PlatformError.PlatformError, Scope.Scope>
      ]
    >
  ) {
    for (const [what, name, code] of [["missing", "missing", "ENOENT"], ["a file", "f", "ENOTDIR"]] as const) {
      rule(`${method} refuses a directory that is ${what}`, function*(world) {
        yield* world.write("f", "")
        const path = `${world.at(name)}/`
        const { description, ...rest } = fieldsOf(yield* Effect.flip(make(world, world.at(name))))
        assert.deepStrictEqual<unknown>(rest, {
          _tag: "SystemError",
          module: "FileSystem",
          method,
          reason: codes[code][0],
          pathOrDescriptor: path,
          syscall: "mkdtemp"
        })
        assert.isTrue(description!.startsWith(`${code}: ${codes[code][1]}, mkdtemp '${path}`))
      })
    }
  }

  rule("makeTempDirectoryScoped removes the directory and everything in it", function*({ directory, fs, names }) {
    yield* Effect.scoped(Effect.gen(function*() {
      const made = yield* fs.makeTempDirectoryScoped({ directory, prefix: "p" })
      yield* fs.makeDirectory(`${made}/a/b`, { recursive: true })
      yield* fs.writeFileString(`${made}/a/f`, "data")
      assert.lengthOf(yield* names("."), 1)
    }))
    assert.deepStrictEqual(yield* names("."), [])
  })

  rule(
    "makeTempDirectoryScoped dies when the directory is gone before its scope closes",
    function*({ directory, fs }) {
      let path = ""
      const exit = yield* Effect.exit(Effect.scoped(Effect.flatMap(
        fs.makeTempDirectoryScoped({ directory }),
        (made) => {
          path = made
          return fs.remove(made, { recursive: true })
        }
      )))
      const cause = Exit.isFailure(exit) ? exit.cause : Cause.empty
      assert.isTrue(Cause.isDie(cause))
      const { _tag, message } = Cause.squash(cause) as PlatformError.PlatformError
      assert.strictEqual(_tag, "SystemError")
      assert.strictEqual(
        message,
        `NotFound: FileSystem.makeTempDirectoryScoped (${path}): ENOENT: no such file or directory, lstat '${path}'`
      )
    }
  )

  rule(
    "makeTempFile makes an empty file in a new directory, which has the prefix",
    function*({ directory, fs, path }) {
      const made = yield* fs.makeTempFile({ directory, prefix: "p-", suffix: ".txt" })
      assert.strictEqual(path.dirname(path.dirname(made)), directory)
      assert.match(path.basename(path.dirname(made)), /^p-[A-Za-z0-9]{6}$/)
      assert.match(path.basename(made), /^[0-9a-f]{12}\.txt$/)
      assert.strictEqual((yield* fs.stat(made)).size, FileSystem.Size(0))
      assert.strictEqual((yield* fs.stat(path.dirname(made))).mode & 0o7777, 0o700)
    }
  )

  rule("makeTempFile makes a new file each time, which outlives the scope", function*({ directory, fs }) {
    const one = yield* Effect.scoped(fs.makeTempFile({ directory }))
    const two = yield* Effect.scoped(fs.makeTempFile({ directory }))
    assert.notStrictEqual(one, two)
    yield* fs.writeFileString(one, "data")
    assert.strictEqual(yield* fs.readFileString(one), "data")
    assert.strictEqual(yield* fs.readFileString(two), "")
  })

  rule("makeTempFileScoped removes the file and its directory", function*({ directory, fs, names }) {
    yield* Effect.scoped(Effect.gen(function*() {
      const made = yield* fs.makeTempFileScoped({ directory })
      yield* fs.writeFileString(made, "data")
      assert.lengthOf(yield* names("."), 1)
    }))
    assert.deepStrictEqual(yield* names("."), [])
  })
}

/** The meaning of each flag. */
const flags = (["r", "r+", "w", "wx", "w+", "wx+", "a", "ax", "a+", "ax+"] as const).map((flag) => ({
  flag,
  reads: flag.startsWith("r") || flag.endsWith("+"),
  writes: flag !== "r",
  makes: !flag.startsWith("r"),
  exclusive: flag.includes("x"),
  empties: flag.startsWith("w"),
  appends: flag.startsWith("a")
}))

const files = (rule: Rule) => {
  for (const { appends, empties, exclusive, flag, makes, reads, writes } of flags) {
    rule(
      `open with ${flag} ${makes ? "makes a missing file" : "fails on a missing file"}`,
      function*(world) {
        if (makes) {
          yield* Effect.scoped(world.fs.open(world.at("f"), { flag }))
          assert.strictEqual(yield* world.content("f"), "")
        } else {
          yield* refusedAt(world.fs.open(world.at("f"), { flag }), "ENOENT", "open", world.at("f"))
          assert.deepStrictEqual(yield* world.names("."), [])
        }
      }
    )

    const existing = exclusive ? "refuses" : empties ? "empties" : "keeps"
    rule(`open with ${flag} ${existing} an existing file`, function*({ at, content, fs, inode, write }) {
      yield* write("f", "data")
      const before = yield* inode("f")
      if (exclusive) {
        yield* refusedAt(fs.open(at("f"), { flag }), "EEXIST", "open", at("f"))
      } else {
        yield* Effect.scoped(fs.open(at("f"), { flag }))
      }
      assert.strictEqual(yield* content("f"), empties && !exclusive ? "" : "data")
      assert.strictEqual(yield* inode("f"), before)
    })

    const dangling = exclusive ? "refuses" : makes ? "makes the target of" : "fails on"
    rule(`open with ${flag} ${dangling} a dangling link`, function*({ at, fs, names }) {
      yield* fs.symlink("new", at("l"))
      if (exclusive) {
        yield* refusedAt(fs.open(at("l"), { flag }), "EEXIST", "open", at("l"))
      } else if (makes) {
        yield* Effect.scoped(fs.open(at("l"), { flag }))
      } else {
        yield* refusedAt(fs.open(at("l"), { flag }), "ENOENT", "open", at("l"))
      }
      assert.deepStrictEqual(yield* names("."), exclusive || !makes ? ["l"] : ["l", "new"])
    })

    rule(`open with ${flag} ${writes ? "refuses" : "opens"} a directory`, function*({ at, fs, mkdir }) {
      yield* mkdir("d")
      if (writes) {
        yield* refusedAt(fs.open(at("d"), { flag }), exclusive ? "EEXIST" : "EISDIR", "open", at("d"))
      } else {
        const file = yield* fs.open(at("d"), { flag })
        assert.strictEqual((yield* file.stat).type, "Directory")
      }
    })

    rule(`open with ${flag} refuses a trailing slash after a file`, function*({ at, fs, names, write }) {
      yield* write("f", "data")
      const code = makes ? "EISDIR" : "ENOTDIR"
      yield* refusedAt(fs.open(at("f/"), { flag }), code, "open", at("f/"))
      yield* refusedAt(fs.open(at("g/"), { flag }), makes ? "EISDIR" : "ENOENT", "open", at("g/"))
      assert.deepStrictEqual(yield* names("."), ["f"])
    })

    rule(`a file opened with ${flag} can${reads ? "" : "not"} be read`, function*({ at, fs, write }) {
      if (!makes) yield* write("f", "")
      const file = yield* fs.open(at("f"), { flag })
      yield* write("f", "data")
      if (reads) {
        assert.strictEqual(yield* readAlloc(file, 10), "data")
      } else {
        const call = "read"
        yield* refused(file.readAlloc(10), "EBADF", { method: "readAlloc", path: file.fd, call })
        yield* refused(file.read(new Uint8Array(10)), "EBADF", { method: "read", path: file.fd, call })
      }
    })

    const writing = writes ? `is written at its ${appends ? "end" : "position"}` : "cannot be written"
    rule(`a file opened with ${flag} ${writing}`, function*({ at, content, fs, write }) {
      if (!makes) yield* write("f", "")
      const file = yield* fs.open(at("f"), { flag })
      yield* write("f", "data")
      if (writes) {
        assert.strictEqual(yield* file.write(bytes("XY")), FileSystem.Size(2))
        yield* file.writeAll(bytes("Z"))
        assert.strictEqual(yield* content("f"), appends ? "dataXYZ" : "XYZa")
      } else {
        const call = "write"
        yield* refused(file.write(bytes("XY")), "EBADF", { method: "write", path: file.fd, call })
        yield* refused(file.writeAll(bytes("XY")), "EBADF", { method: "writeAll", path: file.fd, call })
        assert.strictEqual(yield* content("f"), "data")
      }
    })

    rule(`a file opened with ${flag} can${writes ? "" : "not"} be truncated`, function*({ at, content, fs, write }) {
      if (!makes) yield* write("f", "")
      const file = yield* fs.open(at("f"), { flag })
      yield* write("f", "data")
      if (writes) {
        yield* file.truncate(2)
      } else {
        yield* refused(file.truncate(2), "EINVAL", { method: "truncate", path: file.fd, call: "ftruncate" })
      }
      assert.strictEqual(yield* content("f"), writes ? "da" : "data")
    })

    rule(`writeFile with ${flag} ${writes ? "writes as with an open file" : "cannot write"}`, function*(world) {
      const write = (name: string) => world.fs.writeFile(world.at(name), bytes("NEW"), { flag })
      yield* world.write("f", "older")
      if (exclusive) {
        yield* refusedToOpen(write("f"), "EEXIST", "writeFile", world.at("f"))
        assert.strictEqual(yield* world.content("f"), "older")
      } else if (writes) {
        yield* write("f")
        assert.strictEqual(yield* world.content("f"), appends ? "olderNEW" : empties ? "NEW" : "NEWer")
      } else {
        yield* refused(write("f"), "EBADF", { method: "writeFile", path: world.at("f"), call: "write" })
        assert.strictEqual(yield* world.content("f"), "older")
      }
      if (makes) {
        yield* write("g")
        assert.strictEqual(yield* world.content("g"), "NEW")
      } else {
        yield* refusedToOpen(write("g"), "ENOENT", "writeFile", world.at("g"))
      }
    })
  }

  rule("open opens a file for reading by default", function*({ at, fs, write }) {
    yield* write("f", "data")
    const file = yield* fs.open(at("f"))
    assert.strictEqual(yield* readAlloc(file, 10), "data")
    yield* refused(file.write(bytes("x")), "EBADF", { method: "write", path: file.fd, call: "write" })
  })

  rule(
    "open gives a new file the requested permissions, and leaves those of an existing file",
    function*({ at, fs, mode, write }) {
      yield* write("f", "")
      yield* fs.chmod(at("f"), 0o640)
      yield* fs.open(at("f"), { flag: "w", mode: 0o600 })
      yield* fs.open(at("g"), { flag: "w", mode: 0o600 })
      assert.deepStrictEqual([yield* mode("f"), yield* mode("g")], [0o640, 0o600])
    }
  )

  rule("open lets the owner read and write a new file, and nobody execute it", function*({ at, fs, mode }) {
    yield* fs.open(at("f"), { flag: "w" })
    assert.strictEqual((yield* mode("f")) & 0o711, 0o600)
  })

  rule("new files and directories have the requested permissions without those in the umask", function*(world) {
    yield* world.fs.makeDirectory(world.at("d"))
    yield* world.fs.makeDirectory(world.at("e"), { mode: 0o777 })
    yield* world.fs.open(world.at("f"), { flag: "w" })
    yield* world.fs.open(world.at("g"), { flag: "w", mode: 0o777 })
    yield* world.fs.writeFile(world.at("h"), bytes(""), { mode: 0o777 })
    const all = yield* world.mode("d")
    assert.strictEqual(yield* world.mode("e"), all)
    assert.strictEqual(yield* world.mode("f"), all & 0o666)
    assert.strictEqual(yield* world.mode("g"), all)
    assert.strictEqual(yield* world.mode("h"), all)
  })

  rule("open follows links", function*({ at, fs, write }) {
    yield* write("f", "data")
    yield* fs.symlink("f", at("l"))
    yield* fs.symlink("loop", at("loop"))
    assert.strictEqual(yield* readAlloc(yield* fs.open(at("l")), 10), "data")
    yield* refusedAt(fs.open(at("loop")), "ELOOP", "open", at("loop"))
  })

  rule("an open file is a File with its own descriptor", function*({ at, fs, write }) {
    yield* write("f", "")
    const one = yield* fs.open(at("f"))
    const two = yield* fs.open(at("f"))
    assert.isTrue(FileSystem.isFile(one))
    assert.isTrue(Number.isInteger(one.fd))
    assert.notStrictEqual(one.fd, two.fd)
  })

  rule("a file is closed with its scope, and then its descriptor is invalid", function*({ at, fs, write }) {
    yield* write("f", "data")
    const file = yield* Effect.scoped(fs.open(at("f")))
    yield* refused(file.stat, "EBADF", { method: "stat", path: file.fd, call: "fstat" })
    yield* refused(file.sync, "EBADF", { method: "sync", path: file.fd, call: "fsync" })
    yield* refused(file.readAlloc(1), "EBADF", { method: "readAlloc", path: file.fd, call: "read" })
    yield* refused(file.read(new Uint8Array(1)), "EBADF", { method: "read", path: file.fd, call: "read" })
  })

  rule("read fills the buffer from the position on, and returns the number of bytes", function*({ at, fs, write }) {
    yield* write("f", "hello")
    const file = yield* fs.open(at("f"))
    const buffer = bytes("........")
    assert.strictEqual(yield* file.read(buffer.subarray(1, 3)), FileSystem.Size(2))
    assert.strictEqual(text(buffer), ".he.....")
    assert.strictEqual(yield* file.read(buffer), FileSystem.Size(3))
    assert.strictEqual(text(buffer), "llo.....")
  })

  rule("read returns 0 at the end and with an empty buffer", function*({ at, fs, write }) {
    yield* write("f", "hello")
    const file = yield* fs.open(at("f"))
    assert.strictEqual(yield* file.read(new Uint8Array(0)), FileSystem.Size(0))
    yield* file.read(new Uint8Array(5))
    const buffer = bytes("..")
    assert.strictEqual(yield* file.read(buffer), FileSystem.Size(0))
    assert.strictEqual(text(buffer), "..")
  })

  rule("readAlloc returns at most the requested bytes, and none at the end", function*({ at, fs, write }) {
    yield* write("f", "hello")
    const file = yield* fs.open(at("f"))
    assert.strictEqual(yield* readAlloc(file, 2), "he")
    assert.strictEqual(yield* readAlloc(file, 100n), "llo")
    assert.isUndefined(yield* readAlloc(file, 1))
    assert.isUndefined(yield* readAlloc(file, 0))
  })

  rule("a change of the bytes that were read changes no file", function*({ at, content, fs, write }) {
    yield* write("f", "hello")
    const file = yield* fs.open(at("f"))
    const read = Option.getOrThrow(yield* file.readAlloc(5))
    read.fill(0)
    const whole = yield* fs.readFile(at("f"))
    whole.fill(0)
    assert.strictEqual(yield* content("f"), "hello")
  })

  rule("a change of the buffer after a write changes no file", function*({ at, content, fs }) {
    const data = bytes("hello")
    const file = yield* fs.open(at("f"), { flag: "w" })
    yield* file.write(data)
    yield* fs.writeFile(at("g"), data)
    data.fill(0)
    assert.deepStrictEqual([yield* content("f"), yield* content("g")], ["hello", "hello"])
  })

  rule("data added later can be read from the end of a file", function*({ at, fs, write }) {
    yield* write("f", "one")
    const file = yield* fs.open(at("f"))
    assert.strictEqual(yield* readAlloc(file, 10), "one")
    assert.isUndefined(yield* readAlloc(file, 10))
    yield* fs.writeFileString(at("f"), "two", { flag: "a" })
    assert.strictEqual(yield* readAlloc(file, 10), "two")
  })

  rule("reading and writing share one position", function*({ at, content, fs, write }) {
    yield* write("f", "hello")
    const file = yield* fs.open(at("f"), { flag: "r+" })
    assert.strictEqual(yield* readAlloc(file, 1), "h")
    yield* file.write(bytes("EL"))
    assert.strictEqual(yield* readAlloc(file, 10), "lo")
    yield* file.writeAll(bytes("!"))
    assert.strictEqual(yield* content("f"), "hELlo!")
  })

  rule("a file that is opened twice has two positions", function*({ at, fs, write }) {
    yield* write("f", "hello")
    const one = yield* fs.open(at("f"))
    const two = yield* fs.open(at("f"))
    yield* one.readAlloc(3)
    assert.strictEqual(yield* readAlloc(two, 3), "hel")
    assert.strictEqual(yield* readAlloc(one, 3), "lo")
  })

  rule("seek sets the position from the start or moves it from the current one", function*({ at, fs, write }) {
    yield* write("f", "hello")
    const file = yield* fs.open(at("f"))
    assert.strictEqual<unknown>(yield* file.seek(3, "start"), 3n)
    assert.strictEqual(yield* readAlloc(file, 1), "l")
    assert.strictEqual<unknown>(yield* file.seek(-3n, "current"), 1n)
    assert.strictEqual(yield* readAlloc(file, 2), "el")
    yield* file.seek(0, "current")
    assert.strictEqual(yield* readAlloc(file, 10), "lo")
    yield* file.seek(FileSystem.Size(0), "start")
    assert.strictEqual(yield* readAlloc(file, 10), "hello")
  })

  rule("seek beyond the end reads nothing, and does not extend the file", function*({ at, fs, info, write }) {
    yield* write("f", "hello")
    const file = yield* fs.open(at("f"), { flag: "r+" })
    yield* file.seek(8, "start")
    assert.isUndefined(yield* readAlloc(file, 1))
    assert.strictEqual(yield* file.write(new Uint8Array(0)), FileSystem.Size(0))
    assert.strictEqual((yield* info("f")).size, FileSystem.Size(5))
  })

  rule("seek accepts positions below zero, and returns them", function*({ at, fs, write }) {
    yield* write("f", "hello")
    const file = yield* fs.open(at("f"))
    assert.strictEqual<unknown>(yield* file.seek(-2, "start"), -2n)
    assert.strictEqual<unknown>(yield* file.seek(3, "current"), 1n)
    assert.strictEqual(yield* readAlloc(file, 10), "ello")
  })

  rule("reads and writes at a position below zero go on where the last such call ended", function*(world) {
    const { at, content, fs, write } = world
    yield* write("f", "hello")
    const file = yield* fs.open(at("f"), { flag: "r+" })
    yield* file.seek(-9, "start")
    assert.strictEqual(yield* readAlloc(file, 2), "he")
    yield* file.write(bytes("L"))
    assert.strictEqual(yield* readAlloc(file, 10), "lo")
    assert.strictEqual<unknown>(yield* file.seek(0, "current"), -4n)
    assert.strictEqual(yield* content("f"), "heLlo")
  })

  rule("an append moves the position at which a read below zero goes on", function*({ at, fs, write }) {
    yield* write("f", "hello")
    const file = yield* fs.open(at("f"), { flag: "a+" })
    yield* file.seek(-1, "start")
    assert.strictEqual(yield* readAlloc(file, 1), "h")
    yield* file.write(bytes("!"))
    yield* file.seek(-1, "start")
    assert.isUndefined(yield* readAlloc(file, 1))
  })

  rule("a read at a position that no file can have is none, and beyond 64 bits a bad argument", function*(world) {
    const { at, fs, write } = world
    yield* write("f", "hello")
    const file = yield* fs.open(at("f"))
    yield* file.seek(2n ** 62n, "start")
    assert.isUndefined(yield* readAlloc(file, 1))
    for (const position of [2n ** 63n, -(2n ** 63n) - 1n]) {
      yield* file.seek(position, "start")
      yield* refusedArgument(file.readAlloc(1), "readAlloc")
      yield* refusedArgument(file.read(new Uint8Array(1)), "read")
    }
  })

  rule("a write at a position that a number cannot hold goes on where the last such call ended", function*(world) {
    const { at, content, fs, write } = world
    yield* write("f", "hello")
    const file = yield* fs.open(at("f"), { flag: "r+" })
    yield* file.seek(2n ** 53n, "start")
    yield* file.write(bytes("HE"))
    yield* file.write(bytes("L"))
    assert.strictEqual(yield* content("f"), "HELlo")
  })

  for (const size of [-1, 2n ** 60n]) {
    rule(`readAlloc dies on ${size} as a size, as no buffer can have it`, function*({ at, fs, write }) {
      yield* write("f", "hello")
      const file = yield* fs.open(at("f"))
      const exit = yield* Effect.exit(Effect.suspend(() => file.readAlloc(size)))
      assert.isTrue(Exit.isFailure(exit) && Cause.isDie(exit.cause))
      assert.strictEqual(yield* readAlloc(file, 10), "hello")
    })
  }

  rule("writing beyond the end fills the gap with zeros", function*({ at, content, fs, write }) {
    yield* write("f", "hello")
    const file = yield* fs.open(at("f"), { flag: "r+" })
    yield* file.seek(8, "start")
    yield* file.write(bytes("!"))
    assert.strictEqual(yield* content("f"), "hello\0\0\0!")
  })

  rule("writing within a file replaces the bytes there", function*({ at, content, fs, write }) {
    yield* write("f", "hello")
    const file = yield* fs.open(at("f"), { flag: "r+" })
    yield* file.seek(1, "start")
    yield* file.write(bytes("EL"))
    assert.strictEqual(yield* content("f"), "hELlo")
  })

  rule("writeAll of no bytes is an error, because nothing was written", function*({ at, fs }) {
    const file = yield* fs.open(at("f"), { flag: "w" })
    const error = fieldsOf(yield* Effect.flip(file.writeAll(new Uint8Array(0))))
    assert.deepStrictEqual<unknown>(error, {
      _tag: "SystemError",
      module: "FileSystem",
      method: "writeAll",
      reason: "WriteZero",
      pathOrDescriptor: file.fd,
      syscall: undefined,
      description: "write returned 0 bytes written"
    })
  })

  rule("appending ignores the position and does not move it", function*({ at, content, fs, write }) {
    yield* write("f", "hello")
    const file = yield* fs.open(at("f"), { flag: "a+" })
    yield* file.write(bytes("X"))
    assert.strictEqual(yield* readAlloc(file, 1), "h")
    yield* file.seek(2, "start")
    yield* file.writeAll(bytes("Y"))
    assert.strictEqual(yield* readAlloc(file, 10), "lloXY")
    assert.strictEqual(yield* content("f"), "helloXY")
  })

  rule("appending goes to the current end of the file", function*({ at, content, fs, write }) {
    yield* write("f", "hello")
    const one = yield* fs.open(at("f"), { flag: "a" })
    const two = yield* fs.open(at("f"), { flag: "a" })
    yield* one.write(bytes("1"))
    yield* two.write(bytes("2"))
    yield* one.write(bytes("3"))
    yield* fs.truncate(at("f"), 1)
    yield* two.write(bytes("4"))
    assert.strictEqual(yield* content("f"), "h4")
  })

  rule("truncating an open file shortens it, or extends it with zeros", function*({ at, content, fs, write }) {
    yield* write("f", "hello")
    const file = yield* fs.open(at("f"), { flag: "r+" })
    yield* file.truncate(2)
    assert.strictEqual(yield* content("f"), "he")
    yield* file.truncate(4n)
    assert.strictEqual(yield* content("f"), "he\0\0")
    yield* file.truncate()
    assert.strictEqual(yield* content("f"), "")
  })

  rule("truncating an open file before its position moves the position to the new end", function*(world) {
    yield* world.write("f", "hello")
    const file = yield* world.fs.open(world.at("f"), { flag: "r+" })
    yield* file.seek(4, "start")
    yield* file.truncate(2)
    yield* file.write(bytes("X"))
    assert.strictEqual(yield* world.content("f"), "heX")
    yield* file.truncate(6)
    yield* file.write(bytes("Y"))
    assert.strictEqual(yield* world.content("f"), "heXY\0\0")
  })

  rule("truncating an open file to a negative length empties it, and moves its position there", function*(world) {
    const { at, content, fs, write } = world
    yield* write("f", "hello")
    const file = yield* fs.open(at("f"), { flag: "r+" })
    yield* file.truncate(-2)
    assert.strictEqual<unknown>(yield* file.seek(0, "current"), -2n)
    assert.strictEqual(yield* content("f"), "")
  })

  rule("truncating a file by its path leaves the positions of open files", function*({ at, content, fs, write }) {
    yield* write("f", "hello")
    const file = yield* fs.open(at("f"), { flag: "r+" })
    yield* file.seek(4, "start")
    yield* fs.truncate(at("f"), 2)
    yield* file.write(bytes("X"))
    assert.strictEqual(yield* content("f"), "he\0\0X")
  })

  rule("truncating an open file requires an integer length", function*({ at, fs }) {
    const file = yield* fs.open(at("f"), { flag: "w" })
    yield* refusedArgument(file.truncate(1.5), "truncate")
  })

  rule("stat of an open file is that of its path", function*({ at, fs, info, write }) {
    yield* write("f", "hello")
    const file = yield* fs.open(at("f"), { flag: "a" })
    yield* file.write(bytes("!"))
    const { ino, mode, nlink, size, type } = yield* info("f")
    const found = yield* file.stat
    assert.deepStrictEqual([found.ino, found.mode, found.nlink, found.size, found.type], [ino, mode, nlink, size, type])
    assert.strictEqual(found.size, FileSystem.Size(6))
  })

  rule("sync succeeds, and changes nothing", function*({ at, content, fs, write }) {
    yield* write("f", "hello")
    const file = yield* fs.open(at("f"), { flag: "r+" })
    yield* file.write(bytes("H"))
    assert.isUndefined(yield* file.sync)
    assert.strictEqual(yield* content("f"), "Hello")
  })

  rule("an open file is read and written after its last name is removed", function*({ at, fs, names, write }) {
    yield* write("f", "hello")
    const file = yield* fs.open(at("f"), { flag: "r+" })
    yield* fs.remove(at("f"))
    yield* file.write(bytes("J"))
    yield* file.seek(0, "start")
    assert.strictEqual(yield* readAlloc(file, 10), "Jello")
    const { nlink, size, type } = yield* file.stat
    assert.deepStrictEqual([nlink, size, type], [Option.some(0), FileSystem.Size(5), "File"])
    assert.deepStrictEqual(yield* names("."), [])
  })

  rule("a removed file that is open and a new file of its name are separate", function*({ at, content, fs, write }) {
    yield* write("f", "old")
    const file = yield* fs.open(at("f"), { flag: "r+" })
    yield* fs.remove(at("f"))
    yield* write("f", "new")
    yield* file.write(bytes("OLD"))
    assert.strictEqual(yield* content("f"), "new")
    yield* file.seek(0, "start")
    assert.strictEqual(yield* readAlloc(file, 10), "OLD")
  })

  rule("an open file stays the same file when its name is given to another", function*({ at, content, fs, write }) {
    yield* write("f", "hello")
    yield* write("g", "other")
    const file = yield* fs.open(at("f"), { flag: "r+" })
    yield* fs.rename(at("f"), at("moved"))
    yield* fs.rename(at("g"), at("f"))
    yield* file.write(bytes("J"))
    assert.deepStrictEqual([yield* content("moved"), yield* content("f")], ["Jello", "other"])
  })

  rule("an open file can be read to its end after another is renamed over it", function*({ at, content, fs, write }) {
    yield* write("f", "old")
    yield* write("g", "new")
    const file = yield* fs.open(at("f"))
    yield* fs.rename(at("g"), at("f"))
    assert.strictEqual(yield* readAlloc(file, 10), "old")
    assert.strictEqual(yield* content("f"), "new")
  })

  rule("an open directory supports stat and sync, but not read, write or truncate", function*(world) {
    yield* world.mkdir("d")
    const file = yield* world.fs.open(world.at("d"))
    const path = file.fd
    assert.strictEqual((yield* file.stat).type, "Directory")
    assert.isUndefined(yield* file.sync)
    yield* refused(file.read(new Uint8Array(1)), "EISDIR", { method: "read", path, call: "read" })
    yield* refused(file.readAlloc(1), "EISDIR", { method: "readAlloc", path, call: "read" })
    yield* refused(file.write(bytes("x")), "EBADF", { method: "write", path, call: "write" })
    yield* refused(file.writeAll(bytes("x")), "EBADF", { method: "writeAll", path, call: "write" })
    yield* refused(file.truncate(), "EINVAL", { method: "truncate", path, call: "ftruncate" })
  })

  rule("writes from many fibers to one open file lose no bytes", function*({ at, content, fs }) {
    const file = yield* fs.open(at("f"), { flag: "w" })
    const words = Array.from({ length: 20 }, (_, index) => `${index}`.padStart(2, "0"))
    yield* Effect.forEach(words, (word) => file.writeAll(bytes(word)), { concurrency: "unbounded", discard: true })
    const whole = yield* content("f")
    assert.deepStrictEqual(whole.match(/../g)?.sort(), words)
  })
}

const contents = (rule: Rule) => {
  rule("readFile returns the bytes of a file, whatever they are", function*({ at, fs }) {
    const data = Uint8Array.from({ length: 256 }, (_, index) => index)
    yield* fs.writeFile(at("f"), data)
    assert.deepStrictEqual([...(yield* fs.readFile(at("f")))], [...data])
  })

  rule("readFile returns no bytes for an empty file", function*({ at, fs, write }) {
    yield* write("f", "")
    assert.lengthOf(yield* fs.readFile(at("f")), 0)
  })

  rule("readFile returns all of a large file", function*({ at, fs }) {
    const data = Uint8Array.from({ length: 1_000_003 }, (_, index) => index * 7)
    yield* fs.writeFile(at("f"), data)
    const read = yield* fs.readFile(at("f"))
    assert.lengthOf(read, data.length)
    assert.isTrue(read.every((byte, index) => byte === data[index]))
  })

  rule("readFile opens a directory and fails to read it", function*({ at, fs, mkdir }) {
    yield* mkdir("d")
    yield* fs.symlink("d", at("l"))
    for (const path of [at("d"), at("d/"), at("l"), at(".")]) {
      yield* refused(fs.readFile(path), "EISDIR", { method: "readFile", path, call: "read" })
    }
  })

  rule("readFile follows links", function*({ at, content, fs, write }) {
    yield* write("f", "data")
    yield* fs.symlink("f", at("l"))
    yield* fs.symlink("nowhere", at("dangling"))
    yield* fs.symlink("loop", at("loop"))
    assert.strictEqual(yield* content("l"), "data")
    yield* refusedToOpen(fs.readFile(at("dangling")), "ENOENT", "readFile", at("dangling"))
    yield* refusedToOpen(fs.readFile(at("loop")), "ELOOP", "readFile", at("loop"))
  })

  rule("readFileString decodes UTF-8 and replaces invalid bytes", function*({ at, fs }) {
    yield* fs.writeFile(at("f"), Uint8Array.of(0xc3, 0xbc, 0xe9, 0x41))
    assert.strictEqual(yield* fs.readFileString(at("f")), "ü\ufffdA")
  })

  for (
    const [encoding, data, expected] of [
      ["utf-8", [0xc3, 0xbc], "ü"],
      ["latin1", [0xe9, 0x41], "éA"],
      ["utf-16le", [0x41, 0, 0x3d, 0xd8, 0xbe, 0xdc], "A💾"]
    ] as const
  ) {
    rule(`readFileString decodes ${encoding}`, function*({ at, fs }) {
      yield* fs.writeFile(at("f"), Uint8Array.from(data))
      assert.strictEqual(yield* fs.readFileString(at("f"), encoding), expected)
    })
  }

  rule("readFileString rejects an unknown encoding", function*({ at, fs, write }) {
    yield* write("f", "data")
    assert.deepStrictEqual<unknown>(fieldsOf(yield* Effect.flip(fs.readFileString(at("f"), "nope"))), {
      _tag: "BadArgument",
      module: "FileSystem",
      method: "readFileString",
      description: "invalid encoding"
    })
  })

  rule("readFileString opens the file before it checks the encoding", function*({ at, fs }) {
    yield* refusedToOpen(fs.readFileString(at("f"), "nope"), "ENOENT", "readFile", at("f"))
  })

  rule("writeFile makes a file, or replaces its contents", function*({ at, content, fs, inode }) {
    yield* fs.writeFile(at("f"), bytes("long content"))
    const before = yield* inode("f")
    yield* fs.writeFile(at("f"), bytes("short"))
    assert.strictEqual(yield* content("f"), "short")
    assert.strictEqual(yield* inode("f"), before)
  })

  rule("writeFile gives a new file the requested permissions, and leaves those of an existing file", function*(world) {
    yield* world.fs.writeFile(world.at("f"), bytes(""), { mode: 0o600 })
    yield* world.fs.writeFileString(world.at("g"), "", { mode: 0o700 })
    yield* world.fs.writeFile(world.at("g"), bytes(""), { mode: 0o600 })
    yield* world.fs.writeFile(world.at("h"), bytes(""))
    assert.deepStrictEqual([yield* world.mode("f"), yield* world.mode("g")], [0o600, 0o700])
    assert.strictEqual((yield* world.mode("h")) & 0o711, 0o600)
  })

  rule("writeFile refuses directories", function*({ at, fs, mkdir }) {
    yield* mkdir("d")
    yield* fs.symlink("d", at("l"))
    for (const path of [at("d"), at("d/"), at("l"), at("."), at("d/..")]) {
      yield* refusedToOpen(fs.writeFile(path, bytes("")), "EISDIR", "writeFile", path)
    }
  })

  rule("writeFile refuses a trailing slash after a file, new or not", function*({ at, content, fs, names, write }) {
    yield* write("f", "data")
    for (const path of [at("f/"), at("g/")]) {
      yield* refusedToOpen(fs.writeFile(path, bytes("")), "EISDIR", "writeFile", path)
    }
    assert.deepStrictEqual(yield* names("."), ["f"])
    assert.strictEqual(yield* content("f"), "data")
  })

  rule("writeFile writes through links", function*({ at, content, fs, target, write }) {
    yield* write("f", "old")
    yield* fs.symlink("f", at("l"))
    yield* write("l", "new")
    assert.strictEqual(yield* content("f"), "new")
    assert.deepStrictEqual(yield* target("l"), Option.some("f"))
  })

  rule(
    "writeFile through a dangling link makes the target of the link",
    function*({ at, content, fs, mkdir, write }) {
      yield* mkdir("d")
      yield* fs.symlink("d/new", at("l"))
      yield* fs.symlink("missing/new", at("m"))
      yield* fs.symlink("loop", at("loop"))
      yield* write("l", "data")
      assert.strictEqual(yield* content("d/new"), "data")
      yield* refusedToOpen(write("m", ""), "ENOENT", "writeFile", at("m"))
      yield* refusedToOpen(write("loop", ""), "ELOOP", "writeFile", at("loop"))
    }
  )

  rule("writeFile rejects an unknown flag", function*({ at, fs, names }) {
    // A value that callers without types may pass.
    const flag = "q" as FileSystem.OpenFlag
    yield* refusedArgument(fs.writeFile(at("f"), bytes(""), { flag }), "writeFile")
    yield* refusedArgument(fs.open(at("f"), { flag }), "open")
    assert.deepStrictEqual(yield* names("."), [])
  })

  rule("writeFileString encodes UTF-8 and replaces lone surrogates", function*({ at, fs }) {
    yield* fs.writeFileString(at("f"), "aü💾\ud800")
    assert.deepStrictEqual([...(yield* fs.readFile(at("f")))], [
      ...[0x61, 0xc3, 0xbc, 0xf0, 0x9f, 0x92, 0xbe],
      ...[0xef, 0xbf, 0xbd]
    ])
  })

  rule("writeFileString accepts flags", function*({ at, content, fs }) {
    yield* fs.writeFileString(at("f"), "one", { flag: "a" })
    yield* fs.writeFileString(at("f"), "two", { flag: "a" })
    assert.strictEqual(yield* content("f"), "onetwo")
    yield* refusedToOpen(fs.writeFileString(at("f"), "", { flag: "wx" }), "EEXIST", "writeFile", at("f"))
  })

  rule("truncate empties a file by default", function*({ at, content, fs, write }) {
    yield* write("f", "hello")
    yield* fs.truncate(at("f"), 2)
    assert.strictEqual(yield* content("f"), "he")
    yield* fs.truncate(at("f"))
    assert.strictEqual(yield* content("f"), "")
  })

  rule("truncate extends a file with zeros, even where there was data before", function*({ at, content, fs, write }) {
    yield* write("f", "hello")
    yield* fs.truncate(at("f"), 2)
    yield* fs.truncate(at("f"), 5n)
    assert.strictEqual(yield* content("f"), "he\0\0\0")
  })

  rule("truncate treats a negative length as 0", function*({ at, content, fs, write }) {
    yield* write("f", "hello")
    yield* fs.truncate(at("f"), -3)
    assert.strictEqual(yield* content("f"), "")
  })

  for (const length of [1.5, 2 ** 53]) {
    rule(`truncate rejects a length of ${length}`, function*({ at, content, fs, write }) {
      yield* write("f", "hello")
      yield* refusedArgument(fs.truncate(at("f"), length), "truncate")
      assert.strictEqual(yield* content("f"), "hello")
    })
  }

  rule("truncate follows links and makes no file", function*({ at, content, fs, names, write }) {
    yield* write("f", "hello")
    yield* fs.symlink("f", at("l"))
    yield* fs.symlink("nowhere", at("dangling"))
    yield* fs.truncate(at("l"), 1)
    assert.strictEqual(yield* content("f"), "h")
    yield* refusedToOpen(fs.truncate(at("dangling")), "ENOENT", "truncate", at("dangling"))
    assert.deepStrictEqual(yield* names("."), ["dangling", "f", "l"])
  })

  rule("truncate refuses directories", function*({ at, fs, mkdir }) {
    yield* mkdir("d")
    for (const path of [at("d"), at("d/"), at(".")]) {
      yield* refusedToOpen(fs.truncate(path), "EISDIR", "truncate", path)
    }
  })

  rule("a file may be far larger than the space that it takes", function*({ at, fs, info, write }) {
    const size = 2 ** 40
    yield* write("f", "data")
    yield* fs.truncate(at("f"), size)
    const { blocks, size: length } = yield* info("f")
    assert.strictEqual(length, FileSystem.Size(size))
    assert.isBelow(Option.getOrThrow(blocks) * 512, 2 ** 20)
  })

  rule("holes read as zeros and can be written", function*({ at, fs }) {
    const far = 2n ** 33n
    const file = yield* fs.open(at("f"), { flag: "w+" })
    yield* file.truncate(far + 8n)
    yield* file.seek(far, "start")
    assert.deepStrictEqual(yield* readAlloc(file, 100), "\0".repeat(8))
    yield* file.seek(far + 2n, "start")
    yield* file.write(bytes("data"))
    yield* file.seek(far, "start")
    assert.deepStrictEqual(yield* readAlloc(file, 100), "\0\0data\0\0")
    yield* file.seek(far - 3n, "start")
    assert.deepStrictEqual(yield* readAlloc(file, 6), "\0\0\0\0\0d")
  })

  rule("a file with data and holes reads as one sequence of bytes", function*({ at, fs }) {
    const file = yield* fs.open(at("f"), { flag: "w+" })
    const expected = new Uint8Array(400_000)
    for (
      const [offset, length] of [[390_000, 10_000], [65_530, 12], [0, 1], [131_072, 65_536], [200_000, 1]] as const
    ) {
      const data = Uint8Array.from({ length }, (_, index) => (offset + index) % 251 + 1)
      expected.set(data, offset)
      yield* file.seek(offset, "start")
      yield* file.writeAll(data)
    }
    const read = yield* fs.readFile(at("f"))
    assert.lengthOf(read, expected.length)
    assert.isTrue(read.every((byte, index) => byte === expected[index]))
  })
}

const removals = (rule: Rule) => {
  rule("remove removes a file", function*({ at, fs, names, write }) {
    yield* write("f", "")
    yield* write("g", "")
    yield* fs.remove(at("f"))
    assert.deepStrictEqual(yield* names("."), ["g"])
  })

  for (const force of [false, true]) {
    rule(
      `remove, not recursive, refuses directories, empty or not, ${force ? "with" : "without"} force`,
      function*(world) {
        yield* world.mkdir("empty")
        yield* world.mkdir("d")
        yield* world.write("d/f", "")
        yield* world.fs.symlink("d", world.at("l"))
        for (const name of ["empty", "d", "d/", "l/", "."]) {
          const path = world.at(name)
          yield* refusedWith(world.fs.remove(path, { force }), {
            method: "remove",
            path,
            syscall: "rm",
            description: `Path is a directory: rm returned EISDIR (is a directory) ${path}`
          })
        }
        assert.deepStrictEqual(yield* world.names("d"), ["f"])
      }
    )

    rule(
      `remove ${force ? "with" : "without"} force refuses a path through a file or a loop`,
      function*({ at, fs, write }) {
        yield* write("f", "")
        yield* fs.symlink("loop", at("loop"))
        for (const [name, code] of [["f/x", "ENOTDIR"], ["f/", "ENOTDIR"], ["loop/x", "ELOOP"]] as const) {
          const call = `lstat '${at(name)}'`
          yield* refused(fs.remove(at(name), { force }), code, { method: "remove", path: at(name), call })
          yield* refused(fs.remove(at(name), { force, recursive: true }), code, {
            method: "remove",
            path: at(name),
            call
          })
        }
      }
    )
  }

  rule(
    "remove, recursive, removes files, empty directories and whole trees",
    function*({ at, fs, mkdir, names, write }) {
      yield* write("f", "")
      yield* mkdir("empty")
      yield* mkdir("d/sub/deep")
      yield* write("d/sub/g", "")
      yield* mkdir("kept")
      for (const name of ["f", "empty", "d/"]) yield* fs.remove(at(name), { recursive: true })
      assert.deepStrictEqual(yield* names("."), ["kept"])
    }
  )

  rule("remove, recursive, does not follow links", function*({ at, content, fs, mkdir, write }) {
    yield* mkdir("d")
    yield* mkdir("kept")
    yield* write("kept/f", "data")
    yield* fs.symlink("../kept", at("d/l"))
    yield* fs.remove(at("d"), { recursive: true })
    assert.strictEqual(yield* content("kept/f"), "data")
  })

  for (const options of [{}, { recursive: true }, { force: true }, { recursive: true, force: true }]) {
    rule(`remove with ${JSON.stringify(options)} removes a link, not its target`, function*(world) {
      yield* world.write("f", "data")
      yield* world.mkdir("d")
      yield* world.fs.symlink("f", world.at("to file"))
      yield* world.fs.symlink("d", world.at("to directory"))
      yield* world.fs.symlink("nowhere", world.at("dangling"))
      yield* world.fs.symlink("loop", world.at("loop"))
      for (const name of ["to file", "to directory", "dangling", "loop"]) {
        yield* world.fs.remove(world.at(name), options)
      }
      assert.deepStrictEqual(yield* world.names("."), ["d", "f"])
    })
  }

  rule("remove, recursive, fails on a missing path", function*({ at, fs }) {
    for (const name of ["missing", "missing/x"]) {
      yield* refused(fs.remove(at(name), { recursive: true }), "ENOENT", {
        method: "remove",
        path: at(name),
        call: `lstat '${at(name)}'`
      })
    }
  })

  rule("remove with force accepts a missing path", function*({ at, fs }) {
    assert.isUndefined(yield* fs.remove(at("missing"), { force: true }))
    assert.isUndefined(yield* fs.remove(at("missing/x"), { force: true }))
    assert.isUndefined(yield* fs.remove(at("missing"), { force: true, recursive: true }))
    assert.isUndefined(yield* fs.remove("", { force: true }))
  })

  rule("remove, recursive, refuses a path with a trailing dot, and removes nothing", function*(world) {
    yield* world.mkdir("d")
    yield* world.write("d/f", "")
    const path = world.at("d/.")
    yield* refused(world.fs.remove(path, { recursive: true }), "EINVAL", {
      method: "remove",
      path,
      call: `rmdir '${path}'`
    })
    assert.deepStrictEqual(yield* world.names("d"), ["f"])
  })

  rule("remove, recursive, of a link to a directory with a trailing slash does nothing", function*(world) {
    yield* world.mkdir("d")
    yield* world.write("d/f", "")
    yield* world.fs.symlink("d", world.at("l"))
    assert.isUndefined(yield* world.fs.remove(world.at("l/"), { recursive: true }))
    assert.deepStrictEqual(yield* world.names("."), ["d", "l"])
    assert.deepStrictEqual(yield* world.names("d"), ["f"])
  })

  rule("a removed name can be used again", function*({ at, content, fs, mkdir, write }) {
    yield* write("x", "file")
    yield* fs.remove(at("x"))
    yield* mkdir("x")
    yield* write("x/f", "data")
    yield* fs.remove(at("x"), { recursive: true })
    yield* write("x", "file again")
    assert.strictEqual(yield* content("x"), "file again")
  })
}

const renames = (rule: Rule) => {
  rule("rename moves a file", function*({ at, content, fs, mkdir, names, write }) {
    yield* write("f", "data")
    yield* mkdir("d")
    yield* fs.rename(at("f"), at("d/g"))
    assert.deepStrictEqual(yield* names("."), ["d"])
    assert.strictEqual(yield* content("d/g"), "data")
  })

  rule("rename moves a directory with its contents", function*({ at, content, fs, mkdir, names, write }) {
    yield* mkdir("d/sub")
    yield* write("d/sub/f", "data")
    yield* mkdir("e")
    yield* fs.rename(at("d"), at("e/moved"))
    assert.deepStrictEqual(yield* names("."), ["e"])
    assert.strictEqual(yield* content("e/moved/sub/f"), "data")
  })

  rule("two dots lead from a moved directory to its new parent", function*({ at, content, fs, mkdir, write }) {
    yield* mkdir("d/sub")
    yield* mkdir("e")
    yield* write("e/f", "new parent")
    yield* fs.rename(at("d/sub"), at("e/sub"))
    assert.strictEqual(yield* content("e/sub/../f"), "new parent")
  })

  rule("rename of a file replaces a file", function*({ at, content, fs, inode, names, write }) {
    yield* write("f", "new")
    yield* write("g", "old")
    const before = yield* inode("f")
    yield* fs.rename(at("f"), at("g"))
    assert.deepStrictEqual(yield* names("."), ["g"])
    assert.strictEqual(yield* content("g"), "new")
    assert.strictEqual(yield* inode("g"), before)
  })

  rule("rename of a directory replaces an empty directory", function*({ at, fs, mkdir, names, write }) {
    yield* mkdir("d")
    yield* write("d/f", "")
    yield* mkdir("empty")
    yield* fs.rename(at("d"), at("empty"))
    assert.deepStrictEqual(yield* names("."), ["empty"])
    assert.deepStrictEqual(yield* names("empty"), ["f"])
  })

  rule("rename to the same path changes nothing", function*({ at, content, fs, mkdir, names, write }) {
    yield* write("f", "data")
    yield* mkdir("d/sub")
    yield* fs.rename(at("f"), at("f"))
    yield* fs.rename(at("d"), at("./d/"))
    assert.deepStrictEqual(yield* names("."), ["d", "f"])
    assert.strictEqual(yield* content("f"), "data")
  })

  rule("rename to another name of the same file changes nothing, and both names stay", function*(world) {
    yield* world.write("f", "data")
    yield* world.fs.link(world.at("f"), world.at("g"))
    yield* world.age(".")
    yield* world.fs.rename(world.at("f"), world.at("g"))
    assert.deepStrictEqual(yield* world.names("."), ["f", "g"])
    assert.deepStrictEqual((yield* world.info("f")).nlink, Option.some(2))
    assert.isTrue(yield* world.aged("."))
  })

  rule("rename to one of several names of another file leaves that file its other names", function*(world) {
    yield* world.write("f", "new")
    yield* world.write("g", "old")
    yield* world.fs.link(world.at("g"), world.at("h"))
    yield* world.fs.rename(world.at("f"), world.at("g"))
    assert.strictEqual(yield* world.content("g"), "new")
    assert.strictEqual(yield* world.content("h"), "old")
    assert.deepStrictEqual((yield* world.info("h")).nlink, Option.some(1))
  })

  rule("rename moves and replaces links themselves", function*({ at, content, fs, mkdir, names, target, write }) {
    yield* write("f", "data")
    yield* mkdir("d")
    yield* fs.symlink("f", at("l"))
    yield* fs.symlink("d", at("m"))
    yield* fs.symlink("loop", at("loop"))
    yield* fs.rename(at("l"), at("moved"))
    assert.deepStrictEqual(yield* target("moved"), Option.some("f"))
    yield* fs.rename(at("f"), at("m"))
    assert.strictEqual(yield* content("m"), "data")
    yield* fs.rename(at("moved"), at("loop"))
    assert.deepStrictEqual(yield* target("loop"), Option.some("f"))
    assert.deepStrictEqual(yield* names("d"), [])
  })

  rule("rename of a link onto its target leaves a link to itself", function*({ at, fs, target, write }) {
    yield* write("f", "data")
    yield* fs.symlink("f", at("l"))
    yield* fs.rename(at("l"), at("f"))
    assert.deepStrictEqual(yield* target("f"), Option.some("f"))
  })

  for (
    const [what, from, to, code] of [
      ["a directory over one that is not empty", "empty", "full", "ENOTEMPTY"],
      ["a directory over its parent", "full/sub", "full", "ENOTEMPTY"],
      ["a directory into itself", "full", "full/x", "EINVAL"],
      ["a directory into its subdirectory", "full", "full/sub/x", "EINVAL"],
      ["a directory into itself through a link", "full", "into/x", "EINVAL"],
      ["a file over a directory", "f", "empty", "EISDIR"],
      ["a link over a directory", "l", "empty", "EISDIR"],
      ["a directory over a file", "empty", "f", "ENOTDIR"],
      ["a directory over a link to a directory", "empty", "into", "ENOTDIR"],
      ["a file to a name with a trailing slash", "f", "new/", "ENOTDIR"],
      ["a link to a directory with a trailing slash", "into/", "new", "ENOTDIR"],
      ["a missing file over a file", "missing", "f", "ENOENT"],
      ["a dot", "full/.", "new", "EBUSY"],
      ["two dots", "full/..", "new", "EBUSY"],
      ["a file to a dot", "f", "full/.", "EBUSY"],
      ["a file to two dots", "f", "full/..", "EBUSY"],
      ["a directory to a new name with a trailing dot", "empty", "new/.", "ENOENT"]
    ] as const
  ) {
    rule(`rename refuses ${what} with ${code}`, function*({ at, content, fs, mkdir, names, write }) {
      yield* write("f", "data")
      yield* mkdir("full/sub")
      yield* mkdir("empty")
      yield* fs.symlink("f", at("l"))
      yield* fs.symlink("full/sub", at("into"))
      yield* refusedBetween(fs.rename(at(from), at(to)), code, "rename", [at(from), at(to)])
      assert.deepStrictEqual(yield* names("."), ["empty", "f", "full", "into", "l"])
      assert.deepStrictEqual(yield* names("full"), ["sub"])
      assert.strictEqual(yield* content("f"), "data")
    })
  }

  rule("rename accepts trailing slashes after directories", function*({ at, fs, mkdir, names }) {
    yield* mkdir("d")
    yield* fs.rename(at("d/"), at("e/"))
    assert.deepStrictEqual(yield* names("."), ["e"])
  })

  rule("rename of a directory to a name that starts with its own name succeeds", function*({ at, fs, mkdir, names }) {
    yield* mkdir("d/sub")
    yield* fs.rename(at("d"), at("dd"))
    assert.deepStrictEqual(yield* names("dd"), ["sub"])
  })
}

const streams = (rule: Rule) => {
  for (
    const [what, options, expected] of [
      ["without options emits a small file in one piece", {}, ["hello"]],
      ["emits pieces of at most chunkSize bytes", { chunkSize: 2 }, ["he", "ll", "o"]],
      ["accepts sizes as bigints", { chunkSize: 2n, offset: 1n, bytesToRead: 3n }, ["el", "l"]],
      ["starts at offset", { offset: 2 }, ["llo"]],
      ["emits nothing from an offset beyond the end", { offset: 5 }, []],
      ["starts at the begin for an offset below zero, and repeats what follows", { offset: -2 }, ["hello", "lo"]],
      ["ends after bytesToRead bytes", { bytesToRead: 3, chunkSize: 2 }, ["he", "l"]],
      ["emits nothing when bytesToRead is 0", { bytesToRead: 0 }, []],
      ["ends with the file when bytesToRead is larger", { bytesToRead: 30 }, ["hello"]],
      ["combines offset and bytesToRead", { offset: 1, bytesToRead: 2 }, ["el"]],
      ["emits the same pieces with a small buffer", { chunkSize: 1, bufferSize: 1 }, ["h", "e", "l", "l", "o"]],
      ["emits nothing when chunkSize is 0", { chunkSize: 0 }, []]
    ] as const
  ) {
    rule(`stream ${what}`, function*({ at, fs, write }) {
      yield* write("f", "hello")
      assert.deepStrictEqual(yield* collected(fs.stream(at("f"), options)), [...expected])
    })
  }

  rule("stream emits nothing for an empty file", function*({ at, fs, write }) {
    yield* write("f", "")
    assert.deepStrictEqual(yield* collected(fs.stream(at("f"))), [])
  })

  rule("stream emits a large file in pieces of 64 KiB", function*({ at, fs }) {
    yield* fs.writeFile(at("f"), new Uint8Array(150_000))
    const chunks = yield* Stream.runCollect(Stream.map(fs.stream(at("f")), (chunk) => chunk.length))
    assert.deepStrictEqual(Chunk.toReadonlyArray(chunks), [65_536, 65_536, 18_928])
  })

  rule("stream opens the file each time it is run", function*({ at, fs, write }) {
    const stream = fs.stream(at("f"))
    yield* write("f", "one")
    assert.deepStrictEqual(yield* collected(stream), ["one"])
    yield* write("f", "two")
    assert.deepStrictEqual(yield* collected(stream), ["two"])
  })

  rule("stream of a directory fails when it is read", function*({ at, fs, mkdir }) {
    yield* mkdir("d")
    const { pathOrDescriptor, ...rest } = yield* Effect.map(
      Effect.flip(collected(fs.stream(at("d")))),
      (error) => ({ pathOrDescriptor: undefined, ...fieldsOf(error) })
    )
    assert.isNumber(pathOrDescriptor)
    assert.deepStrictEqual<unknown>(rest, {
      _tag: "SystemError",
      module: "FileSystem",
      method: "readAlloc",
      reason: "BadResource",
      syscall: "read",
      description: "EISDIR: illegal operation on a directory, read"
    })
  })

  const poured = (world: World, pieces: ReadonlyArray<string>, options?: FileSystem.SinkOptions) =>
    Stream.run(Stream.fromIterable(pieces.map(bytes)), world.fs.sink(world.at("f"), options))

  rule("sink writes all pieces in order to a new file", function*(world) {
    yield* poured(world, ["one", "two", "three"])
    assert.strictEqual(yield* world.content("f"), "onetwothree")
  })

  rule("sink replaces the contents of the file", function*(world) {
    yield* world.write("f", "long content")
    yield* poured(world, ["new"])
    assert.strictEqual(yield* world.content("f"), "new")
  })

  rule("sink makes an empty file for an empty stream", function*(world) {
    yield* world.write("f", "content")
    yield* poured(world, [])
    assert.strictEqual(yield* world.content("f"), "")
  })

  rule("sink accepts flags and permissions as open does", function*(world) {
    yield* poured(world, ["one"], { mode: 0o600 })
    yield* poured(world, ["two"], { flag: "a" })
    assert.strictEqual(yield* world.content("f"), "onetwo")
    yield* poured(world, ["ONE"], { flag: "r+" })
    assert.strictEqual(yield* world.content("f"), "ONEtwo")
    assert.strictEqual(yield* world.mode("f"), 0o600)
    yield* refusedAt(poured(world, [], { flag: "wx" }), "EEXIST", "open", world.at("f"))
  })

  rule("sink refuses a directory before it reads a piece", function*({ at, fs, mkdir }) {
    yield* mkdir("d")
    const untouched = Stream.fromEffect(Effect.die("a piece was taken"))
    yield* refusedAt(Stream.run(untouched, fs.sink(at("d"))), "EISDIR", "open", at("d"))
  })

  rule("sink fails on an empty piece, after it has written the earlier ones", function*(world) {
    const error = yield* Effect.flip(poured(world, ["one", "", "two"]))
    assert.deepStrictEqual<unknown>({ ...fieldsOf(error), pathOrDescriptor: undefined }, {
      _tag: "SystemError",
      module: "FileSystem",
      method: "writeAll",
      reason: "WriteZero",
      pathOrDescriptor: undefined,
      syscall: undefined,
      description: "write returned 0 bytes written"
    })
    assert.strictEqual(yield* world.content("f"), "one")
  })

  rule("a stream run into a sink copies a file", function*({ at, content, fs, write }) {
    yield* write("f", "hello")
    yield* Stream.run(fs.stream(at("f"), { chunkSize: 2 }), fs.sink(at("g")))
    assert.strictEqual(yield* content("g"), "hello")
  })
}

/** The first event while a change is repeated, because nothing says when watching begins. */
const watched = <E, E2>(
  stream: Stream.Stream<FileSystem.WatchEvent, E>,
  change: (round: number) => Effect.Effect<void, E2>
) => {
  let round = 0
  const changes = Effect.repeat(
    Effect.suspend(() => change(round++)),
    Schedule.intersect(Schedule.spaced("5 millis"), Schedule.recurs(400))
  )
  return Effect.flatten(Effect.raceFirst(Stream.runHead(stream), Effect.as(changes, Option.none())))
}

const watches = (rule: Rule) => {
  rule("watch of a directory reports a write to a file in it, by its name", function*({ directory, fs, write }) {
    yield* write("f", "")
    const event = yield* watched(fs.watch(directory), () => write("f", "data"))
    assert.deepStrictEqual<unknown>({ ...event }, { _tag: "Update", path: "f" })
  })

  rule(
    "watch of a directory reports the removal of a file in it, by its name",
    function*({ at, directory, fs, write }) {
      for (let index = 0; index < 200; index++) yield* write(`spec-${index}`, "")
      const event = yield* watched(fs.watch(directory), (round) => fs.remove(at(`spec-${round}`), { force: true }))
      assert.strictEqual(event._tag, "Remove")
      assert.match(event.path, /^spec-\d+$/)
    }
  )

  rule("watch of a directory reports a new file, by its name", function*({ at, directory, fs }) {
    const event = yield* watched(fs.watch(directory), (round) => fs.makeDirectory(at(`spec-${round}`)))
    assert.match(event.path, /^spec-\d+$/)
  })

  rule("watch of a file reports a write, by its name", function*({ at, fs, write }) {
    yield* write("f", "")
    const event = yield* watched(fs.watch(at("f")), () => write("f", "data"))
    assert.deepStrictEqual<unknown>({ ...event }, { _tag: "Update", path: "f" })
  })

  rule(
    "watch of a directory, recursive, reports a write in a subdirectory, by its path",
    function*({ directory, fs, mkdir, write }) {
      yield* mkdir("d")
      yield* write("d/deep", "")
      const event = yield* watched(fs.watch(directory, { recursive: true }), () => write("d/deep", "data"))
      assert.deepStrictEqual<unknown>({ ...event }, { _tag: "Update", path: "d/deep" })
    }
  )

  rule("watch of a directory does not report changes in subdirectories", function*({ directory, fs, mkdir, write }) {
    yield* mkdir("d")
    yield* write("f", "")
    const event = yield* watched(
      fs.watch(directory),
      () => Effect.zipRight(write("d/deep", "data"), write("f", "data"))
    )
    assert.strictEqual(event.path, "f")
  })
}

/** The commands that only read. */
const readOnly = new Set<fileSystemTrace.Command["_tag"]>([
  ...["readFile", "readDirectory", "readLink", "realPath", "stat", "exists", "readOpen", "statOpen"] as const
])

/** The commands that may do part of their work before they fail. */
const stepwise = new Set<fileSystemTrace.Command["_tag"]>(["copy", "copyFile", "makeDirectory", "removeTree"])

/** Each command of a trace, with the state of the directory before it. */
const traced = (commands: ReadonlyArray<fileSystemTrace.Command>) =>
  Effect.map(
    fileSystemTrace.trace(commands),
    (trace) =>
      trace.map((observation, index) => ({ ...observation, before: index === 0 ? [] : trace[index - 1]!.tree }))
  )

type Property = (
  title: string,
  check: (
    commands: ReadonlyArray<fileSystemTrace.Command>
  ) => Effect.Effect<void, PlatformError.PlatformError, FileSystem.FileSystem>
) => void

const sequences = (property: Property) => {
  property("the same commands have the same trace in another directory", (commands) =>
    Effect.gen(function*() {
      const trace = yield* fileSystemTrace.trace(commands)
      assert.deepStrictEqual(yield* fileSystemTrace.trace(commands), trace)
    }))

  property("no command dies", (commands) =>
    Effect.gen(function*() {
      for (const { answer } of yield* traced(commands)) assert.notStrictEqual(answer._tag, "Died")
    }))

  property("a command that only reads changes nothing", (commands) =>
    Effect.gen(function*() {
      for (const { before, command, tree } of yield* traced(commands)) {
        if (readOnly.has(command._tag)) assert.deepStrictEqual(tree, before)
      }
    }))

  property("a command that is refused changes nothing", (commands) =>
    Effect.gen(function*() {
      for (const { answer, before, command, tree } of yield* traced(commands)) {
        if (answer._tag === "Refused" && !stepwise.has(command._tag)) assert.deepStrictEqual(tree, before)
      }
    }))

  property("the link count of a file is always the number of its names", (commands) =>
    Effect.gen(function*() {
      for (const { tree } of yield* traced(commands)) {
        const files = tree.filter((entry) => entry.type === "File")
        for (const { file, links } of files) {
          assert.strictEqual(links, files.filter((other) => other.file === file).length)
        }
      }
    }))
}

/**
 * The rules of `FileSystem`, as Node's implementation follows them on Linux:
 * results, errors and the state of the files afterwards.
 */
export const suite = (name: string, layer: Layer.Layer<FileSystem.FileSystem | Path.Path, unknown>): void => {
  withLayer(layer, { excludeTestServices: true })(name, (it) => {
    const rule: Rule = (title, body) =>
      it.scoped(title, () => Effect.flatMap(world, (world) => Effect.gen(() => body(world))))
    const groups = {
      paths,
      accesses,
      copies,
      attributes,
      links,
      directories,
      files,
      contents,
      removals,
      renames,
      streams,
      watches
    }
    for (const [name, group] of Object.entries(groups)) describe(name, () => group(rule))
    describe("sequences of commands", () =>
      sequences((title, check) =>
        it.effect.prop(title, { commands: fileSystemTrace.commands }, ({ commands }) => check(commands), {
          fastCheck: { numRuns: 10 }
        })
      ))
  })
}
