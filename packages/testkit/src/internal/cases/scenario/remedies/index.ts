import type { Case } from "../../../../Case.js"
import { ofDescriptors } from "./descriptors.js"
import { ofImages } from "./images.js"
import { ofMounts } from "./mounts.js"
import { ofSnapshots } from "./snapshots.js"

export const remedies: ReadonlyArray<Case> = [...ofDescriptors, ...ofImages, ...ofSnapshots, ...ofMounts]
