/** What the backend does beside `ploop-volume`, which follows a script here. */
import type { PloopCli } from "@effect-ploop/backend-cli"
import type { PloopError } from "@effect-ploop/core"
import { DiskDescriptor, DiskVolume, Ploop, SnapshotId } from "@effect-ploop/core"
import { FileSystem } from "@effect/platform"
import { NodeContext } from "@effect/platform-node"
import { assert, describe, it } from "@effect/vitest"
import type { Scope } from "effect"
import { Array as Arr, Effect, Exit, Fiber, Option, Schedule } from "effect"
import { mkdirSync, renameSync, statSync, writeFileSync } from "node:fs"
import { dirname } from "node:path"
import { CurrentHostFiles } from "../src/internal/currentHostFiles.js"
import type { HostFiles } from "../src/internal/hostFiles.js"
import { nodeHostFiles } from "../src/internal/nodeHostFiles.js"
import { programBeside } from "../src/internal/operations/beside.js"
import { settle, until, untilDone } from "./utils/clock.js"
import { descriptor, scripted } from "./utils/host.js"
import { image } from "./utils/image.js"
import type { Answer } from "./utils/ScriptedExecutor.js"

interface Written {
  readonly element: string
  readonly file?: string
  readonly children?: ReadonlyArray<string>
}

const text = ({ element, file = "root.hdd" }: Written): string =>
  DiskDescriptor.format(DiskDescriptor.make({
    size: "10M",
    images: [{ id: SnapshotId.top, type: "Compressed", file }],
    snapshots: [{ id: SnapshotId.top, parent: SnapshotId.none, temporary: false }]
  })).replace("<StorageData>", `<StorageData><Volume>${element}</Volume>`)

/** A host with volumes, by their names, and what the program prints. */
const world = (
  volumes: Readonly<Record<string, Written>>,
  { answer = {}, list = () => "", meanwhile, ...options }: {
    readonly answer?: Answer
    /** The devices that run. */
    readonly list?: (directory: string) => string
    /** What another process does while the program runs. */
    readonly meanwhile?: (directory: string) => void
  } & PloopCli.Options = {}
) =>
  Effect.gen(function*() {
    const fs = yield* FileSystem.FileSystem
    const host = yield* scripted("9", ([word], disk) => {
      if (word === "list") return { stdout: list(dirname(disk)) }
      meanwhile?.(dirname(disk))
      return answer
    }, options)
    const at = (name: string) => `${host.directory}/${name}`
    for (const [name, written] of Object.entries(volumes)) {
      yield* fs.makeDirectory(at(`${name}/children`), { recursive: true })
      if (written.file === undefined) yield* fs.writeFile(at(`${name}/root.hdd`), image())
      yield* fs.writeFileString(at(`${name}/DiskDescriptor.xml`), text(written))
      for (const child of written.children ?? []) yield* fs.symlink(at(child), at(`${name}/children/${child}`))
    }
    const changes = Effect.map(
      host.commands,
      (all) => all.map(([word]) => word ?? "").filter((word) => !["list", "targets"].includes(word))
    )
    const fails = (use: (ploop: Ploop.Ploop) => Effect.Effect<unknown, PloopError.PloopError>) =>
      Effect.provide(Effect.flip(Effect.flatMap(Ploop.Ploop, use)), host.context)
    return { at, changes, fails, fs, running: host.running, use: host.context }
  })

const rule = <A, E>(title: string, test: Effect.Effect<A, E, NodeContext.NodeContext | Scope.Scope>) =>
  it.scopedLive(title, () => Effect.provide(test, NodeContext.layer))

