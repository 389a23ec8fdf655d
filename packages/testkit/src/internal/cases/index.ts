import type { Case } from "../../Case.js"
import { balloonChange } from "./balloonChange.js"
import { balloonCheck } from "./balloonCheck.js"
import { balloonClear } from "./balloonClear.js"
import { balloonComplete } from "./balloonComplete.js"
import { balloonRepair } from "./balloonRepair.js"
import { balloonStatus } from "./balloonStatus.js"
import { createSnapshot } from "./createSnapshot.js"
import { deviceStatistics } from "./deviceStatistics.js"
import { discard } from "./discard.js"
import { discardStatus } from "./discardStatus.js"
import { resize } from "./resize.js"

export const cases: ReadonlyArray<Case> = [
  ...resize,
  ...createSnapshot,
  ...balloonStatus,
  ...balloonClear,
  ...balloonChange,
  ...balloonComplete,
  ...balloonCheck,
  ...balloonRepair,
  ...discard,
  ...discardStatus,
  ...deviceStatistics
]
