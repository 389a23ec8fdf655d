import type { Row } from "@effect-ploop/core/GenerationTraits"
import * as content from "../content.js"
import { Check, flag, type Outcome, positions, written } from "./check.js"

/** The generations whose checks have these steps. */
export type Newer = "7" | "9"

interface Trait {
  readonly beyondDisk: string
  readonly fatal: string
  /** Whether a file is filled up because it is in use, whatever the options. */
  readonly fillsInUse: boolean
  /** The code of an image whose last cluster is not whole; generation 9 forgets to fail. */
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

/** The mark of an image in use; any other is taken for none. */
const mark = 0x746f6e59

/** The check of generations 7 and 9. */
export class NewerCheck extends Check {
  readonly sizeBefore = this.bytes.size

  readonly trait: Trait

  constructor(generation: Newer, ...args: ConstructorParameters<typeof Check>) {
    super(...args)
    this.trait = traits[generation]
  }

  get isInUse(): boolean {
    return this.header.inUse === mark
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

  /** Fills the last cluster of a file; says whether the check goes on. */
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

  override duplicate(index: number, place: number): void {
    if (!this.trait.countsDuplicates) return super.duplicate(index, place)
    if (!this.used.has(place)) return
    this.lines.push(`Block ${place} is used more than once, vsec=${index}... `)
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
    // Also where the check was to change nothing.
    const header = written(written(this.bytes, positions.inUse, 0), positions.flags, 0)
    this.bytes = written(written(header, positions.extension, 0), positions.extension + 4, 0)
    return this.outcome(0)
  }

  override run(): Outcome {
    if (!this.align()) return this.outcome(this.trait.partCode)
    if (!this.isInUse && !this.repairs.force) return this.outcome(0)
    if (this.isInUse && (this.header.flags & flag.converting) !== 0) {
      this.errors.push(`Image ${this.path} is in the changing version state`)
      return this.outcome(17)
    }
    return super.run()
  }
}
