import type { Brand } from "effect/Brand"
import type { Generation } from "../Generation.js"

/**
 * The text of a remedy. Only this module makes one, so that no remedy is without a name, by which a test executes it.
 *
 * @since 0.2.0
 * @category models
 */
export type Text = string & Brand<"@effect-ploop/core/Remedy">

/** A remedy that a backend gives itself. */
export const given = (instead: string): Text => instead as Text

const remedies = <const Table extends Readonly<Record<string, (fields: never) => string>>>(table: Table) =>
  // The functions are the same; their results become the only values of the type.
  table as unknown as { readonly [Name in keyof Table]: (...args: Parameters<Table[Name]>) => Text }

const inspect =
  "Inspect the disk with listSnapshots and deviceOf, and its images with check({ image, readOnly: true }), before you " +
  "repeat it"

/** What to do about a refused option, and about what a generation cannot do or would damage. */
const refused = {
  "invalid-argument": ({ field, rule }: { readonly field: string; readonly rule: string }) =>
    `Give ${field} another value: it ${rule}.`,
  "consent-required": ({ option }: { readonly option: string }) => `Pass ${option} if that is acceptable.`,
  "unsupported": () => "Do it another way, as the reason says, or on a host with another generation of ploop.",
  "operation-not-provided": ({ operation }: { readonly operation: string }) =>
    `Give the operation ${operation} where the service is made.`,
  "attach-raw": () =>
    "Keep the disk for a host with generation 1.15 or 7; here, create a disk of the format expanded and mount that one.",
  "attach-version-1": () => "Call convert({ disk, version: 2 }) first.",
  "create-attachable": () =>
    "Choose the format expanded or preallocated, and format version 2; or choose fileSystem: \"none\".",
  "create-without": ({ option }: { readonly option: string }) => `Leave ${option} out.`,
  "create-ext": () => "Choose the file system ext4.",
  "create-ext4": () => "Choose the file system ext4, or xfs.",
  "nothing-tracked": () => "Leave the call out: nothing is tracked that could be ended.",
  "lost-map": () => "Call dropTracking for the disk, which corrects the header, and repeat the operation.",
  "split-disk": () =>
    "Merge the pieces first with the software that made the disk, as `prl_disk_tool convert --merge` of Virtuozzo " +
    "does. Do not write a new descriptor for one of the images: it would hold a part of the disk only.",
  "encrypted": () =>
    "Work on a host whose software knows this encryption (generations 7 and 9 know KeyId), or decrypt the disk there " +
    "first. Keep a copy of the descriptor.",
  "encrypt-elsewhere": () => "Encrypt the disk on a host with generation 7 or 9 of ploop, or leave it as it is.",
  "encrypt-snapshots": () =>
    "Call mergeSnapshots with all: true, if nothing needs the snapshots any more, and repeat the operation.",
  "encrypt-raw": () => "Create another disk of the format expanded, mount both, and copy the files; encrypt that one.",
  "volumes-elsewhere": () => "Use clone, or work on a host with generation 7 or 9 of ploop.",
  "volume-files": () =>
    "Leave the volume as it is while another volume uses these files. Move those of no volume to another directory, " +
    "and repeat the operation.",
  "volume-with-parent": () => "Use the operations on volumes; the tool itself mounts such a volume.",
  "volume-clone": () =>
    "Clone the last ancestor of the snapshot, and switch the clone to the snapshot with switchVolume.",
  "volume-switch": () =>
    "Clone the snapshot to a new directory, and use that volume. Delete this one if nothing in it is needed.",
  "volume-snapshots": () => "Leave it as it is: ploop cannot remove it without the loss of an image.",
  "export-encrypted": () => "Mount the disk, with its key, and copy the files.",
  "kept-by-others": ({ generations }: { readonly generations: ReadonlyArray<Generation> }) =>
    `Work on a host with generation ${generations.join(" or ")} of ploop, which keeps it.`,
  "kept-by-none": ({ path, what }: { readonly what: string; readonly path: string }) =>
    `Keep a copy of the descriptor, remove ${what} at ${path} from it, and repeat the operation: ` +
    "ploop does not use it.",
  "check-images": () => "Call check with image in the place of disk, for each image of the disk.",
  "check-one-switch": () => "Give either readOnly or dropInUse.",
  "replace-running": () => "Mount the disk first, and replace the image while it runs.",
  "merge-in-place": () => "Leave into out: the images are merged in place.",
  "merge-elsewhere": () => "Keep the snapshot, or merge on a host with generation 1.15 or 7.",
  "resize-raw": () => "Take a snapshot first, and repeat the operation; or make a smaller disk and copy the files.",
  "convert-raw": () => "Create another disk of that format, mount both, and copy the files.",
  "clone-version-1": () => "Call convert({ disk, version: 2 }) first, before the disk has any linked clone.",
  "clone-here": () => "Choose a directory on the file system of the disk; or make a full clone, with mode: \"full\".",
  "raw-version": () => "Leave version out: a raw image needs no conversion to be used.",
  "convert-version-1": () => "Keep format version 2, or convert on a host with generation 1.15.",
  "convert-too-large": () => "Keep format version 2.",
  "restore-raw-size": () =>
    "Extend the image with zeros to a multiple of 1 MiB, as `truncate --size %1M` does, and repeat the operation.",
  "descriptor-name": () => "Rename the descriptor to DiskDescriptor.xml, and name the disk by that.",
  "orphaned-deltas": () =>
    "Restore the descriptor from a backup. Only if those files are of no use any more, move them to another " +
    "directory, and repeat the operation.",
  "no-maintenance": () =>
    "Leave the call out: nothing remains of a balloon operation that was ended. Use balloonStatus.",
  "resize-by-balloon": () => "Mount the disk, resize it without balloon, and unmount it.",
  "merge-by-descriptor": () => "Use mergeSnapshots, which finds the images by the descriptor of the disk.",
  "discard-without-limits": () => "Leave minBlock and toFree out.",
  "discard-without-defrag": () => "Leave defrag out.",
  "defrag-without-options": () => "Leave defragOnly and defragThreshold out, and discard as well.",
  "copy-in-dialogue": () => "Use copyTo and copyFrom, which carry the replies as well.",
  "copy-without-command": () => "Leave freezeCommand out.",
  "copy-above-images": () => "Delete the snapshots of the disk first, or unmount it and copy its files.",
  "umount-idle": () =>
    "Inspect with attachments whether the device is mounted, and call umount without onlyIdle if it is not.",
  "next-device": () => "Leave device out of mount, which chooses one and returns it.",
  "other-writer-mount": ({ device }: { readonly device: string }) =>
    `Use ${device}, or unmount it first; or mount the disk read-only.`,
  "other-writer": ({ device }: { readonly device: string }) =>
    `Unmount ${device} first; or mount the disk without a component, and repeat the operation while it runs.`,
  "other-writer-switch": ({ device }: { readonly device: string }) => `Unmount ${device} first.`,
  "other-disk": ({ device }: { readonly device: string }) =>
    `Unmount ${device} first; or mount that disk again with a component name.`,
  "temporary-device": ({ devices }: { readonly devices: ReadonlyArray<string> }) =>
    `Unmount ${devices.join(", ")} first.`,
  "merge-read-only": ({ device }: { readonly device: string }) => `Unmount ${device}, and repeat the operation.`,
  "shared-temporary": () => "Mount the disk, and take the snapshot while it runs.",
  "delete-top-by-switch": () => "Call switchSnapshot with the parent of the top delta: it discards the same data.",
  "not-a-file": ({ name }: { readonly name: string }) => `Move ${name} to another directory, and repeat the operation.`,
  "image-outside": () =>
    "Move the image into the directory of the disk and write its new path into the descriptor; or make the backend " +
    "with allowOutsideImages, if you trust the origin of the descriptor."
}

