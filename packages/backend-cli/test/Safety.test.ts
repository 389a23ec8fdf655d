import type { PloopError } from "@effect-ploop/core"
import { Disk, DiskDescriptor, LowLevel, Ploop, SnapshotId } from "@effect-ploop/core"
import { FileSystem } from "@effect/platform"
import { NodeContext } from "@effect/platform-node"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Exit, Fiber, Option, type Scope } from "effect"
import { execFileSync } from "node:child_process"
import { CurrentHostFiles } from "../src/internal/currentHostFiles.js"
import { nodeHostFiles } from "../src/internal/nodeHostFiles.js"
import { A, B, descriptor, scripted } from "./utils/host.js"
import { image } from "./utils/image.js"
import { missing, RealTool, title } from "./utils/realTool.js"

const test = <A, E>(title: string, body: Effect.Effect<A, E, NodeContext.NodeContext | Scope.Scope>) =>
  it.scopedLive(title, () => Effect.provide(body, NodeContext.layer))

const failure = <A, E extends { readonly _tag: string }, R>(effect: Effect.Effect<A, E, R>) =>
  Effect.map(Effect.flip(effect), (error) => error._tag)

describe("an image outside the directory of the descriptor", () => {
  interface Run {
    /** How the command of the tool begins that writes or removes. */
    readonly command: string
    readonly run: (
      services: { readonly ploop: Ploop.Ploop; readonly lowLevel: LowLevel.LowLevel },
      paths: { readonly disk: string; readonly directory: string }
    ) => Effect.Effect<unknown, PloopError.PloopError>
  }

  /** Every operation that writes to images which only the descriptor names, or removes them. */
  const operations: ReadonlyArray<Run> = [
    { command: "mount", run: ({ ploop }, { disk }) => ploop.mount({ disk }) },
    { command: "mount", run: ({ ploop }, { disk }) => ploop.mount({ disk, component: "view" }) },
    { command: "resize", run: ({ ploop }, { disk }) => ploop.resize({ disk, size: "20M" }) },
    { command: "grow", run: ({ lowLevel }, { disk }) => lowLevel.grow({ disk, size: "20M" }) },
    { command: "check", run: ({ ploop }, { disk }) => ploop.check({ disk }) },
    {
      command: "replace",
      run: ({ ploop }, { directory, disk }) =>
        ploop.replace({ disk, file: `${directory}/root.hdd`, with: `${directory}/copy`, keepName: true })
    },
    {
      command: "replace",
      run: ({ ploop }, { directory, disk }) =>
        ploop.replace({ disk, snapshot: SnapshotId.top, with: `${directory}/copy`, keepName: true })
    },
    { command: "convert", run: ({ ploop }, { disk }) => ploop.convert({ disk, version: 2 }) },
    { command: "snapshot", run: ({ ploop }, { disk }) => ploop.createSnapshot({ disk }) },
    { command: "tsnapshot", run: ({ ploop }, { disk }) => ploop.createTemporarySnapshot({ disk, component: "bk" }) },
    { command: "snapshot-switch", run: ({ ploop }, { disk }) => ploop.switchSnapshot({ disk, id: A }) },
    { command: "snapshot-switch", run: ({ ploop }, { disk }) => ploop.switchAndDelete({ disk, id: B }) },
    { command: "snapshot", run: ({ ploop }, { disk }) => ploop.snapshotAndSwitch({ disk, id: A }) },
    { command: "snapshot-delete", run: ({ ploop }, { disk }) => ploop.deleteSnapshot({ disk, id: SnapshotId.top }) },
    { command: "snapshot-delete", run: ({ ploop }, { disk }) => ploop.deleteSnapshot({ disk, id: B }) },
    { command: "snapshot-merge", run: ({ ploop }, { disk }) => ploop.mergeSnapshots({ disk }) },
    { command: "balloon", run: ({ ploop }, { disk }) => ploop.discard({ disk, automount: true }) },
    { command: "info /", run: ({ ploop }, { disk }) => ploop.fileSystemInfo({ disk, mayMount: true }) }
  ]

  const ways = [
    "an absolute path",
    "a relative path",
    "a link",
    "a directory that is a link",
    "the way up behind a link"
  ]
  for (const how of ways) {
    test(
      `by ${how} is changed by nothing, unless the layer allows it`,
      Effect.gen(function*() {
        const fs = yield* FileSystem.FileSystem
        const elsewhere = yield* fs.makeTempDirectoryScoped({ prefix: "ploop-elsewhere-" })
        yield* fs.writeFile(`${elsewhere}/precious`, image())
        yield* fs.makeDirectory(`${elsewhere}/below`)
        const names: Record<string, string> = {
          "an absolute path": `${elsewhere}/precious`,
          "a relative path": `../${elsewhere.slice(elsewhere.lastIndexOf("/") + 1)}/precious`,
          "a link": "link",
          "a directory that is a link": "directory/precious",
          "the way up behind a link": "below/../precious"
        }
        for (const allowOutsideImages of [undefined, true]) {
          for (const { command, run } of operations) {
            const host = yield* scripted("1.15", () => undefined, { allowOutsideImages })
            yield* fs.symlink(`${elsewhere}/precious`, `${host.directory}/link`)
            yield* fs.symlink(elsewhere, `${host.directory}/directory`)
            yield* fs.symlink(`${elsewhere}/below`, `${host.directory}/below`)
            yield* fs.writeFile(`${host.directory}/precious`, image())
            yield* fs.writeFile(`${host.directory}/copy`, image())
            yield* fs.writeFileString(host.disk, descriptor(names[how]!))
            const services = yield* Effect.provide(
              Effect.all({ ploop: Ploop.Ploop, lowLevel: LowLevel.LowLevel }),
              host.context
            )
            const exit = yield* Effect.either(run(services, host))
            const ran = (yield* host.commands).some((words) => `${words.join(" ")} `.startsWith(command))
            assert.strictEqual(ran, allowOutsideImages === true, `${command}: ${String(exit)}`)
            if (!ran) assert.strictEqual(exit._tag === "Left" ? exit.left._tag : "success", "Unsupported")
          }
        }
      })
    )
  }

  test(
    "forges no line of a log by its name",
    Effect.gen(function*() {
      const fs = yield* FileSystem.FileSystem
      const elsewhere = yield* fs.makeTempDirectoryScoped({ prefix: "ploop-elsewhere-" })
      const host = yield* scripted("1.15", () => undefined)
      yield* fs.writeFile(`${elsewhere}/pre\ncious\u001b[2J`, image())
      yield* fs.symlink(`${elsewhere}/pre\ncious\u001b[2J`, `${host.directory}/link`)
      yield* fs.writeFileString(host.disk, descriptor("link"))
      const ploop = yield* Effect.provide(Ploop.Ploop, host.context)
      const error = yield* Effect.flip(ploop.switchSnapshot({ disk: host.disk, id: A }))
      for (const text of [error._tag === "Unsupported" ? error.reason : error._tag, error.message]) {
        assert.include(text, "/pre\\u000acious\\u001b[2J is outside")
      }
    })
  )

  test(
    "may be read: by a read-only mount that merges nothing, and by a check that repairs nothing",
    Effect.gen(function*() {
      const fs = yield* FileSystem.FileSystem
      const ran: Array<string | undefined> = []
      // A check of a disk on 1.15 always repairs.
      for (const generation of ["1.15", "7"] as const) {
        const host = yield* scripted(generation, () => undefined)
        yield* fs.writeFileString(host.disk, descriptor("/etc/hostname"))
        const ploop = yield* Effect.provide(Ploop.Ploop, host.context)
        yield* Effect.either(ploop.mount({ disk: host.disk, readOnly: true, component: "view" }))
        yield* Effect.either(ploop.check({ disk: host.disk, readOnly: true }))
        ran.push(...(yield* host.commands).map(([command]) => command))
      }
      assert.includeMembers(ran, ["mount", "check"])
    })
  )

  test(
    "is merged automatically by no snapshot and no mount",
    Effect.gen(function*() {
      const fs = yield* FileSystem.FileSystem
      const host = yield* scripted("1.15", () => undefined)
      const text = descriptor("root.hdd.2").replace("root.hdd.1", "/etc/hostname").replace(
        `<GUID>${B}</GUID>\n      <ParentGUID>${A}</ParentGUID>`,
        `<GUID>${B}</GUID>\n      <ParentGUID>${A}</ParentGUID>\n      <Temporary/>`
      )
      yield* fs.writeFileString(host.disk, text)
      const ploop = yield* Effect.provide(Ploop.Ploop, host.context)
      assert.strictEqual(yield* failure(ploop.createSnapshot({ disk: host.disk })), "Unsupported")
      assert.strictEqual(yield* failure(ploop.mount({ disk: host.disk, readOnly: true })), "Unsupported")
      assert.isFalse((yield* host.commands).some((words) => words[0] === "snapshot" || words[0] === "mount"))
    })
  )
})

