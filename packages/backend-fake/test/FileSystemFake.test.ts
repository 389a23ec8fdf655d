import { PloopFake } from "@effect-ploop/backend-fake"
import { suite } from "./utils/FileSystemSpec.js"

suite("the FileSystem of the host in memory", PloopFake.layer())
