import * as Ploop from "@effect-ploop/core/Ploop"
import * as FileSystem from "@effect/platform/FileSystem"
import * as Effect from "effect/Effect"
import * as FastCheck from "effect/FastCheck"
import { snapshots } from "../step.js"
import type { Place, Work } from "../step.js"
import type { Weighted } from "./build.js"
import { both, idle, isReadable, some } from "./build.js"

/** A name for a disk that is not the one that the tool gives it, made ready and taken away again. */
interface Name {
  readonly what: string
  readonly of: (place: Place) => string
  readonly make?: (fs: FileSystem.FileSystem, place: Place) => Work
  readonly drop?: (fs: FileSystem.FileSystem, place: Place) => Work
}

const beside = (what: string, file: string): Name => {
  const of = ({ directory }: Place) => `${directory}/${file}`
  return {
    what,
    of,
    make: (fs, place) => fs.copyFile(place.disk, of(place)),
    drop: (fs, place) => fs.remove(of(place), { force: true })
  }
}

const link = ({ directory }: Place): string => `${directory}/link.xml`

const names: ReadonlyArray<Name> = [
  beside("another name", "disk.xml"),
  beside("a name with blanks", "a disk.xml"),
  beside("a name in upper case", "DISK.XML"),
  beside("a name with another extension", "disk.txt"),
  beside("a name without an extension", "disk"),
  beside("a name that begins with a dash", "-disk.xml"),
  { what: "a missing name", of: ({ directory }) => `${directory}/nowhere.xml` },
  { what: "a name in a missing directory", of: ({ directory }) => `${directory}/nowhere/DiskDescriptor.xml` },
  { what: "the directory", of: ({ directory }) => directory },
  { what: "the image", of: ({ directory }) => `${directory}/root.hdd` },
  { what: "a name with a dot", of: ({ directory }) => `${directory}/./DiskDescriptor.xml` },
  { what: "a name through another directory", of: ({ directory }) => `${directory}/sub/../DiskDescriptor.xml` },
  {
    what: "a link",
    of: link,
    make: (fs, place) => fs.symlink(place.disk, link(place)),
    drop: (fs, place) => fs.remove(link(place), { force: true })
  }
]

const uses: Readonly<Record<string, (ploop: Ploop.Ploop, disk: string) => Work>> = {
  imageInfo: (p, disk) => p.imageInfo({ disk }),
  listSnapshots: (p, disk) => p.listSnapshots({ disk }),
  topDelta: (p, disk) => p.topDelta({ disk }),
  isMounted: (p, disk) => p.isMounted({ disk }),
  check: (p, disk) => p.check({ disk }),
  createSnapshot: (p, disk) => p.createSnapshot({ disk, id: snapshots.d }),
  switchSnapshot: (p, disk) => p.switchSnapshot({ disk, id: snapshots.a }),
  deleteSnapshot: (p, disk) => p.deleteSnapshot({ disk, id: snapshots.a }),
  mergeSnapshots: (p, disk) => p.mergeSnapshots({ disk }),
  convert: (p, disk) => p.convert({ disk, format: "expanded" }),
  umount: (p, disk) => p.umount({ disk })
}

/** Operations on a disk under another name. */
export const misnamed: ReadonlyArray<Weighted> = [
  some(
    2,
    FastCheck.tuple(FastCheck.constantFrom(...names), FastCheck.constantFrom(...Object.entries(uses))),
    ([{ drop, make, of, what }, [name, use]]) => ({
      name: `${name}, by ${what}`,
      when: both(idle, isReadable),
      run: (place) =>
        Effect.gen(function*() {
          const fs = yield* FileSystem.FileSystem
          const ploop = yield* Ploop.Ploop
          yield* make?.(fs, place) ?? Effect.void
          return yield* Effect.ensuring(use(ploop, of(place)), Effect.ignore(drop?.(fs, place) ?? Effect.void))
        })
    })
  )
]
