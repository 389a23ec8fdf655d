/** The files that the tool writes beside a disk. */
import { Ploop, SnapshotId } from "@effect-ploop/core"
import type { PloopError } from "@effect-ploop/core"
import { FileSystem } from "@effect/platform"
import { NodeContext } from "@effect/platform-node"
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { execFileSync } from "node:child_process"
import { linkSync, mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs"
import { dirname } from "node:path"
import { A, scripted } from "./utils/host.js"
import { image } from "./utils/image.js"
import { freshDisk, missing, RealTool, scratch, title } from "./utils/realTool.js"

const names = ["DiskDescriptor.xml.tmp", "DiskDescriptor.xml.tmp.tmp", "DiskDescriptor.xml.lck"]

describe("a name that the tool writes to", () => {
  const ways: Readonly<Record<string, (path: string, elsewhere: string) => void>> = {
    "a symbolic link": (path, elsewhere) => symlinkSync(elsewhere, path),
    "a symbolic link that leads nowhere": (path, elsewhere) => symlinkSync(`${elsewhere}-else`, path),
    "another name of a file": (path, elsewhere) => linkSync(elsewhere, path),
    "a FIFO": (path) => execFileSync("mkfifo", [path]),
    "a directory": (path) => mkdirSync(path)
  }
  for (const [what, make] of Object.entries(ways)) {
    it.scopedLive(`is refused where ${what} has it, on every generation`, () =>
      Effect.gen(function*() {
        const fs = yield* FileSystem.FileSystem
        for (const generation of ["1.15", "7", "9"] as const) {
          for (const name of names) {
            const host = yield* scripted(generation, () => undefined)
            yield* fs.writeFileString(`${host.directory}/precious`, "precious")
            make(`${host.directory}/${name}`, `${host.directory}/precious`)
            const ploop = yield* Effect.provide(Ploop.Ploop, host.context)
            const error = yield* Effect.flip(ploop.createSnapshot({ disk: host.disk }))
            assert.strictEqual(error._tag, "Unsupported")
            assert.include(error.message, name)
            assert.deepStrictEqual(yield* host.commands, [])
          }
        }
      }).pipe(Effect.provide(NodeContext.layer)))
  }

  it.scopedLive("may be that of a file which a killed tool has left", () =>
    Effect.gen(function*() {
      const fs = yield* FileSystem.FileSystem
      const host = yield* scripted("7", () => undefined)
      for (const name of names) yield* fs.writeFileString(`${host.directory}/${name}`, "half of a descri")
      const ploop = yield* Effect.provide(Ploop.Ploop, host.context)
      yield* ploop.switchSnapshot({ disk: host.disk, id: A })
      assert.isTrue((yield* host.commands).some(([command]) => command === "snapshot-switch"))
    }).pipe(Effect.provide(NodeContext.layer)))
})

describe("the name of the directory where the tool mounts a disk by itself", () => {
  const operations: ReadonlyArray<
    readonly [command: string, run: (ploop: Ploop.Ploop, disk: string) => Effect.Effect<unknown, PloopError.PloopError>]
  > = [
    ["resize", (ploop, disk) => ploop.resize({ disk, size: "20M" })],
    ["info", (ploop, disk) => ploop.fileSystemInfo({ disk, mayMount: true })],
    ["balloon", (ploop, disk) => ploop.discard({ disk, automount: true })]
  ]
  for (const [command, run] of operations) {
    it.scopedLive(`is refused where a symbolic link has it: ${command}`, () =>
      Effect.gen(function*() {
        const fs = yield* FileSystem.FileSystem
        const host = yield* scripted("1.15", () => undefined)
        for (const name of ["root.hdd", "root.hdd.1", "root.hdd.2"]) {
          yield* fs.writeFile(`${host.directory}/${name}`, image())
        }
        symlinkSync("/etc", `${host.directory}/root.hdd.mnt`)
        const ploop = yield* Effect.provide(Ploop.Ploop, host.context)
        const error = yield* Effect.flip(run(ploop, host.disk))
        assert.strictEqual(error._tag, "Unsupported")
        assert.include(error.message, "root.hdd.mnt")
        const ran = (yield* host.commands).filter((words) => words[0] === command && words[1] !== "-d")
        assert.deepStrictEqual(ran, [])
      }).pipe(Effect.provide(NodeContext.layer)))
  }
})

describe("an unmount of a disk", () => {
  const device = "/dev/ploop7"
  const unmounted = (make: (numbers: string) => void) =>
    Effect.gen(function*() {
      const host = yield* scripted("1.15", ([command, option]) =>
        command === "info" && option === "-d" ? { stdout: `device:\t\t${device}\n` } : undefined)
      make(`${host.directory}/.statfs`)
      const ploop = yield* Effect.provide(Ploop.Ploop, host.context)
      yield* ploop.umount({ disk: host.disk })
      const commands = yield* host.commands
      return {
        disk: host.disk,
        commands: commands.filter(([command]) =>
          command === "umount"
        )
      }
    }).pipe(Effect.provide(NodeContext.layer))

  it.scopedLive("writes no numbers through a link beside it", () =>
    Effect.gen(function*() {
      for (
        const make of [
          (path: string) => symlinkSync("/nowhere", path),
          (path: string) => linkSync(`${dirname(path)}/DiskDescriptor.xml`, path)
        ]
      ) {
        const { commands } = yield* unmounted(make)
        assert.deepStrictEqual(commands, [["umount", "-d", device]])
      }
    }))

  it.scopedLive("names the disk where the numbers are its own, or there are none", () =>
    Effect.gen(function*() {
      for (const make of [() => undefined, (path: string) => writeFileSync(path, "")]) {
        const { commands, disk } = yield* unmounted(make)
        assert.deepStrictEqual(commands, [["umount", disk]])
      }
    }))
})

describe.skipIf(missing !== undefined)(title("with the real tool"), () => {
  it.scopedLive("a file is not overwritten through a link beside the disk", () =>
    Effect.gen(function*() {
      const ploop = yield* Ploop.Ploop
      const fs = yield* FileSystem.FileSystem
      const precious = `${yield* scratch}/precious`
      const { directory, disk } = yield* freshDisk()
      const id = yield* ploop.createSnapshot({ disk })
      yield* fs.writeFileString(precious, "precious")
      const changes: ReadonlyArray<Effect.Effect<unknown, PloopError.PloopError>> = [
        ploop.createSnapshot({ disk }),
        ploop.switchSnapshot({ disk, id }),
        ploop.deleteSnapshot({ disk, id: SnapshotId.top }),
        ploop.mergeSnapshots({ disk }),
        ploop.convert({ disk, format: "preallocated" })
      ]
      for (const name of names) {
        rmSync(`${directory}/${name}`, { force: true })
        symlinkSync(precious, `${directory}/${name}`)
        for (const change of changes) assert.strictEqual((yield* Effect.flip(change))._tag, "Unsupported")
        assert.strictEqual(readFileSync(precious, "utf8"), "precious")
        rmSync(`${directory}/${name}`)
      }
      yield* ploop.createSnapshot({ disk })
    }).pipe(Effect.provide(RealTool)))
})
