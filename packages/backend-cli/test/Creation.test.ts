import { PloopCli } from "@effect-ploop/backend-cli"
import { CopyProtocol, Disk, DiskClone, DiskDescriptor, Ploop, SnapshotId } from "@effect-ploop/core"
import { CommandExecutor, Error as Errors, FileSystem } from "@effect/platform"
import { NodeContext, NodeFileSystem, NodePath } from "@effect/platform-node"
import { assert, describe, it } from "@effect/vitest"
import { Deferred, Effect, Either, Exit, Fiber, Layer, Option, type Scope, Sink, Stream } from "effect"
import { writeFileSync } from "node:fs"
import { dirname } from "node:path"
import { CurrentHostFiles } from "../src/internal/currentHostFiles.js"
import type { HostFiles } from "../src/internal/hostFiles.js"
import { nodeHostFiles } from "../src/internal/nodeHostFiles.js"
import { A, B, descriptor, scripted } from "./utils/host.js"
import { image as emptyImage } from "./utils/image.js"
import { missing, RealTool, title } from "./utils/realTool.js"
import * as ScriptedExecutor from "./utils/ScriptedExecutor.js"

const usage = "Usage: ploop init -s SIZE [-f FORMAT] NEW_DELTA\n"

const fresh = (file: string) =>
  DiskDescriptor.format(DiskDescriptor.make({
    size: "10M",
    images: [{ id: SnapshotId.top, type: "Compressed", file }],
    snapshots: [{ id: SnapshotId.top, parent: SnapshotId.none, temporary: false }]
  }))

/** What `init` leaves, of which this test only needs the names. */
const init = (image: string): void => {
  writeFileSync(image, "new")
  writeFileSync(`${dirname(image)}/DiskDescriptor.xml`, fresh("root.hdd"))
}

const names = (fs: FileSystem.FileSystem, directory: string) =>
  Effect.map(fs.readDirectory(directory), (found) => found.filter((name) => !name.endsWith(".lck")).sort())

/** The files of a host whose tool is run as another user, behind a prefix. */
const user: HostFiles = { ...nodeHostFiles, isRoot: Effect.succeed(false) }

interface Host {
  readonly directory: string
  readonly image: string
  readonly fs: FileSystem.FileSystem
  readonly calls: ReadonlyArray<ScriptedExecutor.Call>
  readonly create: Effect.Effect<unknown, { readonly _tag: string; readonly text: string }>
}

/** A directory, and a tool that does what the script does when it is told to `init`. */
const host = (
  script: (image: string, directory: string) => ScriptedExecutor.Answer,
  options: PloopCli.Options = {},
  files: HostFiles = nodeHostFiles,
  devices: () => string = () => ""
) =>
  Effect.gen(function*() {
    const fs = yield* FileSystem.FileSystem
    const directory = yield* fs.makeTempDirectoryScoped({ prefix: "ploop-create-" })
    const image = `${directory}/root.hdd`
    const { calls, executor } = ScriptedExecutor.make((argv) =>
      argv.includes("init") || argv.includes("restore-descriptor") || argv.includes("copy")
        ? script(argv.at(-1)!, directory)
        : argv.includes("list")
        ? { stdout: devices() }
        : { stderr: usage, exitCode: 38 }
    )
    const context = yield* Layer.build(
      PloopCli.layer(options).pipe(
        Layer.provide(Layer.succeed(CommandExecutor.CommandExecutor, executor)),
        Layer.provide([NodeFileSystem.layer, NodePath.layer]),
        Layer.provide(Layer.succeed(CurrentHostFiles, files))
      )
    )
    const create = Effect.flatMap(Ploop.Ploop, (ploop) => ploop.create({ image, size: "10M", fileSystem: "none" }))
      .pipe(
        Effect.provide(context)
      )
    const found: Host = { directory, image, fs, calls, create }
    return { ...found, context }
  })

const test = <A, E>(title: string, body: () => Effect.Effect<A, E, NodeContext.NodeContext | Scope.Scope>) =>
  it.scopedLive(title, () => Effect.provide(body(), NodeContext.layer))

