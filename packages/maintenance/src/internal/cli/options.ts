import * as ByteSize from "@effect-ploop/core/ByteSize"
import * as Disk from "@effect-ploop/core/Disk"
import * as Args from "@effect/cli/Args"
import * as HelpDoc from "@effect/cli/HelpDoc"
import * as Options from "@effect/cli/Options"
import * as ValidationError from "@effect/cli/ValidationError"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"

/** A disk by its descriptor, or by the directory that has it under its usual name. */
export const diskOf = (text: string): string => text.endsWith(".xml") ? text : Disk.inDirectory(text)

const path = Args.text({ name: "disk" }).pipe(
  Args.withDescription("A disk: its DiskDescriptor.xml, or the directory that it is in.")
)

export const disk = Args.map(path, diskOf)

/** Disks that a configuration file may name instead. */
export const disks = path.pipe(
  Args.repeated,
  Args.map((paths) => paths.map(diskOf))
)

/** Whether the plan is applied. */
export const apply = Options.all({
  plan: Options.boolean("plan").pipe(Options.withDescription("Only shows the plan. This is the default.")),
  apply: Options.boolean("apply").pipe(Options.withDescription("Applies the plan, after it was shown. Default: off."))
}).pipe(
  Options.mapEffect(({ apply, plan }) =>
    apply && plan
      ? Effect.fail(ValidationError.invalidValue(HelpDoc.p("--plan and --apply are both given, but only one may be")))
      : Effect.succeed(apply)
  )
)

export const json = Options.boolean("json").pipe(
  Options.withDescription("Writes JSON, one document for all disks. Default: text.")
)

const invalid = (name: string, text: string, rule: string) =>
  Effect.fail(ValidationError.invalidValue(HelpDoc.p(`--${name} is ${text}, but it must be ${rule}`)))

/** A whole number that is not negative. */
export const count = (name: string, description: string) =>
  Options.text(name).pipe(
    Options.withPseudoName("N"),
    Options.withDescription(description),
    Options.mapEffect((text) =>
      /^\d{1,9}$/.test(text) ? Effect.succeed(Number(text)) : invalid(name, text, "a whole number that is not negative")
    ),
    Options.optional,
    Options.map(Option.getOrUndefined)
  )

/** A size, as in `10G`. */
export const size = (name: string, description: string) =>
  Options.text(name).pipe(
    Options.withPseudoName("SIZE"),
    Options.withDescription(description),
    Options.mapEffect((text) =>
      Option.match(Schema.decodeOption(ByteSize.ByteSizeFromString)(text), {
        onNone: () => invalid(name, text, "a size, as in 10G or 512M"),
        onSome: Effect.succeed
      })
    ),
    Options.optional,
    Options.map(Option.getOrUndefined)
  )

/** A duration, as in `36 hours`. */
export const duration = (name: string, description: string) =>
  Options.text(name).pipe(
    Options.withPseudoName("DURATION"),
    Options.withDescription(description),
    Options.mapEffect((text) =>
      Option.match(Duration.decodeUnknown(text), {
        onNone: () => invalid(name, text, "a number and a unit, as in \"36 hours\""),
        onSome: Effect.succeed
      })
    ),
    Options.optional,
    Options.map(Option.getOrUndefined)
  )

/** A text that may be left out. */
export const text = (name: string, pseudoName: string, description: string) =>
  Options.text(name).pipe(
    Options.withPseudoName(pseudoName),
    Options.withDescription(description),
    Options.optional,
    Options.map(Option.getOrUndefined)
  )

/** Paths, of which each is given by an option of its own. */
export const paths = (name: string, pseudoName: string, description: string) =>
  Options.text(name).pipe(
    Options.withPseudoName(pseudoName),
    Options.withDescription(description),
    Options.repeated
  )

/** A switch that is off unless given. */
export const flag = (name: string, description: string) =>
  Options.boolean(name).pipe(Options.withDescription(`${description} Default: off.`))

/** The configuration file. */
export const config = text(
  "config",
  "FILE",
  "A configuration file in YAML. Options of the command line take precedence. Default: none."
)
