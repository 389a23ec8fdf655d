import { LowLevel, Ploop } from "@effect-ploop/core"
import type { Disk, PloopError } from "@effect-ploop/core"
import { FileSystem } from "@effect/platform"
import { NodeContext } from "@effect/platform-node"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Stream } from "effect"
import { CurrentHostFiles } from "../src/internal/currentHostFiles.js"
import { A, B, scripted, withNode } from "./utils/host.js"
import { image } from "./utils/image.js"
import { sysfs } from "./utils/sysfs.js"

type Run = (
  services: { readonly ploop: Ploop.Ploop; readonly lowLevel: LowLevel.LowLevel },
  paths: { readonly disk: Disk.Disk; readonly directory: string }
) => Effect.Effect<unknown, PloopError.PloopError>

const device = "/dev/ploop7"

/** An operation, and the commands of the tool that it runs, on an idle disk of generation 1.15. */
const operations: ReadonlyArray<readonly [string, Run, Array<string>]> = [
  ["listSnapshots", ({ ploop }, { disk }) => ploop.listSnapshots({ disk }), []],
  ["snapshotSizes", ({ ploop }, { disk }) => ploop.snapshotSizes({ disk }), []],
  ["topDelta", ({ ploop }, { disk }) => ploop.topDelta({ disk }), []],
  ["isMounted", ({ ploop }, { disk }) => ploop.isMounted({ disk }), []],
  ["deviceOf", ({ ploop }, { disk }) => ploop.deviceOf({ disk }), []],
  ["attachments", ({ ploop }, { disk }) => ploop.attachments({ disk }), []],
  ["listDevices", ({ ploop }) => ploop.listDevices, []],
  ["deviceStatistics", ({ ploop }) => ploop.deviceStatistics({ device }), []],
  ["imageInfo", ({ ploop }, { disk }) => ploop.imageInfo({ disk }), []],
  ["mount", ({ ploop }, { disk }) => ploop.mount({ disk }), ["mount"]],
  ["umount", ({ ploop }, { disk }) => ploop.umount({ disk }), ["umount"]],
  ["createSnapshot", ({ ploop }, { disk }) => ploop.createSnapshot({ disk }), ["snapshot"]],
  ["switchSnapshot", ({ ploop }, { disk }) => ploop.switchSnapshot({ disk, id: A }), ["snapshot-switch"]],
  ["switchAndDelete", ({ ploop }, { disk }) => ploop.switchAndDelete({ disk, id: B }), [
    "snapshot-switch",
    "snapshot-delete"
  ]],
  ["deleteSnapshot", ({ ploop }, { disk }) => ploop.deleteSnapshot({ disk, id: A }), ["snapshot-delete"]],
  ["mergeSnapshots", ({ ploop }, { disk }) => ploop.mergeSnapshots({ disk }), ["snapshot-merge"]],
  ["convert", ({ ploop }, { disk }) => ploop.convert({ disk, version: 2 }), ["convert"]],
  ["check", ({ ploop }, { disk }) => ploop.check({ disk }), ["check"]],
  ["resize", ({ ploop }, { disk }) => ploop.resize({ disk, size: "20M" }), ["resize"]],
  ["balloonStatus", ({ ploop }) => ploop.balloonStatus({ device }), ["balloon"]],
  ["discard", ({ ploop }) => ploop.discard({ device }), ["balloon"]],
  ["copySend", ({ ploop }) => Stream.runDrain(ploop.copySend({ device })), ["copy"]],
  ["grow", ({ lowLevel }) => lowLevel.grow({ device, size: "20M" }), ["grow"]]
]

describe("the tool is run no more often than an operation needs", () => {
  for (const [name, run, expected] of operations) {
    it.scoped(`${name}: ${expected.join(", ") || "never"}`, () =>
      Effect.gen(function*() {
        const fs = yield* FileSystem.FileSystem
        const other = `${yield* fs.makeTempDirectoryScoped({ prefix: "ploop-test-" })}/root.hdd`
        yield* fs.writeFile(other, image())
        const root = yield* sysfs({ ploop7: { image: other, counters: { bio_reads: "3" } } })
        const host = yield* Effect.provideService(
          scripted("1.15", () => undefined, { queries: "files", sysfs: root }),
          CurrentHostFiles,
          withNode(device)
        )
        for (const file of ["root.hdd", "root.hdd.1", "root.hdd.2"]) {
          yield* fs.writeFile(`${host.directory}/${file}`, image())
        }
        yield* Effect.all({ ploop: Ploop.Ploop, lowLevel: LowLevel.LowLevel }).pipe(
          Effect.flatMap((services) => Effect.exit(run(services, host))),
          Effect.provide(host.context)
        )
        assert.deepStrictEqual((yield* host.commands).map(([command]) => command), expected)
      }).pipe(Effect.provide(NodeContext.layer)))
  }
})