describe("create", () => {
  test("gives the tool a directory of its own beside the target, and nothing is left of that", () =>
    Effect.gen(function*() {
      const { calls, create, directory, fs } = yield* host((image) => (init(image), {}))
      yield* create
      const given = calls.find((call) => call.argv.includes("init"))!.argv.at(-1)!
      assert.match(given, new RegExp(`^${directory}/\\.ploop-new-[^/]+/root\\.hdd$`))
      assert.deepStrictEqual(yield* names(fs, directory), ["DiskDescriptor.xml", "root.hdd"])
    }))

  test("keeps what comes to be there while the tool works, whichever of the two names it takes", () =>
    Effect.gen(function*() {
      for (const name of ["root.hdd", "DiskDescriptor.xml"]) {
        const { create, directory, fs } = yield* host((image, directory) => {
          init(image)
          writeFileSync(`${directory}/${name}`, "another's")
          return {}
        })
        assert.strictEqual((yield* Effect.flip(create))._tag, "AlreadyExists")
        assert.deepStrictEqual(yield* names(fs, directory), [name])
        assert.strictEqual(yield* fs.readFileString(`${directory}/${name}`), "another's")
      }
    }))

  test("starts nothing when a link that leads nowhere, or what cannot be seen, is in its way", () =>
    Effect.gen(function*() {
      const link = yield* host(() => ({}))
      yield* link.fs.symlink(`${link.directory}/nowhere`, link.image)
      assert.strictEqual((yield* Effect.flip(link.create))._tag, "AlreadyExists")
      assert.deepStrictEqual(yield* names(link.fs, link.directory), ["root.hdd"])

      const blind = yield* host(() => ({}), { prefix: ["sudo", "-n"] }, {
        ...nodeHostFiles,
        find: (path) =>
          Effect.fail(
            new Errors.SystemError({
              module: "FileSystem",
              method: "find",
              pathOrDescriptor: path,
              reason: "PermissionDenied"
            })
          )
      })
      assert.strictEqual((yield* Effect.flip(blind.create))._tag, "PermissionDenied")
      for (const { calls } of [link, blind]) assert.isFalse(calls.some((call) => call.argv.includes("init")))
    }))

  test("says that the host is full when mkfs fails on a host without room for a cluster, and nothing else does", () =>
    Effect.gen(function*() {
      const failing = (freeBlocks: bigint) =>
        host((image) => (init(image), { exitCode: 24, stderr: "mkfs failed\n" }), {}, {
          ...nodeHostFiles,
          numbers: () =>
            Effect.succeed({ blockSize: 4096n, blocks: 100_000n, freeBlocks, inodes: 1000n, freeInodes: 900n })
        })
      // ext4 holds 2000 blocks back, and a cluster has 256.
      for (const [free, expected] of [[2255n, "NoSpace"], [2256n, "FileSystemMakeFailed"]] as const) {
        const { create, directory, fs } = yield* failing(free)
        assert.strictEqual((yield* Effect.flip(create))._tag, expected)
        assert.deepStrictEqual(yield* names(fs, directory), [])
      }
    }))

  for (
    const [how, answer] of [
      ["fails", { exitCode: 1, stderr: "no\n" }],
      ["dies", { signal: "SIGKILL" }],
      ["takes too long", { lasts: "10 minutes" }],
      ["prints nothing and makes nothing", {}]
    ] as const
  ) {
    test(`leaves nothing when the tool ${how}`, () =>
      Effect.gen(function*() {
        const { create, directory, fs } = yield* host((image) => {
          if (how !== "prints nothing and makes nothing") init(image)
          return answer
        }, { changeLimit: "100 millis" })
        yield* Effect.flip(create)
        assert.deepStrictEqual(yield* names(fs, directory), [])
      }))
  }

  test("stops the device that a failing tool leaves in the directory of its own, and no other", () =>
    Effect.gen(function*() {
      const made: Array<string> = []
      const { calls, create } = yield* host(
        (image) => {
          made.push(image)
          return { exitCode: 24, stderr: "mkfs failed\n" }
        },
        { queries: "tool" },
        nodeHostFiles,
        () =>
          made.map((image) => `ploop7       ${image}  \nploop8       ${dirname(dirname(image))}/root.hdd  \n`).join("")
      )
      yield* Effect.flip(create)
      const stopped = calls.map(({ argv }) => argv).filter((argv) => argv.includes("umount"))
      assert.deepStrictEqual(stopped.map((argv) => argv.at(-1)), ["/dev/ploop7"])
    }))

  test("leaves what another process made when it is interrupted before the tool was started", () =>
    Effect.gen(function*() {
      const begun = yield* Deferred.make<void>()
      const one = yield* host(
        (image) => {
          Effect.runSync(Deferred.succeed(begun, undefined))
          return image.includes("root.hdd") ? { lasts: "10 minutes", ignores: [] } : {}
        },
        { maxProcesses: 1 }
      )
      const first = yield* Effect.fork(one.create)
      yield* Deferred.await(begun)
      const other = `${yield* one.fs.makeTempDirectoryScoped({ prefix: "ploop-create-" })}/root.hdd`
      const second = yield* Effect.fork(
        Effect.flatMap(Ploop.Ploop, (ploop) => ploop.create({ image: other, size: "10M", fileSystem: "none" })).pipe(
          Effect.provide(one.context)
        )
      )
      // It waits for the permit when it has its private directory.
      while ((yield* one.fs.readDirectory(dirname(other))).length === 0) yield* Effect.sleep("5 millis")
      yield* one.fs.writeFileString(other, "another's")
      assert.isTrue(Exit.isInterrupted(yield* Fiber.interrupt(second)))
      assert.strictEqual(yield* one.fs.readFileString(other), "another's")
      yield* Fiber.interrupt(first)
    }))

  test("does not believe a tool that made another disk than it was told to", () =>
    Effect.gen(function*() {
      const { create, directory, fs } = yield* host((image) => {
        writeFileSync(image, "new")
        writeFileSync(`${dirname(image)}/DiskDescriptor.xml`, fresh("/elsewhere/root.hdd"))
        return {}
      })
      assert.strictEqual((yield* Effect.flip(create))._tag, "UnexpectedOutput")
      assert.deepStrictEqual(yield* names(fs, directory), [])
    }))

  test("names the files in its errors as the caller does", () =>
    Effect.gen(function*() {
      const { create, image } = yield* host((given) => ({ exitCode: 1, stderr: `Can't open ${given}: no reason\n` }))
      assert.strictEqual((yield* Effect.flip(create)).text, `Can't open ${image}: no reason`)
    }))

  test("works in place, and removes nothing, where the tool's files are another user's", () =>
    Effect.gen(function*() {
      const { calls, create, directory, fs, image } = yield* host(
        (image) => (init(image), { signal: "SIGKILL" }),
        { prefix: ["sudo", "-n"] },
        user
      )
      yield* Effect.flip(create)
      assert.strictEqual(calls.find((call) => call.argv.includes("init"))!.argv.at(-1), image)
      assert.deepStrictEqual(yield* names(fs, directory), ["DiskDescriptor.xml", "root.hdd"])
    }))

  test("makes no file system with an option that the tool lacks, where the tool's files are another user's", () =>
    Effect.gen(function*() {
      const { calls, context, image } = yield* host(() => ({}), { prefix: ["sudo", "-n"] }, user)
      const ploop = yield* Effect.provide(Ploop.Ploop, context)
      const error = yield* Effect.flip(ploop.create({ image, size: "10M", balloon: false }))
      assert.strictEqual(error._tag, "Unsupported")
      assert.include(error.remedy, "balloon")
      assert.isFalse(calls.some((call) => call.argv.includes("init")))
    }))

  test("names a missing directory, which the tool does not, where the tool's files are another user's", () =>
    Effect.gen(function*() {
      const { context, directory } = yield* host(
        (path) => ({ exitCode: 1, stderr: `Error in f (ploop.c:1): Can't open ${path}: No such file or directory\n` }),
        { prefix: ["sudo", "-n"] },
        user
      )
      const ploop = yield* Effect.provide(Ploop.Ploop, context)
      for (
        const error of [
          yield* Effect.flip(ploop.create({ image: `${directory}/no/root.hdd`, size: "10M", fileSystem: "none" })),
          yield* Effect.flip(ploop.restoreDescriptor({ image: `${directory}/root.hdd`, directory: `${directory}/no` }))
        ]
      ) {
        assert.strictEqual(error._tag === "DirectoryNotFound" ? error.directory : error._tag, `${directory}/no`)
      }
    }))

  for (const name of ["root.hdd", "DiskDescriptor.xml"]) {
    test(`starts nothing when ${name} is there, where the tool's files are another user's`, () =>
      Effect.gen(function*() {
        const { calls, create, directory, fs } = yield* host(() => ({}), { prefix: ["sudo", "-n"] }, user)
        yield* fs.writeFileString(`${directory}/${name}`, "another's")
        assert.strictEqual((yield* Effect.flip(create))._tag, "AlreadyExists")
        assert.isFalse(calls.some((call) => call.argv.includes("init")))
        assert.strictEqual(yield* fs.readFileString(`${directory}/${name}`), "another's")
      }))
  }

  test("refuses a path that leaves no room for its files", () =>
    Effect.gen(function*() {
      const { context, directory } = yield* host(() => ({}))
      const ploop = yield* Effect.provide(Ploop.Ploop, context)
      const long = `${directory}${"/x".repeat(2100)}`.slice(0, 4080)
      for (
        const error of [
          yield* Effect.flip(ploop.create({ image: `${long}/a`, size: "10M" })),
          yield* Effect.flip(ploop.restoreDescriptor({ image: "/a", directory: long }))
        ]
      ) {
        assert.strictEqual(error._tag === "InvalidArgument" ? error.rule.slice(0, 15) : error._tag, "must be shorter")
      }
    }))
})

