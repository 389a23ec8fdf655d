import * as Either from "effect/Either"
import type { Name } from "../../Operation.js"
import * as PloopError from "../../PloopError.js"
import type { About } from "./model.js"
import { context, when } from "./refuse.js"

export const runningDisk = (about: About, device: string | undefined) =>
  device === undefined ? Either.void : Either.left(new PloopError.ImageInUse({ ...context(about), device }))

export const attachedDisk = (about: About, device: string | undefined) =>
  device === undefined ? Either.void : Either.left(new PloopError.AlreadyMounted({ ...context(about), device }))

const consequences: Readonly<Partial<Record<Name, string>>> = {
  mount: "what one of two devices writes, the other does not know, and overwrites",
  switchSnapshot: "it would go on writing to a file that is removed",
  switchAndDelete: "it would go on writing to a file that is removed"
}

export const otherWriter = (about: About, device: string | undefined) =>
  device === undefined ? Either.void : Either.left(
    new PloopError.Unsupported({
      ...context(about),
      reason: `${device} writes to the disk under another component name: ${
        consequences[about.operation] ?? "what it writes later would appear in the snapshot"
      }`,
      instead: about.operation === "mount"
        ? `Use ${device}, or unmount it first; or mount the disk read-only.`
        : `Unmount ${device} first; or mount the disk without a component, and take the snapshot while it runs.`
    })
  )

export const idleDisk = (about: About, device: string | undefined) =>
  when(device === undefined, () => new PloopError.NotMounted(context(about)))
