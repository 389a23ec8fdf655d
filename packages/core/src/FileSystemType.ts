/**
 * The file system inside an image.
 *
 * @since 0.1.0
 */
import * as Schema from "effect/Schema"

/**
 * File systems that ploop can make; XFS on generation 9 only. It is always passed to
 * the tool, whose default differs between generations.
 *
 * @since 0.1.0
 * @category schemas
 */
export const FileSystemType = Schema.Literal("ext3", "ext4", "xfs").annotations({ identifier: "FileSystemType" })

/**
 * @since 0.1.0
 * @category models
 */
export type FileSystemType = typeof FileSystemType.Type
