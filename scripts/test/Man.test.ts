import { Either } from "effect"
import { spawnSync } from "node:child_process"
import { readdirSync, readFileSync } from "node:fs"
import { join } from "node:path"
import { describe, expect, it } from "vitest"
import { read } from "../../packages/command-line/src/internal/words.js"
import { helpOf } from "../../packages/command-line/src/Program.js"
import { packages, root } from "../checks/sources.js"
import { pages, programs } from "../man/manual.js"

interface Manifest {
  readonly bin?: Readonly<Record<string, string>>
  readonly man?: ReadonlyArray<string>
  readonly files: ReadonlyArray<string>
}

const manifests = packages.map((directory) =>
  [directory, JSON.parse(readFileSync(join(directory, "package.json"), "utf8")) as Manifest] as const
)

const hasGroff = spawnSync("groff", ["--version"]).status === 0

describe("the manual pages", () => {
  it("are those of the commands: npm run docs:man", () => {
    for (const [path, page] of Object.entries(pages())) {
      expect(readFileSync(join(root, path), "utf8"), path).toBe(page)
    }
  })

  it("are packed and installed, one for each command", () => {
    for (const [directory, { bin = {}, files, man = [] }] of manifests) {
      expect(man).toEqual(Object.keys(bin).map((name) => `./man/${name}.8`))
      if (man.length === 0) continue
      expect(files).toContain("man")
      expect(readdirSync(join(directory, "man")).map((name) => `./man/${name}`).sort()).toEqual([...man].sort())
    }
  })

  it.skipIf(!hasGroff)(`are read by groff without a warning${hasGroff ? "" : ": groff is not installed"}`, () => {
    for (const page of Object.values(pages())) {
      const { stderr, stdout } = spawnSync("groff", ["-man", "-Tutf8", "-w", "mac", "-w", "syntax", "-z"], {
        input: page,
        encoding: "utf8"
      })
      expect(stderr + stdout).toBe("")
    }
  })
})

describe("every command", () => {
  it("has examples that it accepts, options that say their default, and help that fits a terminal", () => {
    for (const [, program] of programs) {
      for (const page of program.pages) {
        const place = `${program.name} ${page.name}`
        expect(page.description, place).toMatch(/\.$/)
        expect(page.examples, place).not.toEqual([])
        for (const { term } of page.examples) {
          const words = term.replace(/ [<>] .*/, "").split(" ").slice(1)
          expect(Either.isRight(read(program, words)), term).toBe(true)
        }
        for (const { term, text } of page.options) {
          expect(text, `${place} ${term}`).toMatch(/\.$/)
          if (term.includes(" ")) expect(text, `${place} ${term}`).toMatch(/default/i)
        }
        const help = helpOf(program, page.name, 80)
        for (const line of help.split("\n")) {
          if (line.length > 80) expect(line.trim(), place).toMatch(/^(?:\$ |Usage: |--\S+ \S+$|\S+$)/)
        }
        for (const heading of ["Options", "Exit codes", "Examples"]) expect(help, place).toContain(`\n${heading}:\n`)
      }
    }
  })

  it.each([
    ["move --nosuch", "--nosuch is not an option of move, which has --socket, --json, --wait, --key"],
    ["move --key", "--key needs a value: --key TEXT"],
    ["move --key --wait", "--key needs a value: --key TEXT"],
    ["--socket /run/x hosts", "--socket is not an option of ploop-fleet: the options of a command come after its name"],
    ["nosuch", /^nosuch is not a command; it must be one of serve, hosts, /]
  ])("refuses %s, and says what would be right", (line, problem) => {
    const fleet = programs.find(([, { name }]) => name === "ploop-fleet")![1]
    const error = Either.flip(read(fleet, line.split(" "))).pipe(Either.getOrThrow)
    expect(error.code).toBe(2)
    expect(error.message).toMatch(problem)
    expect(error.message).toMatch(/\nSee ploop-fleet (?:move )?--help$/)
  })

  it("takes a value after an equals sign, and what follows -- as arguments", () => {
    const fleet = programs.find(([, { name }]) => name === "ploop-fleet")![1]
    const words = (line: string) => Either.map(read(fleet, line.split(" ")), ({ words }) => words.join(" "))
    expect(words("move --key=a=b x y")).toEqual(Either.right("move --key a=b x y"))
    expect(words("--log-level debug disks -- --x=y")).toEqual(Either.right("--log-level debug disks -- --x=y"))
    expect(words("disks --json --log-level=debug 101")).toEqual(Either.right("disks --json --log-level debug 101"))
  })
})
