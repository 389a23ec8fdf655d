/** Lets the judges of each package decide, and says what they have decided. */
import { Console, Duration, Effect, Ref } from "effect"
import type { Broken } from "./broken.js"
import { isChange } from "./broken.js"
import type { Mutant, Package } from "./engine/Mutant.js"
import * as judges from "./judges/judge.js"
import type { Change, Verdict } from "./judges/Verdict.js"
import { Noticed } from "./judges/Verdict.js"
import { options } from "./options.js"

export interface Judged {
  readonly mutant: Mutant
  readonly verdict: Verdict
}

const inWords = ({ mutant: { equivalent }, verdict }: Judged): string =>
  verdict._tag === "Noticed"
    ? `${verdict.by}${options.why ? `\n    ${verdict.message}` : ""}`
    : equivalent === undefined
    ? "SURVIVED"
    : `survived, as it must: ${equivalent}`

/** The sources as they are may take this long, on a machine that does much else. */
const patience = Duration.minutes(20)

/** The judges of a package, after they have passed the sources as they are. */
const make = (name: Package) =>
  Effect.gen(function*() {
    const judge = yield* judges.make(name, options.jobs)
    const [took, verdict] = yield* Effect.timed(judge({ operation: "" }, patience))
    if (verdict._tag === "Noticed") {
      return yield* new judges.NoVerdict({ message: `${name} fails as it is: ${verdict.by}: ${verdict.message}` })
    }
    yield* Console.log(`${name} as it is passes ${verdict.passed} times`)
    const limit = Duration.sum("2 minutes", Duration.times(took, 4 * options.jobs))
    return (mutant: Mutant, change: Change) =>
      Effect.catchTag(
        judge({ operation: mutant.operation, change }, limit),
        "NoVerdict",
        // What cannot even be loaded is noticed.
        ({ message }) => Effect.succeed<Verdict>(Noticed.make({ by: "a crash", message }))
      )
  })

/** The verdict on each mutant of a package. */
const ofPackage = (name: Package, all: ReadonlyArray<Broken>, done: Ref.Ref<number>) =>
  Effect.gen(function*() {
    const own = all.filter(({ mutant }) => mutant.package === name)
    if (own.length === 0) return []
    const judge = yield* make(name)
    const judged = yield* Effect.forEach(own, ({ mutant, result }) =>
      Effect.gen(function*() {
        if (!isChange(result)) return []
        const judged = { mutant, verdict: yield* judge(mutant, result) }
        const count = yield* Ref.updateAndGet(done, (count) => count + 1)
        yield* Console.log(`${count}/${all.length} ${mutant.broken}  ${inWords(judged)}`)
        return [judged]
      }), { concurrency: options.jobs })
    return judged.flat()
  }).pipe(Effect.scoped)

/** The verdict on each mutant, package after package. */
export const judgeAll = (packages: ReadonlyArray<Package>, all: ReadonlyArray<Broken>) =>
  Effect.gen(function*() {
    const done = yield* Ref.make(0)
    return (yield* Effect.forEach(packages, (name) => ofPackage(name, all, done))).flat()
  })

/** One line: how many mutants of a package were noticed. */
export const summary = (name: Package, all: ReadonlyArray<Judged>): string => {
  const own = all.filter(({ mutant }) => mutant.package === name)
  const noticed = own.filter(({ verdict }) => verdict._tag === "Noticed").length
  const equivalent = own.filter(({ mutant }) => mutant.equivalent !== undefined).length
  return `${name}: ${noticed} of ${own.length} noticed${equivalent > 0 ? `, ${equivalent} called equivalent` : ""}`
}

const isNoticed = ({ verdict }: Judged): boolean => verdict._tag === "Noticed"

const isEquivalent = ({ mutant }: Judged): boolean => mutant.equivalent !== undefined

/** What keeps the tests from being good enough; undefined when nothing does. */
export const complaint = (all: ReadonlyArray<Judged>): string | undefined => {
  const list = (judged: ReadonlyArray<Judged>) => judged.map(({ mutant }) => `\n  ${mutant.broken}`).join("")
  const wrong = all.filter((judged) => isNoticed(judged) && isEquivalent(judged))
  if (wrong.length > 0) return `called equivalent, and noticed:${list(wrong)}`
  const survivors = all.filter((judged) => !isNoticed(judged) && !isEquivalent(judged))
  return survivors.length > options.survivors ? `survived:${list(survivors)}` : undefined
}
