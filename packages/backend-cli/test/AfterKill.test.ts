/** What a tool or a process leaves that was killed is removed, and nothing else. */
import type { PloopCli } from "@effect-ploop/backend-cli"
import { Disk, DiskDescriptor, Ploop, Remedy, SnapshotId } from "@effect-ploop/core"
import type { PloopError } from "@effect-ploop/core"
import { FileSystem } from "@effect/platform"
import { NodeContext } from "@effect/platform-node"
import { assert, describe, it } from "@effect/vitest"
import { Duration, Effect, Option, type Scope, Stream } from "effect"
import { existsSync, mkdirSync, renameSync, writeFileSync } from "node:fs"
import { dirname } from "node:path"
import { CurrentHostFiles } from "../src/internal/currentHostFiles.js"
import type { HostFiles } from "../src/internal/hostFiles.js"
import { nodeHostFiles } from "../src/internal/nodeHostFiles.js"
import { B, descriptor, scripted, withNode } from "./utils/host.js"
import { header, image } from "./utils/image.js"
import type { Answer } from "./utils/ScriptedExecutor.js"
import { sysfs } from "./utils/sysfs.js"

const test = <A, E>(title: string, body: () => Effect.Effect<A, E, NodeContext.NodeContext | Scope.Scope>) =>
  it.scopedLive(title, () => Effect.provide(body(), NodeContext.layer))

const delta = "root.hdd.{cccccccc-0000-4000-8000-cccccccccccc}"

const names = (directory: string) =>
  Effect.flatMap(
    FileSystem.FileSystem,
    (fs) => Effect.map(fs.readDirectory(directory), (all) => all.filter((name) => !name.endsWith(".lck")).sort())
  )

/** A disk whose tool makes files when it is told to take a snapshot, and is killed then. */
const killed = (
  make: (directory: string) => void,
  generation: "1.15" | "9" = "1.15",
  end: Answer = { signal: "SIGKILL" },
  options?: PloopCli.Options
) =>
  Effect.gen(function*() {
    const fs = yield* FileSystem.FileSystem
    const host = yield* scripted(generation, ([command], disk) => {
      if (command !== "snapshot") return undefined
      make(dirname(disk))
      return end
    }, options)
    yield* fs.writeFileString(`${host.disk}.lck`, "")
    const error = Effect.flip(
      Effect.provide(
        Effect.flatMap(Ploop.Ploop, (ploop) => ploop.createSnapshot({ disk: host.disk, id: B.replaceAll("b", "d") })),
        host.context
      )
    )
    return { ...host, fs, error }
  })

const makeAll = (directory: string) => {
  writeFileSync(`${directory}/DiskDescriptor.xml.tmp`, "half of a descri")
  writeFileSync(`${directory}/${delta}`, header())
  writeFileSync(`${directory}/root.hdd.tmp`, "half of an image")
  mkdirSync(`${directory}/root.hdd.mnt`)
}