/** What to do about descriptors and image files. */
const files = {
  "disk-not-found": () => "Check the path. If the descriptor of an existing image was lost, restore it from a backup.",
  "descriptor-from-backup": () =>
    "Restore the descriptor from a backup. Do not write a new one while the disk has snapshots: their data would be " +
    "lost.",
  "uncommitted-descriptor": ({ aside, disk }: { readonly aside: string; readonly disk: string }) =>
    "Unmount the disk, and copy its directory. Then rename " +
    `${JSON.stringify(aside)} to ${JSON.stringify(disk)}: it is the descriptor with the image that was written last. ` +
    "Only if the data in that image is of no use any more, move both to another directory instead. Then repeat the " +
    "operation.",
  "descriptor-old": () =>
    "Call convert with the format that the disk has: it changes nothing but the identifier of the top delta, which is " +
    "what is old. A raw disk cannot be converted: put {5fbaabe3-6958-40ff-92a7-860e329aab41} in the place of its " +
    "TopGUID, wherever that is in the descriptor. Then repeat the operation.",
  "descriptor-from-image": ({ format, image }: { readonly image: string; readonly format: "raw" | "expanded" }) =>
    "The disk has one image, so that nothing is lost with the descriptor: rename the descriptor, then call " +
    `restoreDescriptor({ image: ${JSON.stringify(image)}, format: "${format}" }).`,
  "descriptor-clusters": ({ sectors }: { readonly sectors: bigint }) =>
    `Write ${sectors} into Blocksize: the size of the clusters is what the images say.`,
  "descriptor-geometry": (
    { cylinders, heads, sectors }: { readonly cylinders: number; readonly heads: number; readonly sectors: number }
  ) =>
    `Write ${cylinders} into Cylinders, ${heads} into Heads and ${sectors} into Sectors, in Disk_Parameters; then ` +
    "repeat the operation.",
  "image-not-found": () => "Bring the image file back; without it the data of every delta above it is lost too.",
  "image-corrupt": () =>
    "Copy the image. Then put the image back from a backup, or call check with force and repair on the copy.",
  "image-dirty": () => "Make sure that no other host uses it, then mount it or check it with dropInUse.",
  "image-in-use": () => "Unmount the disk first, or wait until its user has done so.",
  "image-shared": () =>
    "Leave the image as it is while another disk has it, such as a linked clone: find -samefile lists the names of a " +
    "file. If nothing needs the other names, remove those, or the disks that they belong to, and repeat the operation.",
  "image-mismatch": () => "Make the new file a copy of the old one, then replace.",
  "already-exists-disk": () => "Choose another directory: one directory holds one disk.",
  "already-exists": () => "Choose another path, or move away what is there.",
  "directory-not-found": ({ directory }: { readonly directory: string }) => `Create the directory ${directory} first.`
}

