import { describe, expect, it } from "vitest"
import { vocabulary } from "../checks/vocabulary.js"

// Put together, so that this file passes the check that it tests.
const bad = ["me", "nds"].join("")

const places = (path: string, text: string): ReadonlyArray<string> =>
  vocabulary(path, text).map((problem) => problem.split(": use ")[0]!)

describe("a word that has another one in the field", () => {
  it("is found in a comment, whatever its case, and also when its parts are on two lines", () => {
    const text = [`// It ${bad} it.`, "/**", ` * ${bad.toUpperCase()} it. The tool's`, " * words.", " */"].join("\n")
    expect(places("a.ts", text)).toEqual([
      `a.ts:1: "${bad}"`,
      `a.ts:3: "${bad.toUpperCase()}"`,
      `a.ts:3: "${["tool's", "words"].join(" ")}"`
    ])
  })

  it("is found in the text of strings and templates, and not in names and identifiers", () => {
    const text = [`const ${bad} = "it ${bad} it"`, `f("${bad}", "${bad}/the-image")`, `g(\`\${x} ${bad} \${y} it\`)`]
    expect(places("a.ts", text.join("\n"))).toEqual([`a.ts:1: "${bad}"`, `a.ts:3: "${bad}"`])
  })

  it("is not found in code: spans, links, examples and blocks", () => {
    const text = ["/**", ` * \`it ${bad} it\` {@link ${bad}}`, " *", " * @example", ` * it ${bad} it`, " */"].join("\n")
    expect(places("a.ts", text)).toEqual([])
    const markdown = ["```ts", `// it ${bad} it`, "```", `\`it ${bad}\` [it](${bad}.md)`, `It ${bad} it.`].join("\n")
    expect(places("a.md", markdown)).toEqual([`a.md:5: "${bad}"`])
  })

  it("is found in the comments of C and of the shell, and not in their code", () => {
    const c = [`int ${bad}; /* it`, ` * ${bad} it */`, `char *s = "/* it ${bad} */"; // ${bad}`].join("\n")
    expect(places("a.c", c)).toEqual([`a.c:2: "${bad}"`, `a.c:3: "${bad}"`])
    expect(places("a.sh", [`echo it ${bad}`, `  # it ${bad}`].join("\n"))).toEqual([`a.sh:2: "${bad}"`])
  })

  it("may depend on the sentence: a question asks who, a statement does not begin with it", () => {
    expect(places("a.md", "Who writes it? Nobody.")).toEqual([])
    expect(places("a.md", `It is so. ${"Who"} writes it, loses it.`)).toHaveLength(1)
  })
})
