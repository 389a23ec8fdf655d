import * as agent from "./agent.js"
import * as conformance from "./conformance.js"
import * as containerd from "./containerd.js"
import * as fleet from "./fleet.js"
import * as maintenance from "./maintenance.js"
import { type Manual, render } from "./roff.js"

const of = (directory: string, manual: Manual) => [`packages/${directory}/man/${manual.name}.8`, render(manual)]

/** The manual page of every command, by its path in the repository. */
export const pages = (): Readonly<Record<string, string>> =>
  Object.fromEntries([
    of("backend-remote", agent.manual()),
    of("conformance", conformance.manual()),
    of("fleet", fleet.manual()),
    of("maintenance", maintenance.manual()),
    ...containerd.manuals().map((manual) => of("containerd", manual))
  ])