describe("copyReceive", () => {
  const receive = (image: string) =>
    Effect.flatMap(Ploop.Ploop, (ploop) => Stream.run(Stream.make(new Uint8Array(8)), ploop.copyReceive({ image })))

  test("gives the image its name when it is whole", () =>
    Effect.gen(function*() {
      const { context, directory, fs, image } = yield* host((given) => (writeFileSync(given, "copied"), {}))
      yield* Effect.provide(receive(image), context)
      assert.deepStrictEqual(yield* names(fs, directory), ["root.hdd"])
      assert.strictEqual(yield* fs.readFileString(image), "copied")
    }))

  test("waits for another copy by the same name, where the tool's files are another user's", () =>
    Effect.gen(function*() {
      const { calls, context, fs, image } = yield* host(
        (given) => (writeFileSync(given, "copied"), { lasts: "50 millis" }),
        { prefix: ["sudo", "-n"] },
        user
      )
      const results = yield* Effect.forEach([1, 2, 3], () => Effect.either(Effect.provide(receive(image), context)), {
        concurrency: "unbounded"
      })
      assert.deepStrictEqual(
        results.map(Either.match({ onLeft: ({ _tag }) => _tag, onRight: () => "done" })).sort(),
        ["AlreadyExists", "AlreadyExists", "done"]
      )
      assert.lengthOf(calls.filter((call) => call.argv.includes("copy")), 1)
      assert.strictEqual(yield* fs.readFileString(image), "copied")
    }))

  test("names a missing directory, which the tool does not, as copyFrom does, where the tool's files are another user's", () =>
    Effect.gen(function*() {
      const { context, directory } = yield* host(
        (path) => ({ exitCode: 1, stderr: `Error in f (pcopy.c:1): Can't open ${path}: No such file or directory\n` }),
        { prefix: ["sudo", "-n"] },
        user
      )
      const ploop = yield* Effect.provide(Ploop.Ploop, context)
      const image = `${directory}/no/root.hdd`
      const peer = { incoming: Stream.make(new Uint8Array(8)), outgoing: Sink.drain }
      for (
        const error of [
          yield* Effect.flip(Effect.provide(receive(image), context)),
          yield* Effect.flip(Stream.runDrain(ploop.copyFrom({ image }, peer)))
        ]
      ) {
        assert.strictEqual(error._tag === "DirectoryNotFound" ? error.directory : error._tag, `${directory}/no`)
      }
    }))

  test("of many at once to one path gives the file of one, and the others fail", () =>
    Effect.gen(function*() {
      const state = { next: 0 }
      const { context, directory, fs, image } = yield* host((given) => (writeFileSync(given, `${state.next++}`), {}))
      const results = yield* Effect.forEach(
        Array.from({ length: 8 }),
        () => Effect.either(Effect.provide(receive(image), context)),
        { concurrency: "unbounded" }
      )
      assert.strictEqual(results.filter(Either.isRight).length, 1)
      for (const result of results) {
        if (Either.isLeft(result)) assert.strictEqual(result.left._tag, "AlreadyExists")
      }
      assert.deepStrictEqual(yield* names(fs, directory), ["root.hdd"])
    }))

  test("leaves nothing when the tool fails, and what another process made meanwhile", () =>
    Effect.gen(function*() {
      const failing = yield* host((given) => (writeFileSync(given, "half"), { exitCode: 6 }))
      yield* Effect.flip(Effect.provide(receive(failing.image), failing.context))
      assert.deepStrictEqual(yield* names(failing.fs, failing.directory), [])

      const racing = yield* host((given, directory) => {
        writeFileSync(given, "copied")
        writeFileSync(`${directory}/root.hdd`, "another's")
        return {}
      })
      const error = yield* Effect.flip(Effect.provide(receive(racing.image), racing.context))
      assert.strictEqual(error._tag, "AlreadyExists")
      assert.deepStrictEqual(yield* names(racing.fs, racing.directory), ["root.hdd"])
      assert.strictEqual(yield* racing.fs.readFileString(racing.image), "another's")
    }))
})

