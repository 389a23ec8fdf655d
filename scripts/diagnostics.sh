#!/usr/bin/env bash
# The Effect language service reports no problem in any source of the packages. One program reads them all:
# one for each package would read most of them again.
set -euo pipefail
cd "$(dirname "$0")/.."
npx effect-language-service diagnostics --project tsconfig.sources.json --strict
