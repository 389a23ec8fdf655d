import * as HostPath from "@effect-ploop/core/HostPath"
import * as FileSystem from "@effect/platform/FileSystem"
import { Path } from "@effect/platform/Path"
import type * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import * as Action from "../../Action.js"
import * as Plan from "../../Plan.js"
import type { Policy } from "../../RetentionPolicy.js"
import * as identity from "../identity.js"
import { all, type Found, kept, nothing, step, unread } from "../leftovers/found.js"
import { ofRemoval } from "../leftovers/removals.js"
import { isRemoving } from "../removing.js"
import { naming } from "../retention/pattern.js"
import { select } from "../retention/select.js"
import { chainOf, type listReadable, type Stored } from "./list.js"
import { manifestName } from "./manifest.js"

/** Why each backup of one disk is kept: by a rule, or because one that is kept continues it. */
const reasons = (
  path: Path,
  stored: ReadonlyArray<Stored>,
  policy: Policy,
  now: DateTime.Utc
): ReadonlyMap<Stored, string> => {
  const { about, keeps } = naming(policy)
  const nameOf = ({ directory }: Stored) => path.basename(directory)
  const byRule = select(
    stored.filter((one) => about(nameOf(one))).map(({ manifest: { snapshot, takenAt } }) => ({
      id: snapshot,
      at: takenAt
    })),
    policy,
    now
  )
  const pinned = new Set(policy.pinned ?? [])
  const chosen = new Map<Stored, string>()
  for (const one of stored) {
    const { snapshot } = one.manifest
    const reason = one === stored.at(-1)
      ? "the newest"
      : !about(nameOf(one))
      ? `the policy is not about its name ${nameOf(one)}`
      : keeps(nameOf(one))
      ? `the policy keeps its name ${nameOf(one)}`
      : byRule.get(snapshot) ?? (pinned.has(snapshot) ? "it is pinned" : undefined)
    if (reason !== undefined) chosen.set(one, reason)
  }
  for (const one of Array.from(chosen.keys())) {
    for (const before of chainOf(stored, one) ?? []) {
      if (!chosen.has(before)) chosen.set(before, `${one.directory} continues it`)
    }
  }
  return chosen
}

const removal = (path: string, kind: "file" | "directory", reason: string) =>
  Effect.gen(function*() {
    const fs = yield* FileSystem.FileSystem
    const info = yield* fs.stat(path)
    return step(
      new Action.Remove({ path: HostPath.make(path), kind, identity: identity.of(info) }),
      reason,
      kind === "file" ? BigInt(info.size) : 0n
    )
  })

/** The files of a backup, the manifest last: while it is there, another plan finds what is left. */
const files = (
  { manifest }: Stored
): ReadonlyArray<string> => [...manifest.images.map(({ file }) => file), manifestName]

const removalOf = (stored: Stored) =>
  Effect.gen(function*() {
    const fs = yield* FileSystem.FileSystem
    const path = yield* Path
    const { directory, manifest } = stored
    const reason = `No rule keeps the backup of ${manifest.disk} that was taken at ${manifest.takenAt.toJSON()}.`
    const names = yield* fs.readDirectory(directory)
    const others = names.filter((name) => !files(stored).includes(name) && !isRemoving(name))
    const own = yield* Effect.forEach(
      files(stored).filter((name) => names.includes(name)),
      (name) => removal(path.join(directory, name), "file", reason)
    )
    const halves = yield* halvesIn(path, directory, names)
    const rest: Found = others.length === 0
      ? yield* removal(directory, "directory", reason)
      : kept(directory, `the backup goes, but the directory has other files: ${others.join(", ")}`)
    return all([...halves, ...own, rest])
  })

/** Groups by the disk, since a policy counts the backups of each disk. */
const byDisk = (stored: ReadonlyArray<Stored>): ReadonlyArray<ReadonlyArray<Stored>> => {
  const groups = new Map<string, Array<Stored>>()
  for (const one of stored) groups.set(one.manifest.disk, [...groups.get(one.manifest.disk) ?? [], one])
  return Array.from(groups.values())
}

/** The names that `Backups.planNext` gives. */
const isName = (name: string): boolean => /-\d{4}-\d\d-\d\dT\d\d-\d\d-\d\d\.\d{3}Z$/.test(name)

const cutShort = "The removal of a backup was cut short."

const removalIn = (path: Path, directory: string, name: string) =>
  Effect.gen(function*() {
    const fs = yield* FileSystem.FileSystem
    const own = path.join(directory, name)
    return yield* ofRemoval({ path: own, name, info: yield* fs.stat(own) })
  })

const halvesIn = (path: Path, directory: string, names: ReadonlyArray<string>) =>
  Effect.forEach(names.filter(isRemoving), (name) => removalIn(path, directory, name))

/** What a removal that was cut short leaves once the manifest is gone: nothing but files that wait for theirs. */
const unfinished = (path: Path, directory: string, name: string) =>
  Effect.gen(function*() {
    const fs = yield* FileSystem.FileSystem
    const own = path.join(directory, name)
    if (!isName(name) || (yield* fs.stat(own)).type !== "Directory") return nothing
    const names = yield* fs.readDirectory(own)
    if (!names.every(isRemoving)) return nothing
    return all([...(yield* halvesIn(path, own, names)), yield* removal(own, "directory", cutShort)])
  })

/** What a policy removes. Backups that others continue are removed after those. */
export const plan = (
  directory: string,
  { damaged, stored }: Effect.Effect.Success<ReturnType<typeof listReadable>>,
  policy: Policy,
  now: DateTime.Utc
) =>
  Effect.gen(function*() {
    const path = yield* Path
    const found = yield* Effect.forEach(byDisk(stored), (own) => {
      const chosen = reasons(path, own, policy, now)
      return Effect.forEach(own.toReversed(), (one) => {
        const reason = chosen.get(one)
        return reason === undefined ? removalOf(one) : Effect.succeed(kept(one.directory, reason))
      })
    })
    const fs = yield* FileSystem.FileSystem
    const names = (yield* fs.readDirectory(directory)).toSorted()
    const halves = [
      ...(yield* halvesIn(path, directory, names)),
      ...(yield* Effect.forEach(names, (name) => unfinished(path, directory, name)))
    ]
    return new Plan.Plan({
      title: `Retention of the backups in ${directory}`,
      ...all([...halves, ...found.flat(), ...damaged.map(({ directory, error }) => unread(directory, error.message))]),
      onFailure: "stop"
    })
  })
