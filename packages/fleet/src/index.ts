/**
 * What the web page of a fleet shows, as an HTTP API with JSON: the hosts, their disks and snapshots, and the workflows. It
 * changes nothing.
 *
 * @since 0.2.0
 */
export * as Api from "./Api.js"

/**
 * The disks of many hosts, as one service.
 *
 * @since 0.2.0
 */
export * as Fleet from "./Fleet.js"

/**
 * What can fail in a fleet beside the operation itself.
 *
 * @since 0.2.0
 */
export * as FleetError from "./FleetError.js"

/**
 * How a host of a fleet is named.
 *
 * @since 0.2.0
 */
export * as HostName from "./HostName.js"

/**
 * A process of a fleet: it manages hosts, or only calls those that other processes manage.
 *
 * @since 0.2.0
 */
export * as Runner from "./Runner.js"

/**
 * Where a fleet keeps what must survive its processes: changes, their outcomes, workflows and who manages which host.
 *
 * @since 0.2.0
 */
export * as Storage from "./Storage.js"

/**
 * The web page of a fleet, its API, its health and its metrics. It shows, and changes nothing.
 *
 * @since 0.2.0
 */
export * as Web from "./Web.js"

/**
 * What a workflow of a fleet is: its request, what has happened in it so far, and its state.
 *
 * @since 0.2.0
 */
export * as Workflow from "./Workflow.js"

/**
 * The workflows of a fleet: moves of disks between hosts, clones, snapshots of several disks, and what else takes many steps
 * on many hosts.
 *
 * @since 0.2.0
 */
export * as Workflows from "./Workflows.js"
