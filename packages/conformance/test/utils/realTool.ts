import { accessSync, constants } from "node:fs"

const executable = (path: string): boolean => {
  try {
    accessSync(path, constants.X_OK)
    return true
  } catch {
    return false
  }
}

const installed = (process.env["PATH"] ?? "").split(":").some((directory) => executable(`${directory}/ploop`))

/** Why the real tool cannot run here; undefined when it can. */
export const missing = !installed
  ? "ploop is not installed: apt-get install ploop"
  : process.getuid?.() !== 0
  ? "the tool's locks need root"
  : undefined

if (missing !== undefined && process.env["PLOOP_TEST_REQUIRE_TOOL"] === "1") {
  throw new Error(`the tests of the real tool are required here, but ${missing}`)
}

/** A title with the reason, if the test is skipped. */
export const title = (text: string): string => missing === undefined ? text : `${text} (skipped: ${missing})`
