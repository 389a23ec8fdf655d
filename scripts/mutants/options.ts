import { availableParallelism } from "node:os"
import { parseArgs } from "node:util"
import type { Mutant } from "./engine/Mutant.js"

const { values } = parseArgs({
  options: {
    package: { type: "string", default: "" },
    only: { type: "string", default: "" },
    random: { type: "string" },
    seed: { type: "string", default: "1" },
    survivors: { type: "string", default: "0" },
    jobs: { type: "string", default: `${availableParallelism()}` },
    list: { type: "boolean", default: false },
    why: { type: "boolean", default: false }
  }
})

export const options = {
  ...values,
  random: values.random === undefined ? undefined : Number(values.random),
  survivors: Number(values.survivors),
  jobs: Number(values.jobs)
}

export const packages = (["core", "backend-cli", "backend-fake"] as const)
  .filter((name) => options.package === "" || options.package === name)

const only = options.only.toLowerCase()

export const isWanted = (mutant: Mutant): boolean =>
  packages.includes(mutant.package) &&
  [mutant.broken, mutant.file, mutant.operation].some((text) => text.toLowerCase().includes(only))