describe("a volume", () => {
  rule(
    "is not deleted when its image is outside its chain, and no program is started",
    Effect.gen(function*() {
      const volumes = { a: { element: "", file: "../victim/root.hdd" }, victim: { element: "" } }
      const { at, changes, fails } = yield* world(volumes)
      const error = yield* fails((ploop) => ploop.deleteVolume({ volume: at("a") }))
      assert.strictEqual(error._tag === "Unsupported" && error.reason.includes(at("victim/root.hdd")), true)
      assert.deepStrictEqual(yield* changes, [])
    })
  )

  rule(
    "is not cloned when the volume that it names as its parent has no link to it",
    Effect.gen(function*() {
      const volumes = {
        a: { element: "<Parent>../victim</Parent>" },
        victim: { element: "" }
      }
      const { at, changes, fails } = yield* world(volumes)
      const error = yield* fails((ploop) => ploop.cloneVolume({ volume: at("a"), directory: at("s2") }))
      assert.strictEqual(error._tag === "DescriptorInvalid" && error.reason.includes(at("victim")), true)
      assert.deepStrictEqual(yield* changes, [])
    })
  )

  rule(
    "is not deleted when its image is where its parent claims to have one, and that has no volume of the chain",
    Effect.gen(function*() {
      const volumes = {
        v: { element: "<Parent>../p</Parent>", file: "../victim/root.hdd" },
        p: { element: "<ReadOnly/>", file: "../victim/root.hdd", children: ["v"] },
        victim: { element: "" }
      }
      const { at, changes, fails } = yield* world(volumes)
      const error = yield* fails((ploop) => ploop.switchVolume({ volume: at("v"), to: at("p") }))
      assert.strictEqual(error._tag === "Unsupported" && error.reason.includes(at("victim/root.hdd")), true)
      assert.deepStrictEqual(yield* changes, [])
    })
  )

  rule(
    "is changed by one call at a time",
    Effect.gen(function*() {
      const { at, changes, use } = yield* world({ s: { element: "<ReadOnly/>" } }, {
        answer: { lasts: "300 millis", exitCode: 1 }
      })
      const clone = (name: string) =>
        Effect.flip(Effect.provide(
          Effect.flatMap(Ploop.Ploop, (ploop) => ploop.cloneVolume({ volume: at("s"), directory: at(name) })),
          use
        ))
      const first = yield* Effect.fork(clone("b"))
      yield* Effect.repeat(changes, { until: (all) => all.length === 1, schedule: Schedule.spaced("5 millis") })
      const second = yield* Effect.fork(clone("c"))
      yield* Effect.sleep("100 millis")
      assert.strictEqual((yield* changes).length, 1)
      yield* Fiber.join(first)
      yield* Fiber.join(second)
      assert.strictEqual((yield* changes).length, 2)
    })
  )

  rule(
    "is not merged into one that has another parent",
    Effect.gen(function*() {
      const volumes = {
        s: { element: "<ReadOnly/>", file: "../victim/root.hdd", children: ["victim"] },
        victim: { element: "<Parent>../other</Parent>" },
        other: { element: "<ReadOnly/>", children: ["victim"] }
      }
      const { at, changes, fails } = yield* world(volumes, { allowOutsideImages: true })
      const error = yield* fails((ploop) => ploop.deleteVolume({ volume: at("s") }))
      assert.strictEqual(error._tag, "DescriptorInvalid")
      assert.deepStrictEqual(yield* changes, [])
    })
  )

  rule(
    "is not deleted into an image that something else has by a hard link",
    Effect.gen(function*() {
      for (const isShared of [true, false]) {
        const { at, changes, fails, fs } = yield* world({
          s: { element: "<ReadOnly/>", file: "../v/base.hdd", children: ["v"] },
          v: { element: "<Parent>../s</Parent>" }
        })
        yield* fs.writeFile(at("v/base.hdd"), image())
        if (isShared) yield* fs.link(at("v/root.hdd"), at("other"))
        const error = yield* fails((ploop) => ploop.deleteVolume({ volume: at("s") }))
        assert.strictEqual(error._tag === "ImageShared", isShared)
        assert.deepStrictEqual(yield* changes, isShared ? [] : ["delete"])
      }
    })
  )

  rule(
    "that has another parent when its lock was waited for is changed under the lock of that one",
    Effect.gen(function*() {
      const entered: Array<string> = []
      const files: HostFiles = {
        ...nodeHostFiles,
        lockDirectory: (directory) =>
          Effect.suspend(() => {
            const home = dirname(directory)
            if (entered.push(directory) === 1) {
              writeFileSync(`${home}/v/DiskDescriptor.xml`, text({ element: "<Parent>../q</Parent>" }))
            }
            return nodeHostFiles.lockDirectory(directory)
          })
      }
      const parent = { element: "<ReadOnly/>", children: ["v"] }
      const volumes = { v: { element: "<Parent>../p</Parent>" }, p: parent, q: parent }
      const { at, fails } = yield* world(volumes).pipe(Effect.provideService(CurrentHostFiles, files))
      yield* fails((ploop) => ploop.deleteVolume({ volume: at("v") }))
      assert.deepStrictEqual([...new Set(entered)].sort(), [at("p"), at("q"), at("v")])
    })
  )

  rule(
    "has one child where two links lead to it",
    Effect.gen(function*() {
      const { at, fs, use } = yield* world({
        s: { element: "<ReadOnly/>", children: ["v"] },
        v: { element: "<Parent>../s</Parent>" }
      })
      yield* fs.symlink(at("v"), at("s/children/again"))
      const info = Effect.flatMap(Ploop.Ploop, (ploop) => ploop.volumeInfo({ volume: at("s") }))
      assert.deepStrictEqual<unknown>((yield* Effect.provide(info, use)).children, [at("v")])
    })
  )

  rule(
    "is not called deleted while its directory is there, whatever the exit code",
    Effect.gen(function*() {
      const { at, changes, fails } = yield* world({ a: { element: "" } })
      assert.strictEqual((yield* fails((ploop) => ploop.deleteVolume({ volume: at("a") })))._tag, "InputOutputFailed")
      assert.deepStrictEqual(yield* changes, ["delete"])
    })
  )
})

