import { Ploop, SnapshotId } from "@effect-ploop/core"
import { FileSystem } from "@effect/platform"
import { NodeContext } from "@effect/platform-node"
import { assert, describe, it } from "@effect/vitest"
import type { Scope } from "effect"
import { Effect, Fiber, Option, TestClock } from "effect"
import { turn, until, untilDone } from "./utils/clock.js"
import { A, B, scripted } from "./utils/host.js"

const test = (
  title: string,
  effect: Effect.Effect<void, unknown, NodeContext.NodeContext | Scope.Scope>
) => it.scoped(title, () => Effect.provide(effect, NodeContext.layer))

const attached = (device: string) => ({ stdout: `device:\t\t${device}\npartition:\t${device}p1\n` })

const mountLog = (device: string) => ({
  stdout: `Opening delta /x/root.hdd\nAdding delta dev=${device} img=/x/root.hdd (rw)\n`
})

const baseOf = (disk: string) => disk.replace("DiskDescriptor.xml", "root.hdd")

const isInfo = (command: ReadonlyArray<string>) => command[0] === "info" && command[1] === "-d"

const isMount = ([command]: ReadonlyArray<string>): boolean => command === "mount"

describe("mount", () => {
  for (
    const [generation, device] of [["1.15", "/dev/ploop0"], ["7", "/dev/ploop0"], ["9", "/dev/mapper/ploop0"]] as const
  ) {
    test(
      `on ${generation}, returns the device that the tool reports, and passes the file system explicitly`,
      Effect.gen(function*() {
        const host = yield* scripted(
          generation,
          (command) =>
            isInfo(command) ? attached(device) : command[0] === "mount" ? mountLog("/dev/ploop99") : undefined
        )
        const mounted = yield* Effect.flatMap(
          Ploop.Ploop,
          (ploop) =>
            ploop.mount({ disk: host.disk, target: host.directory, data: ["discard", "commit=30"], fsck: true })
        ).pipe(
          Effect.provide(host.context)
        )
        assert.deepStrictEqual<unknown>(mounted, {
          device,
          partition: `${device}p1`,
          disk: host.disk,
          target: host.directory,
          readOnly: false
        })
        const commands = yield* host.commands
        assert.deepStrictEqual(commands.find(isMount), [
          ..."mount -F -m".split(" "),
          host.directory,
          ..."-t ext4 -o discard,commit=30".split(" "),
          host.disk
        ])
      })
    )

    test(
      `on ${generation}, mounts a snapshot read-only, and passes its identifier`,
      Effect.gen(function*() {
        const host = yield* scripted(generation, (command) => isInfo(command) ? attached(device) : undefined)
        const mounted = yield* Effect.flatMap(Ploop.Ploop, (ploop) => ploop.mount({ disk: host.disk, snapshot: A }))
          .pipe(
            Effect.provide(host.context)
          )
        assert.isTrue(mounted.readOnly)
        assert.strictEqual(mounted.snapshot, A)
        assert.deepStrictEqual((yield* host.commands).find(isMount), ["mount", "-r", "-t", "ext4", "-u", A, host.disk])
      })
    )

    test(
      `on ${generation}, refuses to mount a snapshot with children read-write, without asking the tool`,
      Effect.gen(function*() {
        const host = yield* scripted(generation, () => undefined)
        const error = yield* Effect.flatMap(
          Ploop.Ploop,
          (ploop) => ploop.mount({ disk: host.disk, snapshot: A, readOnly: false })
        ).pipe(Effect.flip, Effect.provide(host.context))
        assert.strictEqual(error._tag, "SnapshotHasChildren")
        assert.deepStrictEqual(yield* host.commands, [])
      })
    )
  }

  test(
    "takes `base` for the lowest delta",
    Effect.gen(function*() {
      const host = yield* scripted("1.15", (command) => isInfo(command) ? attached("/dev/ploop0") : undefined)
      yield* Effect.flatMap(Ploop.Ploop, (ploop) => ploop.mount({ disk: host.disk, snapshot: "base" })).pipe(
        Effect.provide(host.context)
      )
      assert.deepStrictEqual((yield* host.commands).find(isMount), ["mount", "-r", "-t", "ext4", "-u", A, host.disk])
    })
  )

  test(
    "finds the device of a component by its name and the image",
    Effect.gen(function*() {
      const host = yield* scripted("1.15", (command, disk) => {
        const image = disk.replace("DiskDescriptor.xml", "root.hdd")
        return command[0] !== "list" ? undefined : command[1] === "-a"
          ? { stdout: `ploop0       ${image} /mnt \nploop1       ${image} /snap bk\nploop2       /other  bk\n` }
          : { stdout: `ploop0       ${image}  \nploop1       ${image}  bk\nploop2       /other  bk\n` }
      })
      const mounted = yield* Effect.flatMap(
        Ploop.Ploop,
        (ploop) => ploop.mount({ disk: host.disk, snapshot: B, component: "bk" })
      ).pipe(Effect.provide(host.context))
      assert.strictEqual(mounted.device, "/dev/ploop1")
      assert.strictEqual(mounted.component, "bk")
    })
  )

  test(
    "tears a device down that came up although the mount failed",
    Effect.gen(function*() {
      const host = yield* scripted("9", (command, disk) =>
        command[0] === "mount"
          ? {
            ...mountLog("/dev/mapper/ploop7"),
            stderr:
              "Error in ploop_mount_fs (ploop.c:1): Can't mount file system dev=/dev/mapper/ploop7p1 target=/x: Invalid argument\n",
            exitCode: 21
          }
          : command[0] === "list"
          ? { stdout: `ploop7\t${baseOf(disk)}\n` }
          : undefined)
      const error = yield* Effect.flatMap(Ploop.Ploop, (ploop) => ploop.mount({ disk: host.disk })).pipe(
        Effect.flip,
        Effect.provide(host.context)
      )
      assert.strictEqual(error._tag, "MountFailed")
      assert.deepStrictEqual((yield* host.commands).at(-1), ["umount", "-d", "/dev/mapper/ploop7"])
    })
  )

  test(
    "leaves the device of a disk alone that is mounted already",
    Effect.gen(function*() {
      const host = yield* scripted("1.15", (command) =>
        command[0] === "mount"
          ? {
            stderr: "Error in ploop_mount_image (ploop.c:2195): Image /x/root.hdd already used by device /dev/ploop0\n",
            exitCode: 21
          }
          : undefined)
      const error = yield* Effect.flatMap(Ploop.Ploop, (ploop) => ploop.mount({ disk: host.disk })).pipe(
        Effect.flip,
        Effect.provide(host.context)
      )
      assert.strictEqual(error._tag, "AlreadyMounted")
      assert.strictEqual((yield* host.commands).length, 1)
    })
  )

  for (
    const [whose, image] of [
      ["another disk", () => "/x/root.hdd"],
      ["a component of the disk", baseOf]
    ] as const
  ) {
    test(
      `leaves the device alone that it was told to use and that ${whose} runs on`,
      Effect.gen(function*() {
        const host = yield* scripted("1.15", (command, disk) =>
          command[0] === "mount"
            ? {
              ...mountLog("/dev/ploop7"),
              stderr: "Error in add_delta (ploop.c:1378): Can't add image /x/root.hdd: Device or resource busy\n",
              exitCode: 3
            }
            : command[0] === "list"
            ? { stdout: `ploop7       ${image(disk)}  bk\n` }
            : undefined)
        const error = yield* Effect.flatMap(
          Ploop.Ploop,
          (ploop) => ploop.mount({ disk: host.disk, device: "/dev/ploop7" })
        ).pipe(Effect.flip, Effect.provide(host.context))
        assert.strictEqual(error._tag, "DeviceFailed")
        assert.isFalse((yield* host.commands).some(([command]) => command === "umount"))
      })
    )
  }

  test(
    "that is interrupted leaves no device behind",
    Effect.gen(function*() {
      const host = yield* scripted("1.15", (command, disk) =>
        isInfo(command)
          ? attached("/dev/ploop0")
          : command[0] === "mount"
          ? { ...mountLog("/dev/ploop0"), lasts: "10 seconds" }
          : command[0] === "list"
          ? { stdout: `ploop0       ${baseOf(disk)}  \n` }
          : undefined)
      const fiber = yield* Effect.flatMap(Ploop.Ploop, (ploop) => ploop.mount({ disk: host.disk })).pipe(
        Effect.provide(host.context),
        Effect.fork
      )
      yield* until(Effect.map(host.commands, (commands) => commands.length > 0))
      const interrupted = yield* Effect.fork(Fiber.interrupt(fiber))
      yield* untilDone(host, interrupted)
      assert.deepStrictEqual((yield* host.commands).at(-1), ["umount", "-d", "/dev/ploop0"])
    })
  )
})

