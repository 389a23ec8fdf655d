/** A piece of a page, in which everything that came from elsewhere is escaped. */
export class Html {
  constructor(readonly text: string) {}
}

type Part = Html | string | number | ReadonlyArray<Html>

const entities: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  "\"": "&quot;",
  "'": "&#39;"
}

const escape = (text: string): string => text.replace(/[&<>"']/g, (character) => entities[character] ?? "")

const render = (part: Part): string => {
  if (part instanceof Html) return part.text
  return Array.isArray(part) ? part.map(render).join("") : escape(String(part))
}

/** What is written here is taken as it is; what is put into it is escaped, unless it is such a piece itself. */
export const html = (texts: TemplateStringsArray, ...parts: ReadonlyArray<Part>): Html =>
  new Html(texts.map((text, index) => index === 0 ? text : render(parts[index - 1]!) + text).join(""))

/** The address of a page, with its parameters. */
export const link = (path: string, parameters: Readonly<Record<string, string>>): string =>
  `${path}?${new URLSearchParams(parameters).toString()}`
