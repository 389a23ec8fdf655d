// Runs a built command, or its sources in a repository without a build.
import { spawn } from "node:child_process"
import { existsSync } from "node:fs"

const runSources = (path) => {
  const args = ["--conditions=@effect-ploop/source", "--import", import.meta.resolve("tsx"), path]
  const child = spawn(process.execPath, [...args, ...process.argv.slice(2)], { stdio: "inherit" })
  // The terminal sends Ctrl-C to the child as well, which cleans up first.
  for (const signal of ["SIGINT", "SIGTERM"]) process.on(signal, () => signal === "SIGTERM" && child.kill(signal))
  child.on("exit", (code, signal) => process.exit(code ?? (signal === null ? 1 : 130)))
}

export const start = async (moduleUrl, name) => {
  const at = (path) => new URL(path, moduleUrl)
  if (existsSync(at("../../../tsconfig.base.json"))) runSources(at(`../src/${name}.ts`).pathname)
  else await import(at(`../dist/${name}.js`).href)
}
