import type { NonEmptyReadonlyArray } from "effect/Array"

/** The arguments of a command, and what it does with them. */
interface Example {
  readonly args: string
  readonly does: string
}

/** The examples of each command. Tests run them. */
export const examples: Readonly<Record<string, NonEmptyReadonlyArray<Example>>> = {
  leftovers: [
    { args: "/vz/101", does: "Shows what crashes have left of a disk. Nothing is changed." },
    { args: "--older-than '2 days' --apply /vz/101 /vz/102", does: "Removes what is sure to be left over." },
    { args: "--directory /backup --devices", does: "Shows what is left in a directory of backups, and of devices." }
  ],
  retention: [
    { args: "--keep-daily 7 --keep-weekly 4 /vz/101", does: "Shows which snapshots would be deleted." },
    {
      args: "--keep-daily 7 --keep-name 'before-*' /vz/101",
      does: "Keeps those too that have such a name in the Snapshots.xml of their container."
    },
    { args: "--config /etc/ploop-maintenance.yaml --apply", does: "Deletes those of all disks that a file names." }
  ],
  reclaim: [
    { args: "--at-least 1G /vz/101 /vz/102", does: "Shows which disks would give back a gigabyte or more." },
    {
      args: "--budget 100G --window 01:00-05:00 --keep-last 3 --apply /vz/101",
      does: "Discards unused space and merges snapshots, but begins nothing after five in the morning."
    }
  ],
  usage: [
    { args: "/vz/101 /vz/102", does: "Shows what disks and their host use." },
    { args: "--every '10 minutes' --readings 6 --json /vz/101", does: "Writes a line of JSON six times." },
    { args: "--prometheus /vz/101", does: "Writes metrics for the node exporter." }
  ],
  backup: [
    { args: "--in /backup --incremental --apply /vz/101", does: "Saves what has changed since the last backup." },
    { args: "--to /backup/before-upgrade --apply /vz/101", does: "Saves a whole disk in a new directory." }
  ],
  backups: [
    { args: "/backup", does: "Lists the backups in a directory." },
    { args: "--disk /vz/101 --json /backup", does: "Lists those of one disk, for a program." }
  ],
  restore: [
    { args: "--to /vz/restored --apply /backup/monday /backup/tuesday", does: "Makes a disk of two backups." }
  ],
  send: [{ args: "/vz/101 > /backup/101.tar", does: "Writes a whole disk into one file." }],
  receive: [{ args: "--to /backup/monday < /backup/101.tar", does: "Makes a directory of it." }],
  verify: [{ args: "/backup/monday", does: "Reads a backup again." }],
  "backup-retention": [
    { args: "--keep-daily 7 --keep-weekly 4 --apply /backup", does: "Removes the backups that no rule keeps." }
  ],
  snapshot: [{ args: "--apply /vz/db /vz/web", does: "Takes a snapshot of two disks under one identifier." }],
  switch: [
    {
      args: "--id 01a3c2d4-5e6f-7a8b-9c0d-1e2f3a4b5c6d --apply /vz/db /vz/web",
      does: "Takes both disks back to it, or none."
    }
  ]
}

/** The exit codes, and what each means. */
export const codes = [
  ["0", "Everything was done, or there was nothing to do."],
  ["1", "A disk could not be maintained, or a backup is damaged."],
  ["2", "The request is wrong: an option, a policy, or the configuration file."],
  ["70", "A bug of this command."],
  ["130", "Interrupted. The same command goes on where it stopped."]
] as const

/** The commands that read and write backups alone, and run no tool. */
export const withoutTool: ReadonlyArray<string> = ["backups", "receive", "verify", "backup-retention"]
