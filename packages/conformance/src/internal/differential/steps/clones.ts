import { further, top } from "../step.js"
import type { Weighted } from "./build.js"
import { exists, on, snapshot, snapshotOrTop, some } from "./build.js"

/** Clones into the directory beside the disk, whose images it may share afterwards. */
export const clones: ReadonlyArray<Weighted> = [
  some(
    2,
    snapshot,
    (it) =>
      on(
        `clone ${it.name}`,
        (p, disk, place) => p.clone({ disk, snapshot: it.id, directory: further(place) }),
        { when: exists(it) }
      )
  ),
  some(
    1,
    snapshotOrTop,
    (it) =>
      on(
        `clone ${it.name} in full`,
        (p, disk, place) =>
          p.clone({ disk, snapshot: it.id, directory: further(place), mode: "full", flatten: it !== top }),
        { when: exists(it) }
      )
  )
]
