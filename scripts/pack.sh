#!/usr/bin/env bash
# Checks that the packed packages install together in an empty folder elsewhere,
# that a program that uses them type-checks and runs there, and that every install
# line of a README works.
set -euo pipefail
cd "$(dirname "$0")/.."

outside=$(mktemp -d)
trap 'rm -rf "$outside"' EXIT

npm run build
for package in packages/*/; do
  npx publint --strict "$package"
  npm pack --silent --pack-destination "$outside" "./$package" >/dev/null
done

npx tsx scripts/installLines.ts "$outside"

version() { node -p "require('./package.json').devDependencies['$1']"; }
dependencies=()
for name in effect @effect/platform @effect/platform-node typescript @types/node; do
  dependencies+=("$name@$(version "$name")")
done

cd "$outside"
echo '{ "private": true, "type": "module" }' >package.json
npm install --silent --no-audit --no-fund ./*.tgz "${dependencies[@]}"
cat >program.ts <<'PROGRAM'
import { PloopCli } from "@effect-ploop/backend-cli"
import { PloopFake } from "@effect-ploop/backend-fake"
import { Doctor } from "@effect-ploop/conformance"
import { ByteSize, Ploop } from "@effect-ploop/core"
import { Suite } from "@effect-ploop/testkit"
import { NodeContext } from "@effect/platform-node"
import { Console, Effect, Layer } from "effect"

const refused = Effect.flatMap(Ploop.Ploop, (ploop) => ploop.create({ image: "/x", size: "-1" })).pipe(Effect.flip)
const CliLive = PloopCli.layer().pipe(Layer.provide(NodeContext.layer))
const program = Effect.flatMap(refused, (error) => Console.log(error._tag, ByteSize.GiB(1), Suite.all.length > 0 && Doctor.canRun([])))
await Effect.runPromise(Effect.provide(program, CliLive))
await Effect.runPromise(Effect.provide(program, PloopFake.layer()))
PROGRAM
npx tsc --strict --module nodenext --target es2022 --skipLibCheck program.ts
test "$(node program.js | grep --count --line-regexp "InvalidArgument 1073741824n true")" = 2
npx ploop-conformance run --backend fake --filter createSnapshot
echo "the packed packages install, type-check and run together"
