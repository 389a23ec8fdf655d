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
      severity: "error",
      from: { path: "^packages/(backend-[^/]+)/src/" },
      to: { path: "^packages/backend-", pathNot: "^packages/$1/" }
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
