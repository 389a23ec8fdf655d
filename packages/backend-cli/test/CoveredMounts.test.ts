import { assert, describe, it } from "@effect/vitest"
import { behind, deviceAt, hidden } from "../src/internal/operations/busy.js"

const mount = (source: string, target: string) => ({ source, target, type: "ext4" })

const own = mount("/dev/ploop1p1", "/vz/root/101")

describe("a mount of a ploop device is hidden", () => {
  const hides = (later: ReturnType<typeof mount>, by: ReadonlyArray<string>) =>
    assert.deepStrictEqual<unknown>(hidden([own, later]), by.length === 0 ? [] : [{ device: "/dev/ploop1", by }])

  it("by any later mount at its mount point or at a directory above it", () => {
    hides(mount("/dev/ploop2p1", "/vz/root/101"), ["/vz/root/101"])
    hides(mount("tmpfs", "/vz/root/101"), ["/vz/root/101"])
    hides(mount("/dev/mapper/ploop3", "/vz/root"), ["/vz/root"])
    hides(mount("tmpfs", "/vz"), ["/vz"])
    hides(mount("overlay", "/"), ["/"])
  })

  it("by none that is beside it, below it or of the same file system, and by none that came before it", () => {
    hides(mount("tmpfs", "/vz/root/10"), [])
    hides(mount("tmpfs", "/vz/root/1011"), [])
    hides(mount("tmpfs", "/vz/root/101/tmp"), [])
    hides(own, [])
    assert.deepStrictEqual(hidden([mount("tmpfs", "/vz"), own]), [])
    assert.deepStrictEqual(hidden([mount("/dev/sda1", "/srv"), mount("tmpfs", "/srv")]), [])
  })

  it("from a mount point, where the device below can be found, and is not the one that is seen there", () => {
    const table = [own, mount("tmpfs", "/vz/root/101")]
    assert.isUndefined(deviceAt(table, "/vz/root/101"))
    assert.strictEqual<string | undefined>(behind(table, "/vz/root/101"), "/dev/ploop1")
    assert.isUndefined(behind(table, "/vz/root/102"))
  })
})
