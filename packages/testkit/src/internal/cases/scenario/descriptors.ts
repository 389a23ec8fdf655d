import type { Generation } from "@effect-ploop/core/Generation"
import * as Ploop from "@effect-ploop/core/Ploop"
import type { PloopError } from "@effect-ploop/core/PloopError"
import * as SnapshotId from "@effect-ploop/core/SnapshotId"
import * as FileSystem from "@effect/platform/FileSystem"
import * as Path from "@effect/platform/Path"
import * as Effect from "effect/Effect"
import * as Case from "../../../Case.js"
import * as Check from "../../../Check.js"
import * as Conformance from "../../../Conformance.js"
import * as snapshots from "../snapshotUtils.js"

const { a, b, unknown } = Conformance.ids
const { none, top } = SnapshotId

type Use = (ploop: Ploop.Ploop, disk: Conformance.TestDisk) => Effect.Effect<unknown, PloopError>

/** The operations that write the descriptor of an idle disk again. */
const writers: Readonly<Record<string, Use>> = {
  createSnapshot: (ploop, { disk }) => ploop.createSnapshot({ disk, id: b }),
  createTemporarySnapshot: (ploop, { disk }) => ploop.createTemporarySnapshot({ disk, component: "c" }),
  switchSnapshot: (ploop, { disk }) => ploop.switchSnapshot({ disk, id: a }),
  snapshotAndSwitch: (ploop, { disk }) => ploop.snapshotAndSwitch({ disk, id: a }),
  switchAndDelete: (ploop, { disk }) => ploop.switchAndDelete({ disk, id: a }),
  deleteSnapshot: (ploop, { disk }) => ploop.deleteSnapshot({ disk, id: a }),
  mergeSnapshots: (ploop, { disk }) => ploop.mergeSnapshots({ disk }),
  convert: (ploop, { disk }) => ploop.convert({ disk, format: "preallocated" }),
  resize: (ploop, { disk }) => ploop.resize({ disk, size: "128M" })
}

const mounters: Readonly<Record<string, Use>> = {
  mount: (ploop, { disk }) => ploop.mount({ disk }),
  fileSystemInfo: (ploop, { disk }) => ploop.fileSystemInfo({ disk, mayMount: true })
}

type Refusal = "DescriptorInvalid" | "Unsupported"

interface Foreign {
  readonly name: string
  /** What is wrong with it, after "a descriptor". */
  readonly what: string
  readonly change: (text: string) => string
  readonly refused: Refusal
  /** The generations that refuse it. Default: all. */
  readonly by?: ReadonlyArray<Generation>
  /** Whether a mount is refused too. Default: true. */
  readonly mounts?: boolean
  /** What the remedy says. */
  readonly remedy?: RegExp
}

const into = (element: string, text: string) => (whole: string) =>
  whole.replace(`</${element}>`, `${text}</${element}>`)

const replaced = (pattern: RegExp | string, by: string) => (whole: string) => whole.replace(pattern, by)

