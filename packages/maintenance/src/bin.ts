/**
 * The command `ploop-maintenance`.
 *
 * @since 0.2.0
 */
import * as Launch from "@effect-ploop/command-line/Launch"
import { onHost } from "./internal/cli/host.js"
import { program } from "./internal/cli/main.js"

Launch.run(onHost(process.argv), { ...program, logging: Launch.loggingLines(program.name), interrupted: 130 })
