/**
 * The prose of a file: comments, text in string literals, and Markdown outside
 * code. Everything else is blanked out, so that positions stay those of the
 * file.
 */
import { extname } from "node:path"
import ts from "typescript"

/** Separates two pieces of prose, so that no sentence runs from one into the other. */
export const border = "\u0001"

interface Range {
  readonly pos: number
  readonly end: number
}

const blank = (text: string): string => text.replace(/[^\n]/g, " ")

/** The text with all matches blanked out. */
const without = (text: string, ...patterns: ReadonlyArray<RegExp>): string =>
  patterns.reduce((rest, pattern) => rest.replace(pattern, blank), text)

const codeSpan = /(`+)(?!`)[^`]+?\1(?!`)/g

/** Keeps only these ranges of the text, each cleaned up, and changes no positions. */
const only = (
  text: string,
  ranges: ReadonlyArray<Range>,
  clean: (piece: string) => string
): string => {
  let prose = ""
  for (const { end, pos } of ranges) {
    prose += text.slice(prose.length, pos).replace(/[^\n]/g, border) + clean(text.slice(pos, end))
  }
  return prose + text.slice(prose.length).replace(/[^\n]/g, border)
}

const isComment = (piece: string): boolean => piece.startsWith("/*") || piece.startsWith("//")

const cleanComment = (comment: string): string =>
  without(
    comment,
    /@example[\s\S]*?(?=\n\s*\*\s*@|\*\/)/g,
    /\{@\w+[^}]*\}/g,
    /@\w+/g,
    codeSpan,
    /^\/\*\*?|\*\/$|^\/\//g,
    /(?<=\n)\s*(?:\*|\/\/) ?/g
  )

/** A literal without white space is a name, a path or an identifier. */
const cleanLiteral = (literal: string): string =>
  /\S\s+\S/.test(literal) ? without(literal, /\\(?:u\{?[\da-fA-F]+\}?|x[\da-fA-F]{2}|.)/g, codeSpan) : blank(literal)

const isText = (node: ts.Node): boolean => ts.isStringLiteralLike(node) || ts.isTemplateLiteralToken(node)

/** Comments and literals, in the order of the file. */
const rangesOf = (file: ts.SourceFile): ReadonlyArray<Range> => {
  const { text } = file
  const ranges = new Map<number, Range>()
  const visit = (node: ts.Node): void => {
    if (ts.isJSDoc(node)) return
    const comments = [
      ...ts.getLeadingCommentRanges(text, node.pos) ?? [],
      ...ts.getTrailingCommentRanges(text, node.end) ?? []
    ]
    for (const range of comments) ranges.set(range.pos, range)
    if (isText(node)) ranges.set(node.getStart(file), { pos: node.getStart(file), end: node.end })
    node.getChildren(file).forEach(visit)
  }
  visit(file)
  return [...ranges.values()].sort((a, b) => a.pos - b.pos)
}

const ofTypeScript = (path: string, text: string): string =>
  only(
    text,
    rangesOf(ts.createSourceFile(path, text, ts.ScriptTarget.ES2022, true)),
    (piece) => isComment(piece) ? cleanComment(piece) : cleanLiteral(piece)
  )

const ofC = (text: string): string => {
  const tokens = text.matchAll(/\/\*[\s\S]*?\*\/|\/\/[^\n]*|"(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])*'/g)
  const comments = [...tokens].filter(([token]) => isComment(token))
  return only(text, comments.map(({ 0: token, index }) => ({ pos: index, end: index + token.length })), cleanComment)
}

const ofShell = (text: string): string => {
  const comments = [...text.matchAll(/(?<=^[ \t]*)#(?!!)[^\n]*/gm)]
  return only(
    text,
    comments.map(({ 0: comment, index }) => ({ pos: index, end: index + comment.length })),
    (comment) => without(comment, /^#/g, codeSpan)
  )
}

const ofMarkdown = (text: string): string =>
  without(text, /^(```+)[\s\S]*?^\1/gm, codeSpan, /\]\([^)]*\)/g, /<!--[\s\S]*?-->/g)

const readers: Readonly<Record<string, (path: string, text: string) => string>> = {
  ".ts": ofTypeScript,
  ".mjs": ofTypeScript,
  ".c": (_, text) => ofC(text),
  ".h": (_, text) => ofC(text),
  ".sh": (_, text) => ofShell(text),
  ".md": (_, text) => ofMarkdown(text)
}

/** Whether a file of this name can contain prose. */
export const isRead = (path: string): boolean => extname(path) in readers

/** The prose of the file, with everything else blanked out. */
export const proseOf = (path: string, text: string): string => readers[extname(path)]!(path, text)
