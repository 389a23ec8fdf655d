import * as DateTime from "effect/DateTime"
import * as Capability from "../../../Capability.js"
import type { Report } from "../model.js"
import { duration } from "./cases.js"
import { html } from "./escape.js"

/** The capabilities that are missing, collapsed, because a host without a driver lacks most of them. */
const lacks = ({ lacks }: Report["target"]): string =>
  lacks.length === 0
    ? ""
    : `<details><summary>${lacks.length} capabilities</summary><ul>${
      lacks.map(({ capability, reason }) => `<li>${html(`${Capability.describe(capability)}: ${reason}`)}</li>`).join(
        ""
      )
    }</ul></details>`

/** Where a report comes from: the host, the tool, the suite and the command. */
export const origin = ({ directory, duration: milliseconds, origin, startedAt, target }: Report): string => {
  const texts = [
    ["host", origin?.host],
    ["kernel", origin?.kernel],
    ["tool", target.tool],
    ["version of the tool", origin === undefined ? undefined : origin.toolVersion ?? "not known"],
    ["generation", target.generation],
    ["suite", origin === undefined ? undefined : `@effect-ploop/testkit ${origin.testkit}`],
    ["command", origin?.command],
    ["directory", directory],
    ["started", DateTime.formatIso(startedAt)],
    ["duration", milliseconds === undefined ? undefined : duration(milliseconds)],
    ["capabilities", target.capabilities.map(Capability.describe).join("; ")]
  ].flatMap(([name, value]) => value === undefined ? [] : [[name, html(value)]])
  const missing = lacks(target)
  return `<dl>${
    [...texts, ...missing === "" ? [] : [["lacks", missing]]]
      .map(([name, value]) => `<dt>${name}</dt><dd>${value}</dd>`).join("\n")
  }</dl>`
}
