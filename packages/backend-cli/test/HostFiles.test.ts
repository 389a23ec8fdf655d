import { ChangeTracking } from "@effect-ploop/core"
import { FileSystem } from "@effect/platform"
import { NodeContext } from "@effect/platform-node"
import { assert, describe, it } from "@effect/vitest"
import { Deferred, Effect, Fiber, Option, type Scope } from "effect"
import { execFileSync } from "node:child_process"
import { renameSync, writeFileSync } from "node:fs"
import fsPromises, { open } from "node:fs/promises"
import { vi } from "vitest"
import { nodeHostFiles as files } from "../src/internal/nodeHostFiles.js"
import { image } from "./utils/image.js"

const test = <A, E>(
  title: string,
  body: (directory: string, fs: FileSystem.FileSystem) => Effect.Effect<A, E, Scope.Scope>
) =>
  it.scopedLive(title, () =>
    Effect.gen(function*() {
      const fs = yield* FileSystem.FileSystem
      return yield* body(yield* fs.makeTempDirectoryScoped({ prefix: "ploop-files-" }), fs)
    }).pipe(Effect.provide(NodeContext.layer)))

const make = (program: string, ...args: ReadonlyArray<string>) =>
  Effect.sync(() => execFileSync(program, args, { stdio: "ignore" }))

const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes)

describe("what is at a path", () => {
  test("is nothing only where nothing was seen", (directory, fs) =>
    Effect.gen(function*() {
      yield* fs.writeFileString(`${directory}/file`, "")
      assert.isTrue(Option.isNone(yield* files.find(`${directory}/missing`)))
      assert.isTrue(Option.isNone(yield* files.find(`${directory}/file/below`)))
      assert.isTrue(Option.isNone(yield* files.find(`${directory}/missing/below`)))
      yield* Effect.flip(files.find(`${directory}/${"x".repeat(300)}`))
    }))

  test("is a symbolic link, also when that leads nowhere", (directory, fs) =>
    Effect.gen(function*() {
      yield* fs.symlink(`${directory}/nowhere`, `${directory}/link`)
      assert.strictEqual(Option.getOrThrow(yield* files.find(`${directory}/link`)).kind, "SymbolicLink")
    }))

  test("is what it is", (directory, fs) =>
    Effect.gen(function*() {
      yield* fs.writeFileString(`${directory}/file`, "")
      yield* make("mkfifo", `${directory}/fifo`)
      const kind = (path: string) => Effect.map(files.find(path), (found) => Option.getOrThrow(found).kind)
      assert.strictEqual(yield* kind(`${directory}/file`), "File")
      assert.strictEqual(yield* kind(directory), "Directory")
      assert.strictEqual(yield* kind(`${directory}/fifo`), "Other")
      assert.strictEqual(yield* kind("/dev/null"), "Other")
    }))

  test("is the same under each of its names, and no other", (directory, fs) =>
    Effect.gen(function*() {
      yield* fs.writeFileString(`${directory}/a`, "")
      yield* fs.writeFileString(`${directory}/b`, "")
      yield* files.link(`${directory}/a`, `${directory}/c`)
      const inode = (name: string) =>
        Effect.map(files.find(`${directory}/${name}`), (it) => Option.getOrThrow(it).inode)
      assert.strictEqual(yield* inode("a"), yield* inode("c"))
      assert.notStrictEqual(yield* inode("a"), yield* inode("b"))
    }))
})

