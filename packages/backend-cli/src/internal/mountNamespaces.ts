import type { DevicePath } from "@effect-ploop/core/DevicePath"
import { HiddenMount } from "@effect-ploop/core/PloopError"
import { deviceOfSource, unescaped } from "./parse.js"

/** What one mount namespace has mounted: the `mountinfo` of a process in it. */
export interface Table {
  readonly pid: number
  readonly command: string
  readonly text: string
}

/** A mount of a ploop device in another mount namespace. */
export interface ForeignMount {
  readonly device: DevicePath
  readonly mount: HiddenMount
  /** Whether an unmount in this namespace may take it away as well. */
  readonly isReached: boolean
}

/** A mount, and how unmounts spread between it and others. */
interface Line {
  readonly id: string
  readonly parent: string
  /** The numbers of the device, as in `253:1`. */
  readonly number: string
  readonly source: string
  readonly target: string
  /** The group of mounts with which it shares what is mounted and unmounted below it. */
  readonly shared: string | undefined
  /** The group whose mounts and unmounts it follows. */
  readonly follows: string | undefined
}

const groupOf = (fields: ReadonlyArray<string>, name: string): string | undefined =>
  fields.find((field) => field.startsWith(name))?.slice(name.length)

const lineOf = (line: string): ReadonlyArray<Line> => {
  const [head = "", tail = ""] = line.split(" - ", 2)
  const [id, parent, number, , target, , ...groups] = head.split(" ")
  const source = tail.split(" ")[1]
  return id === undefined || parent === undefined || number === undefined || target === undefined ||
      source === undefined
    ? []
    : [{
      id,
      parent,
      number,
      source: unescaped(source),
      target: unescaped(target),
      shared: groupOf(groups, "shared:"),
      follows: groupOf(groups, "master:")
    }]
}

const linesOf = (text: string): ReadonlyArray<Line> => text.split("\n").flatMap(lineOf)

/** What a mount is on. */
const below = (lines: ReadonlyArray<Line>, { parent }: Line): Line | undefined => lines.find(({ id }) => id === parent)

/**
 * Whether an unmount may spread from the mount below one to the mount below the other. The group that a mount follows is
 * not traced further.
 */
const spreads = (from: Line | undefined, to: Line | undefined): boolean =>
  from?.shared !== undefined && (to?.shared === from.shared || to?.follows !== undefined)

/**
 * The mounts of ploop devices that other mount namespaces have. In another `/dev` the name of a device may mean
 * another one, so the numbers must be those that the name has here.
 */
export const foreignMounts = (
  own: string,
  others: ReadonlyArray<Table>,
  numberOf: (path: string) => string | undefined
): ReadonlyArray<ForeignMount> => {
  if (others.every(({ text }) => !text.includes("ploop"))) return []
  const here = linesOf(own)
  return others.flatMap(({ command, pid, text }) => {
    const there = linesOf(text)
    return there.flatMap((line) => {
      const device = deviceOfSource(line.source)
      if (device === undefined || numberOf(line.source) !== line.number) return []
      const isReached = here.some((mount) =>
        mount.number === line.number && spreads(below(here, mount), below(there, line))
      )
      return [{ device, mount: new HiddenMount({ target: line.target, command, pid }), isReached }]
    })
  })
}
