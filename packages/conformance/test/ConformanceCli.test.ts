import * as Vitest from "@effect-ploop/testkit/Vitest"
import { describe } from "vitest"
import { missing, title } from "./utils/realTool.js"
import { real } from "./utils/targets.js"

describe.skipIf(missing !== undefined)(title("conformance"), () => Vitest.suite(real))
