import type { Path } from "@effect/platform/Path"
import type * as Action from "../Action.js"
import { makerName } from "./backup/maker.js"
import * as identity from "./identity.js"

const prefix = ".ploop-removing-"

/**
 * A private directory in which a file waits for its removal, beside where it was. Its
 * name has the identity of the file, so that a removal that was cut short can be
 * finished by somebody who knows nothing else.
 */
export const removingPrefix = ({ identity: { inode, modified, size } }: Pick<Action.Remove, "identity">): string =>
  `${prefix}${inode}-${size}-${modified ?? ""}-`

/** Whether a removal that was cut short left this directory. */
export const isRemoving = (name: string): boolean => name.startsWith(prefix)

/** Whether the file is in such a directory. */
export const isAside = (path: Path, file: string): boolean => isRemoving(path.basename(path.dirname(file)))

/** Whether the file in such a directory is the one that it was made for. */
export const isPromised = (name: string, kind: "file" | "directory", found: Action.Identity): boolean => {
  const [inode, size, modified] = name.slice(prefix.length).split("-")
  return identity.sameNumbers(kind, { inode, size, modified }, {
    inode: `${found.inode}`,
    size: `${found.size}`,
    modified: `${found.modified ?? ""}`
  })
}

/** Whether a directory with these names in it can be removed: it has nothing but the mark of a maker that has ended. */
export const isEmpty = (names: ReadonlyArray<string>): boolean => names.every((name) => name === makerName)
