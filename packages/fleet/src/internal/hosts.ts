import type * as LowLevel from "@effect-ploop/core/LowLevel"
import type * as Ploop from "@effect-ploop/core/Ploop"
import type * as FileSystem from "@effect/platform/FileSystem"
import * as Context from "effect/Context"

/** What a host needs to be part of a fleet. */
export type HostServices = Ploop.Ploop | LowLevel.LowLevel | FileSystem.FileSystem

/** The hosts that this process manages. */
export class Hosts extends Context.Tag("@effect-ploop/fleet/internal/hosts")<
  Hosts,
  ReadonlyMap<string, Context.Context<HostServices>>
>() {}

/** The directories of each host that have disks. */
export class Directories extends Context.Tag("@effect-ploop/fleet/internal/hosts/Directories")<
  Directories,
  ReadonlyArray<string>
>() {}
