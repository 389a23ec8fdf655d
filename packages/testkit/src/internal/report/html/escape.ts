const entities: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  "\"": "&quot;",
  "'": "&#39;"
}

/** Text as HTML, in which nothing is markup. */
export const html = (text: string): string => text.replace(/[&<>"']/g, (character) => entities[character] ?? character)
