/**
 * What an editor shows for a property of a public type is not empty, and for an
 * option that may be left out it says what happens then.
 */
import { documentation } from "./documentation.js"
import { modules, program, report } from "./sources.js"

const { problems, properties } = documentation(program(modules), modules)

report(problems, `${properties} properties of public types are documented`)
