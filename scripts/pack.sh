#!/usr/bin/env bash
# The packed packages install together in an empty folder outside of this one,
# and a program over them type-checks and runs there.
set -euo pipefail
cd "$(dirname "$0")/.."

outside=$(mktemp -d)
trap 'rm -rf "$outside"' EXIT

npm run build
for package in packages/*/; do
  # A reserved package has no module yet that its "./*" could match.
  if compgen -G "${package}src/[A-Z]*.ts" >/dev/null; then npx publint --strict "$package"; fi
  npm pack --silent --pack-destination "$outside" "./$package" >/dev/null
done

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
import * as fake from "@effect-ploop/backend-fake"
import { ByteSize, Ploop } from "@effect-ploop/core"
import * as testkit from "@effect-ploop/testkit"
import { NodeContext } from "@effect/platform-node"
import { Console, Effect, Layer } from "effect"

const refused = Effect.flatMap(Ploop.Ploop, (ploop) => ploop.create({ image: "/x", size: "-1" })).pipe(Effect.flip)
const HostLive = PloopCli.layer().pipe(Layer.provide(NodeContext.layer))
const program = Effect.flatMap(refused, (error) => Console.log(error._tag, ByteSize.GiB(1), typeof fake, typeof testkit))
await Effect.runPromise(Effect.provide(program, HostLive))
PROGRAM
npx tsc --strict --module nodenext --target es2022 --skipLibCheck program.ts
node program.js | grep -x "InvalidArgument 1073741824n object object"
echo "the packed packages install, type-check and run together"
