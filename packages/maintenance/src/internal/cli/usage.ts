import { Ended } from "@effect-ploop/command-line/Ended"
import * as ByteSize from "@effect-ploop/core/ByteSize"
import * as Command from "@effect/cli/Command"
import * as Console from "effect/Console"
import * as DateTime from "effect/DateTime"
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Schedule from "effect/Schedule"
import * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"
import * as Prometheus from "../../Prometheus.js"
import * as Usage from "../../Usage.js"
import * as options from "./options.js"
import { disksOf, load, over } from "./settings.js"
import { table } from "./table.js"

const perDay = (bytes: number | undefined): string => {
  if (bytes === undefined) return "-"
  const size = ByteSize.format(ByteSize.ByteSizeFromSelf.make(BigInt(Math.round(Math.abs(bytes)))))
  return `${bytes < 0 ? "-" : "+"}${size} a day`
}

const date = (at: DateTime.Utc | undefined): string => at === undefined ? "-" : DateTime.formatIsoDateUtc(at)

const share = (used: ByteSize.ByteSize | undefined, size: ByteSize.ByteSize | undefined): string =>
  used === undefined || size === undefined ? "-" : `${ByteSize.format(used)} of ${ByteSize.format(size)}`

const rows = ({ disks, hosts }: Usage.Reading): ReadonlyArray<ReadonlyArray<string>> => [
  ["DISK OR HOST", "IMAGES", "USED", "GROWTH", "FULL"],
  ...disks.map(({ disk, fullAt, images, size, used, usedPerDay }) => [
    disk,
    ByteSize.format(images),
    share(used, size),
    perDay(usedPerDay),
    date(fullAt)
  ]),
  ...hosts.map(({ fullAt, path, size, used, usedPerDay }) => [
    `host at ${path}`,
    "",
    share(used, size),
    perDay(usedPerDay),
    date(fullAt)
  ])
]

interface Format {
  readonly json: boolean
  readonly prometheus: boolean
}

/** A reading in one of the formats. JSON has one line each, so that many can be read one by one. */
const show = (reading: Usage.Reading, { json, prometheus }: Format) =>
  prometheus
    ? Effect.flatMap(Prometheus.text, (text) => Console.log(text.trimEnd()))
    : json
    // A reading that was made can be encoded.
    ? Console.log(JSON.stringify(Schema.encodeSync(Usage.Reading)(reading)))
    : reading.disks.length + reading.hosts.length === 0
    ? Effect.void
    : Console.log(table(rows(reading)))

const complain = ({ unread }: Usage.Reading) =>
  Effect.forEach(
    unread,
    ({ disk, reason }) => Console.error(`ploop-maintenance: ${reason.includes(disk) ? reason : `${disk}: ${reason}`}`)
  )

/** One reading, or as many as were asked for, or without an end. */
const schedule = (every: Duration.Duration | undefined, readings: number | undefined) =>
  every === undefined
    ? Schedule.recurs(0)
    : readings === undefined
    ? Schedule.spaced(every)
    : Schedule.intersect(Schedule.spaced(every), Schedule.recurs(Math.max(0, readings - 1)))

export const command = Command.make(
  "usage",
  {
    disks: options.disks,
    json: options.json,
    config: options.config,
    prometheus: options.flag("prometheus", "Writes the metrics of Prometheus."),
    every: options.duration("every", "Reads again and again, which shows the growth. Default: once."),
    readings: options.count("readings", "After how many readings to end. Default: never, with --every."),
    diskShare: options.count("disk-share", "Which share of a disk may be used, in percent. Default: 90."),
    hostShare: options.count("host-share", "Which share of the host may be used, in percent. Default: 90."),
    fullWithin: options.duration("full-within", "How long before either is full to raise an alert. Default: 7 days.")
  },
  ({ config, disks, every, json, prometheus, readings, ...given }) =>
    Effect.gen(function*() {
      const settings = yield* load(config)
      const policy = over(settings.usage, given)
      let unread = 0
      const shown = Usage.stream({ disks: yield* disksOf(disks, settings), schedule: schedule(every, readings) }).pipe(
        Stream.tap((reading) => Effect.zipRight(show(reading, { json, prometheus }), complain(reading))),
        Stream.tap((reading) => Effect.sync(() => unread = reading.unread.length))
      )
      yield* shown.pipe(
        Usage.alerts(policy),
        Stream.runForEach(({ kind, message, state }) =>
          kind === "unreadable" && state === "raised" ? Effect.void : Console.error(`${state}: ${message}`)
        )
      )
      if (unread > 0) return yield* new Ended({ code: 1, message: "" })
    })
).pipe(Command.withDescription("Shows what disks use, how fast they grow, and when they or the host are full."))