describe("a read", () => {
  test("gives the beginning of a file, or the whole up to a limit", (directory, fs) =>
    Effect.gen(function*() {
      const path = `${directory}/file`
      yield* fs.writeFileString(path, "0123456789")
      assert.strictEqual(text(yield* files.start(path, 4)), "0123")
      assert.strictEqual(text(yield* files.start(path, 100)), "0123456789")
      assert.strictEqual(text(yield* files.whole(path, 10)), "0123456789")
      const error = yield* Effect.flip(files.whole(path, 9))
      assert.include(error.message, "larger than 9 bytes")
    }))

  test(
    "gives a file that has become longer or shorter since it was opened, as it is",
    (directory, fs) =>
      Effect.gen(function*() {
        const path = `${directory}/file`
        for (const now of ["0123456789abcdef", "0123", ""]) {
          yield* fs.writeFileString(path, "0123456789")
          const change = vi.spyOn(fsPromises, "open").mockImplementationOnce(async (...args) => {
            const file = await open(...args)
            const { stat } = file
            file.stat = (async (options: { bigint: true }) => {
              const stats = await stat.call(file, options)
              writeFileSync(path, now)
              return stats
            }) as typeof stat
            return file
          })
          assert.strictEqual(text(yield* files.start(path, 100)), now)
          change.mockRestore()
        }
      })
  )

  test(
    "of many images gives the beginning and the length of each that is a file",
    (directory, fs) =>
      Effect.gen(function*() {
        yield* make("mkfifo", `${directory}/fifo`)
        yield* fs.writeFileString(`${directory}/short`, "0123")
        yield* fs.writeFile(`${directory}/long`, new Uint8Array(100).fill(7))
        const names = ["short", "fifo", "missing", "long", ...Array.from({ length: 40 }, () => "short")]
        const found = yield* files.starts(names.map((name) => `${directory}/${name}`))
        const lengths = found.map(Option.map(({ length, start }) => [Number(length), start.length]))
        assert.deepStrictEqual(lengths.slice(0, 4), [
          Option.some([4, 4]),
          Option.none(),
          Option.none(),
          Option.some([100, 64])
        ])
        assert.strictEqual(lengths.length, names.length)
        for (const last of lengths.slice(4)) assert.deepStrictEqual(last, Option.some([4, 4]))
      })
  )

  test("gives a file of the kernel, which has no size, as a whole", () =>
    Effect.gen(function*() {
      assert.include(text(yield* files.whole("/proc/self/mounts", 1 << 20)), " / ")
    }))

  test(
    "of a FIFO is refused, and holds no thread: other files are read beside many of them",
    (directory, fs) =>
      Effect.gen(function*() {
        yield* make("mkfifo", `${directory}/fifo`)
        yield* fs.writeFileString(`${directory}/file`, "text")
        const refused = yield* Effect.forEach(
          Array.from({ length: 16 }),
          () => Effect.flip(files.whole(`${directory}/fifo`, 100)),
          { concurrency: "unbounded" }
        )
        for (const error of refused) assert.include(error.message, "it is a FIFO")
        assert.strictEqual(text(yield* files.whole(`${directory}/file`, 100)), "text")
      })
  )

  for (const path of ["/dev/zero", "/dev/null", "/proc/self", "/"]) {
    test(`of ${path} is refused, by a link to it as well`, (directory, fs) =>
      Effect.gen(function*() {
        yield* fs.symlink(path, `${directory}/link`)
        for (const name of [path, `${directory}/link`]) {
          assert.include((yield* Effect.flip(files.start(name, 10))).message, "and not a file")
        }
      }))
  }

  test("of a missing file, a loop of links or a name that is none fails", (directory, fs) =>
    Effect.gen(function*() {
      yield* fs.symlink(`${directory}/loop`, `${directory}/loop`)
      const reason = (path: string) =>
        Effect.map(
          Effect.flip(files.start(path, 1)),
          (error) => error._tag === "SystemError" ? error.reason : error._tag
        )
      assert.strictEqual(yield* reason(`${directory}/missing`), "NotFound")
      assert.strictEqual(yield* reason(`${directory}/loop`), "BadResource")
      assert.strictEqual(yield* reason("a\0b"), "Unknown")
    }))
})