describe("an image that is a FIFO", () => {
  const ask = (
    ploop: Ploop.Ploop,
    disk: string,
    image: string
  ): Record<string, Effect.Effect<unknown, PloopError.PloopError>> => ({
    createSnapshot: ploop.createSnapshot({ disk }),
    resize: ploop.resize({ disk, size: "20M" }),
    convert: ploop.convert({ disk, format: "preallocated" }),
    check: ploop.check({ disk }),
    imageInfo: ploop.imageInfo({ disk }),
    "check of the image": ploop.check({ image, force: true })
  })

  for (const name of ["itself", "a link"] as const) {
    test(
      `is refused before the tool would wait for its writer, by ${name}`,
      Effect.gen(function*() {
        const fs = yield* FileSystem.FileSystem
        const host = yield* scripted("1.15", () => undefined)
        const fifo = name === "itself" ? `${host.directory}/root.hdd` : `${host.directory}/fifo`
        execFileSync("mkfifo", [fifo])
        if (name === "a link") yield* fs.symlink(fifo, `${host.directory}/root.hdd`)
        const ploop = yield* Effect.provide(Ploop.Ploop, host.context)
        for (const [operation, run] of Object.entries(ask(ploop, host.disk, `${host.directory}/root.hdd`))) {
          const error = yield* Effect.flip(run)
          const expected = operation === "check of the image" ? "InvalidArgument" : "DescriptorInvalid"
          assert.strictEqual(error._tag, expected, operation)
          assert.include(error.message, "a FIFO, a socket or a character device", operation)
        }
        assert.deepStrictEqual(yield* host.commands, [])
      })
    )
  }
})