describe("copyFrom", () => {
  /** How a copy of generation 7 ends that succeeds for the tool, after it was sent these packets and replied to each. */
  const received = (...packets: ReadonlyArray<Uint8Array>) =>
    Effect.gen(function*() {
      const host = yield* scripted("7", (command) => {
        if (command[0] !== "copy") return undefined
        writeFileSync(command[command.indexOf("-d") + 1]!, "copied")
        return { sends: packets.map(() => CopyProtocol.reply(0)), lasts: "10 millis" }
      })
      const directory = `${host.directory}/new`
      const fs = yield* FileSystem.FileSystem
      yield* fs.makeDirectory(directory)
      const ploop = yield* Effect.provide(Ploop.Ploop, host.context)
      const peer = { incoming: Stream.fromIterable(packets), outgoing: Sink.drain }
      const result = yield* Effect.either(Stream.runDrain(ploop.copyFrom({ image: `${directory}/root.hdd` }, peer)))
      return [
        Either.match(result, { onLeft: ({ _tag }) => _tag, onRight: () => "done" }),
        yield* names(fs, directory)
      ]
    })

  const packet = (type: number, bytes: number) =>
    CopyProtocol.format("dialogue", { type, position: 0n }, new Uint8Array(bytes))

  const { command, data } = CopyProtocol.types

  test("makes no image of a copy that ends before any data, though the tool succeeds", () =>
    Effect.gen(function*() {
      assert.deepStrictEqual(yield* received(packet(data, 4096), packet(command, 0)), ["done", ["root.hdd"]])
      assert.deepStrictEqual(yield* received(packet(command, 0)), ["CopyProtocolBroken", []])
    }))
})

