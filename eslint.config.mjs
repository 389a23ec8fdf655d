import typescript from "typescript-eslint"

export default typescript.config(
  { ignores: ["**/dist", "**/build", "**/node_modules"] },
  ...typescript.configs.recommended,
  {
    rules: {
      "no-console": "error",
      "object-shorthand": "error",
      "@typescript-eslint/array-type": ["error", { default: "generic", readonly: "generic" }],
      "@typescript-eslint/consistent-type-imports": "error",
      // Effect's own style: an interface may add nothing but a name, and `{}` is a type.
      "@typescript-eslint/no-empty-object-type": "off",
      "@typescript-eslint/no-namespace": "off",
      "@typescript-eslint/no-non-null-assertion": "off",
      "@typescript-eslint/no-unused-vars": ["error", { argsIgnorePattern: "^_" }]
    }
  },
  {
    files: ["packages/*/src/**"],
    rules: {
      "no-restricted-imports": [
        "error",
        {
          paths: ["effect", "@effect/platform", "@effect-ploop/core"].map((name) => ({
            name,
            message: "Sources import modules, not barrels."
          }))
        }
      ]
    }
  }
)