describe("a directory in the place of an image", () => {
  test(
    "is left to the tool, and not refused as a file that other disks have, though it has several names",
    Effect.gen(function*() {
      const fs = yield* FileSystem.FileSystem
      const host = yield* scripted(
        "1.15",
        ([command]) => command === "check" ? { exitCode: 1, stderr: "Can't read: Is a directory\n" } : undefined
      ).pipe(
        Effect.provideService(CurrentHostFiles, {
          ...nodeHostFiles,
          find: (path) => Effect.map(nodeHostFiles.find(path), Option.map((found) => ({ ...found, links: 3 })))
        })
      )
      yield* fs.makeDirectory(`${host.directory}/root.hdd`)
      yield* fs.writeFile(`${host.directory}/shared.hdd`, image())
      const ploop = yield* Effect.provide(Ploop.Ploop, host.context)
      const check = (name: string) => Effect.flip(ploop.check({ image: `${host.directory}/${name}`, force: true }))
      assert.strictEqual((yield* check("shared.hdd"))._tag, "ImageShared")
      assert.include((yield* check("root.hdd")).text, "Is a directory")
    })
  )
})

describe("an image that another disk has by a hard link", () => {
  type Run = (
    services: { readonly ploop: Ploop.Ploop; readonly low: LowLevel.LowLevel },
    place: { readonly disk: Disk.Disk; readonly image: string; readonly link: string }
  ) => Effect.Effect<unknown, PloopError.PloopError>

  const changes: ReadonlyArray<readonly [title: string, command: string, run: Run]> = [
    ["grown", "grow", ({ low }, { image }) => low.grow({ image, size: "20M" })],
    ["grown by a symbolic link", "grow", ({ low }, { link }) => low.grow({ image: link, size: "20M" })],
    ["deleted after a switch", "snapshot-switch", ({ ploop }, { disk }) => ploop.switchAndDelete({ disk, id: B })],
    ["converted by a mount of generation 7", "mount", ({ ploop }, { disk }) => ploop.mount({ disk })]
  ]
  for (const [title, command, run] of changes) {
    test(
      `is not ${title}, and one that no other disk has is`,
      Effect.gen(function*() {
        const fs = yield* FileSystem.FileSystem
        for (const isShared of [true, false]) {
          const host = yield* scripted("7", () => undefined)
          const [path, link] = [`${host.directory}/root.hdd.1`, `${host.directory}/link`]
          for (const name of ["root.hdd", "root.hdd.1", "root.hdd.2"]) {
            yield* fs.writeFile(`${host.directory}/${name}`, image({ signature: "WithoutFreeSpace" }))
          }
          yield* fs.symlink(path, link)
          if (isShared) yield* fs.link(path, `${host.directory}/other`)
          const [ploop, low] = yield* Effect.provide(Effect.all([Ploop.Ploop, LowLevel.LowLevel]), host.context)
          const result = yield* Effect.either(run({ ploop, low }, { disk: host.disk, image: path, link }))
          assert.strictEqual(result._tag === "Left" && result.left._tag === "ImageShared", isShared)
          assert.strictEqual((yield* host.commands).some(([first]) => first === command), !isShared)
        }
      })
    )
  }
})

