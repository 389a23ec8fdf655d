import { PloopCli } from "@effect-ploop/backend-cli"
import { PloopFake } from "@effect-ploop/backend-fake"
import { Disk, Ploop } from "@effect-ploop/core"
import { Backup, SnapshotTime } from "@effect-ploop/maintenance"
import { Command, FileSystem } from "@effect/platform"
import { NodeContext } from "@effect/platform-node"
import { assert, describe, it } from "@effect/vitest"
import { Clock, Effect, Layer, TestClock } from "effect"
import { run } from "./run.js"
import { contents, diskOf, history, idsOf, write } from "./utils.js"

const bin = new URL("../bin/ploop-maintenance.js", import.meta.url).pathname

const onFake = (title: string, test: Effect.Effect<void, unknown, PloopFake.Services>) =>
  it.effect(title, () => Effect.provide(test, PloopFake.layer()))

describe("ploop-maintenance", () => {
  onFake(
    "shows a plan and changes nothing, until it is told to apply it",
    Effect.gen(function*() {
      const disk = yield* diskOf("a")
      const [old, kept] = yield* history(disk, ["1 day", "1 day"])
      const shown = yield* run("retention", "--keep-last", "1", "/vz/a")
      assert.strictEqual(shown.code, 0)
      assert.include(shown.stdout, `1. ${disk}: delete the snapshot ${old}`)
      assert.include(shown.stdout, "Nothing was changed. Add --apply to apply the plan.")
      assert.deepStrictEqual(yield* idsOf(disk), [old, kept])
      const applied = yield* run("retention", "--keep-last", "1", "--apply", disk)
      assert.strictEqual(applied.code, 0)
      assert.include(applied.stdout, `applied 1. delete the snapshot ${old}`)
      assert.deepStrictEqual(yield* idsOf(disk), [kept])
    })
  )

  onFake(
    "takes disks and policies from a configuration file, and options of the command line before them",
    Effect.gen(function*() {
      const fs = yield* FileSystem.FileSystem
      const disk = yield* diskOf("a")
      const [first, second, third] = yield* history(disk, ["1 day", "1 day", "1 day"])
      yield* fs.writeFileString("/vz/c.yaml", "disks: [/vz/a]\nretention:\n  last: 1\n")
      assert.strictEqual((yield* run("retention", "--config", "/vz/c.yaml", "--keep-last", "2", "--apply")).code, 0)
      assert.deepStrictEqual(yield* idsOf(disk), [second, third])
      const shown = yield* run("retention", "--config", "/vz/c.yaml", "--plan")
      assert.include(shown.stdout, `1. ${disk}: delete the snapshot ${second}`)
      assert.notInclude(shown.stdout, first!)
      assert.deepStrictEqual(yield* idsOf(disk), [second, third])
      yield* fs.writeFileString("/vz/c.yaml", "disks: [/vz/a]\nretention:\n  last: -1\n")
      const refused = yield* run("retention", "--config", "/vz/c.yaml", "--apply")
      assert.strictEqual(refused.code, 2)
      assert.include(refused.stderr, "/vz/c.yaml:3:3: retention.last is -1, but it must be")
      assert.strictEqual((yield* run("retention", "--config", "/vz/missing.yaml", "--apply")).code, 2)
    })
  )

  onFake(
    "finds leftovers in directories without a disk and among all devices, and needs no disk for that",
    Effect.gen(function*() {
      const fs = yield* FileSystem.FileSystem
      const ploop = yield* Ploop.Ploop
      const { device } = yield* ploop.mount({ disk: yield* diskOf("gone") })
      yield* fs.remove("/vz/gone", { recursive: true })
      yield* fs.makeDirectory("/backup/x.partial-11111111-2222-4333-8444-555555555555", { recursive: true })
      yield* TestClock.adjust("2 days")
      const { code, stdout } = yield* run(
        ...["leftovers", "--directory", "/backup", "--devices", "--removed-images", "--apply"]
      )
      assert.strictEqual(code, 0)
      assert.include(stdout, `stop ${device}`)
      assert.deepStrictEqual(yield* ploop.listDevices, [])
      assert.include(stdout, "a backup or a restoration is being made in it, or was cut short")
      assert.strictEqual((yield* run("leftovers")).code, 2)
    })
  )

  onFake(
    "needs a disk, and not both of --plan and --apply, and ends with 2 otherwise",
    Effect.gen(function*() {
      const none = yield* run("leftovers")
      assert.strictEqual(none.code, 2)
      assert.include(none.stderr, "no disk is named, neither on the command line nor in a configuration file")
      const both = yield* run("leftovers", "--plan", "--apply", "/vz/a")
      assert.strictEqual(both.code, 2)
      assert.include(both.stdout + both.stderr, "--plan and --apply are both given, but only one may be")
    })
  )

  onFake(
    "writes one JSON document for all disks, and nothing beside it",
    Effect.gen(function*() {
      yield* diskOf("a")
      const disk = yield* diskOf("b")
      const [old] = yield* history(disk, ["1 day", "1 day"])
      const { stdout } = yield* run("retention", "--keep-last", "1", "--apply", "--json", "/vz/a", "/vz/b")
      const [first, second] = JSON.parse(stdout)
      assert.deepStrictEqual([first.plan.steps, first.outcomes], [[], undefined])
      assert.deepStrictEqual(second.outcomes, [{ step: 0, outcome: "applied" }])
      assert.strictEqual(second.plan.steps[0].action.id, old)
    })
  )

  onFake(
    "writes what is logged to its other output, where it cannot damage JSON or an archive",
    Effect.gen(function*() {
      const ploop = yield* Ploop.Ploop
      yield* diskOf("a")
      const talking: Ploop.Ploop = {
        ...ploop,
        listSnapshots: (options) =>
          Effect.zipRight(Effect.logWarning("waiting for a lock"), ploop.listSnapshots(options))
      }
      const { code, stderr, stdout } = yield* run("retention", "--keep-last", "1", "--json", "/vz/a").pipe(
        Effect.provideService(Ploop.Ploop, talking)
      )
      assert.strictEqual(code, 0)
      assert.strictEqual(JSON.parse(stdout).length, 1)
      assert.include(stderr, "ploop-maintenance: waiting for a lock\n")
    })
  )

  onFake(
    "goes on with the other disks when one fails, and ends with 1",
    Effect.gen(function*() {
      const fs = yield* FileSystem.FileSystem
      yield* diskOf("b")
      yield* fs.writeFileString("/vz/b/DiskDescriptor.xml.tmp", "half")
      const { code, stderr } = yield* run("leftovers", "--older-than", "0 millis", "--apply", "/vz/missing", "/vz/b")
      assert.strictEqual(code, 1)
      assert.include(stderr, "/vz/missing/DiskDescriptor.xml")
      assert.isFalse(yield* fs.exists("/vz/b/DiskDescriptor.xml.tmp"))
    })
  )

  onFake(
    "takes a snapshot of several disks, and goes back to it",
    Effect.gen(function*() {
      const disks = [yield* diskOf("a"), yield* diskOf("b")]
      const id = yield* SnapshotTime.identifier
      assert.strictEqual((yield* run("snapshot", "--id", id, "--apply", ...disks)).code, 0)
      const keepAs = yield* SnapshotTime.identifier
      assert.strictEqual((yield* run("switch", "--id", id, "--keep-as", keepAs, "--apply", ...disks)).code, 0)
      for (const disk of disks) assert.deepStrictEqual(yield* idsOf(disk), [id, keepAs])
    })
  )

  onFake(
    "reclaims the space of the other disks when one cannot be inspected, and ends with 1",
    Effect.gen(function*() {
      const ploop = yield* Ploop.Ploop
      const disk = yield* diskOf("a")
      yield* ploop.mount({ disk, target: "/mnt/a" })
      const { code, stderr, stdout } = yield* run(
        ...["reclaim", "--at-least", "0M", "--json", "--apply", "/vz/missing", "/vz/a"]
      )
      assert.strictEqual(code, 1)
      assert.match(stderr, /^ploop-maintenance: \/vz\/missing\/DiskDescriptor.xml: it could not be inspected: /m)
      assert.deepStrictEqual(JSON.parse(stdout)[0].outcomes.map(({ outcome }: { outcome: string }) => outcome), [
        "applied"
      ])
    })
  )

  onFake(
    "reports how much each disk gave back",
    Effect.gen(function*() {
      const ploop = yield* Ploop.Ploop
      const fs = yield* FileSystem.FileSystem
      const disk = yield* diskOf("a")
      yield* ploop.mount({ disk, target: "/mnt/a" })
      yield* fs.writeFile("/mnt/a/large", new Uint8Array(32 << 20).fill(1))
      yield* fs.remove("/mnt/a/large")
      const { code, stdout } = yield* run("reclaim", "--at-least", "16M", "--apply", "/vz/a")
      assert.strictEqual(code, 0)
      assert.match(stdout, /1\. \/vz\/a\/DiskDescriptor\.xml: discard unused space \(copies up to .*, frees up to/)
      assert.match(stdout, /applied 1\. discard unused space, which freed \d+ MiB/)
    })
  )

  onFake(
    "saves a disk night after night, keeps the backups of a policy, verifies one and restores it",
    Effect.gen(function*() {
      const fs = yield* FileSystem.FileSystem
      const disk = yield* diskOf("a")
      yield* fs.makeDirectory("/vz/backups")
      const night = Effect.gen(function*() {
        yield* TestClock.adjust("1 day")
        yield* write(disk, `${(yield* Clock.currentTimeMillis) / 86_400_000}.txt`, "night")
        return yield* run("backup", "--in", "/vz/backups", "--apply", "/vz/a")
      })
      assert.strictEqual((yield* run("backup", "--in", "/vz/backups", "/vz/a")).code, 0)
      assert.deepStrictEqual(yield* fs.readDirectory("/vz/backups"), [])
      for (const { code } of [yield* night, yield* night, yield* night]) assert.strictEqual(code, 0)
      const kept = yield* run("backup-retention", "--keep-last", "1", "--apply", "/vz/backups")
      assert.strictEqual(kept.code, 0)
      const [last, ...others] = yield* fs.readDirectory("/vz/backups")
      assert.deepStrictEqual([last, others], ["a-1970-01-04T00-00-00.000Z", []])
      const verified = yield* run("verify", `/vz/backups/${last}`)
      assert.include(verified.stdout, `1 image of ${disk} at 1970-01-04T00:00:00.000Z as saved`)
      const restored = yield* run("restore", "--to", "/vz/b", "--apply", `/vz/backups/${last}`)
      assert.strictEqual(restored.code, 0)
      assert.deepStrictEqual(yield* contents(Disk.inDirectory("/vz/b")), yield* contents(disk))
      yield* fs.writeFileString(`/vz/backups/${last}/image.0`, "rotten")
      const damaged = yield* run("verify", "--json", `/vz/backups/${last}`)
      assert.strictEqual(damaged.code, 1)
      assert.match(
        damaged.stdout,
        /^\[\n {2}\{\n {4}"directory": "\/vz\/backups\/[^"]+",\n {4}"isWhole": false,\n {4}"error": \{/
      )
      const both = yield* run("backup", "/vz/a")
      assert.strictEqual(both.code, 2)
      assert.include(both.stderr, "--to and --in is missing or both given, but it must be one of them")
    })
  )

  onFake(
    "lists the backups of a disk, as a table or as JSON, with what each needs to be restored",
    Effect.gen(function*() {
      const fs = yield* FileSystem.FileSystem
      const disk = yield* diskOf("a")
      yield* diskOf("b")
      yield* fs.makeDirectory("/vz/backups")
      const night = (name: string) =>
        Effect.zipRight(
          TestClock.adjust("1 day"),
          run("backup", "--in", "/vz/backups", "--incremental", "--apply", `/vz/${name}`)
        )
      for (const name of ["a", "a", "b"]) assert.strictEqual((yield* night(name)).code, 0)
      const { code, stdout } = yield* run("backups", "/vz/backups")
      assert.strictEqual(code, 0)
      const [headings, ...lines] = stdout.trimEnd().split("\n").map((line) => line.split(/ {2,}/))
      assert.deepStrictEqual(headings, ["TAKEN", "DISK", "KIND", "SIZE", "NEEDS", "DIRECTORY"])
      assert.deepStrictEqual(lines.map(([taken, disk, kind, , needs]) => [taken, disk, kind, needs]), [
        ["1970-01-02T00:00:00.000Z", disk, "full", "nothing"],
        ["1970-01-03T00:00:00.000Z", disk, "changes", "1 before it"],
        ["1970-01-04T00:00:00.000Z", Disk.inDirectory("/vz/b"), "full", "nothing"]
      ])
      const own = JSON.parse((yield* run("backups", "--disk", "/vz/a", "--json", "/vz/backups")).stdout)
      assert.deepStrictEqual(own.map((one: { restoredFrom: ReadonlyArray<string> }) => one.restoredFrom.length), [1, 2])
      yield* fs.remove(own[0].directory, { recursive: true })
      assert.include((yield* run("backups", "--disk", disk, "/vz/backups")).stdout, "a backup that is missing")
      yield* fs.writeFileString(`${own[1].directory}/backup.json`, "{")
      const damaged = yield* run("backups", "/vz/backups")
      assert.strictEqual(damaged.code, 1)
      assert.include(damaged.stdout, "/vz/b/DiskDescriptor.xml")
      assert.include(damaged.stderr, `${own[1].directory}/backup.json: it is not the manifest of a backup`)
    })
  )

  onFake(
    "names a directory that is missing once, with the rule, and ends with 2",
    Effect.gen(function*() {
      yield* diskOf("a")
      for (
        const args of [
          ["backup", "--in", "/gone", "/vz/a"],
          ["backup-retention", "--keep-last", "1", "/gone"],
          ["backups", "/gone"],
          ["leftovers", "--directory", "/gone"]
        ]
      ) {
        assert.deepInclude(yield* run(...args), {
          code: 2,
          stderr: "ploop-maintenance: directory is /gone, but it must be a directory that exists\n"
        })
      }
    })
  )

  onFake(
    "names a file that is missing once, with the words of the system",
    Effect.gen(function*() {
      assert.deepInclude(yield* run("usage", "--config", "/gone.yaml"), {
        code: 2,
        stderr: "ploop-maintenance: /gone.yaml: no such file or directory\n"
      })
    })
  )

  onFake(
    "shows what disks use, and ends with 1 when one cannot be read",
    Effect.gen(function*() {
      const ploop = yield* Ploop.Ploop
      const disk = yield* diskOf("a")
      yield* ploop.mount({ disk, target: "/mnt/a" })
      const { code, stderr, stdout } = yield* run("usage", "/vz/a")
      assert.strictEqual(code, 0)
      assert.match(stdout, /^\/vz\/a\/DiskDescriptor\.xml +25 MiB +24 KiB of 857\.9 MiB +-/m)
      assert.include(stderr, "raised: the file system of the host at /vz/a uses 95 GiB of 100 GiB (95.0 %)")
      assert.strictEqual((yield* run("usage", "/vz/a", "/vz/missing")).code, 1)
      const missing = yield* run("usage", "/vz/missing")
      assert.deepStrictEqual([missing.code, missing.stdout], [1, ""])
      assert.match(
        missing.stderr,
        /^ploop-maintenance: listSnapshots \(\/vz\/missing\/DiskDescriptor\.xml\): there is no /
      )
    })
  )

  onFake(
    "writes what disks use as metrics of Prometheus, or as JSON",
    Effect.gen(function*() {
      const disk = yield* diskOf("a")
      const metrics = yield* run("usage", "--prometheus", "/vz/a")
      assert.include(metrics.stdout, `ploop_disk_images_bytes{disk="${disk}"} 26214400\n`)
      assert.include(metrics.stdout, "# TYPE ploop_disk_images_bytes gauge\n")
      const { stdout } = yield* run("usage", "--json", "/vz/a")
      assert.strictEqual(JSON.parse(stdout).disks[0].images, "25M")
    })
  )

  for (
    const [title, args, message] of [
      [
        "a size",
        ["reclaim", "--budget", "much", "/vz/a"],
        "--budget is much, but it must be a size, as in 10G or 512M"
      ],
      [
        "a count",
        ["retention", "--keep-last", "some", "/vz/a"],
        "--keep-last is some, but it must be a whole number that is not negative"
      ],
      [
        "a duration",
        ["leftovers", "--older-than", "soon", "/vz/a"],
        "--older-than is soon, but it must be a number and a unit, as in \"36 hours\""
      ]
    ] as const
  ) {
    onFake(
      `names the option, the value and the rule when ${title} is wrong, and ends with 2`,
      Effect.gen(function*() {
        const { code, stderr, stdout } = yield* run(...args)
        assert.strictEqual(code, 2)
        assert.include(stdout + stderr, message)
      })
    )
  }

  onFake(
    "names the field, the value and the rule of a policy that cannot be followed, and ends with 2",
    Effect.gen(function*() {
      yield* diskOf("a")
      const { code, stderr } = yield* run("retention", "--keep-last", "0", "/vz/a")
      assert.strictEqual(code, 2)
      assert.include(stderr, "last is 0, but it must be larger than zero, or another rule about time must be given")
    })
  )
})

const RealTool = PloopCli.layer().pipe(Layer.provideMerge(NodeContext.layer))

describe("ploop-maintenance on the real tool", () => {
  it.scopedLive("thins out the snapshots of a disk, and removes an uncommitted descriptor", (context) =>
    Effect.gen(function*() {
      const ploop = yield* Ploop.Ploop
      const fs = yield* FileSystem.FileSystem
      const isThere = yield* Effect.isSuccess(ploop.tool)
      if (!isThere && process.env["PLOOP_TEST_REQUIRE_TOOL"] !== "1") return context.skip()
      const directory = yield* fs.makeTempDirectoryScoped({ prefix: "ploop-test-" })
      const { disk } = yield* ploop.create({ image: `${directory}/root.hdd`, size: "10M", fileSystem: "none" })
      const ids = yield* Effect.forEach(
        [1, 2, 3],
        () => Effect.flatMap(SnapshotTime.identifier, (id) => ploop.createSnapshot({ disk, id }))
      )
      yield* fs.writeFileString(`${disk}.tmp`, "half")
      assert.strictEqual((yield* run("retention", "--keep-last", "1", "--apply", directory)).code, 0)
      assert.strictEqual((yield* run("leftovers", "--older-than", "0 millis", "--apply", directory)).code, 0)
      assert.deepStrictEqual(yield* idsOf(disk), ids.slice(2))
      assert.deepStrictEqual((yield* fs.readDirectory(directory)).filter((name) => /\.tmp$|^\.ploop/.test(name)), [])
    }).pipe(Effect.provide(RealTool)))

  it.scopedLive("writes a backup to its output, and makes a directory of one from its input", (context) =>
    Effect.gen(function*() {
      const ploop = yield* Ploop.Ploop
      const fs = yield* FileSystem.FileSystem
      const isThere = yield* Effect.isSuccess(ploop.tool)
      if (!isThere && process.env["PLOOP_TEST_REQUIRE_TOOL"] !== "1") return context.skip()
      const directory = yield* fs.makeTempDirectoryScoped({ prefix: "ploop-test-" })
      const { disk } = yield* ploop.create({ image: `${directory}/root.hdd`, size: "10M", fileSystem: "none" })
      const shell = (line: string) =>
        Command.make("sh", "-c", line).pipe(
          Command.env({ COMMAND: `${process.execPath} ${bin}` }),
          Command.workingDirectory(directory),
          Command.exitCode
        )
      assert.strictEqual(yield* shell("$COMMAND send . | tee saved.tar | $COMMAND receive --to saved"), 0)
      const { snapshot } = yield* Backup.verify(`${directory}/saved`)
      assert.notInclude(yield* idsOf(disk), snapshot)
      assert.strictEqual(yield* shell("head -c 5000 saved.tar | $COMMAND receive --to cut 2> error"), 1)
      assert.include(yield* fs.readFileString(`${directory}/error`), "it is not a whole backup")
      assert.isFalse(yield* fs.exists(`${directory}/cut`))
    }).pipe(Effect.provide(RealTool)))

  onFake(
    "names the options that say what to keep when none is given, and ends with 2",
    Effect.forEach([["retention", "/vz/a"], ["backup-retention", "/backup"]], (args) =>
      Effect.gen(function*() {
        const { code, stderr } = yield* run(...args)
        assert.strictEqual(code, 2)
        assert.include(stderr, "no rule says what to keep: give --keep-last, --keep-hourly, ")
      }), { discard: true })
  )
})
