/** Draws the rows of a report that have an expectation, as a chart in SVG. */
import { FileSystem, Path } from "@effect/platform"
import { Effect } from "effect"
import { fileURLToPath } from "node:url"
import type { Expectation, Report, Row } from "./report.js"
import { isMet } from "./report.js"

const [width, height, labels, right] = [960, 28, 460, 60]

/** The end of the range that a row must not cross. */
const limitOf = ({ least, most }: Expectation): number => least > 0 ? least : most

const escape = (text: string): string =>
  text.replace(/[&<>]/g, (char) => char === "&" ? "&amp;" : char === "<" ? "&lt;" : "&gt;")

type Expected = Row & { readonly expectation: Expectation }

const hasExpectation = (row: Row): row is Expected => row.expectation !== undefined

/** A bar from the smallest ratio on, on a logarithmic scale, and a line where the row should end. */
const bar = (row: Expected, index: number, x: (ratio: number) => number): string => {
  const y = index * height + 8
  const end = x(row.ratio)
  const limit = x(limitOf(row.expectation))
  return [
    `<text x="${labels - 8}" y="${y + 14}" text-anchor="end">${escape(row.name)}</text>`,
    `<rect x="${labels}" y="${y}" width="${Math.max(1, end - labels)}" height="18" fill="${
      isMet(row) ? "#2e7d32" : "#c62828"
    }"/>`,
    `<line x1="${limit}" x2="${limit}" y1="${y - 3}" y2="${y + 21}" stroke="black" stroke-width="2"/>`,
    `<text x="${end + 6}" y="${y + 14}">${row.ratio.toPrecision(2)} (${escape(row.expectation.text)})</text>`
  ].join("\n")
}

const draw = ({ rows }: Report): string => {
  const shown = rows.filter(hasExpectation)
  const values = shown.flatMap((row) => [row.ratio, limitOf(row.expectation)])
  const [least, most] = [Math.min(...values, 1) / 2, Math.max(...values, 1) * 2]
  const scale = (width - labels - right - 140) / Math.log(most / least)
  const x = (ratio: number): number => labels + Math.log(ratio / least) * scale
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${shown.length * height + 16}" ` +
    "font-family=\"sans-serif\" font-size=\"13\">",
    "<rect width=\"100%\" height=\"100%\" fill=\"white\"/>",
    ...shown.map((row, index) => bar(row, index, x)),
    "</svg>\n"
  ].join("\n")
}

const directory = fileURLToPath(new URL("../build/bench", import.meta.url))

/** Writes the chart of a topic, and returns its path. */
export const write = (topic: string, report: Report) =>
  Effect.gen(function*() {
    const fs = yield* FileSystem.FileSystem
    const path = yield* Path.Path
    const file = path.join(directory, `${topic}.svg`)
    yield* fs.makeDirectory(directory, { recursive: true })
    yield* fs.writeFileString(file, draw(report))
    return file
  })