/** What to do about mounts, devices, and file systems in images. */
const mounts = {
  "not-mounted": () => "Mount the disk first.",
  "not-mounted-umount": () =>
    "Nothing is left to unmount by this name. The operation listDevices shows whether a device of the disk still " +
    "runs; unmount it by its device.",
  "already-mounted": () =>
    "Use the mount that exists, unmount it first, or mount it read-only with a component name of its own.",
  "already-mounted-idle": () => "Unmount the disk first, or use mode: \"auto\".",
  "mount-point-invalid": ({ target }: { readonly target: string }) => `Create the directory ${target} first.`,
  "mount-failed": () =>
    "Read the tool's output. A read-only mount of a disk that was copied while in use needs data: [\"noload\"]. For " +
    "other causes mount without a target and inspect the device.",
  "mount-failed-create": () =>
    "The kernel of this host cannot mount the new file system: read the tool's output and the kernel log, or choose " +
    "another fileSystem or fileSystemBlockSize.",
  "mount-failed-other": () =>
    "Mount the disk by the operation mount first, which takes mount options, and repeat the operation on the mounted " +
    "disk.",
  "umount-failed": () => "Read the tool's output and the kernel log.",
  "busy": () =>
    "Wait for the processes that use it and try again. If none does, a copy or a balloon operation was ended " +
    "half-way: name the disk by its descriptor in umount, which completes it.",
  "busy-balloon": ({ device }: { readonly device: string }) =>
    `A change of the balloon was ended half-way, and ${device} runs on without its file system. Mount the file ` +
    `system on ${device}p1 at a directory by hand, with the option balloon_ino that the log of its last mount shows, ` +
    `and call balloonClear({ target }) with this directory. ${repeatUmount(device)}`,
  "busy-mounts": (
    { device, mounts }: { readonly mounts: ReadonlyArray<string>; readonly device?: string | undefined }
  ) => `Unmount ${mounts.join(", ")} first. ${repeatUmount(device)}`,
  "busy-holders": ({ device }: { readonly device?: string | undefined }) =>
    `Wait for the processes that use it, or end them if they can be ended. ${repeatUmount(device)}`,
  "busy-mounts-and-holders": (
    { device, mounts }: { readonly mounts: ReadonlyArray<string>; readonly device?: string | undefined }
  ) =>
    `Unmount ${mounts.join(", ")} first. Wait for the processes that use it, or end them if they can be ended. ${
      repeatUmount(device)
    }`,
  "busy-namespaces": ({ device, hidden }: {
    readonly device?: string | undefined
    readonly hidden: ReadonlyArray<{ readonly pid: number; readonly target: string }>
  }) =>
    `Unmount ${hidden.map(({ pid, target }) => `${target} in the mount namespace of process ${pid}`).join(", ")}, as ` +
    `\`nsenter --mount --target PID umount DIRECTORY\` does; or end the processes of that namespace, if they can be ` +
    `ended. ${repeatUmount(device)}`,
  "device-not-found": () => "List the running devices; the disk may be unmounted already.",
  "device-failed": () =>
    "Read the tool's output and the kernel log. If a mount was ended half-way, unmount the disk, which removes its " +
    "stopped device.",
  "file-system-unsupported": () => "Put the image on ext4 (with extents).",
  "file-system-corrupt": () =>
    "Copy the directory of the disk first. Then mount without a target and run e2fsck on the partition by hand.",
  "file-system-make-failed": () =>
    "Read the tool's output; an ext4 file system with its journal needs more than 128 MiB.",
  "file-system-resize-failed": () => "Read the tool's output; a file system cannot become smaller than its data."
}

