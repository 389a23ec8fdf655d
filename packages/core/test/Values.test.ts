import {
  ByteSize,
  ClusterSize,
  DevicePath,
  Disk,
  FormatVersion,
  HostPath,
  PrintableText,
  SnapshotId
} from "@effect-ploop/core"
import { assert, describe, it } from "@effect/vitest"
import { Effect, FastCheck as fc, Random, Schema } from "effect"

describe("ByteSize", () => {
  it("is read from text with a unit, in either case", () => {
    for (
      const [text, bytes] of [
        ["1B", 1n],
        ["3s", 1536n],
        ["2k", 2048n],
        ["1KiB", 1024n],
        ["1mb", 1n << 20n],
        ["4 G", 4n << 30n],
        ["1T", 1n << 40n],
        ["1P", 1n << 50n]
      ] as const
    ) {
      assert.strictEqual(ByteSize.make(text), bytes)
    }
  })

  it("is never guessed from text without a unit, with a sign, a fraction or a second unit", () => {
    for (const text of ["", "1", "-1G", "+1G", "1.5G", "1e3K", "0x10M", "1GG", "G", "1 000K", "１G"]) {
      assert.throws(() => ByteSize.make(text), undefined, undefined, text)
    }
  })

  it("prints text that is read as the same size", () => {
    fc.assert(fc.property(fc.bigInt({ min: 0n, max: 1n << 60n }), (bytes) => {
      const size = ByteSize.make(bytes)
      assert.strictEqual(ByteSize.make(ByteSize.toText(size)), size)
    }))
  })

  it("encodes to text, whatever it was made of", () => {
    assert.strictEqual(Schema.encodeSync(ByteSize.ByteSize)(ByteSize.GiB(10)), "10G")
  })

  it("counts a part of a sector as one", () => {
    assert.strictEqual(ByteSize.toSectors(ByteSize.make("513B")), 2n)
  })

  it("is rounded to one decimal for people", () => {
    for (
      const [text, shown] of [["0B", "0 B"], ["1023B", "1023 B"], ["1536K", "1.5 MiB"], ["10G", "10 GiB"], [
        "2047M",
        "2 GiB"
      ], ["1100M", "1.1 GiB"]] as const
    ) {
      assert.strictEqual(ByteSize.format(ByteSize.make(text)), shown)
    }
  })
})

describe("ClusterSize", () => {
  it("is a power of two from 32 KiB to 64 MiB", () => {
    for (const text of ["32K", "1M", "64M", "2048s"]) assert.doesNotThrow(() => ClusterSize.make(text))
    for (const text of ["0B", "16K", "48K", "128M"]) assert.throws(() => ClusterSize.make(text), /power of two/)
  })

  it("rounds a size up to whole clusters", () => {
    fc.assert(fc.property(fc.bigInt({ min: 0n, max: 1n << 50n }), (bytes) => {
      const rounded = ClusterSize.roundUp(ByteSize.make(bytes), ClusterSize.standard)
      assert.strictEqual(rounded % ClusterSize.standard, 0n)
      assert.isTrue(rounded >= bytes && rounded - bytes < ClusterSize.standard)
    }))
  })
})

describe("SnapshotId", () => {
  it("has one form, whatever it was written like", () => {
    fc.assert(fc.property(fc.uuid(), fc.boolean(), fc.boolean(), (uuid, braces, upper) => {
      const cased = upper ? uuid.toUpperCase() : uuid
      fc.pre(uuid !== "00000000-0000-0000-0000-000000000000")
      assert.strictEqual(SnapshotId.make(braces ? `{${cased}}` : cased), `{${uuid}}`)
    }))
  })

  it("is refused with one brace, with blanks, and with letters beyond f", () => {
    for (
      const text of [
        "",
        "{5fbaabe3-6958-40ff-92a7-860e329aab41",
        " 5fbaabe3-6958-40ff-92a7-860e329aab41",
        "gfbaabe3-6958-40ff-92a7-860e329aab41"
      ]
    ) {
      assert.throws(() => SnapshotId.make(text), /must be a UUID/)
    }
  })

  it.effect("that is generated is a random UUID, the same for the same seed", () =>
    Effect.gen(function*() {
      const seeded = Effect.withRandom(SnapshotId.random, Random.make("seed"))
      const id = yield* seeded
      assert.match(id, /^\{[\da-f]{8}-[\da-f]{4}-4[\da-f]{3}-[89ab][\da-f]{3}-[\da-f]{12}\}$/)
      assert.strictEqual(yield* Effect.withRandom(SnapshotId.random, Random.make("seed")), id)
      assert.notStrictEqual(yield* Effect.withRandom(SnapshotId.random, Random.make("other")), id)
      assert.isFalse(SnapshotId.isReserved(id))
    }))
})

