import type { Entry } from "./entries.js"

/** The directory in which the CLI backend makes files until they are complete: its own, with six random characters. */
const privateName = /^\.ploop-new-[A-Za-z0-9]{6}$/

/** The directory of the file that `ImageStream` sends or receives: its own, with six random characters. */
const streamName = /^\.ploop-stream-[A-Za-z0-9]{6}$/

/** The directory of a backup or of a restored disk until it is complete. */
const stageName = /\.partial-[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/

/** Whether a directory is of a backup or of a restored disk that is not complete. */
export const isStage = ({ info, name }: Pick<Entry, "info" | "name">): boolean =>
  info.type === "Directory" && stageName.test(name)

/**
 * What a directory is in which something is made; undefined of any other directory. Whether its maker is alive is shown
 * by a lock alone, which the backend asks for: neither a name nor an age proves that nobody works in it.
 */
export const reasonOf = ({ info, name }: Entry): string | undefined => {
  if (info.type !== "Directory") return undefined
  if (privateName.test(name)) {
    return "an operation works in it, or was killed: the next operation that makes files here removes it then"
  }
  if (streamName.test(name)) {
    return "a disk is sent or received in it as a stream, or was until a kill: remove the directory once nobody works on it"
  }
  return isStage({ info, name })
    ? "a backup or a restoration is being made in it, or was cut short: apply its plan again, or remove the directory, " +
      "and the snapshot of the disk with the identifier in its name, once nobody works on it"
    : undefined
}
