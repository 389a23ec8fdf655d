import * as Disk from "@effect-ploop/core/Disk"
import * as Operation from "@effect-ploop/core/Operation"
import * as Predicate from "effect/Predicate"

/** Two spellings of one path name one disk. */
export const normalize = (path: string): string => {
  const parts: Array<string> = []
  for (const part of path.split("/")) {
    if (part === "" || part === ".") continue
    if (part === "..") parts.pop()
    else parts.push(part)
  }
  return `/${parts.join("/")}`
}

/**
 * The disk that a request is about, or whatever else changes must not be made to at the same time. A new disk gets its
 * descriptor beside its image.
 */
export const subjectOf = (request: unknown): string => {
  if (!Predicate.hasProperty(request, "disk") && Predicate.hasProperty(request, "image")) {
    const image = normalize(String(request.image))
    return normalize(`${image.slice(0, image.lastIndexOf("/"))}/${Disk.descriptorName}`)
  }
  const subject = Operation.subjectOf(request)
  return subject.startsWith("/") ? normalize(subject) : subject
}

/** The identifier of an entity: the host, and a subject there. */
export const format = (host: string, subject: string): string => `${host}:${subject}`

/** The host of an entity. */
export const hostOf = (id: string): string => id.slice(0, id.indexOf(":"))

/** What the entity is on its host. */
export const subjectIn = (id: string): string => id.slice(id.indexOf(":") + 1)
