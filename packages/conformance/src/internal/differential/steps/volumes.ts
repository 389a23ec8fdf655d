import * as GenerationTraits from "@effect-ploop/core/GenerationTraits"
import * as Ploop from "@effect-ploop/core/Ploop"
import type { PloopError } from "@effect-ploop/core/PloopError"
import type * as Result from "@effect-ploop/core/Result"
import * as FileSystem from "@effect/platform/FileSystem"
import * as Effect from "effect/Effect"
import * as FastCheck from "effect/FastCheck"
import type { Place, Work } from "../step.js"
import type { Weighted } from "./build.js"
import { some } from "./build.js"

const names = ["a", "b", "c", "d"] as const

const name = FastCheck.constantFrom(...names)

/** An operation on volumes, by their names in a directory. */
interface Action {
  readonly title: string
  readonly run: (ploop: Ploop.Ploop, at: (name: string) => string) => Effect.Effect<unknown, PloopError>
}

const pair = (title: string, run: (ploop: Ploop.Ploop, one: string, other: string) => ReturnType<Action["run"]>) =>
  FastCheck.tuple(name, name).map(([one, other]): Action => ({
    title: `${title} ${one} ${other}`,
    run: (ploop, at) => run(ploop, at(one), at(other))
  }))

const create = (one: string): Action => ({
  title: `create ${one}`,
  run: (ploop, at) => ploop.createVolume({ directory: at(one), size: "8M", fileSystem: "none" })
})

const actions: FastCheck.Arbitrary<Action> = FastCheck.oneof(
  name.map(create),
  pair("snapshot", (ploop, volume, directory) => ploop.snapshotVolume({ volume, directory })),
  pair("clone", (ploop, volume, directory) => ploop.cloneVolume({ volume, directory })),
  pair("switch", (ploop, volume, to) => ploop.switchVolume({ volume, to })),
  name.map((one): Action => ({ title: `delete ${one}`, run: (ploop, at) => ploop.deleteVolume({ volume: at(one) }) }))
)

/** The class of a failure, or nothing. */
const outcome = <A>(call: Effect.Effect<A, PloopError>) =>
  Effect.match(call, { onFailure: ({ _tag }) => _tag, onSuccess: () => "success" })

const about = ({ children, deltaSize, parent, readOnly }: Result.Volume) => ({ children, deltaSize, parent, readOnly })

/** Works on volumes in a directory that is removed afterwards: what each call does, and what there is in the end. */
const work = ({ directory }: Place, all: ReadonlyArray<Action>): Work =>
  Effect.gen(function*() {
    const ploop = yield* Ploop.Ploop
    const fs = yield* FileSystem.FileSystem
    const home = `${directory}/volumes`
    const at = (name: string) => `${home}/${name}`
    yield* fs.makeDirectory(home)
    const outcomes = yield* Effect.forEach(all, ({ run }) => outcome(run(ploop, at)))
    const left = yield* Effect.forEach(names, (name) =>
      Effect.match(ploop.volumeInfo({ volume: at(name) }), { onFailure: ({ _tag }) => _tag, onSuccess: about }))
    yield* fs.remove(home, { recursive: true })
    return { outcomes, left }
  })

/** Operations on volumes beside the disk. */
export const volumes: ReadonlyArray<Weighted> = [
  some(1, FastCheck.array(actions, { minLength: 3, maxLength: 8 }), (all) => {
    const first = create("a")
    return {
      name: `volumes: ${[first, ...all].map(({ title }) => title).join(", ")}`,
      when: ({ generation }) => GenerationTraits.hasVolumes[generation],
      run: (place) => work(place, [first, ...all])
    }
  })
]
