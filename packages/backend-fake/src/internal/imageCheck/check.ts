/** The check of generation 1.15, on the bytes of an image file; that of the newer ones differs in some steps. */
import * as ImageExamination from "@effect-ploop/core/ImageExamination"
import * as Option from "effect/Option"
import * as content from "../content.js"

/** What a check may do, and how thorough it is. */
export interface Repairs {
  readonly readOnly: boolean
  readonly force: boolean
  readonly dropInUse: boolean
  readonly hardForce: boolean
  readonly duplicates: boolean
}

/** How the tool ends, what it prints on each stream, and the file afterwards. */
export interface Outcome {
  readonly code: number
  readonly errors: ReadonlyArray<string>
  readonly lines: ReadonlyArray<string>
  readonly bytes: content.Bytes
}

const { headerLength } = ImageExamination

const sector = 512

export const positions = { inUse: ImageExamination.inUsePosition, flags: 52, extension: 56 } as const

const flag = { empty: 1, converting: 2 } as const

const word = (value: number): Uint8Array => {
  const bytes = new Uint8Array(4)
  new DataView(bytes.buffer).setUint32(0, value, true)
  return bytes
}

export const written = (bytes: content.Bytes, position: number, value: number): content.Bytes =>
  Option.getOrThrow(content.write(bytes, position, word(value), undefined)).bytes

/** One check, as it goes. */
export class Check {
  readonly errors: Array<string> = []
  readonly lines: Array<string> = []
  /** The clusters of the file that an entry names, or that the index takes. */
  readonly used = new Set<number>()
  highest: number
  isClean = true
  isFatal = false

  constructor(
    public bytes: content.Bytes,
    readonly path: string,
    readonly header: ImageExamination.Header,
    readonly repairs: Repairs
  ) {
    this.highest = this.tables - 1
    for (let cluster = 0; cluster < this.tables && cluster <= this.clustersInFile; cluster++) this.used.add(cluster)
  }

  get cluster(): number {
    return Number(this.header.clusterSectors) * sector
  }

  /** How many clusters the header and the index take. */
  get tables(): number {
    return Number(this.header.firstSector / this.header.clusterSectors)
  }

  get isInUse(): boolean {
    return this.header.inUse !== 0
  }

  get clustersInFile(): number {
    return Math.ceil(this.bytes.size / this.cluster)
  }

  /** Clears an entry, if the check may do so. */
  clear(index: number, fatal: boolean): void {
    if (this.repairs.readOnly || (fatal && !this.repairs.hardForce)) {
      this.lines.push(fatal ? "FATAL" : "Skipped")
      this.isClean = false
      this.isFatal ||= fatal
      return
    }
    this.lines.push("Fixed")
    this.bytes = written(this.bytes, headerLength + 4 * index, 0)
  }

  beyondDisk(index: number): string {
    return `Data cluster (${index}) beyond block device size... `
  }

  beyondFile(index: number, place: number): string {
    return `Data cluster ${place} beyond EOF, vsec=${index}... `
  }

  entry(index: number, entry: number): void {
    const { clusterSectors, sectors, version } = this.header
    const first = version === 1 ? entry : entry * Number(clusterSectors)
    const place = Math.floor(first / Number(clusterSectors))
    if (BigInt(index) * clusterSectors > sectors) {
      this.lines.push(this.beyondDisk(index))
      return this.clear(index, false)
    }
    if (version === 1 && entry % Number(clusterSectors) !== 0) {
      this.lines.push(`L2 slot (${index}) corrupted... `)
      return this.clear(index, true)
    }
    if ((place + 1) * this.cluster > this.bytes.size) {
      this.lines.push(this.beyondFile(index, place))
      return this.clear(index, true)
    }
    if (this.repairs.duplicates) this.duplicate(index, place)
    this.used.add(place)
    this.highest = Math.max(this.highest, place)
  }

  duplicate(index: number, place: number): void {
    if (!this.used.has(place)) return
    this.lines.push(`Block ${place} is used more than once, vsec=${index}... `)
    this.refuseDuplicate()
  }

  refuseDuplicate(): void {
    if (!this.repairs.readOnly && this.repairs.hardForce) {
      this.lines.push("Ignored")
      return
    }
    this.lines.push("FATAL")
    this.isClean = false
    this.isFatal = true
  }

  /** Goes through the index, and returns whether it is all there. */
  index(): boolean {
    const perTable = this.cluster / 4
    for (let table = 0; table < this.tables; table++) {
      const read = content.read(this.bytes, table * this.cluster, this.cluster)
      if (read.length < this.cluster) {
        this.lines.push("Short read index table")
        return false
      }
      const view = new DataView(read.buffer, read.byteOffset, read.byteLength)
      const skipped = table === 0 ? headerLength / 4 : 0
      for (let at = skipped; at < perTable; at++) {
        const entry = view.getUint32(4 * at, true)
        if (entry !== 0) this.entry(table * perTable + at - headerLength / 4, entry)
      }
    }
    return true
  }

  holes(): void {
    for (let place = 0; place <= this.highest; place++) {
      if (!this.used.has(place)) this.lines.push(`Hole at block ${place}`)
    }
  }

  trim(): void {
    const end = (this.highest + 1) * this.cluster
    if (end >= this.bytes.size) return
    if (this.repairs.readOnly) {
      this.errors.push("Want to trim tail")
      this.highest = this.clustersInFile - 1
      return
    }
    this.lines.push("Trimming tail")
    this.bytes = content.truncate(this.bytes, end, undefined).bytes
  }

  outcome(code: number): Outcome {
    return { code, errors: this.errors, lines: this.lines, bytes: this.bytes }
  }

  /** Compares the header with what the index says, and corrects it. */
  flags(): Outcome {
    const { flags } = this.header
    const right = this.highest + 1 > this.tables ? flags & ~flag.empty : flags | flag.empty
    if (this.isInUse) {
      this.errors.push("Dirty flag is set")
      if (!this.repairs.dropInUse) return this.outcome(37)
    }
    // A number with its highest bit set is negative after an operation on bits.
    if (right >>> 0 !== flags) this.errors.push("CIF_Empty flag is incorrect")
    if (!this.isClean) return this.outcome(11)
    if (!this.isInUse && right >>> 0 === flags) return this.outcome(0)
    if (this.repairs.readOnly) {
      this.errors.push("Image is clean but unable to fix the header on ro image")
      return this.outcome(7)
    }
    this.bytes = written(written(this.bytes, positions.inUse, 0), positions.flags, right >>> 0)
    return this.outcome(0)
  }

  fatal(): Outcome {
    this.errors.push(`Fatal errors were found, image ${this.path} is not repaired`)
    return this.outcome(11)
  }

  run(): Outcome {
    if (!this.isInUse && !this.repairs.force) return this.outcome(0)
    if (this.isInUse && (this.header.flags & flag.converting) !== 0) {
      this.errors.push(`Image ${this.path} is in the changing version state`)
      return this.outcome(17)
    }
    if (!this.index()) return this.outcome(6)
    if (this.repairs.duplicates) this.holes()
    if (this.isFatal) return this.fatal()
    this.trim()
    return this.flags()
  }
}
