/**
 * The language in which containerd selects snapshots: selectors with commas between
 * them, which must all match.
 *
 *     kind==active,labels."containerd.io/gc.root"
 *     parent!="",name~=/^k8s/
 *
 * A selector is the path of a field, alone for its presence, or with an operator
 * (`==`, `!=`, `~=` for a regular expression) and a value. Names and values may be
 * quoted as in Go; the value of `~=` also with slashes or bars. The fields are
 * `name`, `parent`, `kind` and `labels.KEY`.
 *
 * @since 0.2.0
 */
import * as Either from "effect/Either"
import * as internal from "./internal/filter.js"
import type { Info } from "./Snapshot.js"
import { ArgumentInvalid } from "./StorageError.js"

/**
 * Whether a snapshot matches.
 *
 * @since 0.2.0
 * @category models
 */
export type Filter = (info: Info) => boolean

const field = (info: Info, [first, ...rest]: ReadonlyArray<string>): string | undefined => {
  switch (first) {
    case "name":
      return info.name
    case "parent":
      return info.parent ?? ""
    case "kind":
      return info.kind
    case "labels":
      return Object.hasOwn(info.labels, rest.join(".")) ? info.labels[rest.join(".")] : undefined
    default:
      return undefined
  }
}

/**
 * Reads a filter. The empty one matches everything.
 *
 * @example
 * import { Filter } from "@effect-ploop/containerd"
 * import { Either } from "effect"
 *
 * const isActive = Either.getOrThrow(Filter.parse("kind==active"))
 * isActive({ name: "a", kind: "view", createdAt: 0n, updatedAt: 0n, labels: {} }) // false
 *
 * @since 0.2.0
 * @category constructors
 */
export const parse = (text: string): Either.Either<Filter, ArgumentInvalid> =>
  internal.parse(text).pipe(
    Either.mapBoth({
      onLeft: (rule) => new ArgumentInvalid({ argument: "filters", value: text, rule }),
      onRight: (selectors): Filter => (info) =>
        selectors.every((selector) => internal.matches(selector, field(info, selector.path)))
    })
  )

/**
 * Reads filters of which one is enough. Without any, everything matches.
 *
 * @since 0.2.0
 * @category constructors
 */
export const parseAny = (texts: ReadonlyArray<string>): Either.Either<Filter, ArgumentInvalid> =>
  Either.map(
    Either.all(texts.map(parse)),
    (filters): Filter => (info) => filters.length === 0 || filters.some((filter) => filter(info))
  )
