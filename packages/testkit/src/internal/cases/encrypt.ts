import * as Ploop from "@effect-ploop/core/Ploop"
import type { EncryptOptions } from "@effect-ploop/core/Request"
import * as SnapshotId from "@effect-ploop/core/SnapshotId"
import * as FileSystem from "@effect/platform/FileSystem"
import * as Effect from "effect/Effect"
import * as Case from "../../Case.js"
import * as Check from "../../Check.js"
import * as Conformance from "../../Conformance.js"
import * as disks from "./disks.js"
import * as snapshots from "./snapshotUtils.js"

const { top } = SnapshotId
const { a, b } = Conformance.ids

const source = Case.source("lib/crypt.c")

const generations = ["7", "9"] as const

const encrypt = (options: EncryptOptions) => Effect.flatMap(Ploop.Ploop, (ploop) => ploop.encrypt(options))

const key = "effect-ploop/1"

const named = (disk: string) =>
  Effect.map(
    Effect.flatMap(FileSystem.FileSystem, (fs) => fs.readFileString(disk)),
    (text) => /<KeyId>(.*)<\/KeyId>/.exec(text)?.[1]
  )

/** Gives a descriptor a key that its images do not have, as a test of what is refused before they are read. */
const withKey = (disk: string) =>
  Effect.gen(function*() {
    const fs = yield* FileSystem.FileSystem
    const text = yield* fs.readFileString(disk)
    const encryption = `<Encryption><KeyId>${key}</KeyId></Encryption></Disk_Parameters>`
    yield* fs.writeFileString(disk, text.replace("</Disk_Parameters>", encryption))
  })

/** A disk with a file system, and files that have to be there afterwards. */
const filled = Effect.tap(Conformance.formatted(), ({ disk }) => disks.write(disk, { "etc/hosts": "127.0.0.1" }))

const holds = ({ disk }: Conformance.TestDisk, expected: string | undefined) =>
  Effect.gen(function*() {
    yield* Check.equal(yield* named(disk), expected, "the key that the descriptor names")
    yield* Check.equal((yield* disks.contents(disk))["etc/hosts"], "127.0.0.1", "a file of the disk")
  })

const ofOptions: ReadonlyArray<Case.Case> = [
  Case.make({
    id: "encrypt/in-7-and-9",
    title: "MUST refuse to encrypt where the generation cannot, and say which generations do",
    source: Case.service("Ploop.encrypt"),
    generations: ["1.15"],
    run: Effect.gen(function*() {
      const made = yield* Conformance.disk()
      const { reason } = yield* snapshots.untouched(
        made,
        Check.fails(encrypt({ disk: made.disk, keyId: key }), "Unsupported")
      )
      yield* Check.isTrue(reason.includes("which generations 7 and 9 do"), "who does", reason)
    })
  }),
  Case.make({
    source: Case.source("lib/crypt.c get_param"),
    id: "encrypt/names-keys",
    title:
      "MUST refuse a text that cannot be the identifier of a key, and one that the tool would cut off, and touch nothing",
    run: Effect.gen(function*() {
      const made = yield* Conformance.disk()
      const refuses = (keyId: string) =>
        snapshots.refuses(made, encrypt({ disk: made.disk, keyId }), {
          field: "keyId",
          value: keyId,
          rule: /^must be 1 to 128 letters/
        })
      for (const keyId of ["", "two words", "$(id)", "line\n", "ключ", "x".repeat(129)]) yield* refuses(keyId)
    })
  }),
  Case.make({
    source: Case.service("Request.Encrypt"),
    id: "encrypt/one-thing-at-a-time",
    title: "MUST refuse a key together with the removal, neither of both, and options that a removal would ignore",
    run: Effect.gen(function*() {
      const { disk } = yield* Conformance.disk()
      // What a caller without types writes.
      const untyped = (options: object) => encrypt({ disk, ...options } as unknown as EncryptOptions)
      yield* Check.fails(untyped({ keyId: key, remove: true }), "InvalidArgument", { field: "remove" })
      yield* Check.fails(untyped({}), "InvalidArgument", { field: "keyId" })
      yield* Check.fails(untyped({ remove: false }), "InvalidArgument", { field: "remove" })
      yield* Check.fails(encrypt({ disk, remove: true, copy: true }), "InvalidArgument", { field: "copy" })
      yield* Check.fails(encrypt({ disk, remove: true, wipe: true }), "InvalidArgument", { field: "wipe" })
    })
  })
]

