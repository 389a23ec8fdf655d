import * as HashMap from "effect/HashMap"
import * as Option from "effect/Option"
import * as space from "./space.js"

/** The size of a piece of a file, in bytes. Pieces never change, so versions of a file share them. */
export const pieceSize = 65_536

/**
 * A piece of a file: its bytes, where missing bytes at the end read as zeros,
 * and the blocks that it takes in the file system of a disk.
 */
interface Piece {
  readonly bytes: Uint8Array
  readonly runs: ReadonlyArray<space.Run>
}

/** The contents of a regular file. Missing pieces are holes. */
export interface Bytes {
  readonly _tag: "Bytes"
  readonly size: number
  readonly pieces: HashMap.HashMap<number, Piece>
}

export const empty: Bytes = { _tag: "Bytes", size: 0, pieces: HashMap.empty() }

/** A file after a change, the free space that is left, and the blocks that were written to. */
export interface Written {
  readonly bytes: Bytes
  readonly space: space.Space | undefined
  readonly touched: ReadonlyArray<space.Run>
}

const blocksOf = (bytes: Uint8Array): number => Math.ceil(bytes.length / space.blockSize)

const countOf = (runs: ReadonlyArray<space.Run>): number => runs.reduce((sum, run) => sum + run.length, 0)

/** The space that the file takes, in bytes. */
export const allocated = (bytes: Bytes): number => {
  if (bytes instanceof Deferred && bytes.most <= space.blockSize) return space.blockSize
  let sum = 0
  for (const piece of HashMap.values(bytes.pieces)) sum += blocksOf(piece.bytes) * space.blockSize
  return sum
}

export const runs = (bytes: Bytes): ReadonlyArray<space.Run> =>
  [...HashMap.values(bytes.pieces)].flatMap((piece) => piece.runs)

/** The file without the blocks of its pieces, for a copy that has none yet. */
export const unplaced = (bytes: Bytes): Bytes => ({
  _tag: "Bytes",
  size: bytes.size,
  pieces: HashMap.map(bytes.pieces, (piece) => piece.runs.length === 0 ? piece : { bytes: piece.bytes, runs: [] })
})

/** Allocates blocks for the pieces that have none. None when there is not enough space. */
export const place = (bytes: Bytes, free: space.Space): Option.Option<Written> => {
  let left = free
  let pieces = bytes.pieces
  const touched: Array<space.Run> = []
  for (const [index, piece] of bytes.pieces) {
    const missing = blocksOf(piece.bytes) - countOf(piece.runs)
    if (missing <= 0) continue
    const taken = space.allocate(left, missing)
    if (Option.isNone(taken)) return Option.none()
    left = taken.value.space
    for (const run of taken.value.runs) touched.push(run)
    pieces = HashMap.set(pieces, index, { bytes: piece.bytes, runs: [...piece.runs, ...taken.value.runs] })
  }
  return Option.some({ bytes: { _tag: "Bytes", size: bytes.size, pieces }, space: left, touched })
}

const merged = (old: Uint8Array | undefined, offset: number, data: Uint8Array): Uint8Array => {
  if (old === undefined && offset === 0) return new Uint8Array(data)
  const bytes = new Uint8Array(Math.max(old?.length ?? 0, offset + data.length))
  if (old !== undefined) bytes.set(old)
  bytes.set(data, offset)
  return bytes
}

/** Writes bytes. None when there is not enough free space. */
export const write = (
  bytes: Bytes,
  position: number,
  data: Uint8Array,
  free: space.Space | undefined
): Option.Option<Written> => {
  let pieces = bytes.pieces
  let left = free
  const touched: Array<space.Run> = []
  const end = position + data.length
  for (let at = position; at < end;) {
    const index = Math.floor(at / pieceSize)
    const offset = at - index * pieceSize
    const length = Math.min(pieceSize - offset, end - at)
    const old = Option.getOrUndefined(HashMap.get(pieces, index))
    const next = merged(old?.bytes, offset, data.subarray(at - position, at - position + length))
    let places = old?.runs ?? []
    if (left !== undefined) {
      const taken = space.allocate(left, blocksOf(next) - countOf(places))
      if (Option.isNone(taken)) return Option.none()
      left = taken.value.space
      places = [...places, ...taken.value.runs]
      for (const run of places) touched.push(run)
    }
    pieces = HashMap.set(pieces, index, { bytes: next, runs: places })
    at += length
  }
  return Option.some({
    bytes: { _tag: "Bytes", size: Math.max(bytes.size, data.length === 0 ? 0 : end), pieces },
    space: left,
    touched
  })
}

