import { Converter, ReflectionKind } from "typedoc"

/** The first heading of a document. */
const heading = /^# (.+)\n+/

/**
 * Names each document of the site after its first heading, and not after its file, since every package has a
 * `README.md`; and each package by its name in place of its source directory.
 *
 * @param {import("typedoc").Application} app
 */
export const load = (app) => {
  app.converter.on(Converter.EVENT_CREATE_DOCUMENT, (_context, document) => {
    const [first] = document.content
    if (first?.kind !== "text") return
    const title = heading.exec(first.text)?.[1]
    if (title === undefined) return
    document.name = title.replaceAll("`", "")
    first.text = first.text.replace(heading, "")
  })
  app.converter.on(Converter.EVENT_RESOLVE_BEGIN, (context) => {
    // The page has the name of the project as its heading.
    const [readme] = context.project.readme ?? []
    if (readme?.kind === "text") readme.text = readme.text.replace(heading, "")
    for (const module of context.project.getReflectionsByKind(ReflectionKind.Module)) {
      if (module.parent === context.project) module.name = `@effect-ploop/${module.name.replace(/\/src$/, "")}`
    }
  })
}
