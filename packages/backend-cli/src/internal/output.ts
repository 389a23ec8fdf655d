import * as PrintableText from "@effect-ploop/core/PrintableText"
import * as LogLevel from "effect/LogLevel"
import { concatUint8Arrays } from "uint8array-extras"

/** The longest piece of a line that is logged, in characters. */
const longestLine = 2000

/** How much may pile up beyond what is kept before it is dropped, in bytes. */
const slack = 64 * 1024

/** Pieces are joined when there are more, so that a program which writes byte by byte does not fill the memory. */
const mostPieces = 1024

const isContinuation = (byte: number | undefined): boolean => byte !== undefined && (byte & 0xc0) === 0x80

/** Where a cut near `at` leaves no character in two; bytes that are not UTF-8 are cut anywhere. */
const boundary = (bytes: Uint8Array, at: number): number => {
  let cut = at
  while (cut > 0 && at - cut < 3 && isContinuation(bytes[cut])) cut--
  return isContinuation(bytes[cut]) ? at : cut
}

/** Never throws: what is not UTF-8 becomes U+FFFD. */
const decode = (bytes: Uint8Array): string =>
  bytes.length === 0 ? "" : new TextDecoder("utf-8", { ignoreBOM: true }).decode(bytes)

/**
 * One output stream of a process: its text, of which the beginning and the end
 * are kept when it is too long, and its lines as they come.
 */
export class Output {
  truncated = false
  private head: Uint8Array = new Uint8Array()
  private pieces: Array<Uint8Array> = []
  private size = 0
  private total = 0
  private decoder: TextDecoder | undefined
  private partial = ""
  private skipping = false

  constructor(private readonly limit: number) {}

  /** Takes the next bytes, and returns the lines that they complete. */
  push(bytes: Uint8Array): ReadonlyArray<string> {
    this.keep(bytes)
    this.decoder ??= new TextDecoder("utf-8", { ignoreBOM: true })
    return this.split(this.decoder.decode(bytes, { stream: true }))
  }

  /** The last line, when it has no end. */
  end(): ReadonlyArray<string> {
    const rest = this.partial + (this.decoder?.decode() ?? "")
    this.decoder = undefined
    this.partial = ""
    return rest === "" || this.skipping ? [] : [rest]
  }

  text(): string {
    const tail = concatUint8Arrays(this.pieces, this.size)
    if (!this.truncated) return decode(tail)
    const start = boundary(tail, tail.length - Math.ceil(this.limit / 2))
    const left = this.total - this.head.length - (tail.length - start)
    return `${decode(this.head)}\n[... ${left} bytes left out ...]\n${decode(tail.subarray(start))}`
  }

  private keep(bytes: Uint8Array): void {
    this.total += bytes.length
    this.size += bytes.length
    this.pieces.push(bytes)
    const tail = Math.ceil(this.limit / 2)
    if (!this.truncated && this.size > this.limit) {
      const all = concatUint8Arrays(this.pieces, this.size)
      const cut = boundary(all, this.limit - tail)
      this.truncated = true
      this.head = new Uint8Array(all.subarray(0, cut))
      this.keepLast(all, all.length - cut)
    } else if (this.truncated && this.size > 2 * tail + slack) {
      // Three more than wanted, so that the cut can move to the beginning of a character.
      this.keepLast(concatUint8Arrays(this.pieces, this.size), tail + 3)
    } else if (this.pieces.length > mostPieces) {
      this.keepLast(concatUint8Arrays(this.pieces, this.size), this.size)
    }
  }

  /** Copies, so that the bytes before can go. */
  private keepLast(bytes: Uint8Array, size: number): void {
    this.size = Math.min(size, bytes.length)
    this.pieces = [new Uint8Array(bytes.subarray(bytes.length - this.size))]
  }

  private split(text: string): ReadonlyArray<string> {
    if (text === "") return []
    const lines: Array<string> = []
    const parts = text.split(/\r\n|\n|\r/)
    for (let index = 0; index < parts.length; index++) {
      const last = index === parts.length - 1
      if (!this.skipping) {
        this.partial += parts[index]!
        if (this.partial.length > longestLine) {
          lines.push(`${this.partial.slice(0, longestLine)}…`)
          this.partial = ""
          this.skipping = true
        } else if (!last && this.partial !== "") {
          lines.push(this.partial)
        }
      }
      if (!last) {
        this.partial = ""
        this.skipping = false
      }
    }
    return lines
  }
}

/** `[ 0.000087] `, which the tool puts before a line from verbosity 4 on. */
const stamp = /^\[[ \d.]+\] /

/**
 * How loud a line of the tool is. A line that begins with `Error` does not mean
 * that the tool fails: its error says what ended the operation.
 */
export const level = (line: string): LogLevel.LogLevel => {
  const words = line.replace(stamp, "")
  if (/^warning\b/i.test(words) || words.startsWith("Rollback:")) return LogLevel.Warning
  if (/^(?:Retrying|Cancelling)\b/.test(words) || words.includes("Dirty flag is set")) return LogLevel.Info
  return LogLevel.Debug
}

/** An argument vector as one line of text, in which its words can be told apart. */
export const join = (argv: ReadonlyArray<string>): string =>
  argv.map((word) =>
    /^[\w@%+=:,./{}~-]+$/.test(word) ? word : `'${PrintableText.escape(word).replaceAll("'", "'\\''")}'`
  ).join(" ")
