import { Capability, Suite, Target } from "@effect-ploop/testkit"
import * as Vitest from "@effect-ploop/testkit/Vitest"
import { layer, layerWithFileSystem } from "./utils/hosts.js"

const capabilities = Capability.ofGeneration("1.15")

Vitest.suite(Target.make({ name: "a host in memory behind a socket", layer: layer(), scratch: "/vz", capabilities }))

/** Cases that read and write many files: all take a minute when each byte of an image crosses the socket. */
const withFiles = /^(mount|copySend|copyReceive|scenario\/backup)/

Vitest.suite(
  Target.make({
    name: "a host in memory and its files behind a socket",
    layer: layerWithFileSystem(),
    scratch: "/vz",
    capabilities
  }),
  { cases: Suite.all.filter(({ id }) => withFiles.test(id)) }
)
