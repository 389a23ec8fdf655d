import { FileSystem } from "@effect/platform"
import { NodeContext } from "@effect/platform-node"
import { Effect } from "effect"
import { execFile } from "node:child_process"

/** The paths of a certificate that signs itself, and of its key. */
export interface Pair {
  readonly certificate: string
  readonly key: string
}

const request = "req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 30".split(" ")

/** A certificate for this machine, in a directory of its own. */
export const pair = Effect.gen(function*() {
  const fs = yield* FileSystem.FileSystem
  const directory = yield* fs.makeTempDirectoryScoped({ prefix: "ploop-remote-" })
  const made: Pair = { certificate: `${directory}/certificate.pem`, key: `${directory}/key.pem` }
  const names = ["-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1"]
  yield* Effect.async<void, Error>((resume) => {
    execFile("openssl", [...request, ...names, "-keyout", made.key, "-out", made.certificate], (error) => {
      resume(error === null ? Effect.void : Effect.fail(error))
    })
  })
  yield* fs.chmod(made.key, 0o600)
  return { ...made, text: yield* fs.readFileString(made.certificate), keyText: yield* fs.readFileString(made.key) }
}).pipe(Effect.provide(NodeContext.layer))