const refusals: ReadonlyArray<Case.Case> = [
  Case.make({
    source,
    generations,
    id: "encrypt/snapshots",
    title:
      "MUST refuse a disk with snapshots, of which the tool would lose the images or keep the old key, and touch nothing",
    run: Effect.gen(function*() {
      const made = yield* snapshots.chained([a, b])
      const { disk } = made
      const { reason } = yield* snapshots.untouched(made, Check.fails(encrypt({ disk, keyId: key }), "Unsupported"))
      yield* Check.isTrue(reason.includes("2 snapshots"), "what is in the way", reason)
      yield* withKey(disk)
      yield* snapshots.untouched(
        made,
        Effect.gen(function*() {
          yield* Check.fails(encrypt({ disk, keyId: "another" }), "Unsupported")
          yield* Check.fails(encrypt({ disk, keyId: key, copy: true }), "Unsupported")
          yield* Check.fails(encrypt({ disk, remove: true }), "Unsupported")
        })
      )
    })
  }),
  Case.make({
    source,
    generations,
    id: "encrypt/raw",
    title: "MUST refuse a raw disk, which the tool would make an expanded one of, and touch nothing",
    run: Effect.gen(function*() {
      const made = yield* Conformance.disk({ format: "raw" })
      yield* snapshots.untouched(made, Check.fails(encrypt({ disk: made.disk, keyId: key }), "Unsupported"))
    })
  }),
  Case.make({
    source,
    generations,
    id: "encrypt/foreign-directory",
    title: "MUST refuse when there is a directory enc, into which the tool would write and which it would remove",
    run: Effect.gen(function*() {
      const fs = yield* FileSystem.FileSystem
      const made = yield* Conformance.disk()
      const directory = `${made.directory}/enc`
      yield* fs.makeDirectory(directory)
      yield* fs.writeFileString(`${directory}/foreign`, "precious")
      yield* snapshots.untouched(
        made,
        Check.fails(encrypt({ disk: made.disk, keyId: key }), "AlreadyExists", { path: directory })
      )
      yield* Check.equal(yield* fs.readFileString(`${directory}/foreign`), "precious", "what is in it")
    })
  }),
  Case.make({
    source,
    generations,
    id: "encrypt/foreign-original",
    title: "MUST refuse to wipe when there is a file with the name that the tool gives the old image",
    run: Effect.gen(function*() {
      const fs = yield* FileSystem.FileSystem
      const made = yield* Conformance.disk()
      const original = `${made.image}.orig`
      yield* fs.writeFileString(original, "precious")
      yield* snapshots.untouched(
        made,
        Check.fails(encrypt({ disk: made.disk, keyId: key, wipe: true }), "AlreadyExists", { path: original })
      )
      yield* Check.equal(yield* fs.readFileString(original), "precious", "what is in it")
    })
  }),
  Case.make({
    source,
    generations,
    id: "encrypt/shared-image",
    title: "MUST refuse a disk whose image has another name, which a wipe would destroy, and touch nothing",
    run: Effect.gen(function*() {
      const fs = yield* FileSystem.FileSystem
      const made = yield* Conformance.disk()
      yield* fs.link(made.image, yield* Conformance.path("other.hdd"))
      yield* snapshots.untouched(
        made,
        Check.fails(encrypt({ disk: made.disk, keyId: key, wipe: true }), "ImageShared", { image: made.image })
      )
    })
  }),
  Case.make({
    source,
    generations,
    id: "encrypt/missing-files",
    title: "MUST fail with ImageNotFound and DiskNotFound for what is not there",
    run: Effect.gen(function*() {
      const fs = yield* FileSystem.FileSystem
      const made = yield* Conformance.disk()
      yield* fs.remove(made.image)
      yield* Check.fails(encrypt({ disk: made.disk, keyId: key }), "ImageNotFound", { image: made.image })
      yield* fs.remove(made.disk)
      yield* Check.fails(encrypt({ disk: made.disk, keyId: key }), "DiskNotFound")
    })
  }),
  Case.make({
    source,
    generations,
    id: "encrypt/as-it-is",
    title: "MUST leave a disk unchanged that is already in the requested state, also with snapshots",
    run: Effect.gen(function*() {
      const made = yield* snapshots.chained([a])
      yield* snapshots.untouched(made, encrypt({ disk: made.disk, remove: true }))
      yield* withKey(made.disk)
      yield* snapshots.untouched(made, encrypt({ disk: made.disk, keyId: key }))
    })
  }),
  Case.make({
    source,
    generations,
    id: "encrypt/running",
    title: "MUST refuse a running disk, with its device, and leave it running",
    needs: ["device"],
    run: Effect.gen(function*() {
      const ploop = yield* Ploop.Ploop
      const { disk } = yield* Conformance.disk({ version: undefined })
      const { device } = yield* ploop.mount({ disk })
      yield* Check.fails(encrypt({ disk, keyId: key }), "ImageInUse", { device })
      yield* Check.equal(yield* ploop.isMounted({ disk }), true, "whether it runs")
      yield* ploop.umount({ disk })
    })
  })
]

