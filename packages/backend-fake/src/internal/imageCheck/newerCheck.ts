import type { Row } from "@effect-ploop/core/GenerationTraits"
import * as content from "../content.js"
import { Check, flag, type Outcome, positions, written } from "./check.js"

/** The generations whose checks have these steps. */
export type Newer = "7" | "9"

/** What the two say and do differently. */
const texts: Readonly<Pick<Row<{ readonly beyondDisk: string; readonly fatal: string }>, Newer>> = {
  "7": { beyondDisk: "is beyond block device size", fatal: "was not repaired" },
  "9": { beyondDisk: "beyond block device size", fatal: "is not repaired" }
}

/** The mark of an image in use; any other is taken for none. */
const mark = 0x746f6e59

/** The check of generations 7 and 9. */
export class NewerCheck extends Check {
  readonly sizeBefore = this.bytes.size

  constructor(
    readonly generation: Newer,
    ...args: ConstructorParameters<typeof Check>
  ) {
    super(...args)
  }

  get isInUse(): boolean {
    return this.header.inUse === mark
  }

  override beyondDisk(index: number): string {
    return `Data cluster (${index}) ${texts[this.generation].beyondDisk}... `
  }

  override beyondFile(index: number, place: number): string {
    return `Data cluster ${place} is beyond EOF, image size=${this.bytes.size} vsec=${index}... `
  }

  override fatal(): Outcome {
    this.errors.push(`Fatal errors were found, image ${this.path} ${texts[this.generation].fatal}`)
    return this.outcome(11)
  }

  /** Fills the last cluster of a file; says whether the check goes on. */
  align(): boolean {
    const { force, readOnly } = this.repairs
    const rest = this.sizeBefore % this.cluster
    if (rest === 0) return true
    this.errors.push(`Image size ${this.sizeBefore} is not aligned to cluster ${this.cluster}`)
    const isFixed = force && !readOnly || (this.generation === "7" && this.isInUse)
    if (!isFixed) return false
    const size = this.sizeBefore - rest + this.cluster
    this.lines.push(`Truncate image ${this.path} up to ${size}`)
    this.bytes = content.truncate(this.bytes, size, undefined).bytes
    return true
  }

  /** Generation 7 counts them, and decides at the end. */
  override duplicate(index: number, place: number): void {
    if (this.generation === "9") return super.duplicate(index, place)
    if (!this.used.has(place)) return
    this.lines.push(`Block ${place} is used more than once, vsec=${index}... `)
    this.isFatal = true
  }

  override holes(): void {}

  override trim(): void {
    const end = (this.highest + 1) * this.cluster
    if (this.generation !== "7" || !this.isInUse || end >= this.sizeBefore) return
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
    // Generation 9 forgets to fail.
    if (!this.align()) return this.outcome(this.generation === "7" ? 11 : 0)
    if (!this.isInUse && !this.repairs.force) return this.outcome(0)
    if (this.isInUse && (this.header.flags & flag.converting) !== 0) {
      this.errors.push(`Image ${this.path} is in the changing version state`)
      return this.outcome(17)
    }
    return super.run()
  }
}
