/** Checks that prose uses the words of the field: see `wordList.ts`. */
import { execFileSync } from "node:child_process"
import { existsSync, readFileSync } from "node:fs"
import { join } from "node:path"
import { isRead } from "./prose.js"
import { report, root } from "./sources.js"
import { vocabulary } from "./vocabulary.js"

const files = execFileSync("git", ["ls-files", "--cached", "--others", "--exclude-standard"], {
  cwd: root,
  encoding: "utf8"
}).split("\n").filter((path) => isRead(path) && !path.includes("/fixtures/") && existsSync(join(root, path)))

report(
  files.flatMap((path) => vocabulary(path, readFileSync(join(root, path), "utf8"))),
  `${files.length} files use the words of the field`
)