describe("a volume among others", () => {
  /** Children of `p`, one of which has the child `c`; and `r`, which belongs to no other. */
  const volumes: Readonly<Record<string, Written>> = {
    p: { element: "<ReadOnly/>", children: ["v", "w", "q"] },
    v: { element: "<Parent>../p</Parent>" },
    q: { element: "<Parent>../p</Parent><ReadOnly/>" },
    w: { element: "<Parent>../p</Parent><ReadOnly/>", file: "../c/base.hdd", children: ["c"] },
    c: { element: "<Parent>../w</Parent>" },
    r: { element: "<ReadOnly/>" }
  }

  const family = (list?: (directory: string) => string) =>
    Effect.tap(
      world(volumes, { answer: { exitCode: 1 }, ...(list !== undefined && { list }) }),
      ({ at, fs }) => fs.writeFile(at("c/base.hdd"), image())
    )

  interface Change {
    readonly run: (ploop: Ploop.Ploop, at: (name: string) => string) => Effect.Effect<unknown, PloopError.PloopError>
    /** The volumes whose files or links it changes. */
    readonly changed: ReadonlyArray<string>
    /** The link that the program makes. */
    readonly link: string
  }

  const operations: Readonly<Record<string, Change>> = {
    snapshotVolume: {
      run: (ploop, at) => ploop.snapshotVolume({ volume: at("v"), directory: at("b") }),
      changed: ["p", "v"],
      link: "p/children/b"
    },
    cloneVolume: {
      run: (ploop, at) => ploop.cloneVolume({ volume: at("r"), directory: at("b") }),
      changed: ["r"],
      link: "r/children/b"
    },
    switchVolume: {
      run: (ploop, at) => ploop.switchVolume({ volume: at("v"), to: at("q") }),
      changed: ["p", "q", "v"],
      link: "q/children/v"
    },
    deleteVolume: {
      run: (ploop, at) => ploop.deleteVolume({ volume: at("w") }),
      changed: ["c", "p", "w"],
      link: "p/children/c"
    }
  }

  const running: ReadonlyArray<readonly [what: string, image: string, run: Change["run"]]> = [
    ["a snapshot of itself", "v/root.hdd", operations["snapshotVolume"]!.run],
    ["a clone", "v/root.hdd", (ploop, at) => ploop.cloneVolume({ volume: at("v"), directory: at("b") })],
    ["a switch", "v/root.hdd", operations["switchVolume"]!.run],
    ["its deletion", "c/base.hdd", operations["deleteVolume"]!.run],
    ["the deletion of its parent", "c/root.hdd", operations["deleteVolume"]!.run]
  ]
  for (const [what, file, run] of running) {
    rule(
      `stays as it is while a device has its image: ${what} is not begun`,
      Effect.gen(function*() {
        const { at, changes, fails } = yield* family((directory) => `ploop7\t${directory}/${file}\t\n`)
        const error = yield* fails((ploop) => run(ploop, at))
        assert.strictEqual(error._tag === "ImageInUse" ? error.device : error._tag, "/dev/mapper/ploop7")
        assert.deepStrictEqual(yield* changes, [])
      })
    )
  }

  rule(
    "is none where the descriptor says nothing of volumes: each operation refuses that disk, and says which one it is",
    Effect.gen(function*() {
      const { at, changes, fails, fs } = yield* family()
      yield* fs.writeFileString(at("r/DiskDescriptor.xml"), descriptor("root.hdd"))
      const volume = at("r")
      const runs: ReadonlyArray<(ploop: Ploop.Ploop) => Effect.Effect<unknown, PloopError.PloopError>> = [
        (ploop) => ploop.snapshotVolume({ volume, directory: at("b") }),
        (ploop) => ploop.cloneVolume({ volume, directory: at("b") }),
        (ploop) => ploop.switchVolume({ volume, to: at("q") }),
        (ploop) => ploop.deleteVolume({ volume }),
        (ploop) => ploop.volumeInfo({ volume }),
        (ploop) => ploop.volumeTree({ volume }),
        (ploop) => ploop.switchVolume({ volume: at("v"), to: volume })
      ]
      const refused = yield* Effect.forEach(
        runs,
        (run) => Effect.map(fails(run), (error) => error._tag === "InvalidArgument" ? error.field : error.message)
      )
      assert.deepStrictEqual(refused, [...runs.slice(1).map(() => "volume"), "to"])
      assert.deepStrictEqual(yield* changes, [])
    })
  )

  for (const [name, { changed, link, run }] of Object.entries(operations)) {
    rule(
      `is changed under the locks of all that change with it, which everybody enters in one order: ${name}`,
      Effect.gen(function*() {
        const entered: Array<string> = []
        const files: HostFiles = {
          ...nodeHostFiles,
          lockDirectory: (directory) =>
            Effect.tap(nodeHostFiles.lockDirectory(directory), () => entered.push(directory))
        }
        const { at, fails } = yield* Effect.provideService(family(), CurrentHostFiles, files)
        yield* fails((ploop) => run(ploop, at))
        const keyOf = (directory: string) => {
          const { dev, ino } = statSync(directory)
          return `${dev}:${ino}`
        }
        assert.sameMembers(entered, changed.map(at))
        const keys = entered.map(keyOf)
        assert.deepStrictEqual(keys, keys.toSorted())
      })
    )

    rule(
      `stays as it is where another volume has the name of the link that it would get: ${name}`,
      Effect.gen(function*() {
        for (const isTaken of [true, false]) {
          const { at, changes, fails, fs } = yield* family()
          if (isTaken) yield* fs.symlink(at("r"), at(link))
          const error = yield* fails((ploop) => run(ploop, at))
          assert.strictEqual(error._tag === "AlreadyExists" && error.path, isTaken && at(link), error.message)
          assert.strictEqual((yield* changes).length, isTaken ? 0 : 1)
        }
      })
    )

    if (!changed.includes("p")) continue
    rule(
      `stays as it is while a volume that it belongs to has no link to it: ${name}`,
      Effect.gen(function*() {
        const { at, changes, fails, fs } = yield* family()
        for (const each of ["v", "w"]) yield* fs.remove(at(`p/children/${each}`))
        const error = yield* fails((ploop) => run(ploop, at))
        assert.include(error._tag === "DescriptorInvalid" ? error.reason : error._tag, "has no link to it")
        assert.deepStrictEqual(yield* changes, [])
      })
    )
  }
})

