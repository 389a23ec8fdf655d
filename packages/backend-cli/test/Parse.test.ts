import { assert, describe, it } from "@effect/vitest"
import { Either, FastCheck as fc } from "effect"
import * as parse from "../src/internal/parse.js"
import { generationOf, run, runs } from "./utils/transcripts.js"

const right = <A>(parsed: Either.Either<A, parse.Unexpected>): A =>
  Either.getOrThrowWith(parsed, (unexpected) => new Error(JSON.stringify(unexpected)))

const left = (parsed: Either.Either<unknown, parse.Unexpected>): parse.Unexpected =>
  Either.getOrThrow(Either.flip(parsed))

const emulated = "1.15-emulated-kernel"

const withoutKernel = ["1.15-no-kernel", "7.0.280-no-kernel", "9.0.30-no-devices"]

describe("the generation", () => {
  for (const folder of withoutKernel) {
    it(`${generationOf(folder)} is recognised by its usage`, () => {
      assert.strictEqual(right(parse.generation(run(folder, "usage").stderr)), generationOf(folder))
    })
  }

  it("is not guessed from anything else", () => {
    assert.strictEqual(left(parse.generation("sh: syntax error\n")).line, "sh: syntax error")
    assert.strictEqual(left(parse.generation("")).line, "")
  })
})

describe("the output of the tool", () => {
  for (const folder of withoutKernel) {
    it(`image info of ${generationOf(folder)}, with log lines before it as well`, () => {
      const version = generationOf(folder) === "9" ? 2 : 1
      for (const recorded of runs(folder, "info-s")) {
        assert.deepStrictEqual(right(parse.imageInfo(recorded.stdout)), {
          sectors: 131072n,
          clusterSectors: 2048n,
          version
        })
      }
    })

    it(`no device of ${generationOf(folder)}`, () => {
      assert.deepStrictEqual(right(parse.device(run(folder, "info-d").stdout)), {
        device: undefined,
        partition: undefined
      })
    })
  }

  it("a raw image has no version", () => {
    assert.strictEqual(right(parse.imageInfo(run("1.15-no-kernel", "init-raw", 1).stdout)).version, 0)
  })

  it("a device, of either driver", () => {
    assert.strictEqual(right(parse.device(run(emulated, "02-info-d-mounted").stdout)).device, "/dev/ploop0")
    assert.deepStrictEqual(
      right(parse.device("device:\t\t/dev/mapper/ploop23456\npartition:\t/dev/mapper/ploop23456p1\n")),
      { device: "/dev/mapper/ploop23456", partition: "/dev/mapper/ploop23456p1" }
    )
  })

  it("the table of the file system, behind the lines of a mount as well", () => {
    for (const topic of ["02-info-unmounted-cached", "02-info-unmounted-first-time"]) {
      assert.deepStrictEqual(right(parse.fileSystemTable(run(emulated, topic).stdout)), {
        blocks: 161072n,
        usedBlocks: 24n,
        inodes: 19104n,
        usedInodes: 12n
      })
    }
  })

  it("the device that a mount attached", () => {
    assert.strictEqual(parse.attachedDevice(run(emulated, "03-mount-two-deltas").stdout), "/dev/ploop0")
    assert.strictEqual(parse.attachedDevice(run(emulated, "03-mount-u-component").stdout), "/dev/ploop1")
    assert.strictEqual(
      parse.attachedDevice(run("9.0.30-no-devices", "mount-no-kernel").stdout),
      "/dev/mapper/ploop65835"
    )
    assert.isUndefined(parse.attachedDevice(run(emulated, "02-double-mount").stdout))
  })

  it("the next device is the minor number by sixteen", () => {
    assert.strictEqual(right(parse.nextMinor(run(emulated, "02-getdev").stdout)), "/dev/ploop1")
    assert.strictEqual(right(parse.nextMinor("Next unused minor: 284176\n")), "/dev/ploop17761")
  })

  it("the balloon", () => {
    assert.strictEqual(right(parse.balloonSize(run(emulated, "05-balloon-show").stdout)), 98336768n)
    assert.strictEqual(right(parse.maintenance(run(emulated, "05-balloon-status").stdout)), "OFF")
    assert.strictEqual(right(parse.maintenance(run(emulated, "05-balloon-clear").stdout)), "OFF")
    assert.deepStrictEqual(right(parse.balloonChanged(run(emulated, "05-balloon-change").stdout)), {
      before: 232468480n,
      after: 0n,
      truncated: 0n
    })
    assert.deepStrictEqual(right(parse.balloonChanged(run(emulated, "05-resize-max-balloon").stdout)), {
      before: 98336768n,
      after: 232468480n,
      truncated: 28311552n
    })
    assert.deepStrictEqual(
      right(
        parse.balloonChanged("Changing balloon size old_size=512 new_size=512\nNothing to do: new_size == old_size\n")
      ),
      { before: 512n, after: 512n, truncated: 0n }
    )
  })

  it("a discard sums up what it did in several rounds", () => {
    assert.deepStrictEqual(right(parse.discarded(run(emulated, "06-discard").stdout)), {
      truncated: 15728640n + 14680064n + 14680064n,
      relocated: 43
    })
    assert.deepStrictEqual(right(parse.discarded(run(emulated, "06-discard-automount").stdout)), {
      truncated: 0n,
      relocated: 0
    })
  })

  it("what a discard could gain, without a figure that has overflowed", () => {
    const { stdout } = run(emulated, "06-discard-stat")
    assert.deepStrictEqual(right(parse.discardStatus(stdout)), { balloon: 0n, data: 207n, disk: 300n, image: 121n })
    assert.isUndefined(right(parse.discardStatus(stdout.replace("207", "17592186044300"))).data)
  })

  it("counters", () => {
    assert.deepStrictEqual(right(parse.statistics("bio_reads           \t0\nbio_writes          \t12\n")), {
      bio_reads: 0n,
      bio_writes: 12n
    })
  })

  it("anything else is quoted, with what was expected", () => {
    assert.deepStrictEqual(left(parse.imageInfo("size:\t\tmany\n")), {
      line: "size:\t\tmany",
      expected: "size: and a number of sectors"
    })
    assert.strictEqual(left(parse.imageInfo("size:\t\t20480\nblocksize:\t20")).line, "blocksize:\t20")
    for (
      const read of [
        parse.imageInfo,
        parse.device,
        parse.fileSystemTable,
        parse.balloonSize,
        parse.maintenance,
        parse.balloonChanged,
        parse.discarded,
        parse.discardStatus,
        parse.nextMinor
      ]
    ) {
      assert.strictEqual(left(read("")).line, "")
    }
    assert.strictEqual(
      left(parse.maintenance("Current state of in-kernel maintenance: DANCING\n")).line,
      "Current state of in-kernel maintenance: DANCING"
    )
  })
})

