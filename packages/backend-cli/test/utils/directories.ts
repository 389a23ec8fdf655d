import { FileSystem } from "@effect/platform"
import { NodeFileSystem } from "@effect/platform-node"
import { Effect, Layer } from "effect"

/** The directories that generation 9 needs before it attaches a disk. */
const needed = ["/dev/mapper", "/var/lock/ploop", "/var/lock"]

export interface Directories {
  /** Those that the host lacks. */
  readonly missing?: ReadonlyArray<string>
  /** Those to which nobody may write. */
  readonly readOnly?: ReadonlyArray<string>
}

/** The file system of this host, with the directories of another one. */
export const layer = ({ missing = [], readOnly = [] }: Directories = {}): Layer.Layer<FileSystem.FileSystem> =>
  Layer.effect(
    FileSystem.FileSystem,
    Effect.map(FileSystem.FileSystem, (fs): FileSystem.FileSystem => ({
      ...fs,
      stat: (path) =>
        missing.includes(path) ? fs.stat("/nowhere/at/all") : fs.stat(needed.includes(path) ? "/tmp" : path),
      access: (path, options) =>
        readOnly.includes(path)
          ? fs.access("/proc/version/none", options)
          : fs.access(needed.includes(path) ? "/tmp" : path, options)
    }))
  ).pipe(Layer.provide(NodeFileSystem.layer))
