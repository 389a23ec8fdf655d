import type * as Operation from "@effect-ploop/core/Operation"
import * as PloopError from "@effect-ploop/core/PloopError"
import * as PrintableText from "@effect-ploop/core/PrintableText"
import * as Remedy from "@effect-ploop/core/Remedy"
import * as Array from "effect/Array"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import type { About, Host } from "./host.js"
import type { Found, HostFiles } from "./hostFiles.js"
import { context } from "./outcome.js"
import * as statfsCache from "./statfsCache.js"
import { asideOf } from "./unfinished.js"

interface Seen {
  readonly host: Host
  readonly files: HostFiles
}

/** The operations on a disk that let the tool write no descriptor of it. */
const writeNone: ReadonlySet<Operation.Name> = new Set(["clone", "exportImage", "remove", "umount"])

/** The names by which the tool opens a file, whatever is there: its lock, and the new descriptor before it is complete. */
const opened = (path: string): ReadonlyArray<string> => [asideOf(path), asideOf(asideOf(path)), `${path}.lck`]

const isOwn = ({ kind, links }: Found): boolean => kind === "File" && links === 1

const foreign = ({ host }: Seen, about: About, name: string, does: string, is: string) =>
  new PloopError.Unsupported({
    ...context(about),
    reason: `ploop ${does} ${PrintableText.escape(name)}, which is ${is}`,
    instead: Remedy.texts["not-a-file"]({ name: host.name(name) })
  })

/**
 * Refuses a disk beside which a link has the name of a file of the tool, which would write to the file where the link
 * leads, and make the link the descriptor.
 *
 * - `path`: the real path of the descriptor
 */
export const requireOwn = (seen: Seen, about: About, path: string) =>
  Effect.gen(function*() {
    if (writeNone.has(about.operation)) return
    for (const name of opened(path)) {
      if (!Option.exists(yield* seen.files.inTheWay(name), (file) => !isOwn(file))) continue
      return yield* foreign(seen, about, name, "writes to", "not a file with this name only")
    }
  })

/** The image beside which the tool makes what belongs to the file system; none where the descriptor cannot be read. */
const firstImage = ({ host }: Seen, about: About, path: string) =>
  Effect.map(
    Effect.option(host.descriptor(about, path)),
    Option.flatMap(({ descriptor, image }) => Option.map(Array.head(descriptor.images), ({ file }) => image(file)))
  )

/** Refuses a disk where a link has the name of the directory in which the tool mounts it: it would hide another one. */
export const requireOwnMountPoint = (seen: Seen, about: About, path: string) =>
  Effect.gen(function*() {
    const image = yield* firstImage(seen, about, path)
    if (Option.isNone(image)) return
    const name = `${image.value}.mnt`
    if (!Option.exists(yield* seen.files.inTheWay(name), ({ kind }) => kind === "SymbolicLink")) return
    return yield* foreign(seen, about, name, "mounts the disk at", "a symbolic link")
  })

/** Whether an unmount of the disk would write the numbers of its file system to a file that has another name. */
export const hasForeignNumbers = (seen: Seen, about: About, path: string) =>
  Effect.gen(function*() {
    const image = yield* firstImage(seen, about, path)
    if (Option.isNone(image)) return false
    const found = yield* seen.files.inTheWay(seen.host.join(seen.host.directory(image.value), statfsCache.name))
    return Option.exists(found, (file) => !isOwn(file))
  })
