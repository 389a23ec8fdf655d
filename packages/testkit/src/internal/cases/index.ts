import type { Case } from "../../Case.js"
import { attachments } from "./attachments.js"
import { balloonChange } from "./balloonChange.js"
import { balloonCheck } from "./balloonCheck.js"
import { balloonClear } from "./balloonClear.js"
import { balloonComplete } from "./balloonComplete.js"
import { balloonRepair } from "./balloonRepair.js"
import { balloonStatus } from "./balloonStatus.js"
import { check } from "./check.js"
import { clear } from "./clear.js"
import { cloning } from "./clone.js"
import { copying } from "./cloneInFull.js"
import { convert } from "./convert.js"
import { copyFrom } from "./copyFrom.js"
import { copyReceive } from "./copyReceive.js"
import { copySend } from "./copySend.js"
import { copyTo } from "./copyTo.js"
import { create } from "./create.js"
import { createSnapshot } from "./createSnapshot.js"
import { createTemporarySnapshot } from "./createTemporarySnapshot.js"
import { deleteDelta } from "./deleteDelta.js"
import { deleteSnapshot } from "./deleteSnapshot.js"
import { deviceOf } from "./deviceOf.js"
import { deviceStatistics } from "./deviceStatistics.js"
import { discard } from "./discard.js"
import { discardStatus } from "./discardStatus.js"
import { dropTracking } from "./dropTracking.js"
import { encryption } from "./encrypt.js"
import { exportImage } from "./exportImage.js"
import { fileSystemInfo } from "./fileSystemInfo.js"
import { grow } from "./grow.js"
import { prerequisites, tool } from "./host.js"
import { imageInfo } from "./imageInfo.js"
import { imageStreams } from "./imageStreams.js"
import { importImage } from "./importImage.js"
import { isMounted } from "./isMounted.js"
import { listDevices } from "./listDevices.js"
import { listSnapshots } from "./listSnapshots.js"
import { mergeDelta } from "./mergeDelta.js"
import { mergeSnapshots } from "./mergeSnapshots.js"
import { mount } from "./mount.js"
import { newShapes } from "./newShapes.js"
import { nextDevice } from "./nextDevice.js"
import { progress } from "./progress.js"
import { remove } from "./remove.js"
import { replace } from "./replace.js"
import { resize } from "./resize.js"
import { restoreDescriptor } from "./restoreDescriptor.js"
import { backups } from "./scenario/backup.js"
import { blockChanges } from "./scenario/blocks.js"
import { changes } from "./scenario/changes.js"
import { concurrency } from "./scenario/concurrency.js"
import { containers } from "./scenario/containers.js"
import { damage } from "./scenario/damage.js"
import { descriptors } from "./scenario/descriptors.js"
import { limits } from "./scenario/limits.js"
import { moving } from "./scenario/moving.js"
import { names } from "./scenario/names.js"
import { nested } from "./scenario/nested.js"
import { remedies } from "./scenario/remedies/index.js"
import { scopes } from "./scenario/scopes.js"
import { trees } from "./scenario/trees.js"
import { unmergeable } from "./scenario/unmergeable.js"
import { wrappers } from "./scenario/wrappers.js"
import { sizeLimits } from "./sizeLimits.js"
import { smallFileSystems } from "./smallFileSystems.js"
import { snapshotAndSwitch } from "./snapshotAndSwitch.js"
import { snapshotSizes } from "./snapshotSizes.js"
import { start } from "./start.js"
import { stop } from "./stop.js"
import { switchAndDelete } from "./switchAndDelete.js"
import { switchSnapshot } from "./switchSnapshot.js"
import { topDelta } from "./topDelta.js"
import { trackedChanges } from "./trackedChanges.js"
import { umount } from "./umount.js"
import { volumes } from "./volumes.js"
import { xfsCases } from "./xfs.js"

export const cases: ReadonlyArray<Case> = [
  ...create,
  ...newShapes,
  ...smallFileSystems,
  ...xfsCases,
  ...restoreDescriptor,
  ...remove,
  ...cloning,
  ...copying,
  ...exportImage,
  ...importImage,
  ...progress,
  ...convert,
  ...encryption,
  ...check,
  ...replace,
  ...mount,
  ...umount,
  ...resize,
  ...createSnapshot,
  ...createTemporarySnapshot,
  ...switchSnapshot,
  ...snapshotAndSwitch,
  ...switchAndDelete,
  ...deleteSnapshot,
  ...mergeSnapshots,
  ...listSnapshots,
  ...snapshotSizes,
  ...imageInfo,
  ...fileSystemInfo,
  ...sizeLimits,
  ...deviceOf,
  ...attachments,
  ...isMounted,
  ...listDevices,
  ...topDelta,
  ...tool,
  ...prerequisites,
  ...balloonStatus,
  ...balloonClear,
  ...balloonChange,
  ...balloonComplete,
  ...balloonCheck,
  ...balloonRepair,
  ...discard,
  ...discardStatus,
  ...deviceStatistics,
  ...imageStreams,
  ...trackedChanges,
  ...dropTracking,
  ...copySend,
  ...copyReceive,
  ...copyTo,
  ...copyFrom,
  ...start,
  ...stop,
  ...clear,
  ...deleteDelta,
  ...mergeDelta,
  ...grow,
  ...nextDevice,
  ...volumes,
  ...wrappers,
  ...containers,
  ...backups,
  ...changes,
  ...blockChanges,
  ...trees,
  ...concurrency,
  ...names,
  ...nested,
  ...descriptors,
  ...damage,
  ...unmergeable,
  ...moving,
  ...scopes,
  ...remedies,
  ...limits
]
