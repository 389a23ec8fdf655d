import type { Mutant } from "../engine/Mutant.js"
import { cli } from "./cli.js"
import { core } from "./core.js"
import { fake } from "./fake.js"

export const mutants: ReadonlyArray<Mutant> = [...core, ...cli, ...fake]
