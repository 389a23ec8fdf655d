import { PloopCli } from "@effect-ploop/backend-cli"
import { Target } from "@effect-ploop/testkit"
import * as Vitest from "@effect-ploop/testkit/Vitest"
import { NodeContext } from "@effect/platform-node"
import { Layer } from "effect"

Vitest.suite(Target.make({
  name: "the real tool",
  layer: PloopCli.layer().pipe(Layer.provideMerge(NodeContext.layer)),
  scratch: "/tmp"
}))