const shared = { source, generations, needs: ["mount", "encryption"] } as const

const encryptions: ReadonlyArray<Case.Case> = [
  Case.make({
    ...shared,
    id: "encrypt/sets-a-key",
    title: "MUST encrypt a disk: the descriptor names the key, the files are there, and nothing else is left",
    run: Effect.gen(function*() {
      const fs = yield* FileSystem.FileSystem
      const made = yield* filled
      yield* encrypt({ disk: made.disk, keyId: key })
      yield* holds(made, key)
      yield* Check.equal(yield* fs.exists(`${made.directory}/enc`), false, "whether the directory enc is left")
      yield* Check.equal(yield* Conformance.parents(made.disk), [[top, undefined]], "the tree")
    })
  }),
  Case.make({
    ...shared,
    id: "encrypt/wipes",
    title: "MUST overwrite and remove the old image with wipe",
    run: Effect.gen(function*() {
      const fs = yield* FileSystem.FileSystem
      const made = yield* filled
      yield* encrypt({ disk: made.disk, keyId: key, wipe: true })
      yield* holds(made, key)
      yield* Check.equal(yield* fs.exists(`${made.image}.orig`), false, "whether the old image is left")
    })
  }),
  Case.make({
    ...shared,
    id: "encrypt/changes-the-key",
    title: "MUST change the key of a disk in its image, and with copy put another image in its place",
    run: Effect.gen(function*() {
      const fs = yield* FileSystem.FileSystem
      const made = yield* filled
      yield* encrypt({ disk: made.disk, keyId: key })
      const inode = Effect.map(fs.stat(made.image), ({ ino }) => ino)
      const before = yield* inode
      yield* encrypt({ disk: made.disk, keyId: "another" })
      yield* holds(made, "another")
      yield* Check.equal(yield* inode, before, "the image")
      yield* encrypt({ disk: made.disk, keyId: "another", copy: true })
      yield* holds(made, "another")
      yield* Check.isTrue((yield* inode) !== before, "whether it is another image")
    })
  }),
  Case.make({
    ...shared,
    id: "encrypt/removes-it",
    title: "MUST decrypt a disk, and do nothing a second time",
    run: Effect.gen(function*() {
      const made = yield* filled
      yield* encrypt({ disk: made.disk, keyId: key })
      yield* encrypt({ disk: made.disk, remove: true })
      yield* holds(made, undefined)
      yield* snapshots.untouched(made, encrypt({ disk: made.disk, remove: true }))
    })
  }),
  Case.make({
    ...shared,
    id: "encrypt/then-snapshots",
    title: "MUST keep the key in the descriptor when the encrypted disk gets snapshots and loses them",
    run: Effect.gen(function*() {
      const ploop = yield* Ploop.Ploop
      const made = yield* filled
      yield* encrypt({ disk: made.disk, keyId: key })
      yield* ploop.createSnapshot({ disk: made.disk, id: a })
      yield* ploop.switchSnapshot({ disk: made.disk, id: a })
      yield* holds(made, key)
      yield* ploop.mergeSnapshots({ disk: made.disk, all: true })
      yield* holds(made, key)
    })
  }),
  Case.make({
    ...shared,
    id: "scenario/remedy-encrypt-snapshots",
    title: "The remedy for an encryption of a disk with snapshots works: merge them, and encrypt",
    run: Effect.gen(function*() {
      const ploop = yield* Ploop.Ploop
      const made = yield* filled
      yield* ploop.createSnapshot({ disk: made.disk, id: a })
      yield* Check.fails(encrypt({ disk: made.disk, keyId: key }), "Unsupported")
      yield* ploop.mergeSnapshots({ disk: made.disk, all: true })
      yield* encrypt({ disk: made.disk, keyId: key })
      yield* holds(made, key)
    })
  }),
  Case.make({
    ...shared,
    generations: ["7"],
    id: "scenario/remedy-encrypt-raw",
    title: "The remedy for an encryption of a raw disk works: another disk with the files, and encrypt that one",
    run: Effect.gen(function*() {
      const { disk } = yield* Conformance.formatted({ format: "raw" })
      yield* disks.write(disk, { "etc/hosts": "127.0.0.1" })
      yield* Check.fails(encrypt({ disk, keyId: key }), "Unsupported")
      const other = yield* Conformance.formatted({ name: "other" })
      yield* disks.write(other.disk, yield* disks.contents(disk))
      yield* encrypt({ disk: other.disk, keyId: key })
      yield* holds(other, key)
    })
  })
]

export const encryption: ReadonlyArray<Case.Case> = [...ofOptions, ...refusals, ...encryptions]
