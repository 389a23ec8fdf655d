/**
 * The command `ploop-volume-plugin`.
 *
 * @since 0.2.0
 */
import { launch } from "./internal/cli/launch.js"
import { program } from "./internal/cli/volumePlugin.js"

launch(program)
