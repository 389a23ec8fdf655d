import { describe, expect, it } from "vitest"
import { vocabulary } from "../checks/vocabulary.js"

// Joined from parts, so that this file passes the check that it tests.
const bad = ["me", "nds"].join("")

const places = (path: string, text: string): ReadonlyArray<string> =>
  vocabulary(path, text).map((problem) => problem.split(": use ")[0]!)

describe("a word for which the field has another", () => {
  it("is found in a comment, in any case, even across two lines", () => {
    const text = [`// It ${bad} it.`, "/**", ` * ${bad.toUpperCase()} it. The tool's`, " * words.", " */"].join("\n")
    expect(places("a.ts", text)).toEqual([
      `a.ts:1: "${bad}"`,
      `a.ts:3: "${bad.toUpperCase()}"`,
      `a.ts:3: "${["tool's", "words"].join(" ")}"`
    ])
  })

  it("is found in the text of strings and templates, but not in names and identifiers", () => {
    const text = [`const ${bad} = "it ${bad} it"`, `f("${bad}", "${bad}/the-image")`, `g(\`\${x} ${bad} \${y} it\`)`]
    expect(places("a.ts", text.join("\n"))).toEqual([`a.ts:1: "${bad}"`, `a.ts:3: "${bad}"`])
  })

  it("is not found in code: spans, links, examples and blocks", () => {
    const text = ["/**", ` * \`it ${bad} it\` {@link ${bad}}`, " *", " * @example", ` * it ${bad} it`, " */"].join("\n")
    expect(places("a.ts", text)).toEqual([])
    const markdown = ["```ts", `// it ${bad} it`, "```", `\`it ${bad}\` [it](${bad}.md)`, `It ${bad} it.`].join("\n")
    expect(places("a.md", markdown)).toEqual([`a.md:5: "${bad}"`])
  })

  it("is found in comments of C and of shell scripts, but not in their code", () => {
    const c = [`int ${bad}; /* it`, ` * ${bad} it */`, `char *s = "/* it ${bad} */"; // ${bad}`].join("\n")
    expect(places("a.c", c)).toEqual([`a.c:2: "${bad}"`, `a.c:3: "${bad}"`])
    expect(places("a.sh", [`echo it ${bad}`, `  # it ${bad}`].join("\n"))).toEqual([`a.sh:2: "${bad}"`])
  })

  it("may depend on the sentence: a question may start with who, a statement may not", () => {
    expect(places("a.md", "Who writes it? Nobody.")).toEqual([])
    expect(places("a.md", `It is so. ${"Who"} writes it, loses it.`)).toHaveLength(1)
  })
})
