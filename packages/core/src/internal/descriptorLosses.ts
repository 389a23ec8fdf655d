import type { Generation } from "../Generation.js"
import type { Row } from "../GenerationTraits.js"
import * as xml from "./descriptorXml.js"

/** Something in the text of a descriptor that the tool would not write again. */
export interface Loss {
  /** Its place, as in `/Disk_Parameters/Name`. */
  readonly path: string
  /** What it is, for a sentence. */
  readonly what: string
}

interface Known {
  readonly writtenBy: Row<boolean>
  /** Whether it may be there several times. */
  readonly isList?: boolean
  readonly children?: Elements
  /** The content that it must have, because the tool writes another one whatever it read. */
  readonly content?: RegExp
}

type Elements = Readonly<Record<string, Known>>

const every: Row<boolean> = { "1.15": true, "7": true, "9": true }

const newer: Row<boolean> = { "1.15": false, "7": true, "9": true }

const leaves = (writtenBy: Row<boolean>, ...names: ReadonlyArray<string>): Elements =>
  Object.fromEntries(names.map((name) => [name, { writtenBy }]))

/** The elements that the generations write. */
const elements: Elements = {
  Disk_Parameters: {
    writtenBy: every,
    children: {
      ...leaves(every, "Disk_size", "Max_delta_size", "Cylinders", "Heads", "Sectors"),
      Padding: { writtenBy: every, content: /^0?$/ },
      Encryption: { writtenBy: newer, children: leaves(newer, "KeyId") }
    }
  },
  StorageData: {
    writtenBy: every,
    children: {
      Volume: {
        writtenBy: newer,
        children: {
          ...leaves(newer, "Parent", "SnapshotGUID"),
          ReadOnly: { writtenBy: newer, content: /^1?$/ }
        }
      },
      Storage: {
        writtenBy: every,
        children: {
          Start: { writtenBy: every, content: /^0?$/ },
          // It is computed from the size.
          End: { writtenBy: every, content: /^\d*$/ },
          ...leaves(every, "Blocksize", "Preallocated"),
          Image: { writtenBy: every, isList: true, children: leaves(every, "GUID", "Type", "File") }
        }
      }
    }
  },
  Snapshots: {
    writtenBy: every,
    children: {
      ...leaves(every, "TopGUID"),
      Shot: {
        writtenBy: every,
        isList: true,
        children: {
          ...leaves(every, "GUID", "ParentGUID"),
          Temporary: { writtenBy: every, content: /^$/ }
        }
      }
    }
  }
}

const isNil = (text: string): boolean => /^(?:\{?[0-]*\}?)$/.test(text.trim())

/** Whether there is nothing in an element that describes an encryption. */
const encryptsNothing = (node: xml.Node): boolean =>
  Object.keys(xml.attributesOf(node)).length === 0 &&
  xml.childrenOf(node).every((child) => xml.isElement(child) ? encryptsNothing(child) : isNil(`${child["#text"]}`))

const isNamespace = (name: string): boolean => /^xmlns(?::|$)/.test(name)

const attributesOf = (node: xml.Node, path: string): ReadonlyArray<Loss> =>
  Object.keys(xml.attributesOf(node))
    .filter((name) => !isNamespace(name))
    .map((name) => ({ path, what: `the attribute ${name}` }))

/** Comments, instructions, and text where the tool expects elements or nothing. */
const betweenElements = (nodes: ReadonlyArray<xml.Node>, path: string): ReadonlyArray<Loss> =>
  nodes.flatMap((node): ReadonlyArray<Loss> => {
    const name = xml.nameOf(node)
    if (xml.isElement(node) || name === "?xml") return []
    if (name === "#text") return `${node["#text"]}`.trim() === "" ? [] : [{ path, what: "text between elements" }]
    return [{
      path,
      what: name === "#comment" ? "a comment" : name === "#cdata" ? "a CDATA section" : "an instruction"
    }]
  })

const ofLeaf = (node: xml.Node, path: string, content: RegExp | undefined): ReadonlyArray<Loss> => {
  if (!xml.isText(node)) return [{ path, what: "more than text" }]
  const text = xml.textOf(node)?.trim() ?? ""
  return content === undefined || content.test(text) ? [] : [{ path, what: `the text ${JSON.stringify(text)}` }]
}

const ofElement = (
  node: xml.Node,
  path: string,
  known: Known | undefined,
  generation: Generation
): ReadonlyArray<Loss> => {
  if (known === undefined || !known.writtenBy[generation]) {
    return xml.localName(node) === "Encryption" && encryptsNothing(node) ? [] : [{ path, what: "an element" }]
  }
  const { children, content } = known
  return [
    ...attributesOf(node, path),
    ...(children === undefined ? ofLeaf(node, path, content) : ofChildren(node, path, children, generation))
  ]
}

const ofChildren = (
  node: xml.Node,
  path: string,
  known: Elements,
  generation: Generation
): ReadonlyArray<Loss> => {
  const seen = new Set<string>()
  const children = xml.childrenOf(node)
  const inElements = children.filter(xml.isElement).flatMap((child) => {
    const name = xml.localName(child)
    const at = `${path}/${name}`
    const row = Object.hasOwn(known, name) ? known[name] : undefined
    if (seen.has(name) && row?.isList !== true) return [{ path: at, what: "a second element of this name" }]
    seen.add(name)
    return name !== "Encryption" && encryptionIn(path) && encryptsNothing(child)
      ? []
      : ofElement(child, at, row, generation)
  })
  return [...betweenElements(children, path === "" ? "/" : path), ...inElements]
}

const encryptionIn = (path: string): boolean => path.endsWith("/Encryption")

/** What is in a descriptor and would not be there after the tool has written it again. */
export const losses = (nodes: ReadonlyArray<xml.Node>, generation: Generation): ReadonlyArray<Loss> => [
  ...betweenElements(nodes, "/"),
  ...nodes.filter(xml.isElement).flatMap((root) => [
    ...attributesOf(root, "/"),
    ...ofChildren(root, "", elements, generation)
  ])
]