describe("a tool that is killed while it changes a disk", () => {
  test("leaves nothing of what it wrote", () =>
    Effect.gen(function*() {
      const { directory, error } = yield* killed(makeAll)
      assert.strictEqual((yield* error)._tag, "ToolAborted")
      assert.deepStrictEqual(yield* names(directory), ["DiskDescriptor.xml"])
    }))

  test("leaves nothing of what it wrote before its time was over", () =>
    Effect.gen(function*() {
      const forever = { lasts: Duration.infinity }
      const { directory, error } = yield* killed(makeAll, "1.15", forever, { changeLimit: "20 millis" })
      assert.strictEqual((yield* error)._tag, "TimedOut")
      assert.deepStrictEqual(yield* names(directory), ["DiskDescriptor.xml"])
    }))

  test("costs nobody a file that was there before, or that has another name", () =>
    Effect.gen(function*() {
      const { directory, error, fs } = yield* killed((directory) => {
        makeAll(directory)
        writeFileSync(`${directory}/other.hdd.{cccccccc-0000-4000-8000-cccccccccccc}`, "another's")
        writeFileSync(`${directory}/notes.tmp`, "another's")
      })
      for (const name of ["DiskDescriptor.xml.tmp", delta, "root.hdd.tmp"]) {
        yield* fs.writeFileString(`${directory}/${name}`, "before")
      }
      yield* error
      assert.deepStrictEqual(
        yield* names(directory),
        [
          "DiskDescriptor.xml",
          "DiskDescriptor.xml.tmp",
          "notes.tmp",
          "other.hdd.{cccccccc-0000-4000-8000-cccccccccccc}",
          "root.hdd.tmp",
          delta
        ].sort()
      )
    }))

  test("costs nobody a delta that the descriptor names by then", () =>
    Effect.gen(function*() {
      const { directory, error } = yield* killed((directory) => {
        writeFileSync(`${directory}/${delta}`, header())
        writeFileSync(`${directory}/DiskDescriptor.xml`, described(delta))
      })
      yield* error
      assert.deepStrictEqual(yield* names(directory), ["DiskDescriptor.xml", delta])
    }))

  test("leaves its files while another tool holds the lock of the disk", () =>
    Effect.gen(function*() {
      const { directory, disk, error } = yield* killed(makeAll)
      assert.isTrue(Option.isSome(yield* nodeHostFiles.tryLock(`${disk}.lck`)))
      yield* error
      assert.include(yield* names(directory), delta)
    }))

  test("leaves its files on generation 9, whose lock nobody else can take", () =>
    Effect.gen(function*() {
      const { directory, disk, error, fs } = yield* killed(makeAll, "9")
      yield* fs.remove(`${disk}.lck`)
      yield* error
      assert.include(yield* names(directory), delta)
    }))

  test("leaves a directory that has the name of a file, and a file that has that of a mount point", () =>
    Effect.gen(function*() {
      const { directory, error } = yield* killed((directory) => {
        writeFileSync(`${directory}/${delta}`, header())
        mkdirSync(`${directory}/root.hdd.tmp`)
        writeFileSync(`${directory}/root.hdd.mnt`, "another's")
      })
      yield* error
      assert.deepStrictEqual(yield* names(directory), ["DiskDescriptor.xml", "root.hdd.mnt", "root.hdd.tmp"])
    }))

  test("leaves a directory that is not empty", () =>
    Effect.gen(function*() {
      const { directory, error } = yield* killed((directory) => {
        mkdirSync(`${directory}/root.hdd.mnt`)
        writeFileSync(`${directory}/root.hdd.mnt/precious`, "")
      })
      yield* error
      assert.deepStrictEqual(yield* names(directory), ["DiskDescriptor.xml", "root.hdd.mnt"])
    }))
})

/** The descriptor of the scripted disk after a snapshot whose new delta is this file. */
const described = (file: string) => descriptor(file, SnapshotId.make(B.replaceAll("b", "d")))

describe("a tool that is killed after a device has begun to write to a new delta", () => {
  for (
    const [title, given] of [
      ["or what is written from then on would be lost", {}],
      ["also when its size is not a whole number of clusters", { size: 20_479n }],
      ["also when its header has a type that the tool does not write", { type: 7 }]
    ] as const
  ) {
    test(`has its last step done for it, ${title}`, () =>
      Effect.gen(function*() {
        const { directory, disk, error, fs } = yield* killed((directory) => {
          writeFileSync(`${directory}/${delta}`, header({ inUse: 1, ...given }))
          writeFileSync(`${directory}/DiskDescriptor.xml.tmp`, described(delta))
        })
        assert.strictEqual((yield* error)._tag, "ToolAborted")
        assert.deepStrictEqual(yield* names(directory), ["DiskDescriptor.xml", delta])
        assert.strictEqual(yield* fs.readFileString(disk), described(delta))
      }))
  }

  for (
    const [what, text] of [
      ["half of a descriptor", described(delta).slice(0, 500)],
      ["another descriptor", described("root.hdd.{dddddddd-0000-4000-8000-dddddddddddd}")]
    ] as const
  ) {
    test(`loses neither the delta nor ${what} that it wrote`, () =>
      Effect.gen(function*() {
        const { directory, disk, error, fs } = yield* killed((directory) => {
          writeFileSync(`${directory}/${delta}`, header({ inUse: 1 }))
          writeFileSync(`${directory}/DiskDescriptor.xml.tmp`, text)
        })
        const before = yield* fs.readFileString(disk)
        yield* error
        assert.deepStrictEqual(yield* names(directory), ["DiskDescriptor.xml", "DiskDescriptor.xml.tmp", delta])
        assert.strictEqual(yield* fs.readFileString(disk), before)
      }))
  }
})