describe("an operation on volumes that waits for the turn of its program", () => {
  const volumes = { a: { element: "" }, r: { element: "<ReadOnly/>" } }
  const operations: Record<
    string,
    (ploop: Ploop.Ploop, at: (name: string) => string) => Effect.Effect<unknown, PloopError.PloopError>
  > = {
    createVolume: (ploop, at) => ploop.createVolume({ directory: at("b"), size: "10M", fileSystem: "none" }),
    snapshotVolume: (ploop, at) => ploop.snapshotVolume({ volume: at("a"), directory: at("b") }),
    cloneVolume: (ploop, at) => ploop.cloneVolume({ volume: at("r"), directory: at("b") }),
    switchVolume: (ploop, at) => ploop.switchVolume({ volume: at("a"), to: at("r") }),
    deleteVolume: (ploop, at) => ploop.deleteVolume({ volume: at("a") })
  }

  for (const [name, run] of Object.entries(operations)) {
    it.scoped(`is interrupted at once, and leaves no directory: ${name}`, () =>
      Effect.gen(function*() {
        const { at, changes, fs, running, use } = yield* world(volumes, {
          answer: { lasts: "1 hour" },
          maxProcesses: 1
        })
        const first = yield* Effect.forkDaemon(
          Effect.provide(
            Effect.flatMap(
              Ploop.Ploop,
              (ploop) => ploop.createVolume({ directory: at("first"), size: "10M", fileSystem: "none" })
            ),
            use
          )
        )
        yield* until(Effect.map(changes, (all) => all.length === 1))
        const second = yield* Effect.forkDaemon(
          Effect.provide(Effect.flatMap(Ploop.Ploop, (ploop) => run(ploop, at)), use)
        )
        yield* settle()
        yield* Fiber.interruptFork(second)
        yield* settle()
        assert.isTrue(Option.exists(yield* Fiber.poll(second), Exit.isInterrupted))
        assert.strictEqual((yield* changes).length, 1)
        assert.isFalse(yield* fs.exists(at("b")))
        yield* untilDone({ running }, first, "1 hour")
      }).pipe(Effect.provide(NodeContext.layer)))
  }
})

