/** A headless Chromium, as people have it: with the profile of a test's own. */
import { Effect, type Scope } from "effect"
import { existsSync } from "node:fs"
import { type BrowserContextOptions, chromium, type Page } from "playwright-core"

const executablePath = "/usr/bin/chromium"

/** Why tests in a browser cannot run here; undefined when they can. */
export const missing: string | undefined = existsSync(executablePath)
  ? undefined
  : "chromium is not installed: apt-get install chromium"

if (missing !== undefined && process.env["PLOOP_TEST_REQUIRE_TOOL"] === "1") {
  throw new Error(`the tests in a browser are required here, but ${missing}`)
}

const browser = Effect.acquireRelease(
  // Chromium has no sandbox for root.
  Effect.promise(() => chromium.launch({ executablePath, args: ["--no-sandbox", "--disable-dev-shm-usage"] })),
  (launched) => Effect.promise(() => launched.close())
)

/** A page that a person has open, and what the browser complains of meanwhile: blocked styles, scripts, dialogs. */
export interface Looked {
  readonly page: Page
  readonly complaints: ReadonlyArray<string>
}

export const open = (options: BrowserContextOptions): Effect.Effect<Looked, never, Scope.Scope> =>
  Effect.gen(function*() {
    const launched = yield* browser
    const page = yield* Effect.promise(() => launched.newPage(options))
    const complaints: Array<string> = []
    page.on("console", (message) => complaints.push(message.text()))
    page.on("pageerror", (error) => complaints.push(error.message))
    page.on("dialog", (dialog) => {
      complaints.push(`dialog: ${dialog.message()}`)
      void dialog.dismiss()
    })
    return { page, complaints }
  })
