import { PloopCli } from "@effect-ploop/backend-cli"
import { Disk, Ploop } from "@effect-ploop/core"
import { FileSystem, Path } from "@effect/platform"
import { NodeContext } from "@effect/platform-node"
import { Effect, Layer } from "effect"
import { accessSync, constants } from "node:fs"
import { delimiter } from "node:path"

const executable = (path: string): boolean => {
  try {
    accessSync(path, constants.X_OK)
    return true
  } catch {
    return false
  }
}

const installed = (process.env["PATH"] ?? "").split(delimiter).some((directory) => executable(`${directory}/ploop`))

const root = process.getuid?.() === 0

/** Why tests of the real tool cannot run here; undefined when they can. */
export const missing: string | undefined = !installed
  ? "ploop is not installed: apt-get install ploop"
  : !root
  ? "the tool's locks need root"
  : undefined

if (missing !== undefined && process.env["PLOOP_TEST_REQUIRE_TOOL"] === "1") {
  throw new Error(`the tests of the real tool are required here, but ${missing}`)
}

/** The title of a group of tests, with the reason when they are skipped. */
export const title = (text: string): string => missing === undefined ? text : `${text} (skipped: ${missing})`

export const RealTool = PloopCli.layer().pipe(Layer.provideMerge(NodeContext.layer))

/** A directory of the test's own, which goes when the test ends. */
export const scratch = Effect.flatMap(
  FileSystem.FileSystem,
  (fs) => fs.makeTempDirectoryScoped({ prefix: "ploop-test-" })
)

/** A disk without a file system, which needs no kernel driver. */
export const freshDisk = (size = "10M", name = "root.hdd") =>
  Effect.gen(function*() {
    const ploop = yield* Ploop.Ploop
    const path = yield* Path.Path
    const directory = yield* scratch
    yield* ploop.create({ image: path.join(directory, name), size, fileSystem: "none" })
    return { directory, disk: Disk.inDirectory(directory), image: path.join(directory, name) }
  })

/** The uuid whose digits are all this one. */
export const uuid = (digit: string): string => `{${digit.repeat(8)}-0000-4000-8000-${digit.repeat(12)}}`
