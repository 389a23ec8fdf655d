import type { Case } from "../../Case.js"
import { createSnapshot } from "./createSnapshot.js"
import { resize } from "./resize.js"

export const cases: ReadonlyArray<Case> = [...resize, ...createSnapshot]
