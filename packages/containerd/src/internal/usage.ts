import * as FileSystem from "@effect/platform/FileSystem"
import * as Path from "@effect/platform/Path"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import type { Usage } from "../Snapshot.js"

const blockSize = 512n

const sizeOf = (info: FileSystem.File.Info): bigint =>
  Option.match(info.blocks, { onNone: () => BigInt(info.size), onSome: (blocks) => BigInt(blocks) * blockSize })

const isShared = (info: FileSystem.File.Info) => Option.exists(info.nlink, (links) => links > 1)

/** What the files of a directory take, without those that have other names too. */
export const usageOf = (directory: string) =>
  Effect.gen(function*() {
    const fs = yield* FileSystem.FileSystem
    const path = yield* Path.Path
    const names = yield* fs.readDirectory(directory)
    const infos = yield* Effect.forEach(names, (name) => fs.stat(path.join(directory, name)))
    const own = infos.filter((info) => !isShared(info))
    return { size: own.reduce((sum, info) => sum + sizeOf(info), 0n), inodes: BigInt(own.length) } satisfies Usage
  })
