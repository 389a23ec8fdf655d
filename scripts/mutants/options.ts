import { availableParallelism } from "node:os"
import { parseArgs } from "node:util"
import type { Mutant, Package } from "./engine/Mutant.js"

const names: ReadonlyArray<Package> = ["core", "backend-cli", "backend-fake"]

const usage = `npm run mutants -- [options]

Breaks the packages in many small ways, one at a time and in memory only, and
runs the tests on each. It fails when a mutant survives or is stale.

  --package NAME  the mutants of one package: ${names.join(", ")}
  --only TEXT     those with this text in their sentence, operation or file
  --file PATH     those of a file in place of the lists: a JSON array of objects
                  with package, file, broken (a sentence), find and put (texts)
  --random N      N mutants that nobody wrote, in place of those of the lists
  --seed S        which ones; the same seed draws the same ones (1)
  --survivors N   how many may survive (0)
  --jobs N        how many side by side (as many as there are processors)
  --list          only prints what would be broken, and checks that it can be
  --why           prints also what the tests said
  --help          prints this`

/** Ends the process: an option is wrong. */
const refuse = (message: string): never => {
  process.stderr.write(`${message}\n\n${usage}\n`)
  return process.exit(2)
}

const read = () => {
  try {
    return parseArgs({
      options: {
        package: { type: "string", default: "" },
        only: { type: "string", default: "" },
        file: { type: "string" },
        random: { type: "string" },
        seed: { type: "string", default: "1" },
        survivors: { type: "string", default: "0" },
        jobs: { type: "string", default: `${availableParallelism()}` },
        list: { type: "boolean", default: false },
        why: { type: "boolean", default: false },
        help: { type: "boolean", short: "h", default: false }
      }
    }).values
  } catch (error) {
    return refuse(error instanceof Error ? error.message : `${error}`)
  }
}

const values = read()

if (values.help) {
  process.stdout.write(`${usage}\n`)
  process.exit()
}

const count = (name: "jobs" | "random" | "survivors", text: string, least: number): number =>
  /^\d+$/.test(text) && Number(text) >= least
    ? Number(text)
    : refuse(`--${name} is ${JSON.stringify(text)}, and must be a whole number of at least ${least}`)

if (values.package !== "" && !names.some((name) => name === values.package)) {
  refuse(`--package is ${JSON.stringify(values.package)}, and must be one of ${names.join(", ")}`)
}

export const options = {
  ...values,
  random: values.random === undefined ? undefined : count("random", values.random, 1),
  survivors: count("survivors", values.survivors, 0),
  jobs: count("jobs", values.jobs, 1)
}

export const packages = names.filter((name) => options.package === "" || options.package === name)

const only = options.only.toLowerCase()

export const isWanted = (mutant: Mutant): boolean =>
  packages.includes(mutant.package) &&
  [mutant.broken, mutant.file, mutant.operation].some((text) => text.toLowerCase().includes(only))
