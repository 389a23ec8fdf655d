import { assert, describe, it } from "@effect/vitest"
import { HashMap } from "effect"
import { HostFiles } from "../src/internal/hostFiles.js"
import type { Body, Inode } from "../src/internal/state.js"

const inode = (ino: number, body: Body): Inode => ({
  ino,
  mode: 0o644,
  uid: 0,
  gid: 0,
  links: 1,
  atime: 0,
  mtime: 0,
  ctime: 0,
  birthtime: 0,
  body
})

const link = (ino: number, target: string): Inode => inode(ino, { _tag: "Link", target })

const directory = (ino: number, entries: Readonly<Record<string, number>>): Inode =>
  inode(ino, {
    _tag: "Directory",
    entries: HashMap.fromIterable(Object.entries(entries)),
    parent: ino,
    name: "",
    runs: []
  })

/** A host with one directory, which has a link. */
const stored = HashMap.make([2, directory(2, { a: 3 })], [3, link(3, "/old")])

const names = (files: HashMap.HashMap<number, Inode>): Readonly<Record<string, number>> => {
  const { body } = HashMap.unsafeGet(files, 2)
  return body._tag === "Directory" ? Object.fromEntries(body.entries) : {}
}

describe("the files of the host during a transition", () => {
  it("are found as they are now, and stored together", () => {
    const files = new HostFiles(stored)
    files.set(link(3, "/new"))
    files.set(link(4, "/other"))
    files.setEntry(2, "b", 4)
    assert.deepStrictEqual([files.entry(2, "a"), files.entry(2, "b")], [3, 4])
    files.remove(3)
    files.setEntry(2, "a", undefined)
    assert.deepStrictEqual([files.get(3), files.entry(2, "a")], [undefined, undefined])
    const after = files.store()
    assert.deepStrictEqual([...HashMap.keys(after)].sort(), [2, 4])
    assert.deepStrictEqual(names(after), { b: 4 })
    assert.deepStrictEqual(names(stored), { a: 3 })
  })

  it("are the same map while nothing was changed", () => {
    const files = new HostFiles(stored)
    files.get(3)
    files.entry(2, "a")
    assert.strictEqual(files.store(), stored)
  })

  it("stay in a copy as they were", () => {
    const files = new HostFiles(stored)
    files.setEntry(2, "b", 3)
    const copy = files.copy()
    files.setEntry(2, "b", undefined)
    files.setEntry(2, "c", 3)
    files.remove(3)
    const kept = copy.store()
    assert.deepStrictEqual(names(kept), { a: 3, b: 3 })
    assert.isTrue(HashMap.has(kept, 3))
    assert.deepStrictEqual(names(files.store()), { a: 3, c: 3 })
  })

  it("show the names in a directory with all changes", () => {
    const files = new HostFiles(stored)
    files.setEntry(2, "b", 3)
    assert.deepStrictEqual([...HashMap.keys(files.entriesOf(2) ?? HashMap.empty())].sort(), ["a", "b"])
    files.setEntry(2, "a", undefined)
    assert.deepStrictEqual(names(files.store()), { b: 3 })
  })
})
