/** @type {import("dependency-cruiser").IConfiguration} */
export default {
  forbidden: [
    {
      name: "no-circle",
      comment: "Modules that import each other share a piece that belongs in a module of its own.",
      severity: "error",
      from: { path: "^packages/[^/]+/src/" },
      to: { circular: true }
    },
    {
      name: "core-imports-no-other-package",
      severity: "error",
      from: { path: "^packages/core/src/" },
      to: { path: "^packages/(?!core/)" }
    },
    {
      name: "no-backend-imports-another",
      comment: "The command of backend-remote serves the tool of its host.",
      severity: "error",
      from: { path: "^packages/(backend-[^/]+)/src/", pathNot: "^packages/backend-remote/src/internal/cli/" },
      to: { path: "^packages/backend-", pathNot: "^packages/$1/" }
    },
    {
      name: "testkit-imports-core-alone",
      comment: "The author of a backend installs no other backend and no command line.",
      severity: "error",
      from: { path: "^packages/testkit/src/" },
      to: { path: "^packages/(?!core/|testkit/)|/@effect/(?:cli|platform-node)/" }
    },
    {
      name: "imports-only-what-its-manifest-names",
      severity: "error",
      from: { path: "^packages/[^/]+/src/" },
      to: { dependencyTypes: ["npm-no-pkg", "npm-unknown", "npm-dev"], dependencyTypesNot: ["npm-peer"] }
    }
  ],
  options: {
    // Imports of types count too.
    tsPreCompilationDeps: true,
    tsConfig: { fileName: "tsconfig.base.json" },
    doNotFollow: { path: "node_modules" },
    enhancedResolveOptions: { conditionNames: ["@effect-ploop/source", "import"], exportsFields: ["exports"] }
  }
}
