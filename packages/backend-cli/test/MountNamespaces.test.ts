import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { execFileSync, spawn } from "node:child_process"
import { once } from "node:events"
import { foreignMounts } from "../src/internal/mountNamespaces.js"
import { nodeForeignMounts } from "../src/internal/nodeMountNamespaces.js"

const root = (groups = "") => `21 1 8:1 / / rw${groups} - ext4 /dev/sda1 rw`
const ofDevice = (target: string, number = "253:17") => `40 21 ${number} / ${target} rw - ext4 /dev/ploop1p1 rw`

const numberOf = (path: string) => path === "/dev/ploop1p1" ? "253:17" : undefined

const table = (...lines: ReadonlyArray<string>) => lines.map((line) => `${line}\n`).join("")

const here = (groups = "") => table(root(groups), ofDevice("/vz/root/101"))

const found = (own: string, ...lines: ReadonlyArray<string>) =>
  foreignMounts(own, [{ pid: 4711, command: "sleep", text: table(...lines) }], numberOf)
    .map(({ device, isReached, mount: { target } }) => ({ device, isReached, target }))

const stays = (target: string) => [{ device: "/dev/ploop1", isReached: false, target }]
const isReached = (target: string) => [{ device: "/dev/ploop1", isReached: true, target }]

describe("a mount in another namespace", () => {
  const expect = (actual: unknown, expected: unknown) => assert.deepStrictEqual(actual, expected)

  it("keeps a device busy where nothing spreads from this namespace to that one", () => {
    expect(found(here(), root(), ofDevice("/old")), stays("/old"))
    expect(found(here(), root(" master:7"), ofDevice("/old")), stays("/old"))
    expect(found(here(" shared:7"), root(), ofDevice("/old")), stays("/old"))
    expect(found(here(" shared:7"), root(" shared:8"), ofDevice("/old")), stays("/old"))
    expect(found(root(" shared:7"), root(" shared:7"), ofDevice("/old")), stays("/old"))
    // The root of a container: what is below it belongs to no namespace that can be seen.
    expect(found(here(" shared:7"), "40 1 253:17 / / rw - ext4 /dev/ploop1p1 rw"), stays("/"))
  })

  it("may go with the mount of this namespace where that shares what is mounted, or the other one follows", () => {
    expect(found(here(" shared:7"), root(" shared:7"), ofDevice("/old")), isReached("/old"))
    expect(found(here(" shared:7"), root(" master:7"), ofDevice("/old")), isReached("/old"))
    expect(found(here(" shared:7"), root(" shared:9 master:8"), ofDevice("/old")), isReached("/old"))
  })

  it("is of the device that has this name here, and of no other one", () => {
    expect(found(here(), root(), ofDevice("/old", "7:3")), [])
    expect(found(here(), root(), "40 21 8:2 / /old rw - ext4 /dev/sdb1 rw"), [])
  })

  it("is found beside namespaces that have no device of ploop", () => {
    const others = [root(), `${root()}\n${ofDevice("/old")}`].map((text, pid) => ({ pid, command: "sleep", text }))
    expect(foreignMounts(here(), others, numberOf).map(({ mount: { pid, target } }) => [pid, target]), [[1, "/old"]])
  })

  it("has its mount point in octal", () => {
    expect(found(here(), root(), ofDevice("/a\\040b")), stays("/a b"))
  })
})

const isRoot = process.geteuid?.() === 0

const inNamespace = Effect.acquireRelease(
  Effect.promise(async () => {
    const program = "mount -t tmpfs /dev/ploop9999999 /mnt && echo mounted && exec sleep 60"
    const child = spawn("unshare", ["--mount", "--propagation", "private", "sh", "-c", program], {
      stdio: ["ignore", "pipe", "ignore"]
    })
    await once(child.stdout, "data")
    return child
  }),
  (child) => Effect.sync(() => child.kill())
)

describe.skipIf(!isRoot)("the mount namespaces of this host (root only)", () => {
  it.scopedLive("are read; a name that leads to no device here is that of none", () =>
    Effect.gen(function*() {
      const child = yield* inNamespace
      const table = execFileSync("cat", [`/proc/${child.pid}/mountinfo`], { encoding: "utf8" })
      assert.include(table, " - tmpfs /dev/ploop9999999 ")
      assert.deepStrictEqual((yield* nodeForeignMounts).filter(({ device }) => device === "/dev/ploop9999999"), [])
    }))
})
