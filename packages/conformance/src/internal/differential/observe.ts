import * as Ploop from "@effect-ploop/core/Ploop"
import { none, type SnapshotId, top } from "@effect-ploop/core/SnapshotId"
import * as SnapshotTree from "@effect-ploop/core/SnapshotTree"
import { print } from "@effect-ploop/testkit/Check"
import { ids } from "@effect-ploop/testkit/Conformance"
import * as FileTree from "@effect-ploop/testkit/FileTree"
import * as FileSystem from "@effect/platform/FileSystem"
import type { Path } from "@effect/platform/Path"
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Option from "effect/Option"
import * as Predicate from "effect/Predicate"
import type { Place } from "./step.js"
import { besideTarget, mountPoints, target } from "./step.js"

/** The fields of errors that callers of any backend act on. */
const fields = [
  "field",
  "rule",
  "id",
  "children",
  "limit",
  "ancestor",
  "option",
  "what",
  "path",
  "image",
  "target",
  "exitCode",
  "reason"
] as const

/** A text with the error of the tool, without the lines about its progress that follow. */
const firstSaid = (text: string): string => text.replace(/( ploop said: .*?) \| .*$/, "$1")

const told = (exit: Exit.Exit<unknown, unknown>): string =>
  Exit.match(exit, {
    onSuccess: (value) => value === undefined ? "success" : print(value),
    onFailure: (cause) => {
      const error = Cause.squash(cause)
      if (!Predicate.hasProperty(error, "_tag")) return String(error)
      // Whether a backend or the tool finds it, and in which words, depends on what reads the descriptor first.
      const compared = error._tag === "DescriptorInvalid" ? [] : fields
      const about = compared.flatMap((name) => {
        const value: unknown = Reflect.get(Object(error), name)
        return value === undefined ? [] : [`${name}: ${print(typeof value === "string" ? firstSaid(value) : value)}`]
      })
      return [String(error._tag), ...about].join(", ")
    }
  })

/** The identifiers that are the same on both targets. */
const chosen: ReadonlySet<string> = new Set<string>([...Object.values(ids), top, none])

/** Replaces what may differ between backends: random parts of names, devices, the directory. */
export const normalizer = ({ directory }: Place): (text: string) => string => {
  const numbered = (prefix: string) => {
    const known = new Map<string, string>()
    return (found: string) => {
      const name = known.get(found) ?? `${prefix}${known.size}`
      known.set(found, name)
      return name
    }
  }
  const suffix = numbered("suffix ")
  const suffixed = (found: string): string => {
    const form = found.includes("{") ? "{}" : ""
    const letters = found === found.toLowerCase() ? "" : " in upper case"
    return `.${form}${suffix(found.toLowerCase().replace(/[.{}]/g, ""))}${letters}`
  }
  const random = numbered("identifier ")
  const identifier = (id: string): string => chosen.has(id) ? id : random(id)
  return (text) => {
    // The numbers depend on the host.
    const device = numbered("device ")
    return text.replaceAll(directory, "DIRECTORY")
      // The tool reports a path as the descriptor has it.
      .replace(/\/\.(?=\/)|\/sub\/\.\.(?=\/)/g, "")
      // The node of an earlier disk on the device may be there still.
      .replace(/, partition: "[^"]*"/g, "")
      .replace(/Error in \w+ \([\w-]+\.c:\d+\): /g, "")
      .replace(/\.\{?[\dA-Fa-f]{8}(?:-[\dA-Fa-f]{4}){3}-[\dA-Fa-f]{12}\}?/g, suffixed)
      // The tool keeps the spelling of identifiers that it does not change.
      .replace(/\{[\dA-Fa-f]{8}(?:-[\dA-Fa-f]{4}){3}-[\dA-Fa-f]{12}\}/g, (id) => identifier(id.toLowerCase()))
      // A list of files is in the order of random parts of their names.
      .replace(/\(([^()]*suffix \d[^()]*)\)/g, (_, list: string) => `(${list.split(", ").sort().join(", ")})`)
      .replace(/(\/dev\/(?:mapper\/)?ploop\d+)(p1)?/g, (_, whole: string, part = "") => `${device(whole)}${part}`)
  }
}

const trees = (place: Place): Effect.Effect<ReadonlyArray<string>, never, FileSystem.FileSystem | Path> =>
  Effect.forEach(
    [target(place), besideTarget(place)],
    (directory) => Effect.map(Effect.exit(FileTree.read(directory)), (exit) => `${directory}: ${told(exit)}`)
  )

/** Whether a query leaves the tool's lock file behind depends on whether it runs the tool. */
const isLockFile = (name: string): boolean => name.endsWith(".lck")

/** The visible state of a disk: descriptor, tree, the files beside it, and the files in its mounts. */
const visible = (place: Place, normalized: (text: string) => string, options: Options) =>
  Effect.gen(function*() {
    const fs = yield* FileSystem.FileSystem
    const ploop = yield* Ploop.Ploop
    const descriptor = yield* Effect.option(fs.readFileString(place.disk))
    const snapshots = yield* Effect.exit(ploop.listSnapshots({ disk: place.disk }))
    const names = (yield* fs.readDirectory(place.directory)).filter((name) =>
      !mountPoints.includes(name) && !isLockFile(name)
    )
    const files = yield* Effect.forEach(names, (name) =>
      Effect.map(fs.stat(`${place.directory}/${name}`), (info) =>
        info.type === "File" && options.sizes ? `${name}: ${info.size} bytes` : `${name}: ${info.type}`))
    const lines = [
      ...Option.getOrElse(descriptor, () =>
        "no descriptor").split("\n").map(normalized),
      ...(Exit.isSuccess(snapshots) ? SnapshotTree.nodes(snapshots.value).map(print) : [told(snapshots)]).map(
        normalized
      ),
      // Random parts of names sort randomly until they are normalized.
      ...files.map(normalized).sort(),
      ...(yield* trees(place)).map(normalized)
    ]
    return {
      lines,
      readable: Exit.isSuccess(snapshots),
      snapshots: new Set(
        Exit.isSuccess(snapshots)
          ? SnapshotTree.nodes(snapshots.value).map(({ id }) =>
            id
          )
          : []
      )
    }
  })

/** Whether to compare the sizes of image files, which requires exact sizes. */
export interface Options {
  readonly sizes: boolean
}

/** What was seen after a step, as lines; whether the step succeeded, and the snapshots after it. */
export interface Observation {
  readonly lines: ReadonlyArray<string>
  readonly succeeded: boolean
  /** Whether the descriptor could be read after the step. */
  readonly readable: boolean
  readonly snapshots: ReadonlySet<SnapshotId>
}

/** Runs a step, and returns its outcome and the visible state after it, as lines. */
export const observe = <E, R>(
  place: Place,
  normalized: (text: string) => string,
  run: Effect.Effect<unknown, E, R>,
  options: Options
) =>
  Effect.gen(function*() {
    const exit = yield* Effect.exit(run)
    const { lines, ...seen } = yield* visible(place, normalized, options)
    return { lines: [normalized(`result: ${told(exit)}`), ...lines], succeeded: Exit.isSuccess(exit), ...seen }
  })