describe("HostPath", () => {
  it("is any text that a file can be called, with a NUL byte nowhere", () => {
    fc.assert(fc.property(fc.string({ unit: "grapheme", minLength: 1, maxLength: 100 }), (text) => {
      fc.pre(!/[\0\p{Surrogate}]/u.test(text))
      assert.strictEqual(HostPath.make(text), text)
    }))
    for (const text of ["", "a\0b", "\ud800"]) assert.throws(() => HostPath.make(text))
  })

  it("has 4095 bytes at most, whatever its characters take", () => {
    for (const [character, most] of [["a", 4095], ["é", 2047], ["語", 1365], ["😀", 1023]] as const) {
      assert.doesNotThrow(() => HostPath.make(character.repeat(most)))
      assert.throws(() => HostPath.make(character.repeat(most + 1)), /4095 bytes/)
    }
  })
})

describe("Disk", () => {
  it("is a path whose name ends in .xml", () => {
    for (const path of ["/vz/DiskDescriptor.xml", "a.xml", "-x y.xml"]) assert.strictEqual(Disk.make(path), path)
    for (const path of ["/vz/root.hdd", "/vz/.xml", "x.XML", "/vz/x.xml/"]) {
      assert.throws(() => Disk.make(path), /\.xml/)
    }
  })

  it("is found in a directory, with or without a slash at its end", () => {
    assert.strictEqual(Disk.inDirectory("/vz/1/"), "/vz/1/DiskDescriptor.xml")
    assert.strictEqual(Disk.inDirectory("/vz/1"), "/vz/1/DiskDescriptor.xml")
    assert.strictEqual(Disk.inDirectory("/"), "/DiskDescriptor.xml")
  })

  it("knows its directory", () => {
    for (const [path, directory] of [["/vz/x.xml", "/vz"], ["/x.xml", "/"], ["x.xml", "."]] as const) {
      assert.strictEqual<string>(Disk.directory(Disk.make(path)), directory)
    }
  })
})

describe("DevicePath", () => {
  it("is a whole device of either driver", () => {
    for (const path of ["/dev/ploop0", "/dev/mapper/ploop23456"]) {
      const device = DevicePath.make(path)
      assert.strictEqual(DevicePath.partition(device), `${path}p1`)
      assert.strictEqual(DevicePath.baseName(device), path.split("/").at(-1))
    }
    for (const path of ["/dev/ploop", "/dev/ploop1p1", "/dev/sda", "ploop1", "/dev/ploop1 "]) {
      assert.throws(() => DevicePath.make(path), /must be a ploop device/)
    }
  })
})

describe("FormatVersion", () => {
  it("1 holds less than 2 TiB", () => {
    assert.strictEqual(FormatVersion.maximumSize(1), (2n << 40n) - 512n)
    assert.isAbove(Number(FormatVersion.maximumSize(2)), Number(FormatVersion.maximumSize(1)))
  })
})

describe("PrintableText", () => {
  it("is one line without a control character or a change of direction, whatever the text", () => {
    fc.assert(fc.property(fc.string({ unit: "binary" }), (text) => {
      assert.notMatch(PrintableText.escape(text), /[\u0000-\u0008\u000a-\u001f\u007f-\u009f\u2028-\u202e\u2066-\u2069]/)
    }))
  })

  it("escapes each control character but the tab, each line separator and each mark of direction that Unicode has", () => {
    for (let code = 0; code <= 0xffff; code++) {
      const char = String.fromCharCode(code)
      if (char === "\t" || !/[\p{Cc}\p{Zl}\p{Zp}\p{Bidi_Control}]/u.test(char)) continue
      assert.strictEqual(PrintableText.escape(`a${char}b`), `a\\u${code.toString(16).padStart(4, "0")}b`)
    }
  })

  it("is the text itself when that can be printed, and otherwise names the character", () => {
    assert.strictEqual(PrintableText.escape("/vz/диск 1\t{a}.hdd"), "/vz/диск 1\t{a}.hdd")
    assert.strictEqual(PrintableText.escape("a\n\u001b[2J\u202eb"), "a\\u000a\\u001b[2J\\u202eb")
  })
})

describe("a size that is a number", () => {
  it("must be exact: above the largest safe integer, bytes would be lost", () => {
    assert.strictEqual(ByteSize.make(Number.MAX_SAFE_INTEGER), ByteSize.make(`${Number.MAX_SAFE_INTEGER}B`))
    for (const bytes of [Number.MAX_SAFE_INTEGER + 1, 2 ** 60, -1, 0.5, Number.NaN, Infinity]) {
      assert.throws(() => ByteSize.make(bytes), /whole, non-negative/)
    }
  })
})