describe("a raw base image", () => {
  test(
    "is one whatever its guest has written: also what begins like an image with other clusters",
    Effect.gen(function*() {
      const fs = yield* FileSystem.FileSystem
      for (const type of ["Plain", "Compressed"]) {
        const host = yield* scripted("1.15", () => undefined)
        yield* fs.writeFileString(host.disk, descriptor("root.hdd.2").replace("Compressed", type))
        yield* fs.writeFile(`${host.directory}/root.hdd`, image({ cluster: 4096, first: 4096, clusters: 5 }))
        for (const name of ["root.hdd.1", "root.hdd.2"]) yield* fs.writeFile(`${host.directory}/${name}`, image())
        const ploop = yield* Effect.provide(Ploop.Ploop, host.context)
        yield* Effect.exit(ploop.createSnapshot({ disk: host.disk }))
        assert.strictEqual((yield* host.commands).some(([command]) => command === "snapshot"), type === "Plain")
      }
    })
  )
})

describe("a merge of two image files", () => {
  test(
    "is refused where another disk has the lower one by a hard link, and not where it has the upper one",
    Effect.gen(function*() {
      const fs = yield* FileSystem.FileSystem
      for (const [shared, expected] of [["lower.hdd", "ImageShared"], ["upper.hdd", "done"]] as const) {
        const host = yield* scripted("1.15", () => undefined)
        const [delta, lower] = [`${host.directory}/upper.hdd`, `${host.directory}/lower.hdd`]
        for (const path of [delta, lower]) yield* fs.writeFile(path, image())
        yield* fs.link(`${host.directory}/${shared}`, `${host.directory}/other.hdd`)
        const low = yield* Effect.provide(LowLevel.LowLevel, host.context)
        const merged = yield* Effect.either(low.mergeDelta({ delta, image: lower }))
        assert.strictEqual(merged._tag === "Left" ? merged.left._tag : "done", expected)
        assert.strictEqual((yield* host.commands).some(([command]) => command === "merge"), expected === "done")
      }
    })
  )
})

