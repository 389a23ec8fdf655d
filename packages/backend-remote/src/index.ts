/**
 * What callers may do on a host: grants, and the tokens that name them.
 *
 * @since 0.2.0
 */
export * as Access from "./Access.js"

/**
 * A server of operations cannot listen.
 *
 * @since 0.2.0
 */
export * as ListenFailed from "./ListenFailed.js"

/**
 * A backend for another host: the operations of its ploop, over a socket to a
 * `RemoteServer` there.
 *
 * @since 0.2.0
 */
export * as RemotePloop from "./RemotePloop.js"

/**
 * Serves the operations of a host to {@link RemotePloop} on other hosts, or in other programs.
 *
 * @since 0.2.0
 */
export * as RemoteServer from "./RemoteServer.js"
