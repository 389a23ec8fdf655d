// @effect-diagnostics nodeBuiltinImport:off
import * as Option from "effect/Option"
import * as NFS from "node:fs"

/** The variables of a command. */
export type Environment = Readonly<Record<string, string>>

/** What a process takes over from the one that starts it. A server serves only while it is still the same. */
export interface Heritage {
  readonly environment: Environment
  /** The directory itself: another one may have its path by now. */
  readonly directory: string
  /** The user, the groups and the mask of new files. */
  readonly user: string
}

/** Variables that change how a shell works, or that a shell changes where a program could notice. */
const special = new Set([
  "BASHOPTS",
  "BASH_ENV",
  "ENV",
  "HISTCMD",
  "IFS",
  "LINENO",
  "OPTIND",
  "POSIXLY_CORRECT",
  "PPID",
  "PS4",
  "RANDOM",
  "SHELLOPTS",
  "TMOUT"
])

/** Whether a shell passes each variable on as it is. It drops a variable whose name is not an identifier, or calls it. */
const passesOn = (environment: Environment): boolean =>
  Object.keys(environment).every((name) => /^[A-Za-z_][A-Za-z0-9_]*$/.test(name) && !special.has(name))

/** The user and groups, as real and as effective ones; none where they differ, for a shell makes them the same. */
export const userOf = (status: string): Option.Option<string> => {
  const lines = status.split("\n").filter((line) => /^(?:Uid|Gid|Groups|Umask):/.test(line))
  const same = lines.filter((line) => /^[UG]id:/.test(line))
    .every((line) => new Set(line.split(/\s+/).slice(1)).size === 1)
  return same && lines.length >= 3 ? Option.some(lines.join("\n")) : Option.none()
}

/** What a command would take over from this process now; none where a shell would not pass it on. */
export const current = (environment: Environment): Option.Option<Heritage> => {
  try {
    const { dev, ino } = NFS.statSync("/proc/self/cwd", { bigint: true })
    return passesOn(environment)
      ? Option.map(
        userOf(NFS.readFileSync("/proc/self/status", "latin1")),
        (user) => ({ environment, directory: `${dev}:${ino}`, user })
      )
      : Option.none()
  } catch {
    return Option.none()
  }
}

const sameEnvironment = (one: Environment, other: Environment): boolean => {
  const names = Object.keys(one)
  return names.length === Object.keys(other).length && names.every((name) => one[name] === other[name])
}

export const same = (one: Heritage, other: Heritage): boolean =>
  one.directory === other.directory && one.user === other.user && sameEnvironment(one.environment, other.environment)
