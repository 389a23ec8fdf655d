import { PloopCli } from "@effect-ploop/backend-cli"
import { Disk, Ploop } from "@effect-ploop/core"
import type { PloopError } from "@effect-ploop/core"
import { FileSystem, Path } from "@effect/platform"
import { NodeContext } from "@effect/platform-node"
import { assert, describe, it } from "@effect/vitest"
import type { Scope } from "effect"
import { Effect, Layer } from "effect"
import { scripted } from "./utils/host.js"
import * as ScriptedExecutor from "./utils/ScriptedExecutor.js"

const test = (
  title: string,
  effect: Effect.Effect<void, unknown, NodeContext.NodeContext | Scope.Scope>
) => it.scoped(title, () => Effect.provide(effect, NodeContext.layer))

const info = (disk: string) => Effect.flatMap(Ploop.Ploop, (ploop) => ploop.imageInfo({ disk }))

describe("a tool that fails without a word", () => {
  test(
    "has not found the disk when there is no descriptor",
    Effect.gen(function*() {
      const host = yield* scripted("9", () => ({ exitCode: 1 }))
      const disk = Disk.make(`${host.directory}/gone/DiskDescriptor.xml`)
      const error = yield* Effect.flip(Effect.provide(info(disk), host.context))
      assert.strictEqual(error._tag, "DiskNotFound")
    })
  )

  test(
    "has not found the top delta when the descriptor names one that is not there",
    Effect.gen(function*() {
      const host = yield* scripted("9", () => ({ exitCode: 4 }))
      const error = yield* Effect.flip(Effect.provide(info(host.disk), host.context))
      assert.deepStrictEqual([error._tag, error.exitCode], ["ImageNotFound", 4])
    })
  )

  test(
    "is not one that says why, with or without a descriptor",
    Effect.gen(function*() {
      const host = yield* scripted("1.15", () => ({ exitCode: 5, stderr: "Cannot allocate memory\n" }))
      for (const disk of [host.disk, Disk.make(`${host.directory}/gone/DiskDescriptor.xml`)]) {
        assert.strictEqual((yield* Effect.flip(Effect.provide(info(disk), host.context)))._tag, "OutOfMemory")
      }
    })
  )
})

describe("an answer", () => {
  const answer = "size:\t\t20480\nblocksize:\t2048\nfmt_version:\t2\n"

  test(
    "of which something was left out is not read",
    Effect.gen(function*() {
      const stdout = `${answer}${"x\n".repeat(1000)}`
      for (const [maxOutput, expected] of [[100_000, "done"], [1000, "UnexpectedOutput"]] as const) {
        const host = yield* scripted("1.15", () => ({ stdout }), { maxOutput })
        const exit = yield* Effect.either(Effect.provide(info(host.disk), host.context))
        assert.strictEqual(exit._tag === "Left" ? exit.left._tag : "done", expected)
      }
    })
  )

  test(
    "that makes no sense is in the error, of a long line the beginning",
    Effect.gen(function*() {
      for (const [length, kept] of [[200, 200], [5000, 201]] as const) {
        const host = yield* scripted("1.15", () => ({ stdout: "x".repeat(length) }))
        const error = yield* Effect.flip(Effect.provide(info(host.disk), host.context))
        assert.strictEqual(error._tag === "UnexpectedOutput" ? error.line.length : error._tag, kept)
      }
    })
  )

  test(
    "of success is a failure when the words say so",
    Effect.gen(function*() {
      const host = yield* scripted(
        "1.15",
        ([command]) =>
          command === "convert"
            ? { stderr: "Changing image version format on raw image is not supported\n" }
            : undefined
      )
      const error = yield* Effect.flip(Effect.provide(
        Effect.flatMap(Ploop.Ploop, (ploop) => ploop.convert({ disk: host.disk, version: 2 })),
        host.context
      ))
      assert.strictEqual(error._tag, "Unsupported")
    })
  )
})

describe("a mount that the tool makes for the numbers of a file system", () => {
  test(
    "is what failed when the tool ends with 255 and says nothing of it",
    Effect.gen(function*() {
      const host = yield* scripted(
        "1.15",
        ([command, flag]) => command === "info" && flag !== "-d" ? { exitCode: 255 } : undefined
      )
      const asked = Effect.flatMap(
        Ploop.Ploop,
        (ploop) => ploop.fileSystemInfo({ disk: host.disk, mayMount: true })
      )
      assert.strictEqual((yield* Effect.flip(Effect.provide(asked, host.context)))._tag, "MountFailed")
    })
  )
})

