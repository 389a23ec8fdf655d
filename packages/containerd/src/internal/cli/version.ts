import * as Version from "@effect-ploop/command-line/Version"

/** The version of this package. */
export const version: string = Version.of("@effect-ploop/containerd", import.meta.url)
