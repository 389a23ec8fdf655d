import type { ServiceDefinition } from "@grpc/grpc-js"
import * as loader from "@grpc/proto-loader"
import { fileURLToPath } from "node:url"

const directory = fileURLToPath(new URL("../../../proto", import.meta.url))

const load = (file: string, name: string): ServiceDefinition => {
  const found = loader.loadSync(file, {
    includeDirs: [directory],
    keepCase: true,
    longs: String,
    enums: String,
    defaults: true
  })[name]
  if (found === undefined || "format" in found) throw new Error(`${file} does not define ${name}`)
  // The loader and the server declare the same shape, each for itself.
  return found as ServiceDefinition
}

/** The service of snapshots; its methods are those of `snapshots.proto`. */
export const snapshots: ServiceDefinition = load("snapshots.proto", "containerd.services.snapshots.v1.Snapshots")

/** The standard health check. */
export const health: ServiceDefinition = load("health.proto", "grpc.health.v1.Health")
