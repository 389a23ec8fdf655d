/**
 * The name is reserved for the conformance suite.
 *
 * @since 0.1.0
 */
export {}