describe("the list of devices", () => {
  it("is empty when nothing is printed", () => {
    for (const folder of withoutKernel) {
      assert.deepStrictEqual(right(parse.devices(run(folder, "list").stdout, undefined, generationOf(folder))), [])
    }
  })

  it("has mount points and components", () => {
    const plain = "ploop0       /vz/B/root.hdd  \nploop1       /vz/B/root.hdd  bk\n"
    assert.deepStrictEqual(right(parse.devices(plain, run(emulated, "03-list-a-two").stdout, "1.15")), [
      { device: "/dev/ploop0", image: "/vz/B/root.hdd", component: undefined, target: "/vz/B/mnt" },
      { device: "/dev/ploop1", image: "/vz/B/root.hdd", component: "bk", target: "/vz/B/snap" }
    ])
  })

  const name = fc.string({ minLength: 1, maxLength: 20, unit: fc.constantFrom("a", " ", "é", "/", "{", "-") })
    // Nobody can tell blanks at the end apart.
    .filter((text) => !/\s$/.test(text))
    .map((text) => `/${text}`)

  const rows = fc.array(
    fc.record({
      image: name,
      target: fc.option(name, { nil: undefined }),
      component: fc.constantFrom(undefined, "bk", "~backup")
    }),
    { maxLength: 4 }
  )

  it("1.15 and 7: takes blanks in the names of images and mount points", () => {
    fc.assert(fc.property(rows, (rows) => {
      const device = (index: number) => `ploop${index}`.padEnd(12)
      const plain = rows.map((row, index) => `${device(index)} ${row.image}  ${row.component ?? ""}\n`).join("")
      const long = rows.map((row, index) =>
        `${device(index)} ${row.image} ${row.target ?? ""} ${row.component ?? ""}\n`
      ).join("")
      const expected = rows.map((row, index) => ({
        device: `/dev/ploop${index}`,
        image: row.image,
        component: row.component,
        ...(row.target !== undefined && { target: row.target })
      }))
      assert.deepStrictEqual(right(parse.devices(plain, long, "7")), expected)
    }))
  })

  it("9: takes blanks in the names of images", () => {
    fc.assert(fc.property(rows, (rows) => {
      const text = rows.map((row, index) =>
        `ploop${index}\t${row.image}${row.component === undefined ? "" : `\t${row.component}`}\n`
      ).join("")
      const expected = rows.map((row, index) => ({
        device: `/dev/mapper/ploop${index}`,
        image: row.image,
        component: row.component
      }))
      assert.deepStrictEqual(right(parse.devices(text, undefined, "9")), expected)
    }))
  })

  it("has no image with a line break, which no path has", () => {
    assert.match(
      left(parse.devices("ploop0       /a\nb  \n", undefined, "1.15")).expected,
      /paths that a host can have/
    )
    assert.match(left(parse.devices("ploop0\t/a\nb\n", undefined, "9")).expected, /paths that a host can have/)
  })

  it("does not take a line for a device that is none", () => {
    assert.strictEqual(left(parse.devices("nonsense\n", undefined, "1.15")).line, "nonsense")
    assert.strictEqual(left(parse.devices("ploop0\n", undefined, "1.15")).line, "ploop0")
  })
})

