import * as Either from "effect/Either"
import type { Generation } from "../../Generation.js"
import * as GenerationTraits from "../../GenerationTraits.js"
import type { Name } from "../../Operation.js"
import * as PloopError from "../../PloopError.js"
import type * as SnapshotId from "../../SnapshotId.js"
import * as SnapshotTree from "../../SnapshotTree.js"
import type { Text } from "../remedies.js"
import { texts } from "../remedies.js"
import type { About } from "./model.js"
import { context, unsupported, when } from "./refuse.js"

export const runningDisk = (about: About, device: string | undefined) =>
  device === undefined ? Either.void : Either.left(new PloopError.ImageInUse({ ...context(about), device }))

export const attachedDisk = (about: About, device: string | undefined) =>
  device === undefined ? Either.void : Either.left(new PloopError.AlreadyMounted({ ...context(about), device }))

const insteadOf = ({ operation }: About, device: string): Text => {
  switch (operation) {
    case "mount":
      return texts["other-writer-mount"]({ device })
    case "switchSnapshot":
    case "switchAndDelete":
      return texts["other-writer-switch"]({ device })
    default:
      return texts["other-writer"]({ device })
  }
}

const consequences: Readonly<Partial<Record<Name, string>>> = {
  mount: "what one of two devices writes, the other does not know, and overwrites",
  switchSnapshot: "it would go on writing to a file that is removed",
  switchAndDelete: "it would go on writing to a file that is removed"
}

export const otherWriter = (about: About, device: string | undefined) =>
  device === undefined ? Either.void : Either.left(
    unsupported(
      about,
      `${device} writes to the disk under another component name: ${
        consequences[about.operation] ?? "what it writes later would appear in the snapshot"
      }`,
      insteadOf(about, device)
    )
  )

/** The operations that the tool would do with whatever device has the base image. */
const onDevices: ReadonlySet<Name> = new Set<Name>([
  "replace",
  "umount",
  "resize",
  "encrypt",
  "createSnapshot",
  "createTemporarySnapshot",
  "switchSnapshot",
  "snapshotAndSwitch",
  "switchAndDelete",
  "deleteSnapshot",
  "mergeSnapshots",
  "dropTracking",
  "imageInfo",
  "fileSystemInfo",
  "sizeLimits",
  "balloonStatus",
  "balloonClear",
  "balloonChange",
  "balloonComplete",
  "balloonCheck",
  "balloonRepair",
  "discard",
  "discardStatus",
  "grow"
])

export const mistakesDevices = (generation: Generation, operation: Name): boolean =>
  !GenerationTraits.findsDevicesByPath[generation] && onDevices.has(operation)

export const otherDisk = (about: About, generation: Generation, device: string | undefined) => {
  if (device === undefined) return Either.void
  const reason = `${device} runs another disk with the same base image, as a linked clone, and generation ` +
    `${generation} takes it for the device of this one`
  return Either.left(
    about.operation === "umount"
      ? new PloopError.NotMounted(context(about, reason))
      : unsupported(about, reason, texts["other-disk"]({ device }))
  )
}

export const idleDisk = (about: About, device: string | undefined) =>
  when(device === undefined, () => new PloopError.NotMounted(context(about)))

export const besideWriter = (about: About, generation: Generation, device: string | undefined) =>
  when(
    GenerationTraits.clearsFlagOfWriter[generation] && device !== undefined,
    () =>
      new PloopError.MountFailed(context(
        about,
        `${device} writes to the top delta: the journal of its file system cannot be replayed, and a second device ` +
          "would clear the in-use flag"
      ))
  )

export const temporaryDevices = (
  about: About,
  generation: Generation,
  tree: SnapshotTree.SnapshotTree,
  devices: ReadonlyArray<string>
) => {
  return when(
    GenerationTraits.stopsTemporaryDevices[generation] && devices.length > 0 &&
      SnapshotTree.nodes(tree).some((node) => node.temporary),
    () =>
      unsupported(
        about,
        `${devices.join(", ")} shows a temporary snapshot, which the tool would merge: it would stop the device`,
        texts["temporary-device"]({ devices })
      )
  )
}

export const shownImages = (
  about: About,
  generation: Generation,
  id: SnapshotId.SnapshotId,
  devices: ReadonlyArray<string>
) =>
  when(
    GenerationTraits.marksReadOnlyDevices[generation] && devices.length > 0,
    () =>
      new PloopError.SnapshotInUse({
        ...context(about, "the tool crashes when it unmounts a device whose image was removed"),
        devices: [...devices],
        id
      })
  )