describe("umount", () => {
  for (const generation of ["1.15", "7"] as const) {
    test(
      `on ${generation}, names the disk, so that the numbers of its file system are kept`,
      Effect.gen(function*() {
        const host = yield* scripted(generation, () => undefined)
        yield* Effect.flatMap(Ploop.Ploop, (ploop) => ploop.umount({ disk: host.disk })).pipe(
          Effect.provide(host.context)
        )
        assert.deepStrictEqual(yield* host.commands, [["umount", host.disk]])
      })
    )
  }

  test(
    "on 9, asks for the device and names that, because naming the disk never works",
    Effect.gen(function*() {
      const host = yield* scripted("9", (command) => isInfo(command) ? attached("/dev/mapper/ploop7") : undefined)
      yield* Effect.flatMap(Ploop.Ploop, (ploop) => ploop.umount({ disk: host.disk })).pipe(
        Effect.provide(host.context)
      )
      assert.deepStrictEqual((yield* host.commands).at(-1), ["umount", "-d", "/dev/mapper/ploop7"])
    })
  )

  test(
    "on 9, a disk without a device is NotMounted",
    Effect.gen(function*() {
      const host = yield* scripted("9", () => undefined)
      const error = yield* Effect.flatMap(Ploop.Ploop, (ploop) => ploop.umount({ disk: host.disk })).pipe(
        Effect.flip,
        Effect.provide(host.context)
      )
      assert.strictEqual(error._tag, "NotMounted")
    })
  )

  const lsof =
    "COMMAND  PID USER   FD   TYPE DEVICE SIZE/OFF NODE NAME\nsleep   8640 root  cwd    DIR  259,1     4096    2 /mnt\n"
  for (
    const [generation, answer] of [
      ["1.15", {
        stdout: `--- lsof /mnt output ---\n${lsof}--- lsof finished ---\nRetrying umount /mnt\n`,
        stderr: `${lsof}Error in do_umount (ploop.c:992): Failed to umount /mnt: Device or resource busy\n`,
        exitCode: 22
      }],
      ["7", { stderr: "Failed to umount /mnt: Device or resource busy\n", exitCode: 46 }],
      ["9", { exitCode: 46 }]
    ] as const
  ) {
    test(
      `on ${generation}, a busy mount is Busy, with the holders that the tool names`,
      Effect.gen(function*() {
        const host = yield* scripted(generation, (command) => command[0] === "umount" ? answer : undefined)
        const error = yield* Effect.flatMap(Ploop.Ploop, (ploop) => ploop.umount({ target: "/mnt" })).pipe(
          Effect.flip,
          Effect.provide(host.context)
        )
        assert.strictEqual(error._tag, "Busy")
        assert.isTrue(error.isRetryable)
        assert.deepStrictEqual(
          error._tag === "Busy" ? error.holders.map(({ command, pid, user }) => [command, pid, user]) : [],
          generation === "1.15" ? [["sleep", 8640, "root"]] : []
        )
      })
    )
  }
})

