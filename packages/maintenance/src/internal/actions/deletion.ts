import type { Disk } from "@effect-ploop/core/Disk"
import type { SnapshotId } from "@effect-ploop/core/SnapshotId"
import * as Action from "../../Action.js"

/** What a deletion is planned for. */
interface Planned {
  readonly id: SnapshotId
  readonly parent: SnapshotId | undefined
  readonly child: SnapshotId | undefined
}

/** The deletion of a snapshot, without the fields that have no value. */
export const deletion = (disk: Disk, { child, id, parent }: Planned): Action.DeleteSnapshot =>
  new Action.DeleteSnapshot({
    disk,
    id,
    ...(parent !== undefined && { parent }),
    ...(child !== undefined && { child })
  })
