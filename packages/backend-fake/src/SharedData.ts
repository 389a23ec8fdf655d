/**
 * What several hosts in memory know of each other's images, so that the bytes of an image that one of them has written are the same
 * disk on another.
 *
 * An image file of a host in memory has a marker in place of its data. Without this, only the host that wrote the marker knows the data.
 *
 * @example
 * import { PloopFake, SharedData } from "@effect-ploop/backend-fake"
 * import { Effect } from "effect"
 *
 * // Two hosts; an image file that is copied from one to the other keeps its files.
 * export const hosts = Effect.suspend(() => {
 *   const sharedData = SharedData.make()
 *   return Effect.all([PloopFake.make({ seed: 1, sharedData }), PloopFake.make({ seed: 2, sharedData })])
 * })
 *
 * @since 0.2.0
 */
import type * as internal from "./internal/sharedData.js"
import { make as makeInternal } from "./internal/sharedData.js"

/**
 * Data that hosts share. It grows with the images that are read as bytes, and lasts as long as the hosts.
 *
 * @since 0.2.0
 * @category models
 */
export interface SharedData extends internal.SharedData {}

/**
 * Data for hosts that share it.
 *
 * @since 0.2.0
 * @category constructors
 */
export const make: () => SharedData = makeInternal
