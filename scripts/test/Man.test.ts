import { spawnSync } from "node:child_process"
import { readdirSync, readFileSync } from "node:fs"
import { join } from "node:path"
import { describe, expect, it } from "vitest"
import { packages, root } from "../checks/sources.js"
import { pages } from "../man/manual.js"

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
