/**
 * The cases, in the order in which they run and are reported.
 *
 * @since 0.1.0
 */
import * as Case from "./Case.js"
import { cases } from "./internal/cases/index.js"

/**
 * Every case of the suite.
 *
 * @since 0.1.0
 * @category cases
 */
export const all: ReadonlyArray<Case.Case> = cases

/**
 * The cases whose identifier or title contains one of the texts, in upper or lower
 * case; every case when there are no texts.
 *
 * @since 0.1.0
 * @category selection
 */
export const select = (filters: ReadonlyArray<string>): ReadonlyArray<Case.Case> => {
  const wanted = filters.map((filter) => filter.toLowerCase())
  return wanted.length === 0
    ? all
    : all.filter(({ id, title }) =>
      wanted.some((text) => id.toLowerCase().includes(text) || title.toLowerCase().includes(text))
    )
}

/**
 * The cases other than those that are named by their identifier or their topic. A
 * name of no case excludes nothing.
 *
 * @example
 * import { Suite } from "@effect-ploop/testkit"
 *
 * const cases = Suite.without(["deviceStatistics", "mount/read-only"])
 *
 * @since 0.2.0
 * @category selection
 */
export const without = (names: ReadonlyArray<Case.Id | Case.Topic>): ReadonlyArray<Case.Case> =>
  all.filter((self) => !names.includes(self.id) && !names.includes(Case.operation(self)))
