import { ConfigFile } from "@effect-ploop/maintenance"
import { assert, describe, it } from "@effect/vitest"
import { Duration, Effect } from "effect"

const parse = (...lines: ReadonlyArray<string>) => ConfigFile.parse({ text: lines.join("\n"), file: "c.yaml" })

const problems = (...lines: ReadonlyArray<string>) =>
  Effect.map(Effect.flip(parse(...lines)), ({ message }) => message.split("\n"))

describe("a configuration file", () => {
  it.effect("has the disks and the policies of every command, in YAML or in JSON", () =>
    Effect.gen(function*() {
      const found = yield* parse(
        "disks: [/vz/101, /vz/102]",
        "leftovers: { olderThan: 36 hours }",
        "retention: &keep { daily: 7 }",
        "reclaim:",
        "  atLeast: 1G",
        "  window: { from: 01:00, to: 05:00 }",
        "backups: { directory: /backup, retention: *keep }"
      )
      assert.deepStrictEqual(found.disks, ["/vz/101", "/vz/102"])
      assert.deepStrictEqual(found.leftovers?.olderThan, Duration.hours(36))
      assert.strictEqual(found.reclaim?.atLeast, 1n << 30n)
      assert.deepStrictEqual(found.backups?.retention, { daily: 7 })
      assert.deepStrictEqual(yield* parse("{\"retention\": {\"last\": 3}}"), { retention: { last: 3 } })
      assert.deepStrictEqual(yield* parse("# nothing yet"), {})
    }))

  it.effect("that breaks rules is refused with all of them, each with its line, its field, its value and the rule", () =>
    Effect.gen(function*() {
      assert.deepStrictEqual(
        yield* problems(
          "disks:",
          "  - /vz/101",
          "  - vz/102",
          "retention:",
          "  dayly: 7",
          "  weekly: -1",
          "reclaim:",
          "  atLeast: much",
          "  window: { from: 25:00, to: 05:00 }",
          "usage: { fullWithin: soon, diskShare: x }"
        ),
        [
          "c.yaml:3:5: disks.1 is \"vz/102\", but it must be an absolute path",
          "c.yaml:5:3: retention.dayly does not exist: the settings here are last, hourly, daily, weekly, monthly, " +
          "yearly, within, pinned, keepNames, onlyNames, unknownAge and timeZone",
          "c.yaml:6:3: retention.weekly is -1, but it must be a whole number that is not negative",
          "c.yaml:8:3: reclaim.atLeast is \"much\", but it must be a whole number with a unit, as in 10G, 512M, " +
          "2048s (sectors) or 4096B; it may not be negative or fractional",
          "c.yaml:9:13: reclaim.window.from is \"25:00\", but it must be a time of day, as in 01:30",
          "c.yaml:10:10: usage.fullWithin is \"soon\", but it must be a number and a unit, as in 36 hours",
          "c.yaml:10:28: usage.diskShare is \"x\", but it must be a number"
        ]
      )
    }))

  it.effect("that has a value of another kind is refused with the kind that is right, in words of the file", () =>
    Effect.gen(function*() {
      assert.deepStrictEqual(
        yield* problems(
          "disks: /vz/101",
          "leftovers: { inUseFlags: 1 }",
          "retention: { unknownAge: lose, keepNames: [1] }",
          "backups: 7"
        ),
        [
          "c.yaml:1:1: disks is \"/vz/101\", but it must be a list",
          "c.yaml:2:14: leftovers.inUseFlags is 1, but it must be true or false",
          "c.yaml:3:14: retention.unknownAge is \"lose\", but it must be \"keep\" or \"delete\"",
          "c.yaml:3:44: retention.keepNames.0 is 1, but it must be a text",
          "c.yaml:4:1: backups is 7, but it must be settings, each with its name"
        ]
      )
    }))

  it.effect("that keeps nothing, or more than a chain can have, is refused with the line of the policy", () =>
    Effect.gen(function*() {
      assert.deepStrictEqual(
        yield* problems("retention:", "  timeZone: Mars", "  last: 1", "reclaim:", "  retention:", "    daily: 200"),
        [
          "c.yaml:2:3: retention.timeZone is Mars, but it must be the name of a time zone, as in Europe/Berlin",
          "c.yaml:6:5: reclaim.retention.daily is 200, but it must be smaller: the counts add up to 200, and a chain " +
          "has at most 126 deltas"
        ]
      )
      assert.deepStrictEqual(yield* problems("backups:", "  retention: { daily: 0 }"), [
        "c.yaml:2:3: backups.retention.last is 0, but it must be larger than zero, or another rule about time must be given"
      ])
    }))

  it.effect("that is not YAML, has a key twice or expands without an end is refused with the line", () =>
    Effect.gen(function*() {
      assert.deepStrictEqual(yield* problems("retention:", "  last: 1", "  last: 2"), [
        "c.yaml:3:3: Map keys must be unique"
      ])
      assert.match((yield* problems("disks: [", "  /vz/101"))[0]!, /^c\.yaml:2:\d+: /)
      assert.match((yield* problems("- a list"))[0]!, /^c\.yaml:1:1: /)
      const bomb = [
        "a: &a [x]",
        ..."bcdefgh".split("").map((name, index) => {
          const before = "abcdefg"[index]
          return `${name}: &${name} [${Array.from({ length: 9 }, () => `*${before}`).join(", ")}]`
        })
      ]
      assert.match((yield* problems(...bomb))[0]!, /^c\.yaml:1:1: .*alias/i)
    }))
})