describe("a scoped mount", () => {
  const running = (command: ReadonlyArray<string>) => isInfo(command) ? attached("/dev/ploop0") : undefined

  const umounts = (commands: ReadonlyArray<ReadonlyArray<string>>) =>
    commands.filter((command) => command[0] === "umount").length

  test(
    "is unmounted when its use succeeds",
    Effect.gen(function*() {
      const host = yield* scripted("1.15", running)
      const device = yield* Ploop.withMount({ disk: host.disk }, (mounted) => Effect.succeed(mounted.device)).pipe(
        Effect.provide(host.context)
      )
      assert.strictEqual(device, "/dev/ploop0")
      assert.strictEqual(umounts(yield* host.commands), 1)
    })
  )

  test(
    "is unmounted when its use fails, dies or is interrupted",
    Effect.gen(function*() {
      for (const use of [Effect.fail("no"), Effect.die("bug"), Effect.interrupt]) {
        const host = yield* scripted("1.15", running)
        yield* Effect.exit(Effect.provide(Ploop.withMount({ disk: host.disk }, () => use), host.context))
        assert.strictEqual(umounts(yield* host.commands), 1)
      }
    })
  )

  test(
    "is unmounted again and again while it is busy",
    Effect.gen(function*() {
      let busy = 3
      const host = yield* scripted("1.15", (command) =>
        command[0] === "umount" && busy-- > 0
          ? { stderr: "Failed to umount /mnt: Device or resource busy\n", exitCode: 22 }
          : running(command))
      const fiber = yield* Ploop.withMount({ disk: host.disk }, () => Effect.void).pipe(
        Effect.provide(host.context),
        Effect.fork
      )
      while (Option.isNone(yield* Fiber.poll(fiber))) {
        // By small steps: a descriptor that is being read meanwhile may take 30 seconds of this clock.
        yield* TestClock.adjust("10 millis")
        yield* turn
      }
      yield* Fiber.join(fiber)
      assert.strictEqual(umounts(yield* host.commands), 4)
    })
  )

  test(
    "that was unmounted meanwhile is not a failure",
    Effect.gen(function*() {
      const host = yield* scripted(
        "1.15",
        (command) =>
          command[0] === "umount" ? { stderr: "Image /x/root.hdd is not mounted\n", exitCode: 40 } : running(command)
      )
      yield* Effect.provide(Ploop.withMount({ disk: host.disk }, () => Effect.void), host.context)
      assert.strictEqual(umounts(yield* host.commands), 1)
    })
  )
})