describe("the sizes of snapshots", () => {
  test(
    "are what the images take on the host, and not how long they are",
    Effect.gen(function*() {
      const fs = yield* FileSystem.FileSystem
      const host = yield* scripted("1.15", () => undefined)
      for (const name of ["root.hdd", "root.hdd.1", "root.hdd.2"]) {
        yield* fs.writeFile(`${host.directory}/${name}`, new Uint8Array(4096).fill(7))
        yield* fs.truncate(`${host.directory}/${name}`, 100 * 1024 * 1024)
      }
      const sizes = Effect.flatMap(Ploop.Ploop, (ploop) => ploop.snapshotSizes({ disk: host.disk }))
      for (const { size } of yield* Effect.provide(sizes, host.context)) {
        assert.isTrue(size >= 4096n && size < 10n * 1024n * 1024n, `${size}`)
      }
    })
  )

  test(
    "name the first image that is not there",
    Effect.gen(function*() {
      const fs = yield* FileSystem.FileSystem
      const host = yield* scripted("1.15", () => undefined)
      yield* fs.writeFileString(`${host.directory}/root.hdd`, "base")
      const sizes = Effect.flatMap(Ploop.Ploop, (ploop) => ploop.snapshotSizes({ disk: host.disk }))
      const error = yield* Effect.flip(Effect.provide(sizes, host.context))
      assert.strictEqual(
        error._tag === "ImageNotFound" ? error.image : error._tag,
        `${host.directory}/root.hdd.1`
      )
    })
  )
})

describe("what cannot be read of a descriptor", () => {
  const list = (disk: string): Effect.Effect<unknown, PloopError.PloopError, Ploop.Ploop> =>
    Effect.flatMap(Ploop.Ploop, (ploop) => ploop.listSnapshots({ disk }))

  test(
    "is invalid when it is a directory, and not found when it is not there",
    Effect.gen(function*() {
      const fs = yield* FileSystem.FileSystem
      const host = yield* scripted("1.15", () => undefined)
      yield* fs.makeDirectory(`${host.directory}/a.xml`)
      for (const [name, tag] of [["a", "DescriptorInvalid"], ["b", "DiskNotFound"]] as const) {
        const error = yield* Effect.flip(Effect.provide(list(`${host.directory}/${name}.xml`), host.context))
        assert.strictEqual(error._tag, tag)
      }
    })
  )

  test(
    "leads to the images beside the file that a link leads to",
    Effect.gen(function*() {
      const fs = yield* FileSystem.FileSystem
      const host = yield* scripted("1.15", () => undefined)
      const link = Disk.make(`${host.directory}/below/DiskDescriptor.xml`)
      yield* fs.makeDirectory(`${host.directory}/below`)
      yield* fs.symlink(host.disk, link)
      const top = yield* Effect.provide(
        Effect.flatMap(Ploop.Ploop, (ploop) => ploop.topDelta({ disk: link })),
        host.context
      )
      assert.strictEqual(top, `${yield* fs.realPath(host.directory)}/root.hdd.2`)
    })
  )
})

describe("a path", () => {
  test(
    "that is relative is made absolute for the tool",
    Effect.gen(function*() {
      const fs = yield* FileSystem.FileSystem
      const path = yield* Path.Path
      const host = yield* scripted("1.15", () => ({ stdout: "size:\t\t20480\nblocksize:\t2048\nfmt_version:\t2\n" }))
      yield* Effect.provide(info(path.relative("", host.disk)), host.context)
      assert.strictEqual((yield* host.commands).at(-1)?.at(-1), yield* fs.realPath(host.disk))
    })
  )

  test(
    "of a mount point must be that of a directory, before the tool is asked",
    Effect.gen(function*() {
      const host = yield* scripted("1.15", () => undefined)
      for (const target of [host.disk, `${host.directory}/gone`]) {
        const error = yield* Effect.flip(Effect.provide(
          Effect.flatMap(Ploop.Ploop, (ploop) => ploop.mount({ disk: host.disk, target })),
          host.context
        ))
        assert.strictEqual(error._tag, "MountPointInvalid")
      }
      assert.deepStrictEqual(yield* host.commands, [])
    })
  )

  test(
    "of a descriptor ends in its fixed name on generation 9, before the tool is asked",
    Effect.gen(function*() {
      const host = yield* scripted("9", () => undefined)
      const error = yield* Effect.flip(Effect.provide(info(`${host.directory}/other.xml`), host.context))
      assert.strictEqual(error._tag, "Unsupported")
      assert.deepStrictEqual(yield* host.commands, [])
    })
  )
})

test(
  "a prefix that is not there is what could not be found",
  Effect.gen(function*() {
    const { layer } = ScriptedExecutor.make([{ spawnError: "ENOENT" }])
    const error = yield* Effect.flatMap(Ploop.Ploop, (ploop) => ploop.listDevices).pipe(
      Effect.flip,
      Effect.provide(
        PloopCli.layer({ prefix: ["sudo", "-n"], tool: "/opt/ploop" }).pipe(
          Layer.provide(layer),
          Layer.provide(NodeContext.layer)
        )
      )
    )
    assert.strictEqual(error._tag === "ToolNotFound" ? error.path : error._tag, "sudo")
  })
)
