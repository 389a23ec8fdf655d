/**
 * The command `ploop-snapshotter`.
 *
 * @since 0.2.0
 */
import { launch } from "./internal/cli/launch.js"
import { main } from "./internal/cli/snapshotter.js"

launch(main)
