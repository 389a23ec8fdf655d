/** Writes the manual page of each command from its definition. A test checks that they are current. */
import { mkdirSync, writeFileSync } from "node:fs"
import { dirname, join } from "node:path"
import { root } from "../checks/sources.js"
import { pages } from "./manual.js"

for (const [path, page] of Object.entries(pages())) {
  mkdirSync(join(root, dirname(path)), { recursive: true })
  writeFileSync(join(root, path), page)
}