describe("an operation on volumes", () => {
  const operations: Readonly<
    Record<string, (ploop: Ploop.Ploop, at: (name: string) => string) => Effect.Effect<unknown, PloopError.PloopError>>
  > = {
    createVolume: (ploop, at) => ploop.createVolume({ directory: at("b"), size: "10M", fileSystem: "none" }),
    snapshotVolume: (ploop, at) => ploop.snapshotVolume({ volume: at("a"), directory: at("b") }),
    cloneVolume: (ploop, at) => ploop.cloneVolume({ volume: at("a"), directory: at("b") }),
    switchVolume: (ploop, at) => ploop.switchVolume({ volume: at("a"), to: at("a") }),
    deleteVolume: (ploop, at) => ploop.deleteVolume({ volume: at("a") }),
    volumeInfo: (ploop, at) => ploop.volumeInfo({ volume: at("a") }),
    volumeTree: (ploop, at) => ploop.volumeTree({ volume: at("a") })
  }

  rule(
    "is refused by a generation that has no program for volumes, before anything is run",
    Effect.gen(function*() {
      const host = yield* scripted("1.15", () => undefined)
      const ploop = yield* Effect.provide(Ploop.Ploop, host.context)
      for (const [name, run] of Object.entries(operations)) {
        const error = yield* Effect.flip(run(ploop, (name) => `${host.directory}/${name}`))
        assert.include(error._tag === "Unsupported" ? error.reason : error._tag, "has no ploop-volume", name)
      }
      assert.deepStrictEqual(yield* host.commands, [])
    })
  )
})

