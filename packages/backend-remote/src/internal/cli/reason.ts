import { ArrayFormatter, type ParseError } from "effect/ParseResult"

/** The first rule that the value breaks, and where: `directories[0] must be an absolute path`. */
export const reasonOf = (error: ParseError): string => {
  const [first] = ArrayFormatter.formatErrorSync(error)
  if (first === undefined) return error.message
  const place = first.path.map((part) => typeof part === "number" ? `[${part}]` : `.${String(part)}`).join("")
  return `${place.replace(/^\./, "")} ${first.message}`.trim()
}
