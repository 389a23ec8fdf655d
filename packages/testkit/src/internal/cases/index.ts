import type { Case } from "../../Case.js"
import { convert } from "./convert.js"
import { create } from "./create.js"
import { createSnapshot } from "./createSnapshot.js"
import { restoreDescriptor } from "./restoreDescriptor.js"

export const cases: ReadonlyArray<Case> = [...create, ...restoreDescriptor, ...convert, ...createSnapshot]
