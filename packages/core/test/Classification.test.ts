import { Classification, ExitCode, Operation, PloopError } from "@effect-ploop/core"
import { assert, describe, it } from "@effect/vitest"
import { Array, FastCheck as fc, Option } from "effect"
import { readFileSync } from "node:fs"

const recorded = readFileSync(new URL("fixtures/failures.jsonl", import.meta.url), "utf8")
  .trimEnd()
  .split("\n")
  .map((line) =>
    JSON.parse(line) as Classification.Outcome & { readonly expected: PloopError.Tag; readonly command: string }
  )

const outcome = (fields: Partial<Classification.Outcome>): Classification.Outcome => ({
  operation: "mount",
  subject: "/vz/DiskDescriptor.xml",
  stdout: "",
  stderr: "",
  ...fields
})

const classify = (fields: Partial<Classification.Outcome>) => Classification.classify(outcome(fields))

describe("what real tools printed", () => {
  recorded.forEach(({ command, expected, ...run }, index) => {
    it(`${run.generation}: ${command} exits with ${run.exitCode}: ${expected} (${index})`, () => {
      const error = classify(run)
      assert.strictEqual(error._tag, expected)
      assert.strictEqual(error.exitCode, run.exitCode)
      assert.include(error.text, run.stderr.trim())
    })
  })

  it("is the same class on every generation", () => {
    const byCommand = Array.groupBy(
      recorded.filter((run) =>
        // Those were run in different circumstances: with a driver or without, on a running disk or an idle one.
        !/bad\.xml|empty\.xml|umount|replace|convert -v|info|mount|resize|snapshot-delete -u \{5fba/.test(run.command)
      ),
      (run) => run.command
    )
    for (const [command, runs] of Object.entries(byCommand)) {
      assert.strictEqual(new Set(runs.map((run) => classify(run)._tag)).size, 1, command)
    }
  })
})

describe("what the words tell", () => {
  const rows: ReadonlyArray<
    readonly [title: string, fields: Partial<Classification.Outcome>, expected: Readonly<Record<string, unknown>>]
  > = [
    [
      "a format version that generation 7 does not convert to",
      { operation: "convert", exitCode: 38, stderr: "Incorrect version is specified\n" },
      { _tag: "Unsupported" }
    ],
    [
      "a disk that is too large for a format version",
      {
        operation: "convert",
        exitCode: 38,
        stderr: "Error in ploop_change_fmt_version (ploop.c:3228): Unable to convert image to PLOOP_FMT_V1: " +
          "the image size is not compatible\n"
      },
      { _tag: "Unsupported", reason: "the disk is too large for format version 1" }
    ],
    [
      "a raw image whose size no cluster divides",
      {
        operation: "restoreDescriptor",
        exitCode: 38,
        stderr: "Error in init_dd (ploop.c:759): Incorrect blocksize specified: -1\n"
      },
      { _tag: "Unsupported", reason: "no cluster divides the size of the raw image" }
    ],
    [
      "a raw image that is not a whole number of the given clusters",
      {
        operation: "restoreDescriptor",
        exitCode: 38,
        stderr:
          "Error in ploop_restore_descriptor (ploop.c:3731): Image size must be aligned to the blocksize specified\n"
      },
      { _tag: "Unsupported", reason: "the raw image is not a whole number of the given clusters" }
    ],
    [
      "a raw image that is missing",
      {
        operation: "createSnapshot",
        exitCode: 15,
        stderr:
          "Error in get_image_param_offline (ploop.c:2355): Failed to stat /vz/root.hdd: No such file or directory\n"
      },
      { _tag: "ImageNotFound", image: "/vz/root.hdd" }
    ],
    [
      "an image that is missing, although another one was in use and has been repaired",
      {
        operation: "createSnapshot",
        exitCode: 4,
        stderr: [
          "Error in open_delta (delta_read.c:164): Image is in use /vz/root.hdd.top",
          "Error in ploop_check (check.c:574): Dirty flag is set",
          "Error in open_delta_simple (delta_read.c:90): open /vz/root.hdd: No such file or directory",
          "Error in merge_image (merge.c:443): open_delta: No such file or directory"
        ].join("\n")
      },
      { _tag: "ImageNotFound", image: "/vz/root.hdd" }
    ],
    [
      "a mount that failed, although the image was in use and has been repaired",
      {
        operation: "mount",
        exitCode: 21,
        generation: "7",
        stderr: [
          "Image is in use /vz/root.hdd",
          "Dirty flag is set",
          "Can't mount file system (dev=/dev/ploop0 target=/mnt fstype=ext4 flags=0 data=): Invalid argument"
        ].join("\n")
      },
      { _tag: "MountFailed" }
    ],
    [
      "an image with a strange header, in spite of the stale words behind it",
      {
        operation: "imageInfo",
        exitCode: 4,
        stderr:
          "Error in open_delta (delta_read.c:137): Unknown ploop image version in the header /vz/a b.hdd: Invalid argument\n"
      },
      { _tag: "ImageCorrupt", image: "/vz/a b.hdd" }
    ],
    [
      "an image that has lost its header",
      {
        operation: "grow",
        exitCode: 4,
        stderr: "Error in open_delta (delta_read.c:131): read 1st sector of /vz/root.hdd: Invalid argument\n"
      },
      { _tag: "ImageCorrupt", image: "/vz/root.hdd" }
    ],
    [
      "the limit of snapshots, in spite of the stale words behind it",
      {
        operation: "createSnapshot",
        exitCode: 38,
        stderr:
          "Unable to create a snapshot. The maximum number of snapshots (126) has been reached: Invalid argument\n"
      },
      { _tag: "SnapshotLimitReached", limit: 126 }
    ],
    [
      "who holds the lock",
      { exitCode: 23, generation: "9", stderr: "Error in lock_di (lock.c:140): Already locked by pid 4711\n" },
      { _tag: "Locked", pid: 4711 }
    ],
    [
      "of a number that is too large for JavaScript, that it is at least so large",
      {
        exitCode: 23,
        generation: "9",
        stderr: `Error in lock_di (lock.c:140): Already locked by pid ${"9".repeat(30)}\n`
      },
      { _tag: "Locked", pid: Number.MAX_SAFE_INTEGER }
    ],
    [
      "that 23 is contention only when a lock is spoken of",
      { exitCode: 23, stderr: "The /vz/DiskDescriptor.xml.lck is locked: Resource temporarily unavailable\n" },
      { _tag: "Locked" }
    ],
    [
      "that 23 is a lock file that may not be made",
      { exitCode: 23, stderr: "Can't open lock file /vz/DiskDescriptor.xml.lck: Permission denied\n" },
      { _tag: "PermissionDenied" }
    ],
    [
      "that the user may not open a file",
      { operation: "createSnapshot", exitCode: 4, stderr: "Can't open /vz/root.hdd: Permission denied\n" },
      { _tag: "PermissionDenied" }
    ],
    [
      "that the user may not do what only root may do",
      { operation: "mount", exitCode: 3, stderr: "PLOOP_IOC_ADD_DELTA /dev/ploop1: Operation not permitted\n" },
      { _tag: "PermissionDenied" }
    ],
    [
      "that the file system of the host is mounted read-only",
      { operation: "createSnapshot", exitCode: 28, stderr: "Can't rename /vz/a: Read-only file system\n" },
      { _tag: "PermissionDenied" }
    ],
    [
      "that a permission was denied on the way to something else",
      { operation: "resize", exitCode: 26, stderr: "Can't open /vz/root.hdd: Permission denied\n" },
      { _tag: "FileSystemResizeFailed" }
    ],
    ["that 23 without a word can be anything", { exitCode: 23, generation: "9" }, { _tag: "Unclassified" }],
    [
      "which devices are at a snapshot",
      {
        operation: "deleteSnapshot",
        exitCode: 17,
        stderr: "Snapshot {aaaaaaaa-0000-4000-8000-00000000000a} is busy by device(s): /dev/ploop1 /dev/ploop2 \n"
      },
      { _tag: "SnapshotInUse", devices: ["/dev/ploop1", "/dev/ploop2"] }
    ],
    [
      "that 17 of a new disk is a descriptor in the way",
      { operation: "create", exitCode: 17, generation: "9" },
      { _tag: "AlreadyExists" }
    ],
    [
      "the smallest possible size",
      {
        operation: "resize",
        exitCode: 38,
        stderr: "Unable to change image size to 10 sectors, minimal size is 2048\n"
      },
      { _tag: "SizeRefused", minimum: 1048576n }
    ],
    [
      "that a device has no mount point for its balloon",
      { operation: "balloonStatus", exitCode: 38, stderr: "Unable to find mount point for /dev/ploop0\n" },
      { _tag: "NotMounted" }
    ],
    [
      "that there is no device for a balloon, in spite of the mount point that is missing as well",
      {
        operation: "discard",
        exitCode: 1,
        stderr:
          "Error in read_line (util.c:151): Can't open or read /sys/block/ploop9/dev: No such file or directory\n" +
          "Unable to find mount point for /dev/ploop9\n"
      },
      { _tag: "DeviceNotFound" }
    ],
    [
      "that a device whose top delta shall be copied is not mounted",
      {
        operation: "copySend",
        exitCode: 4,
        stderr: "Error in open_mount_point (pcopy.c:349): Can't find mount point for /dev/ploop0\n"
      },
      { _tag: "NotMounted" }
    ],
    [
      "that the directory for a copy is missing",
      {
        operation: "copyReceive",
        exitCode: 1,
        stderr: "Error in ploop_copy_receive (pcopy.c:193): Can't open /vz/none/root.hdd: No such file or directory\n"
      },
      { _tag: "InputOutputFailed" }
    ],
    [
      "that it is a device that is missing, and no image",
      {
        operation: "grow",
        exitCode: 4,
        stderr: "Error in ploop_get_size (delta_sysfs.c:217): Can't open /dev/ploop9: No such file or directory\n"
      },
      { _tag: "DeviceNotFound" }
    ],
    [
      "that there is no device behind a node",
      { operation: "start", exitCode: 3, stderr: "PLOOP_IOC_START: No such device or address\n" },
      { _tag: "DeviceNotFound" }
    ],
    [
      "that a discard shall free less than a cluster",
      { operation: "discard", exitCode: 38, stderr: "Can't shrink by less than 1048576 bytes\n" },
      { _tag: "InvalidArgument", field: "toFree", rule: "must be 1048576 bytes or more" }
    ],
    [
      "that the kernel does not trim extents so large",
      {
        operation: "discard",
        exitCode: 255,
        stderr: "Error in ploop_trim (balloon.c:874): Can't trim file system: Invalid argument\n" +
          "Error in wait_pid (balloon.c:932): The trim process failed with code 1\n"
      },
      { _tag: "InvalidArgument", field: "minBlock" }
    ],
    [
      "that the host's file system is not supported, which is no more than a code 3",
      { exitCode: 3, stderr: "Can't add image /xfs/root.hdd: unsupported underlying filesystem\n" },
      { _tag: "FileSystemUnsupported" }
    ],
    [
      "that space ran out, whatever the step",
      {
        operation: "create",
        exitCode: 7,
        stderr: "Error in write (x.c:1): Failed to write: No space left on device\n"
      },
      { _tag: "NoSpace" }
    ],
    [
      "that the device mapper is absent",
      {
        exitCode: 12,
        generation: "9",
        stderr:
          "/dev/mapper/control: open failed: No such device\nFailure to communicate with kernel device-mapper driver.\n"
      },
      { _tag: "PrerequisiteMissing" }
    ],
    [
      "that a helper program is absent",
      {
        operation: "create",
        exitCode: 24,
        stderr: "Error in run_prg (util.c:304): Can't exec /sbin/parted: No such file or directory\n"
      },
      { _tag: "PrerequisiteMissing", what: "the program /sbin/parted" }
    ],
    [
      "what failed, and not that a module is not loaded, which is said on the way",
      {
        operation: "create",
        exitCode: 38,
        stderr:
          "Error in ploop_is_large_disk_supported (ploop.c:258): ploop kernel module not loaded: No such file or directory\n" +
          "Error in init_dd (ploop.c:733): Can't create /vz/DiskDescriptor.xml: File exists\n"
      },
      { _tag: "AlreadyExists", path: "/vz/DiskDescriptor.xml" }
    ],
    [
      "the same with the time in front",
      {
        exitCode: 40,
        operation: "umount",
        stderr: "[ 0.000087] Error in x (ploop.c:1): Image /vz/root.hdd is not mounted\n"
      },
      { _tag: "NotMounted" }
    ],
    [
      "each holder of a busy mount once",
      {
        operation: "umount",
        exitCode: 22,
        stderr:
          "COMMAND PID USER FD TYPE\nbash 12 root cwd DIR 259,1 4096 2 /mnt\nbash 12 root 3r REG 259,1 4096 2 /mnt/f\n" +
          "vi 13 bob 4u REG 259,1 4096 2 /mnt/g\nFailed to umount /mnt: Device or resource busy\n"
      },
      {
        _tag: "Busy",
        holders: [
          new PloopError.Holder({ command: "bash", pid: 12, user: "root" }),
          new PloopError.Holder({ command: "vi", pid: 13, user: "bob" })
        ]
      }
    ],
    [
      "that the tool, and the shell in which it lists the holders, are none of them, but another shell is",
      {
        operation: "umount",
        exitCode: 22,
        stderr:
          "COMMAND PID USER FD TYPE\nploop 11 root 5r DIR 259,1 4096 2 /mnt\nsh 12 root 5r DIR 259,1 4096 2 /mnt\n" +
          "lsof 13 root 5r DIR 259,1 4096 2 /mnt\nsh 14 root cwd DIR 259,1 4096 2 /mnt\n" +
          "Failed to umount /mnt: Device or resource busy\n"
      },
      { _tag: "Busy", holders: [new PloopError.Holder({ command: "sh", pid: 14, user: "root" })] }
    ],
    [
      "that a process is one although its open file has the number of that of the tool",
      {
        operation: "umount",
        exitCode: 22,
        stderr: "COMMAND PID USER FD TYPE\nploop 11 root 5r DIR 259,1 4096 2 /mnt\n" +
          "cat 15 bob 5r REG 259,1 4096 2 /mnt/f\nFailed to umount /mnt: Device or resource busy\n"
      },
      { _tag: "Busy", holders: [new PloopError.Holder({ command: "cat", pid: 15, user: "bob" })] }
    ],
    [
      "that a merge down to the snapshot itself has no parent, in whichever case the identifier is",
      {
        operation: "mergeSnapshots",
        exitCode: 38,
        stderr:
          "Can't find {AAAAAAAA-0000-4000-8000-00000000000A} to be an ancestor of {AAAAAAAA-0000-4000-8000-00000000000a}\n"
      },
      { _tag: "SnapshotIsBase" }
    ],
    [
      "which snapshot is not an ancestor of which, in lower case",
      {
        operation: "mergeSnapshots",
        exitCode: 38,
        stderr:
          "Can't find {AAAAAAAA-0000-4000-8000-00000000000A} to be an ancestor of {BBBBBBBB-0000-4000-8000-00000000000B}\n"
      },
      {
        _tag: "SnapshotNotAncestor",
        ancestor: "{aaaaaaaa-0000-4000-8000-00000000000a}",
        id: "{bbbbbbbb-0000-4000-8000-00000000000b}"
      }
    ],
    ["nothing, so the code has to do", { operation: "resize", exitCode: 26 }, { _tag: "FileSystemResizeFailed" }],
    ["nothing, and the code means nothing", { exitCode: 38 }, { _tag: "Unclassified" }],
    ["nothing, and nobody knows the code", { exitCode: 99 }, { _tag: "Unclassified" }],
    ["that it was cancelled", { exitCode: 29 }, { _tag: "ToolAborted" }],
    ["that it was killed", { signal: "SIGKILL" }, { _tag: "ToolAborted", signal: "SIGKILL" }],
    ["that it crashed behind a shell or sudo", { exitCode: 139 }, { _tag: "ToolAborted", signal: "SIGSEGV" }]
  ]
  for (const [title, fields, expected] of rows) {
    it(title, () => {
      const error = classify(fields)
      for (const [name, value] of Object.entries(expected)) {
        assert.deepStrictEqual(error[name as keyof typeof error] as unknown, value)
      }
    })
  }
})

describe("a success that is none", () => {
  it("a replacement that was rolled back is RolledBack", () => {
    const found = Classification.hiddenFailure(
      outcome({ operation: "replace", exitCode: 0, stdout: "Rollback: replacing /new with /old\n" })
    )
    assert.strictEqual(Option.getOrThrow(found)._tag, "RolledBack")
  })

  it("a version for a raw image is Unsupported", () => {
    const found = Classification.hiddenFailure(outcome({
      operation: "convert",
      exitCode: 0,
      stderr:
        "Error in ploop_change_fmt_version (ploop.c:1): Changing image version format on raw image is not supported\n"
    }))
    assert.strictEqual(Option.getOrThrow(found)._tag, "Unsupported")
  })

  it("an `Error` on stderr alone is not a failure", () => {
    const repaired = outcome({
      operation: "check",
      exitCode: 0,
      stderr: "Error in ploop_check (check.c:574): Dirty flag is set\n"
    })
    assert.isTrue(Option.isNone(Classification.hiddenFailure(repaired)))
  })
})

describe("every way to end", () => {
  const words = fc.oneof(
    fc.string(),
    fc.string({ unit: "binary" }),
    fc.constantFrom(...recorded.map((run) => run.stderr)),
    fc.tuple(fc.constantFrom(...recorded.map((run) => run.stderr)), fc.string()).map((pair) => pair.join(""))
  )
  const ends = fc.oneof(
    fc.record({ exitCode: fc.integer({ min: 0, max: 255 }) }),
    fc.record({ signal: fc.constantFrom("SIGKILL", "SIGSEGV", "SIGTERM", "SIGRTMIN+3") })
  )

  it("has a class, keeps the words, and has something to say to a person", () => {
    fc.assert(fc.property(
      ends,
      fc.constantFrom("1.15" as const, "7" as const, "9" as const, undefined),
      fc.constantFrom(...Operation.names),
      words,
      words,
      (end, generation, operation, stdout, stderr) => {
        const error = classify({ ...end, generation, operation, stdout, stderr })
        assert.isTrue(PloopError.isPloopError(error))
        assert.include(error.text, stderr.trimEnd().slice(-1000))
        assert.isNotEmpty(error.message)
        assert.isNotEmpty(error.remedy)
        assert.strictEqual(error.exitCode, "exitCode" in end ? end.exitCode : undefined)
      }
    ))
  })

  it("keeps the end of words without end", () => {
    const error = classify({ exitCode: 38, stderr: `${"x".repeat(1 << 20)}the end` })
    assert.isBelow(error.text.length, 10_000)
    assert.isTrue(error.text.endsWith("the end"))
  })
})

describe("the table of exit codes", () => {
  it("is complete from 0 to 46, in order, and each has a name of its own", () => {
    assert.deepStrictEqual(ExitCode.table.map((row) => row.code), Array.makeBy(47, (code) => code))
    assert.strictEqual(new Set(ExitCode.table.map((row) => row.symbol)).size, 47)
  })

  it("maps each code but success to one class", () => {
    for (const row of ExitCode.table) {
      assert.strictEqual(row.error === undefined, row.code === 0)
      assert.isTrue(row.error === undefined || row.error in PloopError.classes)
    }
  })

  it("maps the reserved codes to Unclassified", () => {
    for (const code of [8, 10, 25, 31, 32, 34, 42]) assert.strictEqual(ExitCode.get(code)?.error, "Unclassified")
  })

  it("is what is left when there are no words", () => {
    for (const { code, error } of ExitCode.table) {
      if (error !== undefined && code !== 29) assert.strictEqual(classify({ exitCode: code })._tag, error)
    }
  })

  it("knows no code above 46, and takes those above 128 for signals", () => {
    assert.isUndefined(ExitCode.get(47))
    assert.isUndefined(ExitCode.symbolOf(255))
    assert.strictEqual(ExitCode.symbolOf(38), "E_PARAM")
    assert.strictEqual(ExitCode.signalOf(137), "SIGKILL")
    assert.isUndefined(ExitCode.signalOf(38))
  })
})
