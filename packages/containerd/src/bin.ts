/**
 * The command `ploop-snapshotter`.
 *
 * @since 0.2.0
 */
import { launch } from "./internal/cli/launch.js"
import { program } from "./internal/cli/snapshotter.js"

launch(program)
