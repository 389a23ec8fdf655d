import * as ByteSize from "@effect-ploop/core/ByteSize"
import * as DateTime from "effect/DateTime"
import type * as Duration from "effect/Duration"
import type { Policy } from "../../UsagePolicy.js"

/** How far below its limit a share must be before its alert is cleared, so that it does not come and go. */
const slack = 2

interface Filling {
  readonly used: ByteSize.ByteSize
  readonly size: ByteSize.ByteSize
  readonly fullAt?: DateTime.Utc | undefined
}

/** What may have to be said of one subject. `isOn` is asked with whether its alert is raised already. */
export interface Check {
  readonly kind: "filling" | "full-soon" | "unreadable"
  readonly subject: string
  readonly isOn: (isRaised: boolean) => boolean
  readonly message: string
}

const filling = (subject: string, what: string, { size, used }: Filling, limit: number): Check => {
  const percent = size === 0n ? 0 : Number(used) / Number(size) * 100
  return {
    kind: "filling",
    subject,
    isOn: (isRaised) => percent >= limit - (isRaised ? slack : 0),
    message: `${what} uses ${ByteSize.format(used)} of ${ByteSize.format(size)} (${percent.toFixed(1)} %)`
  }
}

const fullSoon = (
  subject: string,
  what: string,
  { fullAt }: Filling,
  within: Duration.Duration,
  now: DateTime.Utc
): Check => ({
  kind: "full-soon",
  subject,
  isOn: () => fullAt !== undefined && DateTime.lessThanOrEqualTo(fullAt, DateTime.addDuration(now, within)),
  message: fullAt === undefined
    ? `${what} does not grow`
    : `${what} is full at ${DateTime.formatIso(fullAt)} if it goes on like this`
})

interface Reading {
  readonly at: DateTime.Utc
  readonly disks: ReadonlyArray<{ readonly disk: string } & { readonly [K in keyof Filling]?: Filling[K] | undefined }>
  readonly hosts: ReadonlyArray<{ readonly path: string } & Filling>
  readonly unread: ReadonlyArray<{ readonly disk: string; readonly reason: string }>
}

const both = (subject: string, what: string, numbers: Filling, share: number, policy: Policy, at: DateTime.Utc) => [
  filling(subject, what, numbers, share),
  fullSoon(subject, what, numbers, policy.fullWithin, at)
]

/** Every check of a reading. A disk that was read is not unreadable, which clears that alert. */
export const checks = ({ at, disks, hosts, unread }: Reading, policy: Policy): ReadonlyArray<Check> => [
  ...disks.flatMap(({ disk, fullAt, size, used }) =>
    size === undefined || used === undefined
      ? []
      : both(disk, `the file system in ${disk}`, { used, size, fullAt }, policy.diskShare, policy, at)
  ),
  ...hosts.flatMap((host) =>
    both(host.path, `the file system of the host at ${host.path}`, host, policy.hostShare, policy, at)
  ),
  ...disks.map(({ disk }): Check => ({
    kind: "unreadable",
    subject: disk,
    isOn: () => false,
    message: `${disk} can be read again`
  })),
  ...unread.map(({ disk, reason }): Check => ({ kind: "unreadable", subject: disk, isOn: () => true, message: reason }))
]