const foreign: ReadonlyArray<Foreign> = [
  {
    name: "of-a-split-disk",
    what: "of several storages",
    change: replaced(/(<Storage>[\s\S]*<\/Storage>)/, "$1$1"),
    refused: "Unsupported",
    remedy: /[Mm]erge the pieces first/
  },
  {
    name: "with-the-key-of-an-unknown-encryption",
    what: "with a key in a form that no generation writes",
    change: into("Disk_Parameters", `<Encryption><Engine>${a}</Engine><Data>KEY</Data></Encryption>`),
    refused: "Unsupported",
    remedy: /copy of the descriptor/
  },
  {
    name: "with-a-key-that-1.15-does-not-know",
    what: "with the name of a key",
    change: into("Disk_Parameters", "<Encryption><KeyId>key</KeyId></Encryption>"),
    refused: "Unsupported",
    by: ["1.15"],
    remedy: /generations 7 and 9/
  },
  {
    name: "of-a-volume",
    what: "of a volume",
    change: replaced("<StorageData>", "<StorageData><Volume><ReadOnly/></Volume>"),
    refused: "Unsupported",
    by: ["1.15"],
    mounts: false,
    remedy: /generation 7 or 9/
  },
  {
    name: "with-an-unknown-element",
    what: "with an element that the tool does not write",
    change: into("Disk_Parameters", "<Miscellaneous><CompatLevel>level2</CompatLevel></Miscellaneous>"),
    refused: "Unsupported",
    mounts: false,
    remedy: /Miscellaneous/
  },
  {
    name: "with-an-unknown-attribute",
    what: "with an attribute",
    change: replaced("<Image>", "<Image Bootable=\"1\">"),
    refused: "Unsupported",
    mounts: false,
    remedy: /Bootable/
  },
  {
    name: "with-a-comment",
    what: "with a comment",
    change: into("Disk_Parameters", "<!-- of customer 7 -->"),
    refused: "Unsupported",
    mounts: false,
    remedy: /comment/
  },
  {
    name: "with-another-padding",
    what: "with another padding, which the tool overwrites,",
    change: replaced("<Padding>0", "<Padding>8"),
    refused: "Unsupported",
    mounts: false
  },
  {
    name: "with-a-second-element",
    what: "with a second element where the tool reads the first",
    change: replaced("<Padding>", "<Disk_size>64</Disk_size><Padding>"),
    refused: "Unsupported",
    mounts: false
  },
  {
    name: "without-geometry",
    what: "without geometry",
    change: replaced(/<(Cylinders|Heads|Sectors)>\d+<\/\1>/g, ""),
    refused: "DescriptorInvalid",
    by: ["1.15"],
    mounts: false,
    remedy: /Cylinders/
  },
  {
    name: "with-another-cluster-size",
    what: "with another cluster size than the images",
    change: replaced("<Blocksize>2048", "<Blocksize>1024"),
    refused: "DescriptorInvalid",
    remedy: /2048/
  },
  {
    name: "with-identifiers-without-braces",
    what: "with identifiers without braces",
    change: (text) => text.replaceAll(a, a.slice(1, -1)),
    refused: "DescriptorInvalid"
  },
  {
    name: "with-a-path-in-CDATA",
    what: "with a path in a CDATA section",
    change: replaced("<File>root.hdd<", "<File>root<![CDATA[.hdd]]><"),
    refused: "DescriptorInvalid"
  },
  {
    name: "with-an-entity",
    what: "with an entity of its own",
    change: (text) => text.replace("?>", "?>\n<!DOCTYPE d [<!ENTITY r \"root\">]>").replace("<File>root", "<File>&r;"),
    refused: "DescriptorInvalid"
  },
  {
    name: "with-more-images-than-snapshots",
    what: "with more images than snapshots",
    change: replaced(
      "</Storage>",
      `<Image><GUID>${unknown}</GUID><Type>Compressed</Type><File>x</File></Image></Storage>`
    ),
    refused: "DescriptorInvalid"
  },
  {
    name: "without-snapshots",
    what: "of two images without a snapshot",
    change: replaced(/<Shot>[\s\S]*<\/Shot>/, ""),
    refused: "DescriptorInvalid"
  },
  {
    name: "with-a-snapshot-twice",
    what: "with a snapshot twice",
    change: replaced(/(<Shot>[\s\S]*?<\/Shot>)/, "$1$1"),
    refused: "DescriptorInvalid"
  },
  {
    name: "with-an-image-twice",
    what: "with the identifier of an image twice",
    change: replaced(new RegExp(`<GUID>${top}</GUID>(\\s*<Type>)`), `<GUID>${a}</GUID>$1`),
    refused: "DescriptorInvalid"
  },
  {
    name: "with-a-file-twice",
    what: "in which two images have one file",
    change: replaced(/<File>root\.hdd\.[^<]*/, "<File>root.hdd"),
    refused: "DescriptorInvalid"
  },
  {
    name: "with-a-missing-parent",
    what: "in which the parent of a snapshot is missing",
    change: replaced(`<ParentGUID>${none}`, `<ParentGUID>${unknown}`),
    refused: "DescriptorInvalid"
  },
  {
    name: "with-a-cycle",
    what: "in which a snapshot is its own ancestor",
    change: replaced(`<ParentGUID>${none}`, `<ParentGUID>${top}`),
    refused: "DescriptorInvalid"
  },
  {
    name: "with-two-bases",
    what: "with two snapshots without a parent",
    change: replaced(`<ParentGUID>${a}`, `<ParentGUID>${none}`),
    refused: "DescriptorInvalid"
  },
  {
    name: "with-a-raw-image-above-another",
    what: "in which an image above the base is raw",
    change: (text) => text.replace(/Compressed(?![\s\S]*Compressed)/, "Plain"),
    refused: "DescriptorInvalid"
  }
]

