/** Writes the manual page of `ploop-maintenance` from its definition. A test of the package checks that it is current. */
import { mkdirSync, writeFileSync } from "node:fs"
import { dirname, join } from "node:path"
import { page } from "../packages/maintenance/src/internal/cli/man.js"
import { root } from "./checks/sources.js"

const file = join(root, "packages/maintenance/man/ploop-maintenance.8")
mkdirSync(dirname(file), { recursive: true })
writeFileSync(file, page())
