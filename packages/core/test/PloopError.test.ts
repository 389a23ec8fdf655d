import { Operation, PloopError } from "@effect-ploop/core"
import { assert, describe, it } from "@effect/vitest"
import { Arbitrary, Duration, FastCheck as fc, Schema } from "effect"

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

  it("names the tool as the origin of words only if it has run", () => {
    const about = { operation: "umount", subject: "/x.xml", text: "words" } as const
    assert.strictEqual(new PloopError.NotMounted(about).message, "umount (/x.xml): it is not mounted: words")
    const killed = new PloopError.ToolAborted({ ...about, signal: "SIGKILL" })
    assert.include(killed.message, "; ploop said: words")
  })

  it("shows control characters in names and words for what they are", () => {
    const error = new PloopError.NotMounted({ operation: "umount", subject: "/\u001b[31m.xml", text: "a\u0007" })
    assert.notInclude(error.message, "\u001b")
    assert.notInclude(error.message, "\u0007")
  })
})

describe("isRetryable", () => {
  const about = (operation: Operation.Name) => ({ operation, subject: "/x.xml", text: "" })

  it("is true for a query that was aborted or took too long, and false for a change, which may have happened", () => {
    const limit = Duration.seconds(1)
    assert.isTrue(new PloopError.TimedOut({ ...about("isMounted"), limit }).isRetryable)
    assert.isFalse(new PloopError.TimedOut({ ...about("mergeSnapshots"), limit }).isRetryable)
    assert.isFalse(new PloopError.TimedOut({ ...about("umount"), limit }).isRetryable)
    assert.isTrue(new PloopError.ToolAborted({ ...about("imageInfo"), signal: "SIGKILL" }).isRetryable)
    assert.isFalse(new PloopError.ToolAborted({ ...about("resize"), signal: "SIGKILL" }).isRetryable)
  })

  it("is false after a crash of the tool: it would crash again", () => {
    for (const signal of ["SIGSEGV", "SIGABRT", "SIGBUS", "SIGFPE", "SIGILL"]) {
      assert.isFalse(new PloopError.ToolAborted({ ...about("imageInfo"), signal }).isRetryable, signal)
    }
  })

  it("is false where an uninterruptible operation ran out of space or memory: it may have stopped half-way", () => {
    assert.isFalse(new PloopError.NoSpace(about("mergeSnapshots")).isRetryable)
    assert.isTrue(new PloopError.NoSpace(about("create")).isRetryable)
    assert.isFalse(new PloopError.OutOfMemory(about("resize")).isRetryable)
  })

  it("is false where a delta may be removed from a device already: its level is that of another one by then", () => {
    assert.isFalse(new PloopError.NoSpace(about("deleteDelta")).isRetryable)
    assert.isFalse(new PloopError.OutOfMemory(about("deleteDelta")).isRetryable)
  })
})

describe("a remedy", () => {
  const about = { subject: "/x.xml", text: "" }

  it("of a descriptor that cannot be used or is missing never leads to a new one, which would lose the snapshots", () => {
    for (const operation of Operation.names) {
      const invalid = new PloopError.DescriptorInvalid({ ...about, operation, reason: "it has two storages" })
      const missing = new PloopError.DiskNotFound({ ...about, operation })
      for (const { remedy } of [invalid, missing]) assert.notMatch(remedy, /restoreDescriptor|create the disk/)
    }
  })

  it("of a failed mount names only options that its operation has", () => {
    assert.include(new PloopError.MountFailed({ ...about, operation: "mount" }).remedy, "noload")
    for (const operation of ["create", "resize", "fileSystemInfo", "discard"] as const) {
      assert.notMatch(new PloopError.MountFailed({ ...about, operation }).remedy, /noload|fsck|target/, operation)
    }
  })

  it("of an unmount that finds no mount says that a device may still run", () => {
    assert.include(new PloopError.NotMounted({ ...about, operation: "umount" }).remedy, "listDevices")
  })

  it("of a read-only file system does not send anybody to root", () => {
    const error = new PloopError.PermissionDenied({
      ...about,
      operation: "create",
      text: "mkdir: Read-only file system"
    })
    assert.include(error.message, "read-only")
    assert.notInclude(error.remedy, "root")
  })
})

describe("a failure that nobody has seen before", () => {
  it("is worth a tape, by which others repeat it", () => {
    const { remedy } = new PloopError.Unclassified({ operation: "mount", subject: "/x.xml", text: "?" })
    assert.include(remedy, "report it with a tape")
    assert.include(remedy, "ploop-conformance run --tape FILE")
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

describe("what passes by itself", () => {
  it("is retryable, and what stays until somebody changes it is not", () => {
    const about = { operation: "mount", subject: "/vz/DiskDescriptor.xml", text: "" } as const
    for (
      const error of [
        new PloopError.Locked(about),
        new PloopError.ImageInUse(about),
        new PloopError.AlreadyMounted(about),
        new PloopError.Busy({ ...about, holders: [] }),
        new PloopError.SnapshotInUse({ ...about, devices: [] })
      ]
    ) assert.isTrue(error.isRetryable, error._tag)
    for (
      const error of [
        new PloopError.PermissionDenied(about),
        new PloopError.DiskNotFound(about),
        new PloopError.ImageDirty(about),
        new PloopError.AlreadyExists({ ...about, path: "/vz" })
      ]
    ) assert.isFalse(error.isRetryable, error._tag)
  })
})