/**
 * A disk beside which a process that was killed with its tool has left a new
 * descriptor and the delta in it, and the devices that write to an image of it.
 */
const cutShort = (
  given: {
    readonly delta: Uint8Array
    readonly text?: string
    readonly isWritten?: boolean
    readonly readOnly?: boolean
    readonly generation?: "1.15" | "9"
  }
) =>
  Effect.gen(function*() {
    const fs = yield* FileSystem.FileSystem
    const generation = given.generation ?? "1.15"
    const root = yield* sysfs({})
    const host = yield* scripted(generation, () => undefined, { queries: "files", sysfs: root }).pipe(
      Effect.provideService(CurrentHostFiles, withNode("/dev/ploop1"))
    )
    const { directory, disk } = host
    if (generation !== "9") yield* fs.writeFileString(`${disk}.lck`, "")
    yield* fs.writeFile(`${directory}/${delta}`, given.delta)
    yield* fs.writeFileString(`${disk}.tmp`, given.text ?? described(delta))
    for (const name of ["root.hdd", "root.hdd.1", "root.hdd.2"]) yield* fs.writeFile(`${directory}/${name}`, image())
    if (given.isWritten === true) {
      const above = ["root.hdd.1", "root.hdd.2", delta].map((name) => `${directory}/${name}`)
      const shown = yield* sysfs({
        ploop1: { image: `${directory}/root.hdd`, above, ...(given.readOnly === true && { readOnly: true }) }
      })
      yield* fs.copy(`${shown}/block/ploop1`, `${root}/block/ploop1`)
    }
    const run = <A, E>(use: (ploop: Ploop.Ploop) => Effect.Effect<A, E>) =>
      Effect.provide(Effect.flatMap(Ploop.Ploop, use), host.context)
    const snapshot = run((ploop) => ploop.createSnapshot({ disk, id: B.replaceAll("b", "e") }))
    return { ...host, fs, run, snapshot, before: yield* fs.readFileString(disk), all: yield* names(directory) }
  })

/** What the tool was told to do, but for its questions. */
const changes = (commands: Effect.Effect<ReadonlyArray<ReadonlyArray<string>>>) =>
  Effect.map(commands, (all) => all.flatMap(([word]) => word === "snapshot" || word === "umount" ? [word] : []))

const written = (bytes: Uint8Array): Uint8Array => {
  bytes[64] = 1
  return bytes
}

