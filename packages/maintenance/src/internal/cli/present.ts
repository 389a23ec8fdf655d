import { Ended } from "@effect-ploop/command-line/Ended"
import * as ByteSize from "@effect-ploop/core/ByteSize"
import type { Ploop } from "@effect-ploop/core/Ploop"
import type { FileSystem } from "@effect/platform/FileSystem"
import type { Path } from "@effect/platform/Path"
import * as Cause from "effect/Cause"
import * as Console from "effect/Console"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import * as Action from "../../Action.js"
import type * as MaintenanceError from "../../MaintenanceError.js"
import * as Plan from "../../Plan.js"

/** How a plan is shown and whether it is applied. */
export interface Settings {
  readonly apply: boolean
  readonly json: boolean
}

interface Outcome {
  readonly step: number
  readonly outcome: "applied" | "done" | "left"
  readonly freed?: bigint
}

type Applying<R> = (
  plan: Plan.Plan,
  options: { readonly onOutcome: (outcome: Outcome, step: Plan.Step) => Effect.Effect<void> }
) => Effect.Effect<ReadonlyArray<Outcome>, MaintenanceError.ApplyError | MaintenanceError.PolicyInvalid, R>

interface Failure {
  readonly _tag: string
  readonly message: string
  readonly remedy?: string
}

/** What happened for one disk, or for one set of them. */
interface Ending {
  readonly plan?: typeof Plan.Plan.Encoded
  readonly outcomes?: ReadonlyArray<Outcome>
  /** What went wrong, the first failure first. */
  readonly errors?: ReadonlyArray<Pick<Failure, "_tag" | "message">>
}

const words = ({ message, remedy }: Failure): string => remedy === undefined ? message : `${message}\n${remedy}`

const say = (settings: Settings, text: string) => settings.json ? Effect.void : Console.log(text)

const explain = (errors: Iterable<Failure>) =>
  Effect.forEach(errors, (error) => Console.error(`ploop-maintenance: ${words(error)}`))

const failed = (errors: ReadonlyArray<Failure>): Effect.Effect<Ending> =>
  Effect.as(explain(errors), { errors: errors.map(({ _tag, message }) => ({ _tag, message })) })

/** All expected failures: what failed first, and the cleanup after it. An interruption stays one. */
const settled = <A, E extends Failure, R>(
  effect: Effect.Effect<A, E, R>
): Effect.Effect<Either.Either<A, ReadonlyArray<E>>, never, R> =>
  Effect.catchAllCause(Effect.map(effect, Either.right), (cause) => {
    const failures = Array.from(Cause.failures(cause))
    return Option.match(Cause.keepDefects(cause), {
      onNone: () =>
        Cause.isInterrupted(cause)
          ? Effect.zipRight(explain(failures), Effect.interrupt)
          : Effect.succeed(Either.left(failures)),
      onSome: Effect.failCause
    })
  })

const verbs = { applied: "applied", done: "was done", left: "left for the next time:" } as const

const freedOf = ({ freed = 0n }: Outcome): string =>
  freed === 0n ? "" : `, which freed ${ByteSize.format(ByteSize.ByteSizeFromSelf.make(freed))}`

const applying = <R>(plan: Plan.Plan, settings: Settings, apply: Applying<R>) =>
  apply(plan, {
    onOutcome: (outcome, { action }) =>
      say(
        settings,
        `  ${verbs[outcome.outcome]} ${outcome.step + 1}. ${Action.render(action)}${freedOf(outcome)}`
      )
  })

const one = <E extends Failure, R, R2>(
  planned: Effect.Effect<Plan.Plan, E, R>,
  settings: Settings,
  apply: Applying<R2>
): Effect.Effect<Ending, never, R | R2> =>
  Effect.gen(function*() {
    const made = yield* settled(planned)
    if (Either.isLeft(made)) return yield* failed(made.left)
    const plan = made.right
    yield* say(settings, Plan.render(plan))
    // A plan that a tool has made can be encoded.
    const encoded = Schema.encodeSync(Plan.Plan)(plan)
    if (!settings.apply || Plan.isEmpty(plan)) return { plan: encoded }
    const applied = yield* settled(applying(plan, settings, apply))
    return Either.isLeft(applied)
      ? { plan: encoded, ...(yield* failed(applied.left)) }
      : { plan: encoded, outcomes: applied.right }
  })

const bigintAsText = (_: string, value: unknown): unknown => typeof value === "bigint" ? `${value}` : value

/** Shows and perhaps applies each plan. One that fails does not stop the others, but the exit code is not 0 then. */
export const present = <E extends Failure, R, R2 = Ploop | FileSystem | Path>(
  plans: ReadonlyArray<Effect.Effect<Plan.Plan, E, R>>,
  settings: Settings,
  apply: Applying<R2>
): Effect.Effect<void, Ended, R | R2> =>
  Effect.gen(function*() {
    const endings = yield* Effect.forEach(plans, (planned) => one(planned, settings, apply))
    if (settings.json) yield* Console.log(JSON.stringify(endings, bigintAsText, 2))
    const steps = endings.reduce((total, { plan }) => total + (plan?.steps.length ?? 0), 0)
    if (!settings.apply && steps > 0) yield* say(settings, "Nothing was changed. Add --apply to apply the plan.")
    const failures = endings.flatMap(({ errors }) => (errors ?? []).map(({ _tag }) => _tag))
    const unread = endings.flatMap(({ plan }) => plan?.kept ?? []).filter(({ isUnread }) => isUnread === true)
    if (failures.length === 0 && unread.length > 0) {
      yield* Console.error(
        unread.map(({ reason, subject }) => `ploop-maintenance: ${subject}: ${reason}`).join("\n")
      )
      return yield* new Ended({ code: 1, message: "" })
    }
    if (failures.length > 0) return yield* new Ended({ code: failures.includes("PolicyInvalid") ? 2 : 1, message: "" })
  })
