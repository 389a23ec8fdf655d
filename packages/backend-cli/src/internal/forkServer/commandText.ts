import type { Mode } from "../flock.js"

/** What a server prints on each output after a command, so that the output has an end although its pipe stays open. */
export type Marker = string & { readonly Marker: unique symbol }

/** Begins with a byte that texts do not have, so that no line is kept back because a marker could begin in it. */
export const makeMarker = (nonce: string): Marker =>
  // The brand says that the text is safe between single quotes, in which printf reads it.
  `\0${nonce.replace(/[^0-9a-zA-Z-]/g, "")}` as Marker

/** A word of a shell, whatever is in it. */
export const quote = (word: string): string => `'${word.replaceAll("'", "'\\''")}'`

/**
 * A command for the shell. It has a session of its own, as each process that Node starts detached, and reports the
 * number of that session before it begins, with the rest of its line in `/proc`: in a subshell, `$$` is the number of the
 * shell itself. It runs in the foreground, because a shell without job control lets background commands ignore SIGINT. It
 * keeps none of the descriptors of the server. A shell that cannot report ends, which closes what it reports to.
 */
export const commandText = (program: string, args: ReadonlyArray<string>, marker: Marker): string => {
  const print = `printf '\\000${marker.slice(1)}'`
  const command = [program, ...args].map(quote).join(" ")
  return [
    "(read -r self rest </proc/self/stat || exit",
    "echo \"began $self $rest\" >&3 || exit",
    `exec setsid ${command} </dev/null 2>&4 3>&- 4>&-)`,
    "echo \"ended $?\" >&3 || exit",
    `${print} || exit; ${print} >&4 || exit`,
    ""
  ].join("\n")
}

const unlock = "command exec 9<&-"

/** The code with which `lockText` ends when the file could not be opened. */
const notOpened = 120

/**
 * Locks what a descriptor of another process is open on, by a descriptor of the shell. To open it by its name in `/proc`
 * leads to the same file, whatever has its path now.
 */
export const lockText = (pid: number, fd: number, mode: Mode): string =>
  [
    `if command exec 9</proc/${pid}/fd/${fd}; then flock ${mode === "try" ? "-n " : ""}-x 9 </dev/null`,
    `else (exit ${notOpened}); fi`,
    "code=$?",
    `[ $code = 0 ] || ${unlock}`,
    "echo \"ended $code\" >&3 || exit",
    ""
  ].join("\n")

/** Closes the descriptor by which the shell has a lock. */
export const unlockText = `${unlock}; echo "ended $?" >&3 || exit\n`
