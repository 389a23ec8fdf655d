import * as DevicePath from "@effect-ploop/core/DevicePath"
import * as HashMap from "effect/HashMap"
import * as deviceTable from "./deviceTable.js"
import * as files from "./files.js"
import * as mounts from "./mounts.js"
import { hostVolume } from "./state.js"
import type { Transaction } from "./transaction.js"

/** Removes everything that exists only in the memory of the host. */
export const cut = (tx: Transaction): void => {
  const { devices, handles } = tx.rest
  tx.update({ mounts: mounts.empty, devices: deviceTable.empty, handles: HashMap.empty() })
  for (const device of deviceTable.all(devices)) {
    if (device.volume !== undefined) tx.removeVolume(device.volume)
    for (const node of [device.device, DevicePath.partition(device.device)]) files.unlink(tx, node)
    for (const level of device.levels) tx.forget(level.file)
  }
  for (const { file } of HashMap.values(handles)) if (file.volume === hostVolume) tx.forget(file)
}

/** Closes the files that are open. */
export const closeFiles = (tx: Transaction): void => {
  const { handles } = tx.rest
  tx.update({ handles: HashMap.empty() })
  for (const { file } of HashMap.values(handles)) tx.forget(file)
}
