import type { TapedRun } from "@effect-ploop/conformance"
import type { Case } from "@effect-ploop/testkit"

type Taped = TapedRun.TapedRun["cases"][number]

/** A word of a command line without what differs from disk to disk: paths, identifiers and numbers. */
const shapeOf = (word: string): string =>
  word
    .replaceAll(/\/[^\s"':)]*/g, "/path")
    .replaceAll(/\{?[0-9a-f]{8}-[0-9a-f-]{27}\}?/g, "identifier")
    .replaceAll(/\d+/g, "0")

/** The shapes of the command lines that a case runs, each with how it ended. */
const shapesOf = ({ recording }: Taped): Set<string> =>
  new Set(
    recording.flatMap((event) =>
      event._tag === "Run" ? [`${event.argv.map(shapeOf).join(" ")} ${event.exitCode ?? event.signal ?? "none"}`] : []
    )
  )

/** About how long the replay takes, in characters of the tape. */
const costOf = ({ recording }: Taped): number => recording.length * 300 + JSON.stringify(recording).length

/**
 * Some of the cases, in which every command line of the tape has its like, with the same exit code. It takes the case
 * with the most new shapes for its cost, again and again.
 */
export const cover = (cases: ReadonlyArray<Taped>): ReadonlySet<Case.Id> => {
  const left = cases.map((taped) => ({ id: taped.id, shapes: shapesOf(taped), cost: costOf(taped) }))
  const chosen = new Set<Case.Id>()
  for (;;) {
    const best = left.reduce((a, b) => a.shapes.size / a.cost >= b.shapes.size / b.cost ? a : b)
    if (best.shapes.size === 0) return chosen
    chosen.add(best.id)
    const covered = [...best.shapes]
    for (const { shapes } of left) for (const shape of covered) shapes.delete(shape)
  }
}