describe("a file system that is made without the tool", () => {
  /** How a create ends for which debugfs says this of the file of the balloon, and the names that are there then. */
  const made = (balloon: string) =>
    Effect.gen(function*() {
      const fs = yield* FileSystem.FileSystem
      const host = yield* scripted("1.15", (words) => {
        if (words[0] === "init") init(words.at(-1)!)
        if (words[0] === "mount") return { stdout: "Adding delta dev=/dev/ploop7 img=/x/root.hdd (rw)\n" }
        if (words[0] === "info") return { stdout: "device:\t\t/dev/ploop7\npartition:\t/dev/ploop7p1\n" }
        return words[0] === "-R" ? { stdout: balloon } : undefined
      })
      const directory = `${host.directory}/new`
      yield* fs.makeDirectory(directory)
      const ploop = yield* Effect.provide(Ploop.Ploop, host.context)
      const result = yield* Effect.either(
        ploop.create({ image: `${directory}/root.hdd`, size: "10M", journalSize: "4M" })
      )
      return [result._tag === "Left" ? result.left._tag : "done", yield* names(fs, directory)]
    })

  test("has the file of a balloon, or fails and leaves nothing, whatever the exit code of debugfs", () =>
    Effect.gen(function*() {
      assert.deepStrictEqual(yield* made("Inode: 12   Type: regular    Mode:  0600   Flags: 0x80000\n"), [
        "done",
        ["DiskDescriptor.xml", "root.hdd"]
      ])
      assert.deepStrictEqual(yield* made("stat: File not found by ext2_lookup\n"), ["UnexpectedOutput", []])
    }))
})