function repeatUmount(device: string | undefined): string {
  return device === undefined ? "Then try again." : `Then unmount it by its device, umount({ device: "${device}" }).`
}

/** What to do about snapshots. */
const snapshots = {
  "snapshot-not-found": () => "List the snapshots; merges and deletions remove identifiers.",
  "snapshot-exists": () => "Choose another identifier, or let one be generated.",
  "snapshot-limit": () => "Merge snapshots of this chain with mergeSnapshots, which keeps the newest state.",
  "snapshot-has-children": () => "Keep it while it has children. Delete them first only if nothing in them is needed.",
  "snapshot-has-children-mount": () => "Mount the snapshot with readOnly: true.",
  "snapshot-has-children-switch": () =>
    "Call switchSnapshot: the snapshot stays for its other children, and its state becomes that of the disk.",
  "snapshot-has-children-merge": () =>
    "Give downTo a snapshot above it. To merge it too, delete its other children first, if nothing in them is needed.",
  "volume-has-children": () =>
    "Leave it as it is while its children are needed: volumeTree lists them. If nothing in them is, " +
    "delete those without children first, and repeat the operation.",
  "snapshot-is-base": () => "Choose a snapshot above the base.",
  "snapshot-is-top": () =>
    "Unmount the disk first; deleting the top delta then discards what was written since the last snapshot.",
  "snapshot-is-temporary": () => "Use a snapshot that is not temporary.",
  "snapshot-is-current": () =>
    "Name a snapshot. To discard what was written since the last one, switch to the parent of the top delta.",
  "snapshot-in-use": () => "Unmount those devices, then try again.",
  "snapshot-not-ancestor": () =>
    "Give the snapshot nearest to the top as `snapshot` and one of its ancestors as `downTo`."
}

