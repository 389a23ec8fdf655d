/** The links of Markdown files to other files of the repository, and to headings in them. */
import { existsSync, readFileSync } from "node:fs"
import { dirname, join, relative } from "node:path"
import { root } from "./sources.js"

const withoutCode = (text: string): string => text.replace(/^(```+)[\s\S]*?^\1/gm, "")

/** The anchor of a heading, as GitHub and the site make it. */
const anchorOf = (heading: string): string =>
  heading
    .replace(/\[([^\]]*)\]\([^)]*\)/g, "$1")
    .toLowerCase()
    .replace(/[^\p{L}\p{N}_\- ]/gu, "")
    .trim()
    .replaceAll(" ", "-")

/** The anchors of the headings of a text. */
const anchors = (text: string): ReadonlySet<string> =>
  new Set([...withoutCode(text).matchAll(/^#+ (.+)$/gm)].map((match) => anchorOf(match[1]!)))

/** The links of a text that do not lead out of the repository, each with its path and its anchor. */
const links = (text: string): ReadonlyArray<readonly [path: string, anchor: string | undefined]> =>
  [...withoutCode(text).matchAll(/\]\((?!https?:)([^)#]*)(?:#([^)]+))?\)/g)].map(([, path = "", anchor]) =>
    [path, anchor] as const
  )

/** The links of a file that lead nowhere. */
export const brokenLinks = (file: string): ReadonlyArray<string> =>
  links(readFileSync(file, "utf8")).flatMap(([path, anchor]) => {
    const target = path === "" ? file : join(dirname(file), path)
    const found = existsSync(target) && (anchor === undefined || anchors(readFileSync(target, "utf8")).has(anchor))
    return found ? [] : [`${relative(root, file)}: ${path}${anchor === undefined ? "" : `#${anchor}`} leads nowhere`]
  })
