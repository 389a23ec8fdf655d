import { FileSystem } from "@effect/platform"
import { Effect } from "effect"

/** What the driver shows of a device. */
export interface Shown {
  /** The image of the base delta; no file for it unless given. */
  readonly image?: string
  /** How it reads and writes them; no file for it unless given. */
  readonly io?: string
  /** The images of the higher deltas. Default: none. */
  readonly above?: ReadonlyArray<string>
  readonly readOnly?: boolean
  readonly component?: string
  /** What lies on its partition. */
  readonly holder?: string
  /** In sectors. */
  readonly size?: number
  /** In sectors. */
  readonly blockSize?: number
  readonly version?: number
  readonly counters?: Readonly<Record<string, string>>
}

/** A directory that looks like sysfs with these devices, and with a disk of another kind. */
export const sysfs = (devices: Readonly<Record<string, Shown>>) =>
  Effect.gen(function*() {
    const fs = yield* FileSystem.FileSystem
    const root = yield* fs.makeTempDirectoryScoped({ prefix: "ploop-sysfs-" })
    yield* fs.makeDirectory(`${root}/block/sda`, { recursive: true })
    for (const [name, shown] of Object.entries(devices)) {
      const home = `${root}/block/${name}`
      const above = (shown.above ?? []).map((image, index) => [`pdelta/${index + 1}`, image] as const)
      for (const directory of ["pdelta/0", "pstate", "pstat", ...above.map(([level]) => level)]) {
        yield* fs.makeDirectory(`${home}/${directory}`, { recursive: true })
      }
      if (shown.holder !== undefined) {
        yield* fs.makeDirectory(`${root}/class/block/${name}p1/holders/${shown.holder}`, { recursive: true })
      }
      const files: Record<string, string | undefined> = {
        "pdelta/0/image": shown.image,
        "pdelta/0/io": shown.io,
        ...Object.fromEntries(above.map(([level, image]) => [`${level}/image`, image])),
        ro: shown.readOnly === true ? "1" : "0",
        "pstate/cookie": shown.component ?? "",
        size: shown.size?.toString(),
        "pstate/block_size": shown.blockSize?.toString(),
        "pstate/fmt_version": shown.version?.toString(),
        ...Object.fromEntries(Object.entries(shown.counters ?? {}).map(([name, value]) => [`pstat/${name}`, value]))
      }
      for (const [file, text] of Object.entries(files)) {
        if (text !== undefined) yield* fs.writeFileString(`${home}/${file}`, `${text}\n`)
      }
    }
    return root
  })
