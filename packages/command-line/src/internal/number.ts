/** A whole number; undefined for another text. */
export const integer = (text: string): number | undefined =>
  /^-?\d+$/.test(text) && Number.isSafeInteger(Number(text)) ? Number(text) : undefined

export const positiveRule = "a whole number larger than zero"

/** A whole number larger than zero; undefined for another text. */
export const positive = (text: string): number | undefined => {
  const value = integer(text)
  return value === undefined || value < 1 ? undefined : value
}