describe("read-only", () => {
  test(
    "an image that the tool would take for a descriptor is refused, by a link as well",
    Effect.gen(function*() {
      const fs = yield* FileSystem.FileSystem
      const host = yield* scripted("1.15", () => undefined)
      yield* fs.symlink(host.disk, `${host.directory}/image`)
      const [ploop, low] = yield* Effect.provide(Effect.all([Ploop.Ploop, LowLevel.LowLevel]), host.context)
      for (const image of [host.disk, `${host.directory}/image`, `${host.directory}/other.xml`]) {
        for (
          const run of [
            ploop.check({ image, readOnly: true }),
            ploop.umount({ image }),
            low.grow({ image, size: "1G" })
          ]
        ) {
          assert.strictEqual(yield* failure<unknown, PloopError.PloopError, never>(run), "InvalidArgument")
        }
      }
      assert.deepStrictEqual(yield* host.commands, [])
    })
  )

  test(
    "generations 7 and 9 are not told to clear the in-use flag in a check that repairs nothing",
    Effect.gen(function*() {
      for (const generation of ["7", "9"] as const) {
        const host = yield* scripted(generation, () => undefined)
        const ploop = yield* Effect.provide(Ploop.Ploop, host.context)
        const run = ploop.check({ image: `${host.directory}/root.hdd`, readOnly: true, dropInUse: true })
        assert.strictEqual(yield* failure(run), "Unsupported")
        assert.deepStrictEqual(yield* host.commands, [])
      }
    })
  )

  for (const bytes of [0, 8, 39, 41, 4096]) {
    test(
      `numbers of a file system that are ${bytes} bytes long are none, so nothing is mounted without consent`,
      Effect.gen(function*() {
        const fs = yield* FileSystem.FileSystem
        const host = yield* scripted("1.15", () => undefined)
        yield* fs.writeFile(`${host.directory}/.statfs`, new Uint8Array(bytes))
        const ploop = yield* Effect.provide(Ploop.Ploop, host.context)
        assert.strictEqual(yield* failure(ploop.fileSystemInfo({ disk: host.disk })), "ConsentRequired")
        assert.isFalse((yield* host.commands).some((words) => words[0] === "info" && words[1] !== "-d"))
      })
    )
  }
})

describe("numbers of a file system that are left beside a disk", () => {
  const numbers = (...numbers: ReadonlyArray<bigint>) => {
    const bytes = new Uint8Array(8 * numbers.length)
    numbers.forEach((number, index) => new DataView(bytes.buffer).setBigUint64(8 * index, number, true))
    return bytes
  }

  test(
    "are none with more free than there is, or with a block size that is none",
    Effect.gen(function*() {
      const fs = yield* FileSystem.FileSystem
      const host = yield* scripted("1.15", () => undefined)
      const ploop = yield* Effect.provide(Ploop.Ploop, host.context)
      const read = Effect.match(ploop.fileSystemInfo({ disk: host.disk }), {
        onFailure: ({ _tag }) => _tag,
        onSuccess: ({ free, source }) => `${source} ${free}`
      })
      for (
        const [bytes, expected] of [
          [numbers(4096n, 10n, 10n, 5n, 5n), "cached 40960"],
          [numbers(4096n, 10n, 11n, 5n, 5n), "ConsentRequired"],
          [numbers(4096n, 10n, 10n, 5n, 6n), "ConsentRequired"],
          [numbers(4095n, 10n, 10n, 5n, 5n), "ConsentRequired"]
        ] as const
      ) {
        yield* fs.writeFile(`${host.directory}/.statfs`, bytes)
        assert.strictEqual(yield* read, expected)
      }
    })
  )
})

describe("a query that would mount an idle disk", () => {
  test(
    "does not where the descriptor names a file twice, though the caller consents",
    Effect.gen(function*() {
      const fs = yield* FileSystem.FileSystem
      const host = yield* scripted("1.15", () => undefined)
      yield* fs.writeFileString(host.disk, descriptor("root.hdd.2").replace("root.hdd.1<", "root.hdd<"))
      const ploop = yield* Effect.provide(Ploop.Ploop, host.context)
      const asked = ploop.fileSystemInfo({ disk: host.disk, mayMount: true })
      assert.strictEqual(yield* failure(asked), "DescriptorInvalid")
      assert.isFalse((yield* host.commands).some((words) => words[0] === "info" && words[1] !== "-d"))
    })
  )
})

describe("an idle disk that grows by part of a cluster, on generation 7", () => {
  test(
    "is a raw image that is alone, which the tool grows as a file, and no other one",
    Effect.gen(function*() {
      const fs = yield* FileSystem.FileSystem
      for (const [type, expected] of [["Plain", "done"], ["Compressed", "SizeRefused"]] as const) {
        const host = yield* scripted("7", () => undefined)
        yield* fs.writeFileString(
          host.disk,
          DiskDescriptor.format(DiskDescriptor.make({
            size: "10M",
            images: [{ id: SnapshotId.top, type, file: "root.hdd" }],
            snapshots: [{ id: SnapshotId.top, parent: SnapshotId.none, temporary: false }]
          }))
        )
        yield* fs.writeFile(`${host.directory}/root.hdd`, image())
        const low = yield* Effect.provide(LowLevel.LowLevel, host.context)
        const grown = yield* Effect.either(low.grow({ disk: host.disk, size: 10n * 1024n * 1024n + 512n }))
        assert.strictEqual(grown._tag === "Left" ? grown.left._tag : "done", expected)
      }
    })
  )
})

