#!/usr/bin/env bash
# The Effect language service reports no problem in any source.
set -euo pipefail
cd "$(dirname "$0")/.."
for project in packages/*/tsconfig.src.json; do
  npx effect-language-service diagnostics --project "$project" --strict
done
