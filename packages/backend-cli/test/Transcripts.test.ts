import { PloopCli, Tape } from "@effect-ploop/backend-cli"
import type { PloopError } from "@effect-ploop/core"
import { Disk, DiskDescriptor, Ploop, SnapshotId } from "@effect-ploop/core"
import { NodePath } from "@effect/platform-node"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Layer, Stream } from "effect"
import { readFileSync } from "node:fs"
import { text } from "./utils/transcripts.js"

/** The commands in which a recorded and an asked run have to agree: paths and verbosity are the backend's own. */
const command = (argv: ReadonlyArray<string>): string => {
  const words = argv.slice(1).filter((word) => !/^-v-?\d*$/.test(word))
  return words[0] === "balloon"
    ? words.slice(0, words.includes("--stat") ? 3 : 2).join(" ")
    : words[0] === "info"
    ? words.slice(0, 2).filter((word) => word === "info" || word.startsWith("-")).join(" ")
    : words[0] ?? ""
}

const match = (recorded: ReadonlyArray<string>, asked: ReadonlyArray<string>): boolean =>
  command(recorded) === command(asked.filter((word) => word !== "--"))

const parsed = (folder: string, topic: string): Tape.Tape => Effect.runSync(Tape.parse(text(folder, topic)))

const descriptor = (folder: string, name: string): string =>
  readFileSync(
    new URL(`../../core/test/fixtures/descriptors/${folder}/descriptor-${name}.xml`, import.meta.url),
    "utf8"
  )

const disk = Disk.make("/vz/a/DiskDescriptor.xml")

/** What a create does in a directory of its own. */
const creating: Tape.Tape = [
  { _tag: "Look", method: "makePrivateDirectory", path: "/vz/new", value: "/vz/new/.ploop-new-1" },
  { _tag: "Look", method: "find", path: "/vz/new/.ploop-new-1", value: "Directory 1 2" },
  { _tag: "Look", method: "find", path: "/vz/new/.ploop-new-1/root.hdd", value: "File 1 3" },
  { _tag: "Look", method: "find", path: "/vz/new/.ploop-new-1/DiskDescriptor.xml", value: "File 1 4" },
  {
    _tag: "Look",
    method: "whole",
    path: "/vz/new/.ploop-new-1/DiskDescriptor.xml",
    value: DiskDescriptor.format(DiskDescriptor.make({
      size: "300M",
      images: [{ id: SnapshotId.top, type: "Compressed", file: "root.hdd" }],
      snapshots: [{ id: SnapshotId.top, parent: SnapshotId.none, temporary: false }]
    }))
  },
  { _tag: "Look", method: "link", path: "/vz/new/root.hdd", value: "" },
  { _tag: "Look", method: "link", path: "/vz/new/DiskDescriptor.xml", value: "" },
  { _tag: "Look", method: "removeDirectory", path: "/vz/new/.ploop-new-1", value: "" }
]

const looks = (...descriptors: ReadonlyArray<string>): Tape.Tape => [
  ...creating,
  { _tag: "Look", method: "stat", path: "/vz/a/mnt", value: "Directory" },
  ...["/dev/ploop0", "/dev/ploop0p1", "/dev/ploop1", "/dev/ploop1p1", "/dev/ploop4242"].map((path) =>
    ({ _tag: "Look", method: "find", path, value: "BlockDevice 1 1" }) as const
  ),
  ...descriptors.map((value) => ({ _tag: "Look", method: "whole", path: disk, value }) as const)
]

const usageOf: Record<string, string> = {
  "1.15-emulated-kernel": "1.15-no-kernel",
  "1.15-no-kernel": "1.15-no-kernel",
  "7.0.280-no-kernel": "7.0.280-no-kernel",
  "9.0.30-no-devices": "9.0.30-no-devices"
}

/** A host on which the tool prints what was recorded under these topics, in their order. */
const host = (folder: string, topics: ReadonlyArray<string>, descriptors: ReadonlyArray<string> = []) => {
  const usage = parsed(usageOf[folder]!, "usage").slice(0, 1)
  const tape = [...usage, ...topics.flatMap((topic) => parsed(folder, topic)), ...looks(...descriptors)]
  return PloopCli.layer().pipe(Layer.provide(Tape.replay(tape, { match })), Layer.provide(NodePath.layer))
}

const kernel = "1.15-emulated-kernel"