describe("a new volume", () => {
  const create = (directory: string) => (ploop: Ploop.Ploop) =>
    ploop.createVolume({ directory, size: "10M", fileSystem: "none" })

  rule(
    "leaves no directory when the program fails",
    Effect.gen(function*() {
      const { at, fails, fs } = yield* world({}, { answer: { exitCode: 1, stderr: "it failed" } })
      yield* fails(create(at("b")))
      assert.strictEqual(yield* fs.exists(at("b")), false)
    })
  )

  rule(
    "is refused where a directory is, and no device below it is stopped",
    Effect.gen(function*() {
      const { at, changes, fails } = yield* world({ a: { element: "" } })
      assert.strictEqual((yield* fails(create(at("a"))))._tag, "AlreadyExists")
      assert.deepStrictEqual(yield* changes, [])
    })
  )

  rule(
    "that fails leaves a directory that has come to its path meanwhile",
    Effect.gen(function*() {
      const { at, fails, fs } = yield* world({}, {
        answer: { exitCode: 1 },
        meanwhile: (directory) => {
          renameSync(`${directory}/b`, `${directory}/moved`)
          mkdirSync(`${directory}/b`)
          writeFileSync(`${directory}/b/precious`, "mine")
        }
      })
      yield* fails(create(at("b")))
      assert.strictEqual(yield* fs.readFileString(at("b/precious")), "mine")
    })
  )

  rule(
    "that fails stays while a device of its image cannot be stopped, which nobody would find any more",
    Effect.gen(function*() {
      const { at, changes, fails, fs } = yield* world({}, {
        answer: { exitCode: 1 },
        list: (directory) => `ploop7\t${directory}/b/root.hdd\t\n`,
        meanwhile: (directory) => writeFileSync(`${directory}/b/root.hdd`, image())
      })
      yield* fails(create(at("b")))
      assert.deepStrictEqual(yield* changes, ["create", "umount"])
      assert.isTrue(yield* fs.exists(at("b/root.hdd")))
    })
  )

  rule(
    "is made once by two calls at the same time, and the other finds the directory",
    Effect.gen(function*() {
      const { at, changes, use } = yield* world({}, { answer: { lasts: "200 millis", exitCode: 1 } })
      const call = Effect.flip(Effect.provide(Effect.flatMap(Ploop.Ploop, create(at("b"))), use))
      const errors = yield* Effect.all([call, call], { concurrency: 2 })
      assert.deepStrictEqual(errors.filter(({ _tag }) => _tag === "AlreadyExists").length, 1)
      assert.deepStrictEqual(yield* changes, ["create"])
    })
  )

  rule(
    "needs ploop-volume beside the tool, and says so",
    Effect.gen(function*() {
      const { at, fails, fs } = yield* world({}, { answer: { spawnError: "ENOENT" } })
      const error = yield* fails(create(at("b")))
      assert.strictEqual(error._tag === "PrerequisiteMissing" && error.what, "the program ploop-volume")
      assert.strictEqual(yield* fs.exists(at("b")), false)
    })
  )
})

describe("the program for volumes", () => {
  it("is in the directory of the tool, or looked for like it", () => {
    assert.strictEqual(programBeside("/usr/local/sbin/ploop", "ploop-volume"), "/usr/local/sbin/ploop-volume")
    assert.strictEqual(programBeside("ploop", "ploop-volume"), "ploop-volume")
  })
})

describe("a chain of volumes", () => {
  const name = (index: number) => `v${index}`

  /** A line of so many volumes, each of which is the only child of the one before. */
  const line = (count: number) =>
    world(Object.fromEntries(Arr.makeBy(count, (index): [string, Written] => [name(index), {
      element: index === 0
        ? "<ReadOnly/>"
        : `<Parent>../${name(index - 1)}</Parent>${index < count - 1 ? "<ReadOnly/>" : ""}`,
      children: index < count - 1 ? [name(index + 1)] : []
    }])))

  const reasonOf = (run: Effect.Effect<unknown, PloopError.PloopError>) =>
    Effect.match(run, {
      onFailure: (error) => error._tag === "DescriptorInvalid" ? error.reason : error._tag,
      onSuccess: () => "done"
    })

  rule(
    "that is longer than one that the tool reads is refused, from its first volume and from its last",
    Effect.gen(function*() {
      const last = DiskVolume.longestChain
      const { at, changes, use } = yield* line(last + 1)
      const ploop = yield* Effect.provide(Ploop.Ploop, use)
      assert.strictEqual(yield* reasonOf(ploop.volumeTree({ volume: at(name(0)) })), DiskVolume.tooLong)
      assert.strictEqual(yield* reasonOf(ploop.volumeTree({ volume: at(name(1)) })), "done")
      assert.strictEqual(yield* reasonOf(ploop.deleteVolume({ volume: at(name(last)) })), DiskVolume.tooLong)
      assert.deepStrictEqual(yield* changes, [])
    })
  )

  rule(
    "that is as long as one that the tool reads is made no longer",
    Effect.gen(function*() {
      const { at, changes, use } = yield* line(DiskVolume.longestChain)
      const ploop = yield* Effect.provide(Ploop.Ploop, use)
      const onto = { volume: at(name(DiskVolume.longestChain - 1)), directory: at("new") }
      assert.strictEqual(yield* reasonOf(ploop.cloneVolume(onto)), "InvalidArgument")
      assert.deepStrictEqual(yield* changes, [])
    })
  )
})
