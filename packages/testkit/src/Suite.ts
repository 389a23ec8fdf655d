/**
 * The cases, in the order in which they run and are reported.
 *
 * @since 0.1.0
 */
import * as Array from "effect/Array"
import * as Schema from "effect/Schema"
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
 * A name that {@link without} was given, and that no case has.
 *
 * @since 0.2.0
 * @category errors
 */
export class NameUnknown extends Schema.TaggedError<NameUnknown>("@effect-ploop/testkit/Suite/NameUnknown")(
  "NameUnknown",
  { name: Schema.String }
) {
  override get message(): string {
    const [topic = ""] = this.name.split("/", 1)
    const own = all.filter((self) => Case.operation(self) === topic).map(({ id }) => id)
    return `no case has the identifier or the topic ${this.name}: ${
      own.length === 0
        ? `the topics are ${Array.dedupe(all.map(Case.operation)).join(", ")}`
        : `the cases of ${topic} are ${own.join(", ")}`
    }`
  }
}

/**
 * The cases other than those that are named by their identifier or their topic. It
 * throws {@link NameUnknown} for a name that no case has: otherwise a case whose
 * identifier is misspelt would run.
 *
 * @example
 * import { Suite } from "@effect-ploop/testkit"
 *
 * const cases = Suite.without(["deviceStatistics", "mount/takes-the-device-that-is-given"])
 *
 * @since 0.2.0
 * @category selection
 */
export const without = (names: ReadonlyArray<Case.Id | Case.Topic>): ReadonlyArray<Case.Case> => {
  const isOf = (name: Case.Id | Case.Topic) => (self: Case.Case) => name === self.id || name === Case.operation(self)
  const unknown = names.find((name) => !all.some(isOf(name)))
  if (unknown !== undefined) throw new NameUnknown({ name: unknown })
  return all.filter((self) => !names.some((name) => isOf(name)(self)))
}
