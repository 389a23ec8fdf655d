import type { Rename } from "./values.js"

/** The names that end in six random characters, such as those of temporary directories. */
const temporary = /(ploop-conformance-|\.ploop-new-)([A-Za-z0-9]{6})(?![A-Za-z0-9])/g

/**
 * Gives random names the same name in every recording, of the same length: they
 * are numbered as they appear. `fixed` has other names and what replaces them.
 */
export const make = (fixed: ReadonlyArray<readonly [name: string, replacement: string]>): Rename => {
  const known = new Map<string, string>()
  const longestFirst = fixed.filter(([name]) => name !== "").sort(([a], [b]) => b.length - a.length)
  return (text) =>
    longestFirst.reduce((text, [name, replacement]) => text.replaceAll(name, replacement), text)
      .replaceAll(temporary, (whole, prefix: string, random: string) => {
        if (/^0\d{5}$/.test(random)) return whole
        const renamed = known.get(random) ?? `0${String(known.size + 1).padStart(5, "0")}`
        known.set(random, renamed)
        return `${prefix}${renamed}`
      })
}