/** The same disk for each use: what is refused leaves it as it is. */
const refusesAll = (
  made: Conformance.TestDisk,
  tag: Refusal,
  uses: Readonly<Record<string, Use>>,
  remedy: RegExp | undefined
) =>
  Effect.gen(function*() {
    const ploop = yield* Ploop.Ploop
    for (const [name, use] of Object.entries(uses)) {
      const error = yield* snapshots.untouched(made, Check.fails(use(ploop, made), tag)).pipe(
        Effect.catchTag("CheckFailed", (failed) =>
          Effect.fail(new Check.CheckFailed({ ...failed, what: `${failed.what}, of ${name}` })))
      )
      if (remedy !== undefined) {
        yield* Check.isTrue(remedy.test(error.remedy), `${name}: the remedy`, error.remedy)
      }
    }
  })

const refuses = ({ by, change, mounts = true, name, refused, remedy, what }: Foreign): Case.Case =>
  Case.make({
    id: `scenario/descriptor-${name}`,
    title: `MUST refuse to write a descriptor ${what}${mounts ? ", and to mount its disk" : ""}${
      by === undefined ? "" : `, on ${by.join(" and ")}`
    }, and change nothing`,
    source: Case.observed("descriptors of other programs, changed by hand, and damaged"),
    run: Effect.gen(function*() {
      const isRefused = yield* Conformance.ofGeneration({
        "1.15": by?.includes("1.15") ?? true,
        "7": by?.includes("7") ?? true,
        "9": by?.includes("9") ?? true
      })
      const made = yield* snapshots.chained([a])
      const before = yield* (yield* FileSystem.FileSystem).readFileString(made.disk)
      yield* snapshots.rewrite(made.disk, change)
      yield* Check.isTrue(
        before !== (yield* (yield* FileSystem.FileSystem).readFileString(made.disk)),
        "the descriptor was changed",
        before
      )
      if (isRefused) return yield* refusesAll(made, refused, mounts ? { ...writers, ...mounters } : writers, remedy)
      yield* (yield* Ploop.Ploop).createSnapshot({ disk: made.disk, id: b })
    })
  })

/** An element of the descriptor with everything in it, without the blanks between elements. */
const element = (text: string, name: string): string | undefined =>
  new RegExp(`<${name}>[\\s\\S]*?</${name}>`).exec(text)?.[0].replace(/>\s+</g, "><")

const inUtf16 = (text: string): Uint8Array => {
  const declared = text.replace("?>", " encoding=\"UTF-16\"?>")
  const units = new Uint16Array([0xfeff, ...Array.from(declared, (char) => char.charCodeAt(0))])
  return new Uint8Array(units.buffer)
}

const accepted: ReadonlyArray<readonly [what: string, change: (text: string) => string | Uint8Array]> = [
  ["in UTF-16", inUtf16],
  ["with a byte order mark", (text) => `\ufeff${text}`],
  ["with a namespace", replaced("disk_image>", "disk_image xmlns=\"urn:x\">")],
  [
    "with prefixes",
    (text) => text.replace(/<(\/?)(\w)/g, "<$1p:$2").replace("disk_image>", "disk_image xmlns:p=\"urn:x\">")
  ],
  ["with identifiers in upper case", (text) => text.replaceAll(a, a.toUpperCase()).replaceAll(top, top.toUpperCase())],
  ["with numbers in other bases", (text) => text.replace("<Blocksize>2048", "<Blocksize>0x800")],
  ["with references to characters", replaced("<File>root.hdd", "<File>root&#46;hdd")],
  ["without TopGUID", replaced(/<TopGUID>.*<\/TopGUID>/, "")],
  [
    "with an empty encryption",
    into("Disk_Parameters", `<Encryption><Engine>${none}</Engine><Data></Data></Encryption>`)
  ],
  ["without types", replaced(/<Type>Compressed<\/Type>/g, "")]
]

