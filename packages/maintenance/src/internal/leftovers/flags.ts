import type { Disk } from "@effect-ploop/core/Disk"
import type { HostPath } from "@effect-ploop/core/HostPath"
import * as Action from "../../Action.js"
import { all, type Found, kept, step } from "./found.js"

/** A flag without a device is of a crash, or of another host. */
export const judge = (disk: Disk, flagged: ReadonlyArray<HostPath>, mayClear: boolean): Found =>
  all(flagged.map((image) =>
    mayClear
      ? step(new Action.ClearInUseFlag({ disk, image }), "Its in-use flag is set, but no device of this host uses it.")
      : kept(image, "its in-use flag is set: clear it once no other host uses it")
  ))