describe("a snapshot that was cut short when a process was killed with its tool", () => {
  test("is completed by the next call while a device writes to the new delta", () =>
    Effect.gen(function*() {
      const { all, commands, disk, directory, fs, snapshot } = yield* cutShort({
        delta: image({ inUse: 1 }),
        isWritten: true
      })
      yield* snapshot
      assert.strictEqual(yield* fs.readFileString(disk), described(delta))
      assert.deepStrictEqual(yield* names(directory), all.filter((name) => !name.endsWith(".tmp")))
      assert.deepStrictEqual(yield* changes(commands), ["snapshot"])
    }))

  for (const by of ["disk", "image", "device"] as const) {
    test(`is completed by an unmount of the ${by}, after which nobody would know what was written last`, () =>
      Effect.gen(function*() {
        const { commands, directory, disk, fs, run } = yield* cutShort({ delta: image({ inUse: 1 }), isWritten: true })
        const named = { disk: { disk }, image: { image: `${directory}/root.hdd` }, device: { device: "/dev/ploop1" } }
        yield* run((ploop) => ploop.umount(named[by]))
        assert.strictEqual(yield* fs.readFileString(disk), described(delta))
        assert.deepStrictEqual(yield* changes(commands), ["umount"])
      }))
  }

  for (
    const [what, bytes] of [
      ["is empty", image()],
      ["was not begun", new Uint8Array()],
      ["is shorter than its index", image().subarray(0, 4096)]
    ] as const
  ) {
    test(`leaves no delta that ${what}`, () =>
      Effect.gen(function*() {
        const { all, before, directory, disk, fs, snapshot } = yield* cutShort({ delta: bytes })
        yield* snapshot
        const gone = [delta, "DiskDescriptor.xml.tmp"]
        assert.deepStrictEqual(yield* names(directory), all.filter((name) => !gone.includes(name)))
        assert.strictEqual(yield* fs.readFileString(disk), before)
      }))
  }

  for (
    const [what, given] of [
      ["has data", { delta: written(image()) }],
      ["may be in use", { delta: image({ inUse: 1 }) }],
      ["a read-only device shows, and that has data", { delta: written(image()), isWritten: true, readOnly: true }],
      [
        "a device writes to, and whose descriptor drops another image, as after a switch",
        { delta: image({ inUse: 1 }), isWritten: true, text: descriptor(delta) }
      ],
      ["has no header", { delta: new Uint8Array(64).fill(1) }],
      ["has data, on generation 9", { delta: written(image()), generation: "9" }]
    ] as const
  ) {
    test(`keeps a delta that ${what}, and the call says what to do`, () =>
      Effect.gen(function*() {
        const { all, before, commands, directory, disk, fs, snapshot } = yield* cutShort(given)
        const error = yield* Effect.flip(snapshot)
        assert.strictEqual(error._tag, "DescriptorInvalid")
        assert.include(error.message, delta)
        assert.strictEqual(
          error.remedy,
          Remedy.texts["uncommitted-descriptor"]({ aside: `${disk}.tmp`, disk })
        )
        assert.deepStrictEqual(yield* names(directory), all)
        assert.strictEqual(yield* fs.readFileString(disk), before)
        assert.deepStrictEqual(yield* changes(commands), [])
      }))
  }

  test("does not keep a disk mounted", () =>
    Effect.gen(function*() {
      const { all, commands, directory, disk, run } = yield* cutShort({ delta: written(image()) })
      yield* run((ploop) => ploop.umount({ disk }))
      assert.deepStrictEqual(yield* names(directory), all)
      assert.deepStrictEqual(yield* changes(commands), ["umount"])
    }))

  for (
    const [what, text] of [
      ["half of a descriptor", described(delta).slice(0, 500)],
      ["the descriptor of another disk", described(delta).replaceAll("root.hdd.1", "root.hdd.3")],
      ["a descriptor whose top delta is elsewhere", described(`other/${delta}`)]
    ] as const
  ) {
    test(`is not shown by ${what}: the file beside it stays`, () =>
      Effect.gen(function*() {
        const { all, directory, fs, snapshot } = yield* cutShort({ delta: image(), text })
        yield* fs.makeDirectory(`${directory}/other`)
        yield* fs.writeFile(`${directory}/other/${delta}`, image())
        yield* snapshot
        assert.deepStrictEqual(yield* names(directory), [...all, "other"].sort())
        assert.deepStrictEqual(yield* names(`${directory}/other`), [delta])
      }))
  }

  test("is not shown while an image of the descriptor is missing: the file may be that image, under its old name", () =>
    Effect.gen(function*() {
      const { directory, fs, snapshot } = yield* cutShort({ delta: image() })
      yield* fs.remove(`${directory}/root.hdd.1`)
      const before = yield* names(directory)
      yield* Effect.exit(snapshot)
      assert.deepStrictEqual(yield* names(directory), before)
    }))

  test("is left to the tool that holds the lock of the disk", () =>
    Effect.gen(function*() {
      const { all, directory, disk, snapshot } = yield* cutShort({ delta: image() })
      assert.isTrue(Option.isSome(yield* nodeHostFiles.tryLock(`${disk}.lck`)))
      yield* snapshot
      assert.deepStrictEqual(yield* names(directory), all)
    }))

  test("leaves an empty delta on generation 9, whose lock nobody else can take", () =>
    Effect.gen(function*() {
      const { all, directory, snapshot } = yield* cutShort({ delta: image(), generation: "9" })
      yield* snapshot
      assert.deepStrictEqual(yield* names(directory), all)
    }))
})