describe("a tool that was killed", () => {
  const list = (disk: string) => {
    const image = disk.replace("DiskDescriptor.xml", "root.hdd")
    return { stdout: `ploop7       ${image}  \nploop8       ${image}  bk\n` }
  }

  const operations: ReadonlyArray<
    readonly [string, (ploop: Ploop.Ploop, disk: string) => Effect.Effect<unknown, PloopError.PloopError>]
  > = [
    ["resize", (ploop, disk) => ploop.resize({ disk, size: "1G" })],
    ["info", (ploop, disk) => ploop.fileSystemInfo({ disk, mayMount: true })],
    ["balloon", (ploop, disk) => ploop.discard({ disk, automount: true })]
  ]
  for (const [command, run] of operations) {
    for (const before of ["idle", "running"]) {
      test(
        `in ${command} ${
          before === "idle" ? "leaves no device but that of a component" : "leaves the device that ran before"
        }`,
        Effect.gen(function*() {
          const host = yield* scripted("1.15", (words, disk) =>
            words[0] === "info" && words[1] === "-d"
              ? { stdout: before === "idle" ? "device:\t\t\n" : "device:\t\t/dev/ploop7\n" }
              : words[0] === command
              ? { signal: "SIGKILL" }
              : words[0] === "list"
              ? list(disk)
              : undefined)
          const ploop = yield* Effect.provide(Ploop.Ploop, host.context)
          assert.strictEqual(yield* failure(run(ploop, host.disk)), "ToolAborted")
          const stopped = (yield* host.commands).filter((words) => words[0] === "umount")
          assert.deepStrictEqual(stopped, before === "idle" ? [["umount", "-d", "/dev/ploop7"]] : [])
        })
      )
    }
  }

  test(
    "leaves a device of which nobody could tell whether it ran before",
    Effect.gen(function*() {
      const host = yield* scripted("1.15", (words, disk) =>
        words[0] === "info"
          ? { stderr: "Error in get_dev (ploop.c:1): failed\n", exitCode: 25 }
          : words[0] === "balloon"
          ? { signal: "SIGKILL" }
          : words[0] === "list"
          ? list(disk)
          : undefined)
      const ploop = yield* Effect.provide(Ploop.Ploop, host.context)
      assert.strictEqual(yield* failure(ploop.discard({ disk: host.disk, automount: true })), "ToolAborted")
      assert.isFalse((yield* host.commands).some((words) => words[0] === "umount"))
    })
  )
})

describe("an identifier that was chosen for a snapshot", () => {
  const operations: ReadonlyArray<
    readonly [
      string,
      (ploop: Ploop.Ploop, disk: string, id?: SnapshotId.SnapshotId) => Effect.Effect<unknown, PloopError.PloopError>
    ]
  > = [
    ["snapshot", (ploop, disk, id) => ploop.createSnapshot({ disk, id })],
    ["tsnapshot", (ploop, disk, id) => ploop.createTemporarySnapshot({ disk, id, component: "bk" })],
    ["snapshot", (ploop, disk, id) => ploop.snapshotAndSwitch({ disk, id: A, keepAs: id })]
  ]
  for (const [command, run] of operations) {
    test(
      `is in the error of ${command}, and one that the caller knows is not`,
      Effect.gen(function*() {
        const host = yield* scripted("1.15", (words) => words[0] === command ? { signal: "SIGKILL" } : undefined)
        const ploop = yield* Effect.provide(Ploop.Ploop, host.context)
        const error = yield* Effect.flip(run(ploop, host.disk))
        const chosen = (yield* host.commands).find((words) => words[0] === command)?.[2]
        assert.strictEqual(error._tag, "ToolAborted")
        assert.strictEqual(error.newSnapshot, chosen)
        assert.include(error.message, chosen!)
        const known = SnapshotId.make("cccccccc-0000-4000-8000-cccccccccccc")
        assert.isUndefined((yield* Effect.flip(run(ploop, host.disk, known))).newSnapshot)
      })
    )
  }
})

