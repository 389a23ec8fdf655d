import * as Version from "@effect-ploop/command-line/Version"

/** The version of this command. */
export const command: string = Version.of("@effect-ploop/conformance", import.meta.url)

/** The version of the suite. */
export const testkit: string = Version.of("@effect-ploop/testkit", import.meta.url)
