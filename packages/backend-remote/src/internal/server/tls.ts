// @effect-diagnostics nodeBuiltinImport:off
import type { PlatformError } from "@effect/platform/Error"
import * as FileSystem from "@effect/platform/FileSystem"
import * as Effect from "effect/Effect"
import { createPrivateKey, X509Certificate } from "node:crypto"
import { createSecureContext } from "node:tls"

/** The files of a server that encrypts. */
export interface Files {
  readonly certificate: string
  readonly key: string
  readonly clientCa?: string | undefined
}

/** What a server of TLS needs. */
export interface Credentials {
  readonly cert: string
  readonly key: string
  /** The authorities of clients: with them, each client needs a certificate. */
  readonly ca: string | undefined
}

/** Bits of a mode: read by everyone, written by everyone. */
const byEveryone = 0o006

const reasonOf = (error: PlatformError): string =>
  error._tag === "SystemError" && error.reason === "NotFound"
    ? "does not exist"
    : `cannot be read: ${error.description ?? error.message}`

const read = (what: string, path: string) =>
  Effect.flatMap(FileSystem.FileSystem, (fs) => fs.readFileString(path)).pipe(
    Effect.mapError((error) => `${what} ${path} ${reasonOf(error)}`)
  )

const parsed = <A>(what: string, path: string, expected: string, parse: () => A): Effect.Effect<A, string> =>
  Effect.try({ try: parse, catch: () => `${what} ${path} is not ${expected}` })

const readCertificate = (what: string, path: string) =>
  Effect.tap(read(what, path), (text) => parsed(what, path, "a certificate in PEM", () => new X509Certificate(text)))

/** A key that others can read is theirs too, so it is not used. */
const requirePrivate = (path: string) =>
  Effect.gen(function*() {
    const fs = yield* FileSystem.FileSystem
    const { mode } = yield* Effect.mapError(fs.stat(path), (error) => `the key ${path} ${reasonOf(error)}`)
    if ((mode & byEveryone) !== 0) {
      return yield* Effect.fail(
        `every user of this machine can use the key ${path} (its mode is ${
          (mode & 0o777).toString(8)
        }): make it private with chmod 600, and replace it if others may have read it`
      )
    }
  })

/** Reads the files of a server, and fails with the file that cannot be used, and why. */
export const load = (files: Files): Effect.Effect<Credentials, string, FileSystem.FileSystem> =>
  Effect.gen(function*() {
    const cert = yield* readCertificate("the certificate", files.certificate)
    yield* requirePrivate(files.key)
    const key = yield* read("the key", files.key)
    const privateKey = yield* parsed(
      "the key",
      files.key,
      "a private key in PEM without a passphrase",
      () => createPrivateKey(key)
    )
    if (!new X509Certificate(cert).checkPrivateKey(privateKey)) {
      return yield* Effect.fail(`the key ${files.key} does not belong to the certificate ${files.certificate}`)
    }
    const ca = files.clientCa === undefined
      ? undefined
      : yield* readCertificate("the authority of clients", files.clientCa)
    yield* Effect.try({
      try: () => createSecureContext({ cert, key, ca }),
      catch: (error) => `the certificate ${files.certificate} cannot be used: ${String(error)}`
    })
    return { cert, key, ca }
  })
