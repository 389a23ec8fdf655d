/**
 * The documentation of a program: its help and its manual page are written from it.
 *
 * @since 0.2.0
 */
import type * as Manual from "./Manual.js"

/**
 * The documentation of a subcommand, or of a command that has none.
 *
 * @since 0.2.0
 * @category models
 */
export interface Page extends Manual.Described {
  /** The name of the subcommand; empty for a command that has none. */
  readonly name: string
  /** Its usage in one line. */
  readonly usage: string
  /** The variables of the environment that it reads, beside those that its options name. */
  readonly environment: ReadonlyArray<Manual.Entry>
  /** Command lines, and what each does. */
  readonly examples: ReadonlyArray<Manual.Entry>
}

/**
 * The documentation of a program.
 *
 * @since 0.2.0
 * @category models
 */
export interface Book {
  /** As in `ploop-fleet`. */
  readonly name: string
  /** The version of its package. */
  readonly version: string
  /** What it does, in a few words without a period. */
  readonly summary: string
  /** What it does, in sentences. */
  readonly description: string
  /** A page for each subcommand, in the order of the help; or the only one. */
  readonly pages: ReadonlyArray<Page>
  /** The options of every subcommand. */
  readonly options: ReadonlyArray<Manual.Entry>
  /** Each exit code, and what it means. */
  readonly exitCodes: ReadonlyArray<Manual.Entry>
  /** The variables of the environment that some subcommands read. */
  readonly environment: ReadonlyArray<Manual.Entry>
  /** The variables of the environment that every subcommand reads. */
  readonly commonEnvironment: ReadonlyArray<Manual.Entry>
}