describe("a private directory of a process that was killed", () => {
  const init = (image: string) => {
    writeFileSync(image, "new")
    writeFileSync(
      Disk.inDirectory(dirname(image)),
      DiskDescriptor.format(DiskDescriptor.make({
        size: "10M",
        images: [{ id: SnapshotId.top, type: "Compressed", file: "new.hdd" }],
        snapshots: [{ id: SnapshotId.top, parent: SnapshotId.none, temporary: false }]
      }))
    )
  }

  /** An empty directory, with a private directory in which another process made an image; its device runs. */
  const abandoned = (unmount: Answer = {}, files: HostFiles = nodeHostFiles) =>
    Effect.gen(function*() {
      const fs = yield* FileSystem.FileSystem
      const directory = yield* fs.makeTempDirectoryScoped({ prefix: "ploop-test-" })
      const left = yield* nodeHostFiles.makePrivateDirectory(directory)
      yield* fs.writeFileString(`${left}/new.hdd`, "half")
      yield* fs.makeDirectory(`${left}/new.hdd.mnt`)
      const host = yield* scripted("1.15", (command) => {
        if (command[0] === "list") {
          return { stdout: `ploop7       ${left}/new.hdd  \nploop8       ${left}-mine/new.hdd  \n` }
        }
        if (command[0] === "init") init(command.at(-1)!)
        if (command[0] === "copy") writeFileSync(command.at(-1)!, "copied")
        return command[0] === "umount" ? unmount : {}
      }).pipe(Effect.provideService(CurrentHostFiles, files))
      const unmounted = Effect.map(
        host.commands,
        (all) => all.flatMap(([first, , device]) => first === "umount" ? [device] : [])
      )
      return { ...host, fs, directory, left, unmounted }
    })

  const operations: ReadonlyArray<
    readonly [string, (ploop: Ploop.Ploop, directory: string) => Effect.Effect<unknown, unknown>]
  > = [
    ["create", (ploop, directory) => ploop.create({ image: `${directory}/new.hdd`, size: "10M", fileSystem: "none" })],
    [
      "copyReceive",
      (ploop, directory) =>
        Stream.run(Stream.make(new Uint8Array(3)), ploop.copyReceive({ image: `${directory}/new.hdd` }))
    ]
  ]

  for (const [name, run] of operations) {
    test(`is removed with its device, and that of no other directory, by the next ${name}`, () =>
      Effect.gen(function*() {
        const { context, directory, fs, left, unmounted } = yield* abandoned()
        yield* Effect.provide(Effect.flatMap(Ploop.Ploop, (ploop) => run(ploop, directory)), context)
        assert.isFalse(yield* fs.exists(left))
        assert.deepStrictEqual(yield* unmounted, ["/dev/ploop7"])
        assert.include(yield* fs.readDirectory(directory), "new.hdd")
      }))

    test(`is left by ${name} while its process is alive`, () =>
      Effect.gen(function*() {
        const { context, directory, fs, left, unmounted } = yield* abandoned()
        assert.isTrue(Option.isSome(yield* nodeHostFiles.tryLock(left)))
        yield* Effect.provide(Effect.flatMap(Ploop.Ploop, (ploop) => run(ploop, directory)), context)
        assert.strictEqual(yield* fs.readFileString(`${left}/new.hdd`), "half")
        assert.deepStrictEqual(yield* unmounted, [])
      }))
  }

  test("stays with its image while its device cannot be stopped", () =>
    Effect.gen(function*() {
      const { context, directory, fs, left, unmounted } = yield* abandoned({ exitCode: 22 })
      yield* Effect.provide(Effect.flatMap(Ploop.Ploop, (ploop) => operations[0]![1](ploop, directory)), context)
      assert.deepStrictEqual(yield* unmounted, ["/dev/ploop7"])
      assert.strictEqual(yield* fs.readFileString(`${left}/new.hdd`), "half")
    }))

  const others: ReadonlyArray<
    readonly [string, (fs: FileSystem.FileSystem, left: string) => Effect.Effect<string, unknown>]
  > = [
    ["has a name that no process gives", (fs, left) => Effect.as(fs.rename(left, `${left}-mine`), `${left}-mine`)],
    ["others have rights to", (fs, left) => Effect.as(fs.chmod(left, 0o755), left)],
    ["its group has rights to", (fs, left) => Effect.as(fs.chmod(left, 0o750), left)],
    ["belongs to another user", (fs, left) => Effect.as(fs.chown(left, 65534, 65534), left)]
  ]
  for (const [what, change] of others) {
    test(`is not one that ${what}: that is left`, () =>
      Effect.gen(function*() {
        const { context, directory, fs, left, unmounted } = yield* abandoned()
        const other = yield* change(fs, left)
        yield* Effect.provide(Effect.flatMap(Ploop.Ploop, (ploop) => operations[0]![1](ploop, directory)), context)
        assert.strictEqual(yield* fs.readFileString(`${other}/new.hdd`), "half")
        assert.deepStrictEqual(yield* unmounted, [])
      }))
  }

  test("is not one that has come to its name before it is locked: that is left", () =>
    Effect.gen(function*() {
      const exchange = (path: string) => {
        if (!existsSync(`${path}/new.hdd`)) return
        renameSync(path, `${path}-former`)
        mkdirSync(path)
        writeFileSync(`${path}/another's`, "kept")
      }
      const exchanging: HostFiles = {
        ...nodeHostFiles,
        tryLock: (path) => Effect.zipRight(Effect.sync(() => exchange(path)), nodeHostFiles.tryLock(path))
      }
      const { context, directory, fs, left } = yield* abandoned({}, exchanging)
      yield* Effect.provide(Effect.flatMap(Ploop.Ploop, (ploop) => operations[0]![1](ploop, directory)), context)
      assert.strictEqual(yield* fs.readFileString(`${left}/another's`), "kept")
    }))

  test("is locked while its process is alive", () =>
    Effect.gen(function*() {
      const fs = yield* FileSystem.FileSystem
      const directory = yield* fs.makeTempDirectoryScoped({ prefix: "ploop-test-" })
      const tries: Array<Promise<boolean>> = []
      const host = yield* scripted("1.15", (command) => {
        if (command[0] !== "init") return command[0] === "list" ? {} : undefined
        init(command.at(-1)!)
        const free = Effect.map(nodeHostFiles.tryLock(dirname(command.at(-1)!)), Option.isSome)
        tries.push(Effect.runPromise(Effect.scoped(free)))
        return { lasts: "200 millis" }
      })
      yield* Effect.provide(
        Effect.flatMap(Ploop.Ploop, (ploop) =>
          ploop.create({ image: `${directory}/new.hdd`, size: "10M", fileSystem: "none" })),
        host.context
      )
      assert.deepStrictEqual(
        yield* Effect.promise(() =>
          Promise.all(tries)
        ),
        [false]
      )
    }))
})

