/**
 * The command `ploop-fleet`.
 *
 * @since 0.2.0
 */
import { launch } from "./internal/cli/launch.js"

launch()
