import * as Disk from "@effect-ploop/core/Disk"
import * as HostPath from "@effect-ploop/core/HostPath"
import * as SnapshotTree from "@effect-ploop/core/SnapshotTree"
import { Path } from "@effect/platform/Path"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { headerOf } from "./header.js"

/** Whether the in-use flag of an image is set. A raw image has none. */
export const isFlagged = (image: string) => Effect.map(headerOf(image), Option.exists(({ inUse }) => inUse !== 0))

/** The images from the top to the base that have their in-use flag set. */
export const flagged = (disk: Disk.Disk, tree: SnapshotTree.SnapshotTree) =>
  Effect.flatMap(Path, (path) =>
    Effect.filter(
      SnapshotTree.chain(tree, SnapshotTree.top(tree).id).map(({ file }) =>
        HostPath.make(path.resolve(Disk.directory(disk), file))
      ),
      isFlagged
    ))
