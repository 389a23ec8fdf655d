/**
 * The formats in which a disk leaves ploop, and enters it.
 *
 * @since 0.2.0
 */
import * as Schema from "effect/Schema"
import * as qcow2 from "./internal/qcow2.js"

/**
 * - `raw`: the bytes of the disk, in a sparse file of its size;
 * - `qcow2`: the format of QEMU, which `qemu-img` of the host reads and writes.
 *
 * @since 0.2.0
 * @category schemas
 */
export const ExchangeFormat = Schema.Literal("raw", "qcow2").annotations({ identifier: "ExchangeFormat" })

/**
 * @since 0.2.0
 * @category models
 */
export type ExchangeFormat = typeof ExchangeFormat.Type

/**
 * The header of a qcow2 image of version 3 that has no data yet.
 *
 * - `size`: the size of the disk, in bytes
 *
 * @since 0.2.0
 * @category formatting
 */
export const qcow2Header: (size: bigint) => Uint8Array = qcow2.write
