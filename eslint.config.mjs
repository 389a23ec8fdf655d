import typescript from "typescript-eslint"

const generation = "Literal[value=/^(1\\.15|7|9)$/]"

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
      ],
      // A comparison lets a new generation fall silently to the other branch; a row of a table does not compile.
      "no-restricted-syntax": [
        "error",
        ...[
          `BinaryExpression[operator=/^[!=]==?$/] > ${generation}`,
          `SwitchCase > ${generation}`,
          `CallExpression[callee.property.name="contains"] > ${generation}`
        ].map((selector) => ({
          selector,
          message: "Look a generation up in a row of a table, as those of GenerationTraits, instead of comparing it."
        }))
      ]
    }
  }
)
