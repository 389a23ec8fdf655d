/** The requests that change files; all others only read. */
const changes =
  /^(FileSystem\.(chmod|chown|copy|copyFile|link|make\w+|remove|rename|symlink|truncate|utimes|writeFile)|File\.(write|writeAll|truncate)|HostFiles\.(make\w+|link|writeNew|replace|unlink|remove\w+))$/

export const isChange = (method: string): boolean => changes.test(method)

interface Result {
  /** How many processes and changes had begun when it was asked for. */
  readonly after: number
}

/**
 * The results of one request, each for its moment. What is asked for again at a
 * moment gets the next result of that moment, and then the last one again, so
 * that a read more or less does not shift the results of later reads.
 */
export class Results<A extends Result> {
  private last = -1

  constructor(private readonly results: ReadonlyArray<A>) {}

  next(after: number): A | undefined {
    const known = this.results.filter((result) => result.after <= after)
    const moment = known[known.length - 1]?.after ?? this.results[0]?.after
    const first = this.results.findIndex((result) => result.after === moment)
    const end = first + this.results.filter((result) => result.after === moment).length
    this.last = Math.min(Math.max(this.last + 1, first), end - 1)
    return this.results[this.last]
  }
}
