// @effect-diagnostics nodeBuiltinImport:off
import * as NFS from "node:fs/promises"

/** The numbers of a file system, as bigints: `FileSystem` has no operation for them. */
export const statfs = (path: string) => NFS.statfs(path, { bigint: true })