describe("a temporary snapshot", () => {
  test(
    "is unmounted by the name that the tool gives it, and merged, also when its use fails",
    Effect.gen(function*() {
      let taken = false
      const host = yield* scripted("1.15", (command, disk) => {
        const image = disk.replace("DiskDescriptor.xml", "root.hdd")
        if (command[0] === "tsnapshot") taken = true
        return command[0] === "list" && taken ? { stdout: `ploop3       ${image}  ~backup\n` } : undefined
      })
      const id = SnapshotId.make("cccccccc-0000-4000-8000-00000000000c")
      const exit = yield* Effect.exit(Effect.provide(
        Ploop.withTemporarySnapshot(
          { disk: host.disk, id, component: "backup" },
          (snapshot) => Effect.fail(snapshot.device)
        ),
        host.context
      ))
      assert.deepStrictEqual<unknown>(exit, yield* Effect.exit(Effect.fail("/dev/ploop3")))
      const commands = (yield* host.commands).filter((command) => command[0] !== "list")
      assert.deepStrictEqual(commands, [
        ["tsnapshot", "-u", id, "-c", "backup", host.disk],
        ["umount", "-c", "~backup", host.disk],
        ["snapshot-delete", "-u", id, host.disk]
      ])
    })
  )

  test(
    "is not taken while another has its name: the tool would attach a second device under it",
    Effect.gen(function*() {
      const host = yield* scripted("1.15", (command, disk) => {
        const image = disk.replace("DiskDescriptor.xml", "root.hdd")
        return command[0] === "list" ? { stdout: `ploop3       ${image}  ~backup\n` } : undefined
      })
      const error = yield* Effect.flatMap(
        Ploop.Ploop,
        (ploop) => ploop.createTemporarySnapshot({ disk: host.disk, component: "backup" })
      ).pipe(Effect.flip, Effect.provide(host.context))
      assert.strictEqual(error._tag, "AlreadyMounted")
      assert.isFalse((yield* host.commands).some((command) => command[0] === "tsnapshot"))
    })
  )
})

