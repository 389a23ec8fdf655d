import type { Case } from "../../Case.js"
import { createSnapshot } from "./createSnapshot.js"

export const cases: ReadonlyArray<Case> = [...createSnapshot]