describe("a name", () => {
  for (const there of ["a file", "a directory", "a link that leads nowhere"]) {
    test(`that ${there} has is given to no other file`, (directory, fs) =>
      Effect.gen(function*() {
        yield* fs.writeFileString(`${directory}/new`, "new")
        const target = `${directory}/target`
        if (there === "a file") yield* fs.writeFileString(target, "old")
        else if (there === "a directory") yield* fs.makeDirectory(target)
        else yield* fs.symlink(`${directory}/nowhere`, target)
        const before = yield* files.find(target)
        for (const attempt of [files.link(`${directory}/new`, target), files.writeNew(target, "new")]) {
          const error = yield* Effect.flip(attempt)
          assert.isTrue(error._tag === "SystemError" && error.reason === "AlreadyExists")
        }
        assert.deepStrictEqual(yield* files.find(target), before)
        assert.isFalse(yield* fs.exists(`${directory}/nowhere`))
      }))
  }

  test("is removed only when it is the file's", (directory, fs) =>
    Effect.gen(function*() {
      const path = `${directory}/file`
      yield* fs.writeFileString(path, "ours")
      const ours = Option.getOrThrow(yield* files.find(path))
      yield* fs.rename(path, `${directory}/kept`)
      yield* fs.writeFileString(path, "another's")
      yield* files.unlink(path, ours)
      assert.strictEqual(yield* fs.readFileString(path), "another's")
      yield* files.unlink(`${directory}/kept`, ours)
      assert.isFalse(yield* fs.exists(`${directory}/kept`))
    }))
})

describe("another file", () => {
  test("gets the name of a file only when it is the one that was meant", (directory, fs) =>
    Effect.gen(function*() {
      const [fresh, path] = [`${directory}/fresh`, `${directory}/file`]
      yield* fs.writeFileString(fresh, "meant")
      const meant = Option.getOrThrow(yield* files.find(fresh))
      yield* fs.rename(fresh, `${directory}/kept`)
      yield* fs.writeFileString(fresh, "another's")
      yield* fs.writeFileString(path, "old")
      yield* files.replace(fresh, path, meant)
      assert.strictEqual(yield* fs.readFileString(path), "old")
      assert.strictEqual(yield* fs.readFileString(fresh), "another's")
      yield* files.replace(`${directory}/kept`, path, meant)
      assert.strictEqual(yield* fs.readFileString(path), "meant")
      assert.isFalse(yield* fs.exists(`${directory}/kept`))
    }))
})

describe("a new file", () => {
  test(
    "can be read by everybody, and is on the disk when the call returns",
    (directory, fs) =>
      Effect.gen(function*() {
        const handle = yield* Effect.promise(() => open(directory, "r"))
        const sync = vi.spyOn(Object.getPrototypeOf(handle), "sync")
        yield* Effect.addFinalizer(() =>
          Effect.promise(() => {
            sync.mockRestore()
            return handle.close()
          })
        )
        yield* files.writeNew(`${directory}/file`, "new")
        assert.strictEqual(sync.mock.calls.length, 1)
        assert.strictEqual((yield* fs.stat(`${directory}/file`)).mode & 0o777, 0o644)
      })
  )
})

describe("a new text", () => {
  test("does not stay when it could not be written whole", (directory, fs) =>
    Effect.gen(function*() {
      const other = yield* Effect.promise(() => open(directory, "r"))
      const spy = vi.spyOn(Object.getPrototypeOf(other), "sync").mockRejectedValueOnce(new Error("no space"))
      yield* Effect.addFinalizer(() =>
        Effect.zipRight(Effect.sync(() => spy.mockRestore()), Effect.promise(() => other.close()))
      )
      const error = yield* Effect.flip(files.writeNew(`${directory}/file`, "new"))
      assert.include(error.message, "no space")
      assert.deepStrictEqual(yield* fs.readDirectory(directory), [])
    }))
})

describe("an empty directory", () => {
  test("is removed only when it is the one that was meant, and is empty", (directory, fs) =>
    Effect.gen(function*() {
      const path = `${directory}/mnt`
      yield* fs.makeDirectory(path)
      const ours = Option.getOrThrow(yield* files.find(path))
      yield* fs.rename(path, `${directory}/kept`)
      yield* fs.makeDirectory(path)
      yield* files.removeEmptyDirectory(path, ours)
      assert.isTrue(yield* fs.exists(path))
      yield* fs.writeFileString(`${directory}/kept/file`, "")
      yield* Effect.flip(files.removeEmptyDirectory(`${directory}/kept`, ours))
      assert.isTrue(yield* fs.exists(`${directory}/kept/file`))
      yield* fs.remove(`${directory}/kept/file`)
      yield* files.removeEmptyDirectory(`${directory}/kept`, ours)
      assert.isFalse(yield* fs.exists(`${directory}/kept`))
    }))
})

