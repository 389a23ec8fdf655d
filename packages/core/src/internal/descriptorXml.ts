import * as Either from "effect/Either"
import { XMLBuilder, XMLParser, XMLValidator } from "fast-xml-parser"
import * as xmlText from "./xmlText.js"

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
  cdataPropName: "#cdata",
  // No entity is expanded by the parser, so none can explode; the five that XML predefines are decoded in `xmlText`.
  processEntities: false
} as const

const withoutComments = (text: string): string => text.replace(/<!--[\s\S]*?-->|<!\[CDATA\[[\s\S]*?\]\]>/g, "")

/** libxml2 takes any version that begins with `1.`, and nothing but a version first. */
const isDeclaredWell = (text: string): boolean => {
  const found = /^\ufeff?(<\?xml\s[^]*?\?>)/.exec(text)?.[1]
  return found === undefined || /^<\?xml\s+version\s*=\s*(["'])1\.\d+\1(?:\s[^]*)?\?>$/.test(found)
}

export const parse = (text: string): Either.Either<ReadonlyArray<Node>, string> => {
  const valid = XMLValidator.validate(text)
  if (valid !== true) return Either.left(`${valid.err.msg} (line ${valid.err.line})`)
  if (!isDeclaredWell(text)) return Either.left("its XML declaration must begin with version=\"1.0\"")
  if (xmlText.unwritable.test(text)) return Either.left("it holds a control character")
  // What its entities stand for, the tool leaves out.
  if (/<!DOCTYPE/.test(withoutComments(text))) return Either.left("it must not have a document type")
  return Either.filterOrLeft(
    Either.try({
      // With this option the parser returns a list of nodes.
      try: () => new XMLParser(options).parse(text) as ReadonlyArray<Node>,
      catch: (error) => String(error)
    }),
    (nodes) => nodes.filter(isElement).length <= 1,
    () => "it must have one root element"
  )
}

export const print = (nodes: ReadonlyArray<Node>): string =>
  new XMLBuilder({ ...options, suppressEmptyNode: true }).build(nodes)

/** The name of an element with its prefix, or a name that starts with `#` or `?`. */
export const nameOf = (node: Node): string => Object.keys(node).find((key) => key !== attributes) ?? ""

/** The name without a prefix: the tool does not ask for the namespace. */
export const localName = (node: Node): string => {
  const name = nameOf(node)
  return name.slice(name.indexOf(":") + 1)
}

export const childrenOf = (node: Node): ReadonlyArray<Node> => {
  const content = node[nameOf(node)]
  return Array.isArray(content) ? content : []
}

export const attributesOf = (node: Node): Attributes => {
  const found = node[attributes]
  // Under this key the parser keeps nothing else.
  return found === undefined ? {} : found as Attributes
}

export const isElement = (node: Node): boolean => !/^[#?]/.test(nameOf(node))

export const find = (nodes: ReadonlyArray<Node>, name: string): Node | undefined =>
  nodes.find((node) => localName(node) === name)

export const filter = (nodes: ReadonlyArray<Node>, name: string): ReadonlyArray<Node> =>
  nodes.filter((node) => localName(node) === name)

/** Whether the element holds nothing but text: of anything else the tool reads only a part. */
export const isText = (node: Node): boolean => childrenOf(node).every((child) => typeof child["#text"] === "string")

/** The text of an element; undefined when it has a reference to nothing that is known. */
export const textOf = (node: Node): string | undefined =>
  xmlText.decode(
    childrenOf(node)
      .map((child) => child["#text"])
      .filter((text) => typeof text === "string")
      .join("")
  )

/** What a descriptor calls its top delta, letter by letter; undefined when it does not say. */
export const topGuid = (descriptor: ReadonlyArray<Node>): string | undefined => {
  const root = descriptor.find(isElement)
  const list = root === undefined ? undefined : find(childrenOf(root), "Snapshots")
  const name = list === undefined ? undefined : find(childrenOf(list), "TopGUID")
  return name === undefined ? undefined : textOf(name)
}

export const element = (name: string, children: ReadonlyArray<Node> = []): Node => ({ [name]: children })

/** Text as it stands in an element. */
export const encode = xmlText.encode

export const text = (value: string): Node => ({ "#text": encode(value) })

/** The same element with other content. */
export const withChildren = (node: Node, children: ReadonlyArray<Node>): Node => ({ ...node, [nameOf(node)]: children })
