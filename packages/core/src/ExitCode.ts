/**
 * The exit codes of the tool, of all generations.
 *
 * A code alone is seldom the cause of a failure. The table has the cause that the
 * code suggests where the tool's output says nothing more.
 *
 * @since 0.1.0
 */
const rows = [
  { code: 0, symbol: "E_OK", meaning: "success", error: undefined },
  {
    code: 1,
    symbol: "E_CREAT",
    meaning: "a file could not be created; also the only failure code of a few commands",
    error: "Unclassified"
  },
  { code: 2, symbol: "E_DEVICE", meaning: "the device could not be opened or allocated", error: "DeviceFailed" },
  { code: 3, symbol: "E_DEVIOC", meaning: "the driver refused a request", error: "DeviceFailed" },
  { code: 4, symbol: "E_OPEN", meaning: "an image could not be opened", error: "InputOutputFailed" },
  { code: 5, symbol: "E_MALLOC", meaning: "out of memory", error: "OutOfMemory" },
  { code: 6, symbol: "E_READ", meaning: "a read failed or was short", error: "InputOutputFailed" },
  { code: 7, symbol: "E_WRITE", meaning: "a write failed", error: "InputOutputFailed" },
  { code: 8, symbol: "E_RESERVED_8", meaning: "reserved", error: "Unclassified" },
  { code: 9, symbol: "E_SYSFS", meaning: "an attribute of the device is missing in sysfs", error: "DeviceFailed" },
  { code: 10, symbol: "E_RESERVED_10", meaning: "reserved", error: "Unclassified" },
  { code: 11, symbol: "E_PLOOPFMT", meaning: "the image is damaged or of another format", error: "ImageCorrupt" },
  { code: 12, symbol: "E_SYS", meaning: "a system call failed", error: "Unclassified" },
  { code: 13, symbol: "E_PROTOCOL", meaning: "the copy stream is broken", error: "CopyProtocolBroken" },
  { code: 14, symbol: "E_LOOP", meaning: "a copy runs in a loop", error: "CopyProtocolBroken" },
  { code: 15, symbol: "E_FSTAT", meaning: "a file could not be inspected", error: "InputOutputFailed" },
  { code: 16, symbol: "E_FSYNC", meaning: "a file could not be synchronised", error: "InputOutputFailed" },
  { code: 17, symbol: "E_EBUSY", meaning: "the snapshot is used by a device", error: "SnapshotInUse" },
  { code: 18, symbol: "E_FLOCK", meaning: "a lock could not be taken", error: "InputOutputFailed" },
  { code: 19, symbol: "E_FTRUNCATE", meaning: "a file could not be truncated", error: "InputOutputFailed" },
  { code: 20, symbol: "E_FALLOCATE", meaning: "space could not be allocated", error: "InputOutputFailed" },
  { code: 21, symbol: "E_MOUNT", meaning: "a mount failed", error: "MountFailed" },
  { code: 22, symbol: "E_UMOUNT", meaning: "an unmount failed", error: "UmountFailed" },
  { code: 23, symbol: "E_LOCK", meaning: "the descriptor could not be locked or read", error: "Unclassified" },
  { code: 24, symbol: "E_MKFS", meaning: "no file system could be created", error: "FileSystemMakeFailed" },
  { code: 25, symbol: "E_RESERVED_25", meaning: "reserved", error: "Unclassified" },
  { code: 26, symbol: "E_RESIZE_FS", meaning: "the file system could not be resized", error: "FileSystemResizeFailed" },
  { code: 27, symbol: "E_MKDIR", meaning: "a directory could not be created", error: "InputOutputFailed" },
  { code: 28, symbol: "E_RENAME", meaning: "a file could not be renamed", error: "InputOutputFailed" },
  { code: 29, symbol: "E_ABORT", meaning: "cancelled by a signal", error: "ToolAborted" },
  { code: 30, symbol: "E_RELOC", meaning: "blocks could not be relocated", error: "DeviceFailed" },
  { code: 31, symbol: "E_RESERVED_31", meaning: "reserved", error: "Unclassified" },
  { code: 32, symbol: "E_RESERVED_32", meaning: "reserved", error: "Unclassified" },
  { code: 33, symbol: "E_CHANGE_GPT", meaning: "the partition table could not be changed", error: "DeviceFailed" },
  { code: 34, symbol: "E_RESERVED_34", meaning: "reserved", error: "Unclassified" },
  { code: 35, symbol: "E_UNLINK", meaning: "a file could not be removed", error: "InputOutputFailed" },
  { code: 36, symbol: "E_MKNOD", meaning: "a device node could not be created", error: "InputOutputFailed" },
  { code: 37, symbol: "E_PLOOPINUSE", meaning: "the image is in use, or its in-use flag is set", error: "ImageInUse" },
  { code: 38, symbol: "E_PARAM", meaning: "a bad argument, or one of a hundred refusals", error: "Unclassified" },
  { code: 39, symbol: "E_DISKDESCR", meaning: "the descriptor is missing or inconsistent", error: "DescriptorInvalid" },
  { code: 40, symbol: "E_DEV_NOT_MOUNTED", meaning: "the image is not mounted", error: "NotMounted" },
  { code: 41, symbol: "E_FSCK", meaning: "the file system has errors that fsck left", error: "FileSystemCorrupt" },
  { code: 42, symbol: "E_RESERVED_42", meaning: "reserved", error: "Unclassified" },
  { code: 43, symbol: "E_NOSNAP", meaning: "no such snapshot", error: "SnapshotNotFound" },
  { code: 44, symbol: "E_NOCBT", meaning: "changed blocks are not tracked", error: "NotTracked" },
  { code: 45, symbol: "E_CRYPT", meaning: "encryption failed", error: "EncryptionFailed" },
  { code: 46, symbol: "E_UMOUNT_BUSY", meaning: "the mount or the device stays busy", error: "Busy" }
] as const satisfies ReadonlyArray<{
  readonly code: number
  readonly symbol: string
  readonly meaning: string
  readonly error: string | undefined
}>

