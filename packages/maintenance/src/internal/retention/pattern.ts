import type { Policy } from "../../RetentionPolicy.js"

const escaped = (text: string): string => text.replace(/[\\^$.|+()[\]{}]/g, "\\$&")

const ofOne = (pattern: string): RegExp =>
  new RegExp(`^${escaped(pattern).replace(/\*+/g, ".*").replaceAll("?", ".")}$`, "s")

/** Whether one of the patterns matches a name: `*` stands for any characters, `?` for one. */
const matcher = (patterns: ReadonlyArray<string>): (name: string) => boolean => {
  const all = patterns.map(ofOne)
  return (name) => all.some((one) => one.test(name))
}

/** What a policy says of names: whether it is about one, and whether it keeps it. */
export const naming = ({ keepNames, onlyNames }: Pick<Policy, "keepNames" | "onlyNames">) => ({
  about: onlyNames === undefined || onlyNames.length === 0 ? () => true : matcher(onlyNames),
  keeps: matcher(keepNames ?? [])
})
