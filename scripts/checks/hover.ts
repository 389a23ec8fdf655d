/**
 * Checks that an editor shows documentation for every property of a public
 * type, and that it says what happens when an option is left out.
 */
import { documentation } from "./documentation.js"
import { modules, program, report } from "./sources.js"

const { problems, properties } = documentation(program(modules), modules)

report(problems, `${properties} properties of public types are documented`)
