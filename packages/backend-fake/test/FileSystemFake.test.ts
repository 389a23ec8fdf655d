import { PloopFake } from "@effect-ploop/backend-fake"
import { Path } from "@effect/platform"
import { Layer } from "effect"
import { suite } from "./utils/FileSystemSpec.js"

suite("the FileSystem of the host in memory", Layer.merge(PloopFake.layer(), Path.layer))
