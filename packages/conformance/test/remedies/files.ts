import { PloopError, Remedy, SnapshotId } from "@effect-ploop/core"
import { assert } from "@effect/vitest"
import { Effect, Stream } from "effect"
import type { Executions } from "./execution.js"
import { a, about, b, bare, disk, image, made, motd, remedied, services } from "./execution.js"

const { texts } = Remedy

/** Descriptors, images and copies of them. */
export const files: Executions = {
  "copy-protocol-broken": [
    { generation: "1.15" },
    Effect.gen(function*() {
      const { fs, ploop } = yield* services
      yield* made
      const { device } = yield* ploop.mount({ disk, target: "/mnt" })
      const receive = (stream: Stream.Stream<Uint8Array, PloopError.PloopError>) =>
        Stream.run(stream, ploop.copyReceive({ image: "/vz/copy.hdd" }))
      yield* remedied(receive(Stream.make(new Uint8Array(100).fill(1))), texts["copy-protocol-broken"]())
      yield* fs.remove("/vz/copy.hdd", { force: true })
      yield* receive(ploop.copySend({ device }))
      assert.strictEqual(yield* fs.readFileString("/mnt/motd"), "kept")
    })
  ],
  "images-dropped": [
    {},
    Effect.gen(function*() {
      const { fs, host, ploop } = yield* services
      yield* made
      const former = `${disk}.former-1`
      const text = yield* fs.readFileString(disk)
      yield* fs.writeFileString(former, text)
      const dropped = { images: [image], former }
      // A backend finds it after a tool has dropped images that it was not seen to drop: no known descriptor leads to it.
      yield* host.fail("createSnapshot", new PloopError.ImagesDropped({ ...about("createSnapshot"), ...dropped }))
      yield* remedied(ploop.createSnapshot({ disk }), texts["images-dropped"](dropped))
      // What the tool leaves: a descriptor without the image of the snapshot.
      const without = text.replace(/<Image>[\s\S]*?<\/Image>/, "").replace(/<Shot>[\s\S]*?<\/Shot>/, "")
      yield* fs.writeFileString(disk, without)
      yield* fs.copy("/vz", "/copy")
      yield* fs.rename(former, disk)
      assert.strictEqual((yield* ploop.check({ disk })).outcome, "clean")
      assert.strictEqual(yield* motd, "kept")
    })
  ],
  "snapshot-has-children": [
    {},
    Effect.gen(function*() {
      const { fs, ploop } = yield* services
      yield* bare("expanded")
      // No tool gives the top delta a child, but the descriptor of another program may have one.
      yield* fs.copyFile(image, "/vz/child.hdd")
      const text = yield* fs.readFileString(disk)
      const of = (id: string, file: string) =>
        `<Image><GUID>${id}</GUID><Type>Compressed</Type><File>${file}</File></Image>`
      yield* fs.writeFileString(
        disk,
        text.replace("</Storage>", `${of(b, "child.hdd")}</Storage>`).replace(
          "</Snapshots>",
          `<Shot><GUID>${b}</GUID><ParentGUID>${SnapshotId.top}</ParentGUID></Shot></Snapshots>`
        )
      )
      const change = ploop.switchSnapshot({ disk, id: a })
      yield* remedied(change, texts["snapshot-has-children"]())
      yield* ploop.deleteSnapshot({ disk, id: b })
      yield* change
      assert.isFalse(yield* fs.exists("/vz/child.hdd"))
      assert.strictEqual((yield* ploop.check({ disk })).outcome, "clean")
    })
  ],
  "permission-denied-read-only": [
    {},
    Effect.gen(function*() {
      const { fs, ploop } = yield* services
      yield* made
      yield* ploop.mount({ disk, target: "/mnt" })
      yield* fs.makeDirectory("/mnt/inner")
      const inner = yield* ploop.create({ image: "/mnt/inner/root.hdd", size: "8M", fileSystem: "none" })
      yield* ploop.umount({ disk })
      yield* ploop.mount({ disk, target: "/mnt", readOnly: true })
      const change = ploop.createSnapshot({ disk: inner.disk })
      yield* remedied(change, texts["permission-denied-read-only"]())
      yield* ploop.umount({ disk })
      yield* ploop.mount({ disk, target: "/mnt" })
      yield* change
    })
  ]
}
