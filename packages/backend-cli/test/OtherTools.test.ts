import { assert, describe, it } from "@effect/vitest"
import { changeOf } from "../src/internal/otherTools.js"

const disk = "/disks/a/DiskDescriptor.xml"

describe("a command line", () => {
  it("is a change by the tool, whatever starts it and wherever the tool is", () => {
    for (
      const before of [["ploop"], ["/usr/sbin/ploop"], ["sudo", "-n", "/opt/9/ploop"], [
        "/bin/bash",
        "/opt/9/ploop"
      ], [
        "mine"
      ]]
    ) {
      assert.deepStrictEqual(changeOf([...before, "-v3", "snapshot", disk], "mine"), ["-v3", "snapshot", disk])
    }
  })

  it("is also one by a program beside the tool", () => {
    assert.deepStrictEqual(changeOf(["/usr/sbin/ploop-cbt", "drop", disk], "ploop"), ["drop", disk])
  })

  it("is none when the tool only reads, or copies, for which it has a lock that holds", () => {
    for (const word of ["info", "list", "snapshot-list", "stat", "copy", "getdev"]) {
      assert.deepStrictEqual(changeOf(["ploop", "-v0", word, disk], "ploop"), [])
    }
  })

  it("is none of another program, whatever its arguments are", () => {
    for (
      const words of [
        ["vi", disk],
        ["cp", "-a", "/disks/ploop/a", disk],
        ["sploop", "snapshot", disk],
        ["sudo", "ploop-maintenance", "retention", "/vz/101"],
        ["node", "/usr/bin/ploop-agent.js", disk],
        [],
        ["ploop"]
      ]
    ) {
      assert.deepStrictEqual(changeOf(words, "ploop"), [])
    }
  })
})