describe("clone", () => {
  /** A disk, and a directory for its clone, which may be on another file system by what is seen of it. */
  const cloning = (isElsewhere = false) =>
    Effect.gen(function*() {
      const fs = yield* FileSystem.FileSystem
      const isIn = (path: string) => isElsewhere && path.endsWith("/new")
      const host = yield* scripted("1.15", () => undefined).pipe(
        Effect.provideService(CurrentHostFiles, {
          ...nodeHostFiles,
          find: (path) =>
            Effect.map(
              nodeHostFiles.find(path),
              Option.map((found) => isIn(path) ? { ...found, device: found.device + 1n } : found)
            )
        })
      )
      for (const name of ["root.hdd", "root.hdd.1", "root.hdd.2"]) {
        yield* fs.writeFile(`${host.directory}/${name}`, emptyImage())
      }
      const directory = `${host.directory}/new`
      yield* fs.makeDirectory(directory)
      const ploop = yield* Effect.provide(Ploop.Ploop, host.context)
      const linked = { disk: host.disk, snapshot: A, directory } as const
      return { ...host, fs, ploop, linked, full: { ...linked, mode: "full", flatten: true } as const, directory }
    })

  test("is not linked from a directory on another file system, and made in full there", () =>
    Effect.gen(function*() {
      const { commands, directory, fs, full, linked, ploop } = yield* cloning(true)
      const error = yield* Effect.flip(ploop.clone(linked))
      assert.include(error._tag === "Unsupported" ? error.reason : error._tag, `${directory} is not on the file system`)
      assert.deepStrictEqual(yield* names(fs, directory), [])
      yield* ploop.clone(full)
      assert.deepStrictEqual(yield* names(fs, directory), ["DiskDescriptor.xml", "root.hdd"])
      assert.isFalse((yield* commands).some(([command]) => command === "init"))
    }))

  test("in one image is not begun on generation 9 with a raw base, which its tool cannot merge into", () =>
    Effect.gen(function*() {
      const fs = yield* FileSystem.FileSystem
      for (const type of ["Plain", "Compressed"]) {
        const host = yield* scripted("9", () => undefined)
        yield* fs.writeFileString(host.disk, descriptor("root.hdd.2").replace("Compressed", type))
        for (const name of ["root.hdd", "root.hdd.1", "root.hdd.2"]) {
          yield* fs.writeFile(`${host.directory}/${name}`, emptyImage())
        }
        const directory = `${host.directory}/new`
        yield* fs.makeDirectory(directory)
        const ploop = yield* Effect.provide(Ploop.Ploop, host.context)
        yield* Effect.flip(ploop.clone({ disk: host.disk, snapshot: B, directory, mode: "full", flatten: true }))
        const isMerged = (yield* host.commands).some(([command]) => command === "snapshot-merge")
        assert.strictEqual(isMerged, type === "Compressed")
      }
    }))

  test("has no image of a merge that the tool calls done although several are left", () =>
    Effect.gen(function*() {
      const { commands, directory, fs, full, ploop } = yield* cloning()
      const error = yield* Effect.flip(ploop.clone({ ...full, snapshot: B }))
      assert.strictEqual(error._tag, "UnexpectedOutput", error.message)
      assert.isTrue((yield* commands).some(([command]) => command === "snapshot-merge"))
      assert.deepStrictEqual(yield* fs.readDirectory(directory), [])
    }))

  test("is not made in the directory of its disk, by whatever name", () =>
    Effect.gen(function*() {
      const { directory, disk, fs, full, linked, ploop } = yield* cloning()
      yield* fs.symlink(dirname(disk), `${directory}/link`)
      for (const options of [full, linked]) {
        for (const own of [dirname(disk), `${directory}/link`]) {
          const error = yield* Effect.flip(ploop.clone({ ...options, directory: own }))
          assert.strictEqual(error._tag === "InvalidArgument" ? error.field : error._tag, "directory")
        }
      }
    }))

  test("is not made beside the record of another one, which would say that its images are shared", () =>
    Effect.gen(function*() {
      const { directory, fs, full, ploop } = yield* cloning()
      const record = `${directory}/${DiskClone.recordName}`
      yield* fs.writeFileString(record, "another's")
      const error = yield* Effect.flip(ploop.clone(full))
      assert.strictEqual(error._tag === "AlreadyExists" ? error.path : error._tag, record)
      assert.deepStrictEqual(yield* fs.readDirectory(directory), [DiskClone.recordName])
    }))
})

