/** Texts that come from elsewhere, on their way into XML, JSON and messages. */
import { Operation } from "@effect-ploop/core"
import { assert, describe, it } from "@effect/vitest"
import { Either, FastCheck as fc } from "effect"
import * as descriptorBytes from "../src/internal/descriptorBytes.js"
import * as json from "../src/internal/json.js"
import { render } from "../src/internal/message.js"
import * as xmlText from "../src/internal/xmlText.js"

describe("a reference in XML", () => {
  for (
    const [reference, expected] of [
      ["&amp;&lt;&gt;&quot;&apos;", "&<>\"'"],
      ["&#65;&#x41;&#X41;", undefined],
      ["&#65;&#x41;&#x1F600;", "AA😀"],
      ["&#9;&#10;&#13;", "\t\n\r"],
      ["&#0;", undefined],
      ["&#8;", undefined],
      ["&#xD7FF;&#xE000;", "\ud7ff\ue000"],
      ["&#xD800;", undefined],
      ["&#xDFFF;", undefined],
      ["&#xFFFE;", undefined],
      ["&#x10FFFF;", "\u{10ffff}"],
      ["&#x110000;", undefined],
      ["&#99999999999999999999;", undefined],
      ["&nbsp;", undefined],
      ["&AMP;", undefined],
      ["&amp", undefined],
      ["&;", undefined],
      ["& ", undefined],
      ["&toString;", undefined]
    ] as const
  ) {
    it(`${JSON.stringify(reference)} stands for ${expected === undefined ? "nothing" : JSON.stringify(expected)}`, () => {
      assert.strictEqual(xmlText.decode(reference), expected)
      assert.strictEqual(xmlText.decode(`a${reference}b`), expected === undefined ? undefined : `a${expected}b`)
    })
  }
})

describe("a text in XML", () => {
  it("is written as libxml2 writes it", () => {
    assert.strictEqual(xmlText.encode("a&b<c>d\re\"f'g\th\n"), "a&amp;b&lt;c&gt;d&#13;e\"f'g\th\n")
  })

  it("is the same when it is read again", () => {
    fc.assert(fc.property(fc.string({ unit: "binary" }), (text) => xmlText.decode(xmlText.encode(text)) === text))
  })
})

describe("the bytes of a descriptor", () => {
  const utf8 = (text: string) => new TextEncoder().encode(text)
  const latin1 = (text: string) => Uint8Array.from(text, (char) => char.charCodeAt(0))
  const mark = [0xef, 0xbb, 0xbf]
  const declaration = (encoding: string) => `<?xml version="1.0" encoding="${encoding}"?>\n`

  for (
    const [title, bytes, expected] of [
      ["are UTF-8 unless said otherwise", utf8("<a>é</a>"), "<a>é</a>"],
      [
        "are in the encoding of their declaration",
        latin1(`${declaration("ISO-8859-1")}é`),
        "<?xml version=\"1.0\"?>\né"
      ],
      ["are in it in lower case as well", latin1(`${declaration("iso-8859-1")}é`), "<?xml version=\"1.0\"?>\né"],
      [
        "are UTF-8 where a byte order mark says so, whatever the declaration says",
        Uint8Array.from([...mark, ...utf8(`${declaration("ISO-8859-1")}é`)]),
        `${declaration("ISO-8859-1")}é`
      ],
      [
        "are UTF-8 where they are one byte each, although the declaration says UTF-16",
        utf8(`${declaration("UTF-16")}é`),
        `${declaration("UTF-16")}é`
      ],
      ["keep a declaration that says UTF-8", utf8(`${declaration("UTF-8")}é`), `${declaration("UTF-8")}é`]
    ] as const
  ) {
    it(title, () => assert.strictEqual(Either.getOrThrow(descriptorBytes.decode(bytes)), expected))
  }

  it("are refused when they are not in the encoding that they say, which the error names", () => {
    for (const [encoding, byte] of [["UTF-8", 0xe9], ["klingon", 0x41]] as const) {
      const bytes = Uint8Array.from([...utf8(declaration(encoding)), byte])
      assert.include(Either.getOrThrow(Either.flip(descriptorBytes.decode(bytes))), encoding.toLowerCase())
    }
  })
})

describe("a result as JSON", () => {
  const large = 2n ** 60n

  it("has each bigint as a number where that is exact, and as its digits elsewhere", () => {
    for (
      const [value, expected] of [
        [{ size: 5n }, { size: 5 }],
        [{ size: large }, { size: `${large}` }],
        [{ sizes: [1n, large] }, { sizes: [1, `${large}`] }],
        [{ inner: { size: 1n } }, { inner: { size: 1 } }],
        [{ list: [{ size: 1n }] }, { list: [{ size: 1 }] }],
        [{ list: [[1n]] }, { list: [[1]] }],
        [{ when: new Date(0), size: 1n }, { when: "1970-01-01T00:00:00.000Z", size: 1 }]
      ] as const
    ) assert.deepStrictEqual<unknown>(JSON.parse(JSON.stringify(json.serializable(value))), expected)
  })

  it("is the result itself in every other respect", () => {
    const value = { size: 5n }
    assert.strictEqual(json.serializable(value), value)
    assert.deepStrictEqual(Object.keys(value), ["size"])
    assert.deepStrictEqual({ ...value }, { size: 5n })
  })

  it("leaves alone what has no bigint, cannot be changed, or has its own JSON", () => {
    const own = { size: 1n, toJSON: () => "own" }
    for (const value of [{ size: 1 }, [1n], Object.freeze({ size: 1n }), own, 1n, null]) {
      const keys = Object.getOwnPropertyNames(Object(value))
      assert.strictEqual(json.serializable(value), value)
      assert.deepStrictEqual(Object.getOwnPropertyNames(Object(value)), keys)
    }
  })
})

describe("a message", () => {
  const failure = { operation: Operation.names[0]!, subject: "/vz/a", text: "" }
  const long = "x".repeat(10_000)

  it("is bounded, however long its subject, its sentence and the tool's output are", () => {
    for (
      const message of [
        render({ ...failure, subject: long }, "it failed"),
        render(failure, long),
        render({ ...failure, text: long }, "it failed")
      ]
    ) assert.isAtMost(message.length, 500)
  })

  it("shows the end of what is too long, where the cause is", () => {
    const message = render(
      { ...failure, subject: `${long}/end-of-path`, text: `${long} last words` },
      `${long} at last`
    )
    for (const end of ["/end-of-path", "last words", "at last"]) assert.include(message, end)
  })

  it("is one line without control characters, whatever it is made of", () => {
    const wild = "a\nb\u001b[31m\u202ec\r\nd"
    const message = render({ ...failure, subject: wild, text: wild }, `about ${wild}`)
    assert.notMatch(message, /[\u0000-\u001f\u007f-\u009f\u2028\u2029\u202a-\u202e\u2066-\u2069]/)
  })

  it("has the exit code by its name, and the identifier of a snapshot that may have been made", () => {
    assert.include(render({ ...failure, exitCode: 38, code: "E_PARAM" }, "x"), "[E_PARAM 38]")
    assert.include(render({ ...failure, exitCode: 99 }, "x"), "[exit 99]")
    assert.include(render({ ...failure, newSnapshot: "{a}" }, "x"), "the new snapshot would be {a}")
    assert.strictEqual(render(failure, "x"), `${failure.operation} (/vz/a): x`)
  })
})