describe("a tool that is killed while it works on the balloon of a mounted disk", () => {
  /** What the tool ran, after the one that works on the balloon was killed. */
  const commandsOf = (
    killed: string,
    call: (ploop: Ploop.Ploop, disk: Disk.Disk) => Effect.Effect<unknown, PloopError.PloopError>,
    generation: "1.15" | "9" = "1.15"
  ) =>
    Effect.gen(function*() {
      const host = yield* scripted(generation, ([command, next]) =>
        command === killed || next === killed
          ? { signal: "SIGKILL" }
          : next === "clear"
          ? { stdout: "Current state of in-kernel maintenance: OFF\n" }
          : undefined)
      const error = yield* Effect.flip(
        Effect.provide(Effect.flatMap(Ploop.Ploop, (ploop) => call(ploop, host.disk)), host.context)
      )
      assert.strictEqual(error._tag, "ToolAborted")
      return (yield* host.commands).map((words) => words.filter((word) => !word.startsWith("/")).join(" "))
    })

  const calls: Record<string, Parameters<typeof commandsOf>[1]> = {
    change: (ploop, disk) => ploop.balloonChange({ disk, size: "8M" }),
    complete: (ploop, disk) => ploop.balloonComplete({ disk }),
    check: (ploop, disk) => ploop.balloonCheck({ disk }),
    repair: (ploop, disk) => ploop.balloonRepair({ disk }),
    resize: (ploop, disk) => ploop.resize({ disk, size: "20M" })
  }

  for (const [name, call] of Object.entries(calls)) {
    test(`has its maintenance ended, or the device could not be stopped: ${name}`, () =>
      Effect.gen(function*() {
        const commands = yield* commandsOf(name, call)
        assert.deepStrictEqual(commands.filter((line) => line === "balloon clear").length, 1)
      }))
  }

  test("has no maintenance on generation 9", () =>
    Effect.gen(function*() {
      const commands = yield* commandsOf("change", calls["change"]!, "9")
      assert.notInclude(commands, "balloon clear")
    }))
})