/** Reads at most `length` bytes: fewer at the end of the file. */
export const read = (bytes: Bytes, position: number, length: number): Uint8Array => {
  const end = Math.min(position + length, bytes.size)
  if (end <= position) return new Uint8Array(0)
  const first = Math.floor(position / pieceSize)
  if (Math.floor((end - 1) / pieceSize) === first) {
    const piece = Option.getOrUndefined(HashMap.get(bytes.pieces, first))
    const from = position - first * pieceSize
    if (piece !== undefined && piece.bytes.length >= from + end - position) {
      return piece.bytes.slice(from, from + end - position)
    }
  }
  const result = new Uint8Array(end - position)
  for (let index = first; index * pieceSize < end; index++) {
    const piece = Option.getOrUndefined(HashMap.get(bytes.pieces, index))
    if (piece === undefined) continue
    const start = index * pieceSize
    const from = Math.max(position - start, 0)
    const to = Math.min(end - start, piece.bytes.length)
    if (to > from) result.set(piece.bytes.subarray(from, to), start + from - position)
  }
  return result
}

/** Copies a part of a file into another one that takes no blocks of a disk. What is a hole stays one. */
export const copyPart = (from: Bytes, position: number, length: number, to: Bytes, at: number): Bytes => {
  const end = Math.min(position + length, from.size)
  let result = to
  for (let index = Math.floor(position / pieceSize); index * pieceSize < end; index++) {
    const piece = Option.getOrUndefined(HashMap.get(from.pieces, index))
    if (piece === undefined) continue
    const start = index * pieceSize
    const first = Math.max(position, start)
    const data = piece.bytes.subarray(first - start, Math.min(end, start + piece.bytes.length) - start)
    if (data.length > 0) result = Option.getOrThrow(write(result, at + first - position, data, undefined)).bytes
  }
  return result
}

/** The parts of a file that are not zeros, as the numbers of the units in which they are. */
export const filled = (bytes: Bytes, unit: number): ReadonlyArray<number> => {
  const found = new Set<number>()
  for (const [index, piece] of bytes.pieces) {
    const start = index * pieceSize
    for (let at = 0; at < piece.bytes.length;) {
      const number = Math.floor((start + at) / unit)
      const end = Math.min((number + 1) * unit - start, piece.bytes.length)
      if (piece.bytes.subarray(at, end).some((byte) => byte !== 0)) found.add(number)
      at = end
    }
  }
  return [...found].sort((a, b) => a - b)
}

const withLength = (runs: ReadonlyArray<space.Run>, count: number) => {
  const kept: Array<space.Run> = []
  const freed: Array<space.Run> = []
  let left = count
  for (const run of runs) {
    const length = Math.min(run.length, left)
    if (length > 0) kept.push({ start: run.start, length })
    if (length < run.length) freed.push({ start: run.start + length, length: run.length - length })
    left -= length
  }
  return { kept, freed }
}

/** Changes the size of the file. What it gains is a hole. */
export const truncate = (bytes: Bytes, size: number, free: space.Space | undefined): Written => {
  if (size >= bytes.size) return { bytes: { _tag: "Bytes", size, pieces: bytes.pieces }, space: free, touched: [] }
  let pieces = bytes.pieces
  const freed: Array<space.Run> = []
  for (const [index, piece] of bytes.pieces) {
    const length = size - index * pieceSize
    if (length >= piece.bytes.length) continue
    if (length <= 0) {
      pieces = HashMap.remove(pieces, index)
      for (const run of piece.runs) freed.push(run)
    } else {
      const bytes = piece.bytes.slice(0, length)
      const places = withLength(piece.runs, blocksOf(bytes))
      pieces = HashMap.set(pieces, index, { bytes, runs: places.kept })
      for (const run of places.freed) freed.push(run)
    }
  }
  return {
    bytes: { _tag: "Bytes", size, pieces },
    space: free === undefined ? undefined : space.release(free, freed),
    touched: []
  }
}

const made = new WeakMap<Bytes, Bytes>()

/**
 * Contents that take no blocks of a disk and are made when something reads them. What was made is kept outside, so that the states of two hosts are
 * equal although something was read in one of them only.
 */
export abstract class Deferred implements Bytes {
  readonly _tag = "Bytes"

  /** The maximum size of the file: what needs its size only in blocks does not make the bytes. It has one at least. */
  abstract readonly most: number

  protected abstract render(): Uint8Array

  private get bytes(): Bytes {
    const known = made.get(this)
    if (known !== undefined) return known
    const bytes = make(this.render())
    made.set(this, bytes)
    return bytes
  }

  get size(): number {
    return this.bytes.size
  }

  get pieces(): Bytes["pieces"] {
    return this.bytes.pieces
  }
}

/** A file with these bytes that takes no blocks of a disk. */
export const make = (data: Uint8Array): Bytes => Option.getOrThrow(write(empty, 0, data, undefined)).bytes