describe("restoreDescriptor", () => {
  test("names an image elsewhere from the descriptor's directory, but on generation 1.15, which would not find it", () =>
    Effect.gen(function*() {
      const fs = yield* FileSystem.FileSystem
      for (const generation of ["1.15", "7", "9"] as const) {
        const host = yield* scripted(generation, (words) => {
          if (words[0] === "restore-descriptor") {
            writeFileSync(`${words.at(-2)}/DiskDescriptor.xml`, fresh("root.hdd"))
          }
          return undefined
        })
        const [image, directory] = [`${host.directory}/a/root.hdd`, `${host.directory}/b`]
        for (const made of [dirname(image), directory]) yield* fs.makeDirectory(made)
        yield* fs.writeFile(image, emptyImage())
        const restore = Effect.flatMap(Ploop.Ploop, (ploop) => ploop.restoreDescriptor({ image, directory }))
        const text = yield* fs.readFileString(yield* Effect.provide(restore, host.context))
        const file = generation === "1.15" ? image : "../a/root.hdd"
        assert.deepStrictEqual(Either.getOrThrow(DiskDescriptor.parse(text)).images.map((found) => found.file), [file])
      }
    }))

  test("starts nothing while other images of the disk are beside its image, also where a link leads there", () =>
    Effect.gen(function*() {
      const { calls, context, directory, fs, image } = yield* host(() => ({}))
      yield* fs.writeFileString(image, "base")
      yield* fs.writeFileString(`${image}.{aaaaaaaa-0000-4000-8000-aaaaaaaaaaaa}`, "delta")
      yield* fs.makeDirectory(`${directory}/elsewhere`)
      yield* fs.symlink(image, `${directory}/elsewhere/link.hdd`)
      for (const named of [image, `${directory}/elsewhere/link.hdd`]) {
        const restore = Effect.flatMap(Ploop.Ploop, (ploop) => ploop.restoreDescriptor({ image: named }))
        const error = yield* Effect.flip(Effect.provide(restore, context))
        assert.strictEqual(error._tag, "Unsupported")
      }
      assert.isFalse(calls.some((call) => call.argv.includes("restore-descriptor")))
    }))
})

describe.skipIf(missing !== undefined)(title("with the real tool"), () => {
  const real = <A, E>(
    title: string,
    body: (directory: string) => Effect.Effect<A, E, FileSystem.FileSystem | Ploop.Ploop | Scope.Scope>
  ) =>
    it.scopedLive(title, () =>
      Effect.gen(function*() {
        const fs = yield* FileSystem.FileSystem
        yield* body(yield* fs.makeTempDirectoryScoped({ prefix: "ploop-create-" }))
      }).pipe(Effect.provide(RealTool)))

  real("of many creates in one directory at once, one makes a disk", (directory) =>
    Effect.gen(function*() {
      const ploop = yield* Ploop.Ploop
      const fs = yield* FileSystem.FileSystem
      const results = yield* Effect.forEach(
        Array.from({ length: 8 }, (_, index) => `${directory}/${index}.hdd`),
        (image) => Effect.either(ploop.create({ image, size: "1M", fileSystem: "none" })),
        { concurrency: "unbounded" }
      )
      const [made] = results.flatMap((result) => Either.isRight(result) ? [result.right] : [])
      assert.strictEqual(results.filter(Either.isRight).length, 1)
      assert.deepStrictEqual(
        yield* names(fs, directory),
        ["DiskDescriptor.xml", made!.image.slice(directory.length + 1)].sort()
      )
      assert.strictEqual(yield* ploop.topDelta({ disk: made!.disk }), made!.image)
    }))

  for (const where of ["beside the image", "elsewhere"]) {
    real(
      `a descriptor that is restored ${where} names the image, and the tool reads it`,
      (directory) =>
        Effect.gen(function*() {
          const ploop = yield* Ploop.Ploop
          const fs = yield* FileSystem.FileSystem
          const { disk, image } = yield* ploop.create({
            image: `${directory}/root.hdd`,
            size: "4M",
            fileSystem: "none"
          })
          yield* fs.remove(disk)
          const home = where === "elsewhere"
            ? yield* fs.makeTempDirectoryScoped({ prefix: "ploop-create-" })
            : directory
          const restored = yield* ploop.restoreDescriptor({ image, directory: home })
          assert.strictEqual(restored, Disk.inDirectory(home))
          const text = yield* fs.readFileString(restored)
          assert.include(text, `<File>${where === "elsewhere" ? image : "root.hdd"}</File>`)
          assert.strictEqual(yield* ploop.topDelta({ disk: restored }), image)
          assert.strictEqual((yield* ploop.imageInfo({ disk: restored })).size, 4n << 20n)
        })
    )
  }
})