/**
 * The name of a code, as in `E_PARAM`.
 *
 * @since 0.1.0
 * @category models
 */
export type Symbol = (typeof rows)[number]["symbol"]

/**
 * A row of the table.
 *
 * @since 0.1.0
 * @category models
 */
export interface ExitCode {
  /** The number, from 0 to 46. */
  readonly code: number
  /** The name of the code in the tool's sources, as in `E_PARAM`. */
  readonly symbol: Symbol
  /** What the tool means by the code. */
  readonly meaning: string
  /** The error that the code stands for when the output says nothing more; `undefined` for success. */
  readonly error: (typeof rows)[number]["error"]
}

/**
 * The table, complete from 0 to 46; the codes that the tool reserves are in it.
 *
 * @since 0.1.0
 * @category constants
 */
export const table: ReadonlyArray<ExitCode> = rows

/**
 * The row of a code, if the tool knows the code.
 *
 * @since 0.1.0
 * @category conversions
 */
export const get = (code: number): ExitCode | undefined => table.find((row) => row.code === code)

/**
 * The name of a code; `undefined` for a code that the tool does not know.
 *
 * @since 0.1.0
 * @category conversions
 */
export const symbolOf = (code: number | undefined): Symbol | undefined =>
  code === undefined ? undefined : get(code)?.symbol

const signals: ReadonlyMap<number, string> = new Map([
  [1, "SIGHUP"],
  [2, "SIGINT"],
  [3, "SIGQUIT"],
  [4, "SIGILL"],
  [6, "SIGABRT"],
  [7, "SIGBUS"],
  [8, "SIGFPE"],
  [9, "SIGKILL"],
  [11, "SIGSEGV"],
  [13, "SIGPIPE"],
  [14, "SIGALRM"],
  [15, "SIGTERM"]
])

/**
 * The signal behind a code of 128 and more, which is how a shell, `sudo` or
 * `ssh` reports that the program below it was killed.
 *
 * @since 0.1.0
 * @category conversions
 */
export const signalOf = (code: number): string | undefined => code > 128 ? signals.get(code - 128) : undefined
