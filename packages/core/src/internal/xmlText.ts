const predefined: ReadonlyMap<string, string> = new Map([
  ["amp", "&"],
  ["lt", "<"],
  ["gt", ">"],
  ["quot", "\""],
  ["apos", "'"]
])

/** Characters that XML 1.0 cannot hold, not even as a reference. */
export const unwritable = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/

const reference = /&(?:#x([\da-fA-F]+)|#(\d+)|([^;&\s]*));?/g

const character = (hex: string | undefined, decimal: string | undefined): string | undefined => {
  const code = hex === undefined ? Number.parseInt(decimal ?? "", 10) : Number.parseInt(hex, 16)
  const found = code > 0 && code <= 0x10ffff ? String.fromCodePoint(code) : "\0"
  return unwritable.test(found) || /^\p{Surrogate}$/u.test(found) ? undefined : found
}

/** The text with its references replaced; undefined when one of them stands for nothing that is known. */
export const decode = (text: string): string | undefined => {
  let isKnown = true
  const decoded = text.replace(reference, (whole, hex, decimal, name) => {
    const found = !whole.endsWith(";")
      ? undefined
      : name === undefined
      ? character(hex, decimal)
      : predefined.get(name)
    if (found === undefined) isKnown = false
    return found ?? whole
  })
  return isKnown ? decoded : undefined
}

/** As libxml2 writes text: a carriage return would not survive the next reading. */
export const encode = (text: string): string =>
  text.replace(/[&<>\r]/g, (char) => ({ "&": "&amp;", "<": "&lt;", ">": "&gt;", "\r": "&#13;" })[char] ?? char)
