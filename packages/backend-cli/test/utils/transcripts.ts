import type { Generation } from "@effect-ploop/core"
import { readdirSync, readFileSync } from "node:fs"

const root = new URL("../fixtures/tapes/", import.meta.url)

/** The text of a tape of what a real tool printed. */
export const text = (folder: string, topic: string): string =>
  readFileSync(new URL(`${folder}/${topic}.jsonl`, root), "utf8")

export interface Recorded {
  readonly argv: ReadonlyArray<string>
  readonly stdout: string
  readonly stderr: string
  readonly exitCode: number
}

/** The runs of a topic, in order. */
export const runs = (folder: string, topic: string): ReadonlyArray<Recorded> =>
  text(folder, topic).trimEnd().split("\n").map((line) => JSON.parse(line) as Recorded)

/** One run of a topic; the first unless said otherwise. */
export const run = (folder: string, topic: string, index = 0): Recorded => runs(folder, topic)[index]!

/** Every folder with its topics. */
export const topics: ReadonlyArray<readonly [folder: string, topic: string]> = readdirSync(root).flatMap((folder) =>
  readdirSync(new URL(`${folder}/`, root)).map((name) => [folder, name.replace(/\.jsonl$/, "")] as const)
)

/** The generation that a folder was recorded on. */
export const generationOf = (folder: string): Generation.Generation =>
  folder.startsWith("1.15") ? "1.15" : folder.startsWith("7") ? "7" : "9"