describe("the wait of a mount", () => {
  test(
    "for a permit is given up at once, and nothing is started then",
    Effect.gen(function*() {
      const host = yield* scripted(
        "1.15",
        (words) => words[0] === "umount" ? { lasts: "10 minutes" } : undefined,
        { maxProcesses: 1 }
      )
      const ploop = yield* Effect.provide(Ploop.Ploop, host.context)
      yield* Effect.fork(ploop.umount({ target: "/mnt" }))
      while (!(yield* host.commands).some((words) => words[0] === "umount")) yield* Effect.sleep("5 millis")
      const waiting = yield* Effect.fork(ploop.mount({ disk: host.disk }))
      yield* Effect.sleep("30 millis")
      assert.isTrue(Exit.isInterrupted(yield* Fiber.interrupt(waiting)))
      assert.isFalse((yield* host.commands).some((words) => words[0] === "mount"))
    })
  )
})

describe("convert", () => {
  test(
    "keeps files in the place of those that the tool would overwrite or remove",
    Effect.gen(function*() {
      const fs = yield* FileSystem.FileSystem
      for (
        const [name, request] of [["root.hdd.tmp", { format: "raw" }], ["root.hdd.1.idx", { version: 2 }]] as const
      ) {
        const host = yield* scripted("1.15", () => undefined)
        yield* fs.writeFileString(`${host.directory}/${name}`, "precious")
        const ploop = yield* Effect.provide(Ploop.Ploop, host.context)
        assert.strictEqual(yield* failure(ploop.convert({ disk: host.disk, ...request })), "AlreadyExists")
        assert.isFalse((yield* host.commands).some((words) => words[0] === "convert"))
      }
    })
  )
})

describe("a descriptor that is none", () => {
  test(
    "is an error, and the service reads others beside it",
    Effect.gen(function*() {
      const fs = yield* FileSystem.FileSystem
      const host = yield* scripted("1.15", () => undefined)
      const ploop = yield* Effect.provide(Ploop.Ploop, host.context)
      const directory = `${host.directory}/other`
      const disk = Disk.inDirectory(directory)
      for (const target of ["/dev/zero", "/dev/null", "/"]) {
        yield* fs.makeDirectory(directory)
        yield* fs.symlink(target, disk)
        const tags = yield* Effect.forEach(
          Array.from({ length: 8 }),
          () => failure(ploop.listSnapshots({ disk })),
          { concurrency: "unbounded" }
        )
        assert.deepStrictEqual([...new Set(tags)], ["DescriptorInvalid"], target)
        yield* ploop.listSnapshots({ disk: host.disk })
        yield* fs.remove(directory, { recursive: true })
      }
    })
  )
})

describe.skipIf(missing !== undefined)(title("with the real tool"), () => {
  it.scopedLive("a file outside the directory is there after a switch and a deletion that its descriptor aims at it", () =>
    Effect.gen(function*() {
      const fs = yield* FileSystem.FileSystem
      const ploop = yield* Ploop.Ploop
      const directory = yield* fs.makeTempDirectoryScoped({ prefix: "ploop-safety-" })
      const { disk } = yield* ploop.create({ image: `${directory}/root.hdd`, size: "4M", fileSystem: "none" })
      yield* ploop.createSnapshot({ disk, id: A })
      const top = yield* ploop.topDelta({ disk })
      const precious = `${yield* fs.makeTempDirectoryScoped({ prefix: "ploop-safety-" })}/precious`
      yield* fs.copyFile(top, precious)
      const text = yield* fs.readFileString(disk)
      yield* fs.writeFileString(disk, text.replace(top.slice(directory.length + 1), precious))
      assert.strictEqual(yield* failure(ploop.switchSnapshot({ disk, id: A })), "Unsupported")
      assert.strictEqual(yield* failure(ploop.deleteSnapshot({ disk, id: SnapshotId.top })), "Unsupported")
      assert.isTrue(yield* fs.exists(precious))
    }).pipe(Effect.provide(RealTool)))
})
