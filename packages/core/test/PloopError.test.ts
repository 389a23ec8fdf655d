import { Operation, PloopError } from "@effect-ploop/core"
import { assert, describe, it } from "@effect/vitest"
import { Arbitrary, FastCheck as fc, Schema } from "effect"

const anyError = Arbitrary.make(PloopError.PloopError)

describe("every error", () => {
  it("crosses a wire and back with its tag, its message and its guard", () => {
    const encode = Schema.encodeSync(PloopError.PloopError)
    const decode = Schema.decodeUnknownSync(PloopError.PloopError)
    fc.assert(fc.property(anyError, (error) => {
      const back = decode(JSON.parse(JSON.stringify(encode(error))))
      assert.strictEqual(back._tag, error._tag)
      assert.strictEqual(back.message, error.message)
      assert.strictEqual(back.isRetryable, error.isRetryable)
      assert.isTrue(PloopError.isPloopError(back))
    }))
  })

  it("has a message that names the operation and the subject, and something that a person can do", () => {
    fc.assert(fc.property(anyError, (error) => {
      assert.isTrue(error.message.startsWith(`${error.operation} (`))
      assert.isNotEmpty(error.remedy)
    }))
  })

  it("is in the table of classes under its own tag", () => {
    for (const [tag, class_] of Object.entries(PloopError.classes)) assert.strictEqual(class_._tag, tag)
  })

  it("names the exit code, when there is one", () => {
    const error = new PloopError.NotMounted({ operation: "umount", subject: "/x.xml", text: "words", exitCode: 40 })
    assert.strictEqual(error.code, "E_DEV_NOT_MOUNTED")
    assert.strictEqual(error.message, "umount (/x.xml): it is not mounted [E_DEV_NOT_MOUNTED 40]; ploop said: words")
  })

  it("shows control characters in names and words for what they are", () => {
    const error = new PloopError.NotMounted({ operation: "umount", subject: "/\u001b[31m.xml", text: "a\u0007" })
    assert.notInclude(error.message, "\u001b")
    assert.notInclude(error.message, "\u0007")
  })
})

describe("narrow", () => {
  const narrow = PloopError.narrow(Operation.table.listSnapshots.errors)

  it("keeps an error that the operation has", () => {
    const error = new PloopError.DiskNotFound({ operation: "listSnapshots", subject: "/x.xml", text: "" })
    assert.strictEqual(narrow(error), error)
  })

  it("makes any other Unclassified, with its words, code and signal", () => {
    const error = new PloopError.Busy({
      operation: "listSnapshots",
      subject: "/x.xml",
      text: "words",
      exitCode: 22,
      holders: []
    })
    const narrowed = narrow(error)
    assert.strictEqual(narrowed._tag, "Unclassified")
    assert.strictEqual(narrowed.text, "words")
    assert.strictEqual(narrowed.exitCode, 22)
  })
})