describe("a private directory", () => {
  test("is new, and goes with the files and the empty directories in it", (directory, fs) =>
    Effect.gen(function*() {
      const [one, two] = [yield* files.makePrivateDirectory(directory), yield* files.makePrivateDirectory(directory)]
      assert.notStrictEqual(one, two)
      assert.strictEqual((yield* fs.stat(one)).mode & 0o777, 0o700)
      yield* fs.writeFileString(`${one}/file`, "")
      yield* fs.makeDirectory(`${one}/mnt`)
      yield* files.removeDirectory(one, Option.getOrThrow(yield* files.find(one)))
      assert.deepStrictEqual(yield* fs.readDirectory(directory), [two.slice(directory.length + 1)])
    }))

  test(
    "stays when another one is in its place, and when something is below a directory in it",
    (directory, fs) =>
      Effect.gen(function*() {
        const path = yield* files.makePrivateDirectory(directory)
        const ours = Option.getOrThrow(yield* files.find(path))
        yield* fs.makeDirectory(`${path}/mnt/data`, { recursive: true })
        yield* Effect.flip(files.removeDirectory(path, ours))
        assert.isTrue(yield* fs.exists(`${path}/mnt/data`))
        yield* fs.rename(path, `${directory}/moved`)
        yield* fs.makeDirectory(path)
        yield* fs.writeFileString(`${path}/file`, "another's")
        yield* files.removeDirectory(path, ours)
        assert.isTrue(yield* fs.exists(`${path}/file`))
      })
  )
})

describe("the copy of a file", () => {
  const size = 5 * 1024 * 1024 + 17
  const room = ({ blocks }: FileSystem.File.Info) => Number(Option.getOrThrow(blocks)) * 512

  test(
    "has its bytes and its length, also where it ends with zeros, and takes no room for zeros if it has holes",
    (directory, fs) =>
      Effect.gen(function*() {
        const [from, to] = [`${directory}/from`, `${directory}/to`]
        const bytes = new Uint8Array(size)
        bytes[3 * 1024 * 1024 + 5] = 7
        yield* fs.writeFile(from, bytes.subarray(0, 4 * 1024 * 1024))
        yield* fs.truncate(from, size)
        yield* files.copy(from, to)
        assert.deepStrictEqual(Buffer.compare(yield* fs.readFile(to), bytes), 0)
        assert.isAtMost(room(yield* fs.stat(to)), 2 * 1024 * 1024)
      })
  )

  test(
    "has no holes if it has none, which the tool would not take in an image of its own format",
    (directory, fs) =>
      Effect.gen(function*() {
        const [from, to] = [`${directory}/from`, `${directory}/to`]
        yield* fs.writeFile(from, new Uint8Array(size))
        yield* files.copy(from, to)
        assert.isAtLeast(room(yield* fs.stat(to)), size)
      })
  )

  test(
    "ends before its interruption does, so that nothing is made later",
    (directory, fs) =>
      Effect.gen(function*() {
        const [from, to] = [`${directory}/from`, `${directory}/to`]
        yield* fs.writeFileString(from, "new")
        const begun = yield* Deferred.make<void>()
        let [isReleased, release] = [false, () => {}]
        const spy = vi.spyOn(fsPromises, "copyFile").mockImplementationOnce(() => {
          Deferred.unsafeDone(begun, Effect.void)
          return new Promise((resolve) => {
            release = resolve
          })
        })
        yield* Effect.addFinalizer(() => Effect.sync(() => spy.mockRestore()))
        const copying = yield* Effect.fork(files.copy(from, to))
        yield* Deferred.await(begun)
        const interrupting = yield* Effect.fork(Effect.map(Fiber.interrupt(copying), () => isReleased))
        yield* Effect.promise(() => new Promise((resolve) => setImmediate(resolve)))
        isReleased = true
        release()
        assert.isTrue(yield* Fiber.join(interrupting))
      })
  )

  test(
    "is not made over a file that comes to be while it is seen that no blocks can be shared",
    (directory, fs) =>
      Effect.gen(function*() {
        const [from, to] = [`${directory}/from`, `${directory}/to`]
        yield* fs.writeFileString(from, "new")
        const spy = vi.spyOn(fsPromises, "copyFile").mockImplementationOnce(() => {
          writeFileSync(to, "another's")
          return Promise.reject(Object.assign(new Error("no blocks can be shared"), { code: "ENOTSUP" }))
        })
        yield* Effect.addFinalizer(() => Effect.sync(() => spy.mockRestore()))
        const error = yield* Effect.flip(files.copy(from, to))
        assert.strictEqual(error._tag === "SystemError" && error.reason, "AlreadyExists")
        assert.strictEqual(yield* fs.readFileString(to), "another's")
      })
  )

  test(
    "is not made over a file that exists, nor of what is not a regular file",
    (directory, fs) =>
      Effect.gen(function*() {
        const [from, to] = [`${directory}/from`, `${directory}/to`]
        yield* fs.writeFileString(from, "new")
        yield* fs.writeFileString(to, "old")
        const error = yield* Effect.flip(files.copy(from, to))
        assert.strictEqual(error._tag === "SystemError" && error.reason, "AlreadyExists")
        assert.strictEqual(yield* fs.readFileString(to), "old")
        yield* make("mkfifo", `${directory}/fifo`)
        yield* Effect.flip(files.copy(`${directory}/fifo`, `${directory}/other`))
        assert.isFalse(yield* fs.exists(`${directory}/other`))
      })
  )
})

