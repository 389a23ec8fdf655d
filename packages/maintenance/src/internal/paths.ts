/** The directory of a path, as `dirname` has it. */
export const directoryOf = (path: string): string => {
  const slash = path.lastIndexOf("/")
  return slash < 0 ? "." : slash === 0 ? "/" : path.slice(0, slash)
}

/** The last part of a path. */
export const nameOf = (path: string): string => path.slice(path.lastIndexOf("/") + 1)

/** The path of a file that a descriptor names. */
export const resolve = (directory: string, file: string): string =>
  file.startsWith("/") ? file : `${directory === "/" ? "" : directory}/${file}`
