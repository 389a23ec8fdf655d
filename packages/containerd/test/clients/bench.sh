#!/usr/bin/env bash
# Compares ploop-snapshotter, with the real tool on the emulated kernel, with containerd's overlayfs and native snapshotters
# in one run, and prints ratios. ROUNDS is how often each step is done, which is 9 unless given.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
work=$(mktemp -d /tmp/ploop-bench-XXXXXX)
trap 'rm -rf "$work"' EXIT

mkdir -p "$work/src/bench"
cp "$here/bench/main.go" "$work/src/bench/"
cd "$work/src/bench"
GO111MODULE=off GOFLAGS='' GOPATH="$work:/usr/share/gocode" go build -o "$work/bench" .

cd "$here"
node --import tsx --conditions=@effect-ploop/source run.ts "$work" "$work/bench" "$work" "${ROUNDS:-9}"