describe("what is running", () => {
  test(
    "is not known from an answer of nothing that came after the wait for a lock, and is from an earlier one",
    Effect.gen(function*() {
      for (const [lasts, expected] of [["29 seconds", "idle"], ["61 seconds", "Locked"]] as const) {
        const host = yield* scripted(
          "1.15",
          (command) => isInfo(command) ? { stdout: "device:\t\t\n", lasts } : undefined
        )
        const asked = Effect.flatMap(Ploop.Ploop, (ploop) => ploop.isMounted({ disk: host.disk })).pipe(
          Effect.match({ onFailure: ({ _tag }) => _tag, onSuccess: (mounted) => mounted ? "mounted" : "idle" }),
          Effect.provide(host.context)
        )
        const fiber = yield* Effect.fork(asked)
        yield* untilDone(host, fiber)
        assert.strictEqual(yield* Fiber.join(fiber), expected)
      }
    })
  )

  test(
    "an empty answer after the wait for a lock is Locked, not `nothing is mounted`",
    Effect.gen(function*() {
      const host = yield* scripted("1.15", (command) =>
        isInfo(command)
          ? {
            stdout: "device:\t\t\n",
            stderr: "The /x/DiskDescriptor.xml.lck is locked: Resource temporarily unavailable\n"
          }
          : undefined)
      const error = yield* Effect.flatMap(Ploop.Ploop, (ploop) => ploop.isMounted({ disk: host.disk })).pipe(
        Effect.flip,
        Effect.provide(host.context)
      )
      assert.strictEqual(error._tag, "Locked")
    })
  )

  test(
    "an empty answer of a tool that could not read the descriptor is DescriptorInvalid, not `nothing is mounted`",
    Effect.gen(function*() {
      const host = yield* scripted("1.15", (command, disk) =>
        isInfo(command)
          ? { stdout: "device:\t\t\n", stderr: `Error in ploop_read_dd (xml.c:403): Can't parse ${disk}\n` }
          : undefined)
      const fs = yield* FileSystem.FileSystem
      yield* fs.writeFileString(host.disk, "nonsense")
      const error = yield* Effect.flatMap(Ploop.Ploop, (ploop) => ploop.isMounted({ disk: host.disk })).pipe(
        Effect.flip,
        Effect.provide(host.context)
      )
      assert.strictEqual(error._tag, "DescriptorInvalid")
    })
  )

  test(
    "an empty answer of a tool that may not lock is PermissionDenied, not `nothing is mounted`",
    Effect.gen(function*() {
      const host = yield* scripted("1.15", (command) =>
        isInfo(command)
          ? {
            stdout: "device:\t\t\n",
            stderr: "Error in do_lock (lock.c:101): Can't open lock file /x/DiskDescriptor.xml.lck: Permission denied\n"
          }
          : undefined)
      const error = yield* Effect.flatMap(Ploop.Ploop, (ploop) => ploop.deviceOf({ disk: host.disk })).pipe(
        Effect.flip,
        Effect.provide(host.context)
      )
      assert.strictEqual(error._tag, "PermissionDenied")
    })
  )

  test(
    "an empty answer with a complaint about something else is `nothing is mounted`",
    Effect.gen(function*() {
      const host = yield* scripted("7", (command) =>
        isInfo(command)
          ? {
            stdout: "device:\t\t\npartition:\t\n",
            stderr: "Error in has_partition (gpt.c:126): Can't open : No such file or directory\n"
          }
          : undefined)
      assert.isFalse(
        yield* Effect.flatMap(Ploop.Ploop, (ploop) => ploop.isMounted({ disk: host.disk })).pipe(
          Effect.provide(host.context)
        )
      )
    })
  )

  test(
    "an image of a running device is not converted, that of a component neither",
    Effect.gen(function*() {
      const host = yield* scripted(
        "1.15",
        (command, disk) =>
          command[0] === "list"
            ? { stdout: `ploop1       ${disk.replace("DiskDescriptor.xml", "root.hdd.1")}  bk\n` }
            : undefined
      )
      const error = yield* Effect.flatMap(Ploop.Ploop, (ploop) => ploop.convert({ disk: host.disk, version: 2 })).pipe(
        Effect.flip,
        Effect.provide(host.context)
      )
      assert.strictEqual(error._tag, "ImageInUse")
      assert.isFalse((yield* host.commands).some((command) => command[0] === "convert"))
    })
  )

  test(
    "an image of a running disk is not replaced under its old name, which the tool only pretends to do",
    Effect.gen(function*() {
      const host = yield* scripted("1.15", (command) => isInfo(command) ? attached("/dev/ploop0") : undefined)
      const fs = yield* FileSystem.FileSystem
      yield* fs.writeFileString(`${host.directory}/new`, "")
      const error = yield* Effect.flatMap(
        Ploop.Ploop,
        (ploop) => ploop.replace({ disk: host.disk, snapshot: A, with: `${host.directory}/new`, keepName: true })
      ).pipe(
        Effect.flip,
        Effect.provide(host.context)
      )
      assert.strictEqual(error._tag, "ImageInUse")
    })
  )

  test(
    "a replacement that the tool undid while it reported success is RolledBack",
    Effect.gen(function*() {
      const host = yield* scripted(
        "1.15",
        (command) => command[0] === "replace" ? { stdout: "Rollback: replacing /x/new with /x/old\n" } : undefined
      )
      const fs = yield* FileSystem.FileSystem
      yield* fs.writeFileString(`${host.directory}/new`, "")
      const error = yield* Effect.flatMap(
        Ploop.Ploop,
        (ploop) => ploop.replace({ disk: host.disk, snapshot: A, with: `${host.directory}/new` })
      ).pipe(
        Effect.flip,
        Effect.provide(host.context)
      )
      assert.strictEqual(error._tag, "RolledBack")
    })
  )
})
