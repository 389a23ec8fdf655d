import { Generation } from "@effect-ploop/core"
import * as Vitest from "@effect-ploop/testkit/Vitest"
import { fake } from "./utils/targets.js"

for (const generation of Generation.Generation.literals) Vitest.suite(fake(generation))
