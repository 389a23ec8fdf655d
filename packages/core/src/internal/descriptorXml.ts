import * as Either from "effect/Either"
import { XMLBuilder, XMLParser, XMLValidator } from "fast-xml-parser"

/** A node as the parser keeps order: one key is the name (or `#text`), the other, if any, its attributes. */
export type Node = { readonly [name: string]: ReadonlyArray<Node> | string | Attributes }

type Attributes = Readonly<Record<string, string>>

const attributes = ":@"

const options = {
  preserveOrder: true,
  ignoreAttributes: false,
  attributeNamePrefix: "",
  parseTagValue: false,
  parseAttributeValue: false,
  trimValues: false,
  commentPropName: "#comment",
  // No entity is expanded by the parser, so none can explode; the five that XML predefines are decoded below.
  processEntities: false
} as const

const predefined: Readonly<Record<string, string>> = { amp: "&", lt: "<", gt: ">", quot: "\"", apos: "'" }

const decodeEntities = (text: string): string =>
  text.replace(/&(?:#x([\da-f]{1,6})|#(\d{1,7})|(\w+));/gi, (whole, hex, decimal, name) => {
    if (name !== undefined) return predefined[name] ?? whole
    const code = hex === undefined ? Number.parseInt(decimal, 10) : Number.parseInt(hex, 16)
    return code <= 0x10ffff ? String.fromCodePoint(code) : whole
  })

/** As libxml2 writes text: a carriage return would not survive the next reading. */
const encodeEntities = (text: string): string =>
  text.replace(/[&<>\r]/g, (char) => ({ "&": "&amp;", "<": "&lt;", ">": "&gt;", "\r": "&#13;" })[char] ?? char)

export const parse = (text: string): Either.Either<ReadonlyArray<Node>, string> => {
  const valid = XMLValidator.validate(text)
  if (valid !== true) return Either.left(`${valid.err.msg} (line ${valid.err.line})`)
  return Either.try({
    try: () => new XMLParser(options).parse(text) as ReadonlyArray<Node>,
    catch: (error) => String(error)
  })
}

export const print = (nodes: ReadonlyArray<Node>): string =>
  new XMLBuilder({ ...options, suppressEmptyNode: true }).build(nodes)

export const nameOf = (node: Node): string => Object.keys(node).find((key) => key !== attributes) ?? ""

export const childrenOf = (node: Node): ReadonlyArray<Node> => {
  const content = node[nameOf(node)]
  return Array.isArray(content) ? content : []
}

export const isElement = (node: Node): boolean => !/^[#?]/.test(nameOf(node))

export const find = (nodes: ReadonlyArray<Node>, name: string): Node | undefined =>
  nodes.find((node) => nameOf(node) === name)

export const filter = (nodes: ReadonlyArray<Node>, name: string): ReadonlyArray<Node> =>
  nodes.filter((node) => nameOf(node) === name)

export const textOf = (node: Node): string =>
  decodeEntities(
    childrenOf(node)
      .map((child) => child["#text"])
      .filter((text) => typeof text === "string")
      .join("")
  )

export const element = (name: string, children: ReadonlyArray<Node> = []): Node => ({ [name]: children })

export const text = (value: string): Node => ({ "#text": encodeEntities(value) })

/** The same element with other content. */
export const withChildren = (node: Node, children: ReadonlyArray<Node>): Node => ({ ...node, [nameOf(node)]: children })
