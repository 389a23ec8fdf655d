import { Ended, misused } from "@effect-ploop/command-line/Ended"
import * as Report from "@effect-ploop/testkit/Report"
import * as FileSystem from "@effect/platform/FileSystem"
import * as Path from "@effect/platform/Path"
import * as Effect from "effect/Effect"

/** The formats of reports. */
export const formats = ["junit", "json", "html"] as const

type Format = (typeof formats)[number]

const format: Readonly<Record<Format, (report: Report.Report) => string>> = {
  junit: Report.toJUnit,
  json: Report.toJson,
  html: Report.toHtml
}

/** A report that was requested: its format, and its file. */
export interface Wanted {
  readonly key: Format
  readonly value: string
}

/** The file of a report, and the function that formats it. */
export interface Destination {
  /** The format. */
  readonly key: Format
  /** The absolute path. */
  readonly file: string
  readonly format: (report: Report.Report) => string
}

/** Checks that the requested reports can be written, before anything runs. */
export const destinations = (
  wanted: ReadonlyArray<Wanted>
): Effect.Effect<ReadonlyArray<Destination>, Ended, FileSystem.FileSystem | Path.Path> =>
  Effect.gen(function*() {
    const fs = yield* FileSystem.FileSystem
    const path = yield* Path.Path
    return yield* Effect.forEach(wanted, ({ key, value: file }) =>
      Effect.mapBoth(fs.access(path.dirname(path.resolve(file)), { writable: true }), {
        onFailure: (error) =>
          misused(`--report is ${key}=${file}, but the directory of the file must be writable: ${error.message}`),
        onSuccess: () => ({ key, file: path.resolve(file), format: format[key] })
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
