/**
 * The remedies that errors have: what a person can do about each cause. A test
 * executes each of them: followed to the letter, none loses data.
 *
 * @since 0.2.0
 */
import { texts as internal } from "./internal/remedies.js"

/**
 * The text of a remedy.
 *
 * @since 0.2.0
 * @category models
 */
export type { Text } from "./internal/remedies.js"

/**
 * The text of each remedy, by its name, from the fields of the error that are in it.
 *
 * @example
 * import { PloopError, Remedy } from "@effect-ploop/core"
 *
 * const directory = "/vz/101"
 * const error = new PloopError.DirectoryNotFound({ operation: "create", subject: directory, text: "", directory })
 * console.log(error.remedy === Remedy.texts["directory-not-found"]({ directory })) // true
 *
 * @since 0.2.0
 * @category constants
 */
export const texts = internal

/**
 * The name of a remedy: of the class of the error, or of the cause.
 *
 * @since 0.2.0
 * @category models
 */
export type Name = keyof typeof texts

/**
 * The names of all remedies.
 *
 * @since 0.2.0
 * @category constants
 */
// The keys of the table are its names.
export const names = Object.keys(texts) as ReadonlyArray<Name>
