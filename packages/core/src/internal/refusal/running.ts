import * as Either from "effect/Either"
import * as PloopError from "../../PloopError.js"
import type { About } from "./model.js"
import { context, when } from "./refuse.js"

export const runningDisk = (about: About, device: string | undefined) =>
  device === undefined ? Either.void : Either.left(new PloopError.ImageInUse({ ...context(about), device }))

export const attachedDisk = (about: About, device: string | undefined) =>
  device === undefined ? Either.void : Either.left(new PloopError.AlreadyMounted({ ...context(about), device }))

export const idleDisk = (about: About, device: string | undefined) =>
  when(device === undefined, () => new PloopError.NotMounted(context(about)))