describe("1.15 on a kernel with ploop", () => {
  const fresh = descriptor("1.15-no-kernel", "fresh")

  const results: ReadonlyArray<
    readonly [
      title: string,
      topics: ReadonlyArray<string>,
      run: (ploop: Ploop.Ploop) => Effect.Effect<unknown, PloopError.PloopError>,
      expected: unknown
    ]
  > = [
    ["mount", ["02-mount", "02-info-d-mounted"], (p) => p.mount({ disk, target: "/vz/a/mnt" }), {
      device: "/dev/ploop0",
      partition: "/dev/ploop0p1",
      disk,
      target: "/vz/a/mnt",
      readOnly: false
    }],
    ["mount without a target", ["02-mount-no-target", "02-info-d-mounted"], (p) => p.mount({ disk }), {
      device: "/dev/ploop0",
      partition: "/dev/ploop0p1",
      disk,
      readOnly: false
    }],
    [
      "mount read-only",
      ["02-mount-ro", "02-info-d-mounted"],
      (p) => p.mount({ disk, target: "/vz/a/mnt", readOnly: true }),
      { device: "/dev/ploop0", partition: "/dev/ploop0p1", disk, target: "/vz/a/mnt", readOnly: true }
    ],
    ["umount", ["02-umount"], (p) => p.umount({ disk }), undefined],
    ["umount by device", ["02-umount-d"], (p) => p.umount({ device: "/dev/ploop0" }), undefined],
    ["umount by mount point", ["02-umount-m"], (p) => p.umount({ target: "/vz/a/mnt" }), undefined],
    ["umount by image", ["02-umount-image"], (p) => p.umount({ image: "/vz/a/root.hdd" }), undefined],
    ["image info of a running disk", ["02-info-s-mounted"], (p) => p.imageInfo({ disk }), {
      size: 314572800n,
      clusterSize: 1048576n,
      version: 2
    }],
    ["is mounted", ["02-info-d-mounted"], (p) => p.isMounted({ disk }), true],
    ["is not mounted", ["02-info-d-unmounted"], (p) => p.isMounted({ disk }), false],
    ["the file system of a mounted disk", ["02-info-d-mounted", "02-info-mounted"], (p) => p.fileSystemInfo({ disk }), {
      size: 164937728n,
      free: 143937536n,
      inodes: 19104n,
      freeInodes: 19090n,
      source: "mounted"
    }],
    [
      "the file system by a temporary mount",
      ["02-info-d-unmounted", "02-info-unmounted-first-time"],
      (p) => p.fileSystemInfo({ disk, mayMount: true }),
      { size: 164937728n, free: 164913152n, inodes: 19104n, freeInodes: 19092n, source: "temporary-mount" }
    ],
    ["list devices", ["02-list", "02-list-a"], (p) => p.listDevices, [{
      device: "/dev/ploop0",
      image: "/vz/A/root.hdd",
      target: "/vz/A/mnt"
    }]],
    ["grow", ["05-resize-grow-offline"], (p) => p.resize({ disk, size: "500M" }), undefined],
    ["shrink", ["05-resize-shrink-offline"], (p) => p.resize({ disk, size: "400M" }), undefined],
    [
      "shrink online",
      ["02-info-d-mounted", "05-resize-shrink-online-balloon"],
      (p) => p.resize({ disk, size: "300M", mode: "online" }),
      undefined
    ],
    [
      "take a snapshot of a running disk",
      ["04-snapshot-online"],
      (p) => p.createSnapshot({ disk, id: "aaaaaaaa-0000-0000-0000-00000000000a" }),
      "{aaaaaaaa-0000-0000-0000-00000000000a}"
    ],
    ["balloon status", ["05-balloon-show", "05-balloon-status"], (p) => p.balloonStatus({ device: "/dev/ploop0" }), {
      size: 98336768n,
      maintenance: "OFF"
    }],
    ["balloon clear", ["05-balloon-clear"], (p) => p.balloonClear({ device: "/dev/ploop0" }), "OFF"],
    ["balloon change", ["05-balloon-change"], (p) => p.balloonChange({ device: "/dev/ploop0", size: 0 }), {
      before: 232468480n,
      after: 0n,
      truncated: 0n
    }],
    ["balloon complete", ["05-balloon-complete"], (p) => p.balloonComplete({ device: "/dev/ploop0" }), [
      "Nothing to complete: kernel is in \"OFF\" state"
    ]],
    ["balloon check", ["05-balloon-check"], (p) => p.balloonCheck({ device: "/dev/ploop0" }), [
      "Opening delta /vz/E/root.hdd",
      "No free blocks found"
    ]],
    ["balloon repair", ["05-balloon-repair"], (p) => p.balloonRepair({ device: "/dev/ploop0" }), [
      "Opening delta /vz/E/root.hdd",
      "No free blocks found"
    ]],
    ["discard", ["06-discard"], (p) => p.discard({ disk }), { truncated: 45088768n, relocated: 43 }],
    ["discard with automount", ["06-discard-automount"], (p) => p.discard({ disk, automount: true }), {
      truncated: 0n,
      relocated: 0
    }],
    ["what a discard could gain", ["06-discard-stat"], (p) => p.discardStatus({ device: "/dev/ploop0" }), {
      balloon: 0n,
      data: 217055232n,
      disk: 314572800n,
      image: 126877696n
    }],
    [
      "replace online",
      ["02-info-d-mounted", "04b-replace-online"],
      (p) => p.replace({ disk, snapshot: SnapshotId.top, with: "/vz/a/copy.hdd" }),
      undefined
    ],
    ["convert the version", ["07-v1-convert"], (p) => p.convert({ disk, version: 2 }), undefined],
    ["create with a file system", ["01-init-300M"], (p) => p.create({ image: "/vz/new/root.hdd", size: "300M" }), {
      disk: "/vz/new/DiskDescriptor.xml",
      image: "/vz/new/root.hdd",
      version: 1
    }]
  ]
  for (const [title, topics, run, expected] of results) {
    it.effect(title, () =>
      Effect.gen(function*() {
        const list = title.startsWith("convert")
          ? [{ _tag: "Run", argv: ["ploop", "list"], stdout: "", stderr: "", exitCode: 0, duration: 0 } as const]
          : []
        const extra: Tape.Tape = [...list, { _tag: "Look", method: "find", path: "/vz/a/copy.hdd", value: "File 1 2" }]
        const usage = parsed("1.15-no-kernel", "usage").slice(0, 1)
        const tape = [...usage, ...topics.flatMap((topic) => parsed(kernel, topic)), ...looks(fresh), ...extra]
        const layer = PloopCli.layer().pipe(Layer.provide(Tape.replay(tape, { match })), Layer.provide(NodePath.layer))
        assert.deepStrictEqual(yield* Effect.provide(Effect.flatMap(Ploop.Ploop, run), layer), expected)
      }))
  }

  const failures: ReadonlyArray<
    readonly [
      title: string,
      topics: ReadonlyArray<string>,
      run: (ploop: Ploop.Ploop) => Effect.Effect<unknown, PloopError.PloopError>,
      expected: PloopError.Tag
    ]
  > = [
    ["mounting twice", ["02-double-mount"], (p) => p.mount({ disk }), "AlreadyMounted"],
    [
      "mounting with options that the file system does not take",
      ["02-mount-bad-opts", "02-list"],
      (p) => p.mount({ disk, target: "/vz/a/mnt", data: ["nosuchopt"] }),
      "MountFailed"
    ],
    [
      "mounting an unknown snapshot",
      ["03-mount-u-nosuch"],
      (p) => p.mount({ disk, snapshot: "bbbbbbbb-0000-0000-0000-00000000000b" }),
      "SnapshotNotFound"
    ],
    ["unmounting what is busy", ["02-umount-busy"], (p) => p.umount({ disk }), "Busy"],
    ["unmounting what is not mounted", ["02-umount-not-mounted"], (p) => p.umount({ disk }), "NotMounted"],
    [
      "unmounting a directory that is not a mount point",
      ["02-umount-m-not-mounted"],
      (p) => p.umount({ target: "/vz/a/mnt" }),
      "NotMounted"
    ],
    ["checking what is mounted", ["02-check-dd-while-mounted"], (p) => p.check({ disk }), "ImageInUse"],
    [
      "switching what is mounted",
      ["03-snapshot-switch-while-mounted"],
      (p) => p.switchSnapshot({ disk, id: "aaaaaaaa-0000-0000-0000-00000000000a" }),
      "ImageInUse"
    ],
    [
      "deleting a snapshot that a device is at",
      ["03-snapshot-delete-busy"],
      (p) => p.deleteSnapshot({ disk, id: "aaaaaaaa-0000-0000-0000-00000000000a" }),
      "SnapshotInUse"
    ],
    [
      "deleting the top of a running disk",
      ["04-delete-active-refused"],
      (p) => p.deleteSnapshot({ disk, id: SnapshotId.top }),
      "SnapshotIsTop"
    ],
    [
      "shrinking below the data, offline",
      ["05-resize-too-small-offline"],
      (p) => p.resize({ disk, size: "100M" }),
      "FileSystemResizeFailed"
    ],
    [
      "shrinking below the data, online",
      ["05-resize-too-small-online"],
      (p) => p.resize({ disk, size: "100M" }),
      "SizeRefused"
    ],
    [
      "making a file system that is too small for its journal",
      ["01-init-64M-too-small"],
      (p) => p.create({ image: "/vz/new/root.hdd", size: "64M" }),
      "FileSystemMakeFailed"
    ]
  ]
  for (const [title, topics, run, expected] of failures) {
    it.effect(`${title} is ${expected}`, () =>
      Effect.gen(function*() {
        const error = yield* Effect.flip(
          Effect.provide(Effect.flatMap(Ploop.Ploop, run), host(kernel, topics, [fresh]))
        )
        assert.strictEqual(error._tag, expected)
      }))
  }
})