export const descriptors: ReadonlyArray<Case.Case> = [
  ...foreign.map(refuses),
  Case.make({
    id: "scenario/descriptor-in-other-forms",
    title: "MUST accept a descriptor in the other forms that the tool reads, and keep its snapshots",
    source: Case.observed("descriptors in other encodings, with prefixes, and with numbers in other bases"),
    run: Effect.gen(function*() {
      const fs = yield* FileSystem.FileSystem
      const path = yield* Path.Path
      const ploop = yield* Ploop.Ploop
      for (const [index, [what, change]] of accepted.entries()) {
        const made = yield* snapshots.chained([a], { name: `form-${index}` })
        const { directory, disk } = made
        const changed = change(yield* fs.readFileString(disk))
        yield* typeof changed === "string" ? fs.writeFileString(disk, changed) : fs.writeFile(disk, changed)
        yield* ploop.createSnapshot({ disk, id: b })
        yield* Check.equal(yield* Conformance.parents(disk), [[a, undefined], [b, a], [top, b]], `the tree, ${what}`)
        const base = yield* Conformance.fileOf(made, a)
        yield* Check.equal(base, path.join(directory, "root.hdd"), `the base image, ${what}`)
      }
    })
  }),
  Case.make({
    id: "scenario/descriptor-with-a-geometry-of-zero",
    title:
      "MUST refuse to write a geometry with a zero, by which 1.15 divides; 7 and 9 MUST write that there are no sectors",
    source: Case.source("lib/xml.c store_disk_descriptor"),
    run: Effect.gen(function*() {
      const ploop = yield* Ploop.Ploop
      const fs = yield* FileSystem.FileSystem
      for (const name of ["Cylinders", "Heads"]) {
        const made = yield* snapshots.chained([a], { name })
        yield* snapshots.rewrite(made.disk, replaced(new RegExp(`<${name}>\\d+`), `<${name}>0`))
        if (yield* Conformance.ofGeneration({ "1.15": true, "7": false, "9": false })) {
          yield* refusesAll(made, "DescriptorInvalid", writers, /Cylinders/)
        } else {
          yield* ploop.createSnapshot({ disk: made.disk, id: b })
          const text = yield* fs.readFileString(made.disk)
          const found = ["Cylinders", "Heads", "Sectors"].filter((name) => text.includes(`<${name}>0</${name}>`))
          yield* Check.equal(found, [name, "Sectors"], "the numbers that are 0")
        }
      }
    })
  }),
  Case.make({
    id: "scenario/descriptor-keeps-what-its-generation-knows",
    title: "MUST keep the limit of deltas, and on 7 and 9 the key and the volume, when it writes a descriptor again",
    source: Case.observed("descriptors of encrypted disks and of volumes"),
    run: Effect.gen(function*() {
      const fs = yield* FileSystem.FileSystem
      const ploop = yield* Ploop.Ploop
      const { disk } = yield* snapshots.chained([a])
      const isNewer = yield* Conformance.ofGeneration({ "1.15": false, "7": true, "9": true })
      yield* snapshots.rewrite(disk, (text) => {
        const limited = text.replace("</Disk_size>", "</Disk_size><Max_delta_size>131072</Max_delta_size>")
        const encrypted = into("Disk_Parameters", "<Encryption><KeyId>key &amp; lock</KeyId></Encryption>")
        return isNewer ? encrypted(limited) : limited
      })
      const before = yield* fs.readFileString(disk)
      yield* ploop.createSnapshot({ disk, id: b })
      yield* ploop.switchSnapshot({ disk, id: a })
      yield* ploop.deleteSnapshot({ disk, id: b })
      const after = yield* fs.readFileString(disk)
      for (const name of ["Max_delta_size", "Encryption"]) {
        yield* Check.equal(element(after, name), element(before, name), `the element ${name}`)
      }
    })
  })
]
