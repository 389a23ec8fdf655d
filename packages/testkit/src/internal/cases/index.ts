import type { Case } from "../../Case.js"
import { balloonChange } from "./balloonChange.js"
import { balloonCheck } from "./balloonCheck.js"
import { balloonClear } from "./balloonClear.js"
import { balloonComplete } from "./balloonComplete.js"
import { balloonRepair } from "./balloonRepair.js"
import { balloonStatus } from "./balloonStatus.js"
import { clear } from "./clear.js"
import { copyReceive } from "./copyReceive.js"
import { copySend } from "./copySend.js"
import { createSnapshot } from "./createSnapshot.js"
import { deleteDelta } from "./deleteDelta.js"
import { deviceStatistics } from "./deviceStatistics.js"
import { discard } from "./discard.js"
import { discardStatus } from "./discardStatus.js"
import { grow } from "./grow.js"
import { nextDevice } from "./nextDevice.js"
import { resize } from "./resize.js"
import { start } from "./start.js"
import { stop } from "./stop.js"

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
  ...deviceStatistics,
  ...copySend,
  ...copyReceive,
  ...start,
  ...stop,
  ...clear,
  ...deleteDelta,
  ...grow,
  ...nextDevice
]
