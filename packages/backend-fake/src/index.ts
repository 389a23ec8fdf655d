/**
 * The name is reserved for the backend in memory.
 *
 * @since 0.1.0
 */
export {}
