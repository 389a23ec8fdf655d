import { Capability, Target } from "@effect-ploop/testkit"
import * as Vitest from "@effect-ploop/testkit/Vitest"
import { layer } from "./hosts.js"

Vitest.suite(Target.make({
  name: "a remote host",
  layer,
  scratch: "/vz",
  capabilities: Capability.ofGeneration("1.15")
}))
