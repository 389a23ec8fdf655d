import type { Case } from "../../Case.js"
import { check } from "./check.js"
import { convert } from "./convert.js"
import { create } from "./create.js"
import { createSnapshot } from "./createSnapshot.js"
import { createTemporarySnapshot } from "./createTemporarySnapshot.js"
import { deleteSnapshot } from "./deleteSnapshot.js"
import { mergeSnapshots } from "./mergeSnapshots.js"
import { replace } from "./replace.js"
import { restoreDescriptor } from "./restoreDescriptor.js"
import { snapshotAndSwitch } from "./snapshotAndSwitch.js"
import { switchAndDelete } from "./switchAndDelete.js"
import { switchSnapshot } from "./switchSnapshot.js"

export const cases: ReadonlyArray<Case> = [
  ...create,
  ...restoreDescriptor,
  ...convert,
  ...check,
  ...replace,
  ...createSnapshot,
  ...createTemporarySnapshot,
  ...switchSnapshot,
  ...snapshotAndSwitch,
  ...switchAndDelete,
  ...deleteSnapshot,
  ...mergeSnapshots
]
