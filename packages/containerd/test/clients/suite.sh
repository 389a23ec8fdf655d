#!/usr/bin/env bash
# Builds containerd's own suite for snapshotters from Debian's package of its sources, and runs it against
# ploop-snapshotter, with the real tool on the emulated kernel. Arguments go to the suite, as in -test.v -test.run Basic.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
work=$(mktemp -d /tmp/ploop-suite-XXXXXX)
trap 'rm -rf "$work"' EXIT

mkdir -p "$work/src/suite"
cp "$here/main_test.go" "$work/src/suite/"
cd "$work/src/suite"
GO111MODULE=off GOFLAGS='' GOPATH="$work:/usr/share/gocode" go test -c -o "$work/suite.test" .

cd "$here"
node --import tsx --conditions=@effect-ploop/source run.ts "$work" \
  "$work/suite.test" -test.root -test.parallel 4 "$@"
