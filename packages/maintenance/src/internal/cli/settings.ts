import { Ended } from "@effect-ploop/command-line/Ended"
import * as Effect from "effect/Effect"
import * as ConfigFile from "../../ConfigFile.js"
import { diskOf } from "./options.js"

/** The settings of the configuration file, or none. */
export const load = (file: string | undefined) =>
  file === undefined ? Effect.succeed<ConfigFile.Settings>({}) : ConfigFile.read(file)

/** The disks of the command line, or those of the configuration file. */
export const disksOf = (
  given: ReadonlyArray<string>,
  settings: ConfigFile.Settings
): Effect.Effect<ReadonlyArray<string>, Ended> => {
  const disks = given.length > 0 ? given : (settings.disks ?? []).map(diskOf)
  return disks.length > 0
    ? Effect.succeed(disks)
    : new Ended({ code: 2, message: "no disk is named, neither on the command line nor in a configuration file" })
}

/** The directories of backups on the command line, or that of the configuration file. */
export const directoriesOf = (given: ReadonlyArray<string>, file: string | undefined) => {
  const all = given.length > 0 || file === undefined ? given : [file]
  return all.length > 0
    ? Effect.succeed(all)
    : new Ended({ code: 2, message: "no directory is named, neither on the command line nor in a configuration file" })
}

type Given<A> = { readonly [K in keyof A]?: A[K] | undefined }

/** What is given, over what the configuration file has. A switch that is off says nothing. */
export const over = <A extends object, B extends Given<B>>(file: A | undefined, given: B): A & B => {
  const said = Object.entries(given).filter(([, value]) => value !== undefined && value !== false)
  // Each field has the type of one of the two.
  return { ...file, ...Object.fromEntries(said) } as A & B
}
