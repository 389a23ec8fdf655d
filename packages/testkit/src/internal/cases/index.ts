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
import { backups } from "./scenario/backup.js"
import { concurrency } from "./scenario/concurrency.js"
import { containers } from "./scenario/containers.js"
import { limits } from "./scenario/limits.js"
import { moving } from "./scenario/moving.js"
import { names } from "./scenario/names.js"
import { nested } from "./scenario/nested.js"
import { scopes } from "./scenario/scopes.js"
import { trees } from "./scenario/trees.js"
import { wrappers } from "./scenario/wrappers.js"
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
  ...nextDevice,
  ...wrappers,
  ...containers,
  ...backups,
  ...trees,
  ...concurrency,
  ...names,
  ...nested,
  ...scopes,
  ...limits,
  ...moving
]
