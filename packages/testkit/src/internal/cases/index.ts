import type { Case } from "../../Case.js"
import { create } from "./create.js"
import { createSnapshot } from "./createSnapshot.js"

export const cases: ReadonlyArray<Case> = [...create, ...createSnapshot]
