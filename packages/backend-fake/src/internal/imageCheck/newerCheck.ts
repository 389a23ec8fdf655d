import type { Row } from "@effect-ploop/core/GenerationTraits"
import { inUse } from "../byteImage.js"
import * as content from "../content.js"
import { Check, type Outcome, positions, written } from "./check.js"

/** The generations whose checks have these steps. */
type Newer = "7" | "9"

interface Trait {
  readonly beyondDisk: string
  readonly fatal: string
  /** Whether a file is filled up because it is in use, whatever the options. */
  readonly fillsInUse: boolean
  /** The code of an image whose last cluster is not whole; generation 9 ends with success. */
  readonly partCode: number
  /** Whether clusters that are used twice are counted, for a decision at the end. */
  readonly countsDuplicates: boolean
  /** Whether clusters behind the last one that is used are cut off. */
  readonly trims: boolean
}

const traits: Readonly<Pick<Row<Trait>, Newer>> = {
  "7": {
    beyondDisk: "is beyond block device size",
    fatal: "was not repaired",
    fillsInUse: true,
    partCode: 11,
    countsDuplicates: true,
    trims: true
  },
  "9": {
    beyondDisk: "beyond block device size",
    fatal: "is not repaired",
    fillsInUse: false,
    partCode: 0,
    countsDuplicates: false,
    trims: false
  }
}

/** The check of generations 7 and 9. */
export class NewerCheck extends Check {
  readonly sizeBefore = this.bytes.size

  readonly trait: Trait

  constructor(generation: Newer, ...args: ConstructorParameters<typeof Check>) {
    super(...args)
    this.trait = traits[generation]
  }

  override get isInUse(): boolean {
    // Any other mark is taken for none.
    return this.header.inUse === inUse
  }

  override beyondDisk(index: number): string {
    return `Data cluster (${index}) ${this.trait.beyondDisk}... `
  }

  override beyondFile(index: number, place: number): string {
    return `Data cluster ${place} is beyond EOF, image size=${this.bytes.size} vsec=${index}... `
  }

  override fatal(): Outcome {
    this.errors.push(`Fatal errors were found, image ${this.path} ${this.trait.fatal}`)
    return this.outcome(11)
  }

  /** Fills the last cluster of a file; returns whether the check goes on. */
  align(): boolean {
    const { force, readOnly } = this.repairs
    const rest = this.sizeBefore % this.cluster
    if (rest === 0) return true
    this.errors.push(`Image size ${this.sizeBefore} is not aligned to cluster ${this.cluster}`)
    const isFixed = force && !readOnly || (this.trait.fillsInUse && this.isInUse)
    if (!isFixed) return false
    const size = this.sizeBefore - rest + this.cluster
    this.lines.push(`Truncate image ${this.path} up to ${size}`)
    this.bytes = content.truncate(this.bytes, size, undefined).bytes
    return true
  }

  override refuseDuplicate(): void {
    if (!this.trait.countsDuplicates) return super.refuseDuplicate()
    this.isFatal = true
  }

  override holes(): void {}

  override trim(): void {
    const end = (this.highest + 1) * this.cluster
    if (!this.trait.trims || !this.isInUse || end >= this.sizeBefore) return
    if (this.repairs.readOnly) {
      this.errors.push("Want to trim tail")
      return
    }
    this.lines.push(`Max cluster: ${this.highest} (image size ${this.sizeBefore}) trimming tail`)
    this.bytes = content.truncate(this.bytes, end, undefined).bytes
  }

  override flags(): Outcome {
    if (this.isInUse) {
      this.errors.push("Dirty flag is set")
      if (!this.repairs.dropInUse) return this.outcome(37)
    }
    if (!this.isClean) return this.outcome(11)
    if (!this.isInUse) return this.outcome(0)
    // A read-only check does this too.
    const header = written(written(this.bytes, positions.inUse, 0), positions.flags, 0)
    this.bytes = written(written(header, positions.extension, 0), positions.extension + 4, 0)
    return this.outcome(0)
  }

  override run(): Outcome {
    return this.align() ? super.run() : this.outcome(this.trait.partCode)
  }
}
