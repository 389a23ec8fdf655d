import * as Report from "@effect-ploop/testkit/Report"
import * as FileSystem from "@effect/platform/FileSystem"
import * as Path from "@effect/platform/Path"
import * as Effect from "effect/Effect"
import type * as HashMap from "effect/HashMap"
import { Ended, misused } from "./exit.js"

const formats: Readonly<Record<string, (report: Report.Report) => string>> = {
  junit: Report.toJUnit,
  json: Report.toJson,
  html: Report.toHtml
}

/** The file of a report, and the function that formats it. */
interface Destination {
  readonly file: string
  readonly format: (report: Report.Report) => string
}

/** Checks that the requested reports can be written, before anything runs. */
export const destinations = (
  wanted: HashMap.HashMap<string, string> | undefined
): Effect.Effect<ReadonlyArray<Destination>, Ended, FileSystem.FileSystem | Path.Path> =>
  Effect.gen(function*() {
    const fs = yield* FileSystem.FileSystem
    const path = yield* Path.Path
    return yield* Effect.forEach(wanted ?? [], ([name, file]) =>
      Effect.gen(function*() {
        const format = formats[name]
        if (format === undefined) {
          return yield* misused(`--report is ${name}=${file}, but the format must be junit, json or html`)
        }
        yield* Effect.mapError(
          fs.access(path.dirname(path.resolve(file)), { writable: true }),
          (error) =>
            misused(
              `--report is ${name}=${file}, but the directory of the file must be writable: ${error.message}`
            )
        )
        return { file, format }
      }))
  })

export const write = (
  all: ReadonlyArray<Destination>,
  report: Report.Report
): Effect.Effect<void, Ended, FileSystem.FileSystem> =>
  Effect.gen(function*() {
    const fs = yield* FileSystem.FileSystem
    yield* Effect.forEach(all, ({ file, format }) =>
      Effect.mapError(
        fs.writeFileString(file, format(report)),
        (error) => new Ended({ code: 2, message: `the report ${file} could not be written: ${error.message}` })
      ), { discard: true })
  })