it("mount points have their blanks in octal", () => {
  assert.deepStrictEqual(parse.mountpoints("/dev/mapper/ploop1p1 /mnt/a\\040b\\012c ext4 rw 0 0\n"), [
    { source: "/dev/mapper/ploop1p1", target: "/mnt/a b\nc", type: "ext4" }
  ])
})

describe("a check", () => {
  const checked = (folder: string, topic: string, index = 0) => parse.checked(run(folder, topic, index))

  it("that says nothing, or that it was skipped, found a clean image", () => {
    for (const folder of withoutKernel) {
      for (const index of [0, 1, 2]) assert.strictEqual(checked(folder, "check", index)?.outcome, "clean")
    }
  })

  it("that could not be carried out is not a finding", () => {
    for (const folder of withoutKernel) assert.isUndefined(checked(folder, "check-missing"))
    assert.isUndefined(checked(emulated, "02-check-dd-while-mounted"))
    assert.isUndefined(checked(emulated, "08-dirty-check"))
  })

  it("that repaired something says repaired, one that left something says broken", () => {
    const mended = { exitCode: 0, stdout: "Trimming tail\n", stderr: "" }
    assert.deepStrictEqual(parse.checked(mended), { outcome: "repaired", findings: ["Trimming tail"] })
    const left = {
      exitCode: 11,
      stdout: "Data cluster 7 beyond EOF, vsec=3... FATAL, block index beyond EOF\n",
      stderr: ""
    }
    assert.strictEqual(parse.checked(left)?.outcome, "broken")
    const ignored = { exitCode: 0, stdout: "Block 3 is used more than once, vsec=1... Ignored\n", stderr: "" }
    assert.strictEqual(parse.checked(ignored)?.outcome, "broken")
    assert.strictEqual(parse.checked({ exitCode: 6, stdout: "Short read PVD header\n", stderr: "" })?.outcome, "broken")
  })

  it("that succeeds although the last cluster of an image is not whole is broken, unless that was repaired", () => {
    const ended = (stderr: string, stdout: string) => parse.checked({ exitCode: 0, stderr, stdout })?.outcome
    const found = "Image size 2097664 is not aligned to cluster 1048576\n"
    const aligned = "Truncate image /vz/root.hdd up to 3145728\n"
    assert.strictEqual(ended(found, ""), "broken")
    assert.strictEqual(ended(found, aligned), "repaired")
    assert.strictEqual(ended(found + found, aligned), "broken")
  })
})
