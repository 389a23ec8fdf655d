#!/usr/bin/env bash
# Checks that the packed packages install together in an empty folder elsewhere,
# that a program that uses them type-checks and runs there, and that every install
# line of a README works.
set -euo pipefail
cd "$(dirname "$0")/.."
repository=$PWD

outside=$(mktemp -d)
trap 'rm -rf "$outside"' EXIT

npm run build
npx tsx scripts/tarballs.ts "$outside"
npx tsx scripts/installLines.ts "$outside"

version() { node -p "require('./package.json').devDependencies['$1']"; }
dependencies=()
for name in effect @effect/platform @effect/platform-node typescript @types/node; do
  dependencies+=("$name@$(version "$name")")
done

cd "$outside"
echo '{ "private": true, "type": "module" }' >package.json
npm install --silent --no-audit --no-fund ./*.tgz "${dependencies[@]}"
cp "$repository/scripts/compatibility/program.ts" .
npx tsc --strict --exactOptionalPropertyTypes --module nodenext --target es2022 --skipLibCheck --types node program.ts
node program.js
npx ploop-conformance run --backend fake --filter createSnapshot
echo "the packed packages install, type-check and run together"