describe.each(["7.0.280-no-kernel", "9.0.30-no-devices"])("%s", (folder) => {
  const A = SnapshotId.make("aaaaaaaa-0000-4000-8000-00000000000a")
  const B = SnapshotId.make("bbbbbbbb-0000-4000-8000-00000000000b")
  const branched = descriptor(folder, "branched")
  const temporary = descriptor(folder, "temporary")

  it.effect("a snapshot has the identifier that was asked for", () =>
    Effect.gen(function*() {
      const ploop = yield* Ploop.Ploop
      assert.strictEqual(yield* ploop.createSnapshot({ disk, id: A }), A)
    }).pipe(Effect.provide(host(folder, ["snapshot"], [branched]))))

  it.effect("deleting one with several children returns MarkedTemporary", () =>
    Effect.gen(function*() {
      const ploop = yield* Ploop.Ploop
      const answer = yield* ploop.deleteSnapshot({ disk, id: A })
      assert.strictEqual(answer._tag, "MarkedTemporary")
    }).pipe(Effect.provide(host(folder, ["delete-two-children"], [branched, temporary]))))

  it.effect("deleting a leaf returns Deleted", () =>
    Effect.gen(function*() {
      const ploop = yield* Ploop.Ploop
      assert.deepStrictEqual(yield* ploop.deleteSnapshot({ disk, id: B }), { _tag: "Deleted", id: B })
    }).pipe(Effect.provide(host(folder, ["delete-leaf"], [branched, descriptor(folder, "fresh")]))))

  const failures: ReadonlyArray<
    readonly [
      topic: string,
      run: (ploop: Ploop.Ploop) => Effect.Effect<unknown, PloopError.PloopError>,
      expected: PloopError.Tag
    ]
  > = [
    [
      "switch-unknown",
      (p) => p.switchSnapshot({ disk, id: "cccccccc-0000-4000-8000-00000000000c" }),
      "SnapshotNotFound"
    ],
    ["switch-current", (p) => p.switchSnapshot({ disk, id: SnapshotId.top }), "SnapshotIsCurrent"],
    ["switch-temporary", (p) => p.switchSnapshot({ disk, id: A }), "SnapshotIsTemporary"],
    ["snapshot-dup", (p) => p.createSnapshot({ disk, id: A }), "SnapshotExists"],
    ["delete-base", (p) => p.deleteSnapshot({ disk, id: SnapshotId.top }), "SnapshotIsBase"],
    ["check-missing", (p) => p.check({ image: "/vz/a/nope.hdd" }), "ImageNotFound"]
  ]
  it.effect("delete-unknown is SnapshotNotFound", () =>
    Effect.gen(function*() {
      const ploop = yield* Ploop.Ploop
      const error = yield* Effect.flip(ploop.deleteSnapshot({ disk, id: "cccccccc-0000-4000-8000-00000000000c" }))
      assert.strictEqual(error._tag, "SnapshotNotFound")
    }).pipe(Effect.provide(host(folder, ["delete-unknown"], [descriptor(folder, "fresh")]))))

  for (const [topic, run, expected] of failures) {
    it.effect(`${topic} is ${expected}`, () =>
      Effect.gen(function*() {
        const error = yield* Effect.flip(
          Effect.provide(Effect.flatMap(Ploop.Ploop, run), host(folder, [topic], [branched]))
        )
        assert.strictEqual(error._tag, expected)
      }))
  }

  it.effect("a copy is refused, because it needs an answer to every packet", () =>
    Effect.gen(function*() {
      const ploop = yield* Ploop.Ploop
      const error = yield* Effect.flip(Stream.runDrain(ploop.copySend({ device: "/dev/ploop1" })))
      assert.strictEqual(error._tag, "Unsupported")
    }).pipe(Effect.provide(host(folder, []))))

  it.effect("merging everything into a new file is refused, because snapshots are lost", () =>
    Effect.gen(function*() {
      const ploop = yield* Ploop.Ploop
      const error = yield* Effect.flip(
        ploop.mergeSnapshots({ disk, snapshot: SnapshotId.top, downTo: A, into: "/vz/a/new" })
      )
      // The chain has a branch on the way, which is refused first; without it the reason is the generation.
      assert.isTrue(["SnapshotHasChildren", "Unsupported"].includes(error._tag))
    }).pipe(Effect.provide(host(folder, [], [branched]))))
})
