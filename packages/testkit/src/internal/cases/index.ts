import type { Case } from "../../Case.js"
import { check } from "./check.js"
import { convert } from "./convert.js"
import { create } from "./create.js"
import { createSnapshot } from "./createSnapshot.js"
import { deviceOf } from "./deviceOf.js"
import { fileSystemInfo } from "./fileSystemInfo.js"
import { prerequisites, tool } from "./host.js"
import { imageInfo } from "./imageInfo.js"
import { isMounted } from "./isMounted.js"
import { listDevices } from "./listDevices.js"
import { mount } from "./mount.js"
import { replace } from "./replace.js"
import { restoreDescriptor } from "./restoreDescriptor.js"
import { umount } from "./umount.js"

export const cases: ReadonlyArray<Case> = [
  ...create,
  ...restoreDescriptor,
  ...convert,
  ...check,
  ...replace,
  ...mount,
  ...umount,
  ...createSnapshot,
  ...imageInfo,
  ...fileSystemInfo,
  ...deviceOf,
  ...isMounted,
  ...listDevices,
  ...tool,
  ...prerequisites
]
