/** The links of a package's README where the package is read alone, as on the page of a registry. */
import { posix } from "node:path"

/** Where a README is, and where its links may lead. */
export interface Place {
  /** The directory of the package in the repository, as in `packages/core`. */
  readonly directory: string
  /** The names of the packages by their directories. */
  readonly names: ReadonlyMap<string, string>
  /** The address of the files of the repository, as in `https://github.com/somebody/effect-ploop/blob/main`; undefined while it has none. */
  readonly repository: string | undefined
}

const link = /\[([^\]]*)\]\((?!https?:|#)([^)#]*)(#[^)]*)?\)/g

/** The page of a package for its README, and its file for another one. */
const ofPackage = (name: string, file: string, anchor: string): string =>
  file === "README.md"
    ? `https://www.npmjs.com/package/${name}${anchor}`
    : `https://unpkg.com/${name}/${file}${anchor}`

const target = ({ directory, names, repository }: Place, path: string, anchor: string): string | undefined => {
  const file = posix.join(directory, path)
  const [, owner = "", rest = ""] = /^(packages\/[^/]+)\/(.*)$/.exec(file) ?? []
  const name = names.get(owner)
  if (name !== undefined) return ofPackage(name, rest, anchor)
  return repository === undefined ? undefined : `${repository}/${file}${anchor}`
}

/**
 * A README whose links are all absolute. While the repository has no address, a link to a page that no package has
 * becomes its text and the path of the page.
 */
export const readAlone = (text: string, place: Place): string =>
  text.replace(link, (_, words: string, path: string, anchor = "") => {
    const address = target(place, path, anchor)
    if (address !== undefined) return `[${words}](${address})`
    const file = posix.join(place.directory, path)
    return words.includes(file) ? words : `${words} (${file} in the repository)`
  })

/** The links of a text that lead to no address. */
export const relativeLinks = (text: string): ReadonlyArray<string> => [...text.matchAll(link)].map(([whole]) => whole)
