#!/usr/bin/env node
// Runs the built command, or its sources in a repository without a build.
import { spawn } from "node:child_process"
import { existsSync } from "node:fs"

const here = (path) => new URL(path, import.meta.url)

if (!existsSync(here("../../../tsconfig.base.json"))) {
  await import("../dist/bin.js")
} else {
  const args = ["--conditions=@effect-ploop/source", "--import", import.meta.resolve("tsx"), here("../src/bin.ts").pathname]
  const child = spawn(process.execPath, [...args, ...process.argv.slice(2)], { stdio: "inherit" })
  // The terminal sends Ctrl-C to the child as well, which cleans up first.
  for (const signal of ["SIGINT", "SIGTERM"]) process.on(signal, () => signal === "SIGTERM" && child.kill(signal))
  child.on("exit", (code, signal) => process.exit(code ?? (signal === null ? 1 : 130)))
}
