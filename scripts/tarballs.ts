/**
 * Packs every package into a directory: `tarballs.ts DIRECTORY`. The README of a tarball has absolute links, because the
 * page of a registry has no other files. Those to files of the repository need its address: the `repository` of the root
 * manifest, as in `https://github.com/somebody/effect-ploop`.
 */
import { execFileSync } from "node:child_process"
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join, relative } from "node:path"
import { readAlone, relativeLinks } from "./checks/readAlone.js"
import { packages, root } from "./checks/sources.js"

interface Manifest {
  readonly name: string
  readonly repository?: string
}

const manifestOf = (directory: string): Manifest =>
  JSON.parse(readFileSync(join(directory, "package.json"), "utf8")) as Manifest

const [destination] = process.argv.slice(2)
if (destination === undefined) throw new Error("usage: tarballs.ts DIRECTORY")

const names = new Map(packages.map((directory) => [relative(root, directory), manifestOf(directory).name]))
const { repository } = manifestOf(root)

const pack = (directory: string, into: string): string =>
  execFileSync("npm", ["pack", "--silent", "--pack-destination", into, directory], { encoding: "utf8" }).trim()

for (const directory of packages) {
  const scratch = mkdtempSync(join(tmpdir(), "pack-"))
  try {
    execFileSync("tar", ["-xzf", join(scratch, pack(directory, scratch)), "-C", scratch])
    const readme = join(scratch, "package", "README.md")
    const text = readAlone(readFileSync(readme, "utf8"), {
      directory: relative(root, directory),
      names,
      repository: repository === undefined ? undefined : `${repository}/blob/main`
    })
    const left = relativeLinks(text)
    if (left.length > 0) throw new Error(`${relative(root, directory)}/README.md has relative links: ${left.join(" ")}`)
    writeFileSync(readme, text)
    pack(join(scratch, "package"), destination)
  } finally {
    rmSync(scratch, { recursive: true })
  }
}
