import { expect, it } from "@effect/vitest"
import { Effect, Redacted } from "effect"
import type { Page } from "playwright-core"
import * as browser from "./utils/browser.js"
import * as fleets from "./utils/fleets.js"
import { disk, markup, prepare, serve, strange } from "./utils/web.js"

const inBrowser = it.scopedLive.skipIf(browser.missing !== undefined)

const phone = { width: 400, height: 700 }

const see = <A>(look: () => Promise<A>): Effect.Effect<A> => Effect.promise(look)

const rows = (page: Page, table: string) => see(() => page.locator(`#${table} tbody tr`).allInnerTexts())

/** A page of the fleet, which a person opens. */
const opened = (options: Parameters<typeof browser.open>[0] = {}) =>
  Effect.gen(function*() {
    const { fleet, id } = yield* prepare
    const { port } = yield* serve(fleet)
    const looked = yield* browser.open({ ...options, baseURL: `http://127.0.0.1:${port}` })
    yield* see(() => looked.page.goto("/"))
    return { ...looked, id }
  })

inBrowser("a person finds a disk by a part of its path, and sees its snapshots", () =>
  Effect.gen(function*() {
    const { complaints, page } = yield* opened()
    expect(yield* rows(page, "disks")).toHaveLength(2)
    yield* see(() => page.getByRole("searchbox", { name: "Search" }).fill("VZ/101/"))
    yield* see(() => page.getByRole("button", { name: "Search" }).click())
    expect(yield* rows(page, "disks")).toEqual([expect.stringContaining(disk)])
    yield* see(() => page.getByRole("link", { name: disk }).click())
    expect(yield* see(() => page.title())).toBe(`${disk} on node-1`)
    expect((yield* rows(page, "snapshots")).join("\n")).toContain(fleets.snapshot)
    expect(complaints).toEqual([])
  }))

inBrowser("a person chooses a host, and sees the disks of that host alone", () =>
  Effect.gen(function*() {
    const { page } = yield* opened()
    yield* see(() => page.locator("#hosts").getByRole("link", { name: "node-2" }).click())
    expect(yield* rows(page, "disks")).toEqual([expect.stringContaining(strange)])
    expect(yield* see(() => page.getByRole("heading", { name: "Disks of node-2" }).count())).toBe(1)
  }))

inBrowser(
  "a person finds a workflow that has ended, and sees its history; what names have in them is text",
  () =>
    Effect.gen(function*() {
      const { complaints, page } = yield* opened()
      expect(yield* rows(page, "workflows")).toEqual([])
      yield* see(() => page.getByRole("link", { name: "Also those that have ended" }).click())
      yield* see(() => page.locator("#workflows").getByRole("link", { name: markup }).click())
      const history = yield* see(() => page.locator("#history li").allInnerTexts())
      expect(history.at(-1)).toContain("ended: done")
      expect(yield* see(() => page.locator("main").innerText())).toContain(strange)
      expect(complaints).toEqual([])
    })
)

inBrowser("every page fits on a phone, in light and in dark", () =>
  Effect.gen(function*() {
    const { id, page } = yield* opened({ viewport: phone })
    const paths = [
      "/?ended=yes",
      `/disk?host=node-2&disk=${encodeURIComponent(strange)}`,
      `/workflow?id=${id}`,
      "/none"
    ]
    for (const colorScheme of ["light", "dark"] as const) {
      yield* see(() => page.emulateMedia({ colorScheme }))
      for (const path of paths) {
        yield* see(() => page.goto(path))
        const widths = yield* see(() => page.evaluate("[document.documentElement.scrollWidth, innerWidth]"))
        expect(widths, path).toEqual([phone.width, phone.width])
      }
    }
  }))

inBrowser("a browser that knows the token is let in, and another one is not", () =>
  Effect.gen(function*() {
    const { fleet } = yield* prepare
    const { port } = yield* serve(fleet, { token: Redacted.make("secret") })
    const baseURL = `http://127.0.0.1:${port}`
    const status = (password: string) =>
      Effect.flatMap(browser.open({ baseURL, httpCredentials: { username: "me", password } }), ({ page }) =>
        see(() => page.goto("/").then((response) => response?.status())))
    expect(yield* status("secret")).toBe(200)
    expect(yield* status("other")).toBe(401)
  }))
