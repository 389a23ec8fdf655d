import type { Case } from "../../Case.js"
import { createSnapshot } from "./createSnapshot.js"
import { createTemporarySnapshot } from "./createTemporarySnapshot.js"
import { deleteSnapshot } from "./deleteSnapshot.js"
import { listSnapshots } from "./listSnapshots.js"
import { mergeSnapshots } from "./mergeSnapshots.js"
import { snapshotAndSwitch } from "./snapshotAndSwitch.js"
import { switchAndDelete } from "./switchAndDelete.js"
import { switchSnapshot } from "./switchSnapshot.js"
import { topDelta } from "./topDelta.js"

export const cases: ReadonlyArray<Case> = [
  ...createSnapshot,
  ...createTemporarySnapshot,
  ...switchSnapshot,
  ...snapshotAndSwitch,
  ...switchAndDelete,
  ...deleteSnapshot,
  ...mergeSnapshots,
  ...listSnapshots,
  ...topDelta
]
