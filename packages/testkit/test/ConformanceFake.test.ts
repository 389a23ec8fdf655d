import { PloopFake } from "@effect-ploop/backend-fake"
import { Capability, Target } from "@effect-ploop/testkit"
import * as Vitest from "@effect-ploop/testkit/Vitest"
import { Path } from "@effect/platform"
import { Layer } from "effect"

Vitest.suite(Target.make({
  name: "the host in memory",
  layer: Layer.merge(PloopFake.layer(), Path.layer),
  scratch: "/vz",
  capabilities: Capability.all
}))
