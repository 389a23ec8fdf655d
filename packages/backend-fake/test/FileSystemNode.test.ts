import { NodeFileSystem, NodePath } from "@effect/platform-node"
import { Layer } from "effect"
import { suite } from "./utils/FileSystemSpec.js"

suite("the file system of Node", Layer.merge(NodeFileSystem.layer, NodePath.layer))
