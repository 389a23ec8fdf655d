// @effect-diagnostics nodeBuiltinImport:off
import * as NFS from "node:fs"
import * as NodePath from "node:path"

const isExecutable = (path: string): boolean => {
  try {
    NFS.accessSync(path, NFS.constants.X_OK)
    return NFS.statSync(path).isFile()
  } catch {
    return false
  }
}

/**
 * The path of a program, as `execvp` finds it. A shell has programs of its own for
 * some names, and only an exit code for one that is not there.
 */
export const find = (program: string, path: string | undefined): string | undefined => {
  if (program.includes("/")) return isExecutable(program) ? program.replace(/^(?!\/)/, "./") : undefined
  const directories = (path ?? "").split(NodePath.delimiter)
  return directories.every((directory) => NodePath.isAbsolute(directory))
    ? directories.map((directory) => NodePath.join(directory, program)).find(isExecutable)
    : undefined
}