/** What to do about the host, the tool and its runs. */
const host = {
  "size-refused": () => "Choose a size within the limits, or free space inside the file system first.",
  "no-space": () => "Free space on the host, or in the file system of the image, and try again.",
  "no-space-half-way": () => `Free space on the host. ${inspect}.`,
  "no-space-snapshots": () =>
    "Free space on the host. Then inspect the snapshots with listSnapshots before you repeat the operation.",
  "prerequisite-missing": ({ what }: { readonly what: string }) =>
    `Provide ${what}. The operation prerequisites lists everything that is missing.`,
  "permission-denied": () => "Run as root, or configure a prefix such as `sudo -n`.",
  "permission-denied-read-only": () => "Use a directory on a writable file system, or remount that one.",
  "locked": () => "Wait for the other operation and try again.",
  "tool-not-found": () => "Install it (on Debian: apt-get install ploop) or configure its path.",
  "tool-not-executable": () =>
    "Make it executable for this user, or configure another path or a prefix such as `sudo -n`.",
  "tool-aborted": () => `The operation may have happened in part. ${inspect}.`,
  "tool-aborted-query": () => "Try again. If it happens again, report it with the tool's output.",
  "timed-out": () => `The operation may have happened. ${inspect}; raise the limit if the work takes longer.`,
  "timed-out-query": () => "Try again; raise the limit if the host is slow.",
  "not-ploop": () =>
    "Configure the path of a ploop tool of generation 1.15, 7 or 9. If it is one, report it: it may be newer than this " +
    "library.",
  "unexpected-output": () => "Report it with a tape of the run: the tool may be newer than this library.",
  "out-of-memory": () => "Free memory and try again.",
  "out-of-memory-half-way": () => `Free memory. ${inspect}.`,
  "input-output-failed": () => "Read the tool's output and check the file system of the host.",
  "copy-protocol-broken": () => "Send and receive with the same generation of the tool, and start the copy again.",
  "not-tracked": () =>
    "Take the changes for unknown, and read the whole disk. Take a snapshot with track: true, and give that one as from.",
  "encryption-failed": () => "Check that the key is available on this host.",
  "rolled-back": () => "Nothing has changed. Do it while the disk is not running, or without keepName.",
  "images-dropped": ({ former }: { readonly former?: string | undefined }) =>
    "Write nothing to the disk, unmount it and copy its directory. The data is complete with " +
    `${former ?? "the text in the log"}, the descriptor as it was before: put it in the place of the present one, ` +
    "and check the disk.",
  "connection-lost": () => `The operation may have happened, or may still be running. ${inspect}.`,
  "connection-lost-before": () => "Try again once the host can be reached: nothing has changed.",
  "access-refused": () =>
    "Use a token that allows it. The operator of the host grants operations and directories to each token.",
  "limit-exceeded": () => "Try again once other requests have ended, or raise the limit of the host.",
  "limit-exceeded-bytes": () => "Make the request smaller, or raise the limit of the host.",
  "protocol-mismatch": ({ client, server }: { readonly client: number; readonly server: number }) =>
    `Install the same version of effect-ploop on both sides: the ${
      client < server ? "program" : "host"
    } has the older one.`,
  "unclassified": () =>
    "Read the tool's output. If it does not help, report it with a tape: Recording, of backend-cli, records a program, " +
    "and ploop-conformance run --tape FILE the suite on this host."
}

export const texts = remedies({ ...refused, ...files, ...mounts, ...snapshots, ...host })