describe("the lock of a file", () => {
  test("is one of the file that is at the path, not of one that was there", (directory, fs) =>
    Effect.gen(function*() {
      const path = `${directory}/file`
      yield* fs.writeFileString(path, "")
      yield* fs.writeFileString(`${directory}/another`, "")
      assert.isTrue(Option.isSome(yield* Effect.scoped(files.tryLock(path))))
      // The file is locked when this is asked for what is at the path now.
      const lstat = fsPromises.lstat
      const spy = vi.spyOn(fsPromises, "lstat").mockImplementationOnce(
        ((...args: Parameters<typeof lstat>) => {
          renameSync(`${directory}/another`, path)
          return lstat(...args)
        }) as typeof lstat
      )
      yield* Effect.addFinalizer(() => Effect.sync(() => spy.mockRestore()))
      assert.isTrue(Option.isNone(yield* files.tryLock(path)))
      assert.strictEqual(spy.mock.calls.length, 1)
    }))
})

describe("the map of changed blocks of an image", () => {
  test(
    "goes with its place alone, and little is read, when a damaged header says that clusters are huge",
    (directory, fs) =>
      Effect.gen(function*() {
        const path = `${directory}/root.hdd`
        yield* fs.writeFile(path, ChangeTracking.withPosition(image({ cluster: 0xffff_ffff }), 4096n))
        const { size } = yield* files.stamp(path)
        yield* files.dropMap(path)
        const start = yield* files.start(path, 64)
        assert.deepStrictEqual([ChangeTracking.position(start), (yield* files.stamp(path)).size], [undefined, size])
      })
  )
  test(
    "goes with its clusters at the end of the file",
    (directory, fs) =>
      Effect.gen(function*() {
        const path = `${directory}/root.hdd`
        const cluster = 1024 * 1024
        yield* fs.writeFile(path, ChangeTracking.withPosition(image(), BigInt(cluster)))
        yield* fs.truncate(path, 2 * cluster)
        yield* files.dropMap(path)
        assert.strictEqual((yield* files.stamp(path)).size, BigInt(cluster))
      })
  )
})
