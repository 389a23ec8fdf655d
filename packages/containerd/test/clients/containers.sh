#!/usr/bin/env bash
# Runs containers with Debian's containerd and runc on ploop-snapshotter, with the real tool on the emulated kernel. The
# snapshotter is killed in the middle of a run as often as KILLS says, which is 2 unless given. With KILL_EACH=1 it is
# killed in the middle of an import, a commit and a removal too.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)

if [ -z "${SNAPSHOTTER_SOCKET:-}" ]; then
  work=$(mktemp -d /tmp/ploop-containers-XXXXXX)
  trap 'rm -rf "$work"' EXIT
  cd "$here"
  node --import tsx --conditions=@effect-ploop/source run.ts "$work" "$here/containers.sh"
  exit
fi

work=$(dirname "$SNAPSHOTTER_SOCKET")
image=example.org/layers:1

fail() {
  echo "FAILED: $1" >&2
  tail -20 "$work/containerd.log" >&2
  exit 1
}

# same WHAT EXPECTED FOUND
same() {
  [ "$2" = "$3" ] || fail "$1: expected '$2', found '$3'"
  echo "passed: $1"
}

c() { timeout 120 ctr --address "$work/containerd.sock" "$@"; }
s() { c snapshots --snapshotter ploop "$@"; }
keys() { s ls | tail -n +2 | wc -l; }

cat > "$work/config.toml" << EOF
version = 2
root = "$work/containerd/root"
state = "$work/containerd/state"
disabled_plugins = ["io.containerd.grpc.v1.cri", "io.containerd.snapshotter.v1.devmapper"]
[grpc]
  address = "$work/containerd.sock"
[proxy_plugins.ploop]
  type = "snapshot"
  address = "$SNAPSHOTTER_SOCKET"
EOF
containerd --config "$work/config.toml" > "$work/containerd.log" 2>&1 &
containerd=$!
trap 'kill "$containerd"' EXIT
for _ in $(seq 100); do [ -S "$work/containerd.sock" ] && break || sleep 0.1; done

gcc -static -O1 -o "$work/tool" "$here/tool.c"
python3 "$here/image.py" "$image" "$work/tool" "$work/image.tar"

c image import --snapshotter ploop "$work/image.tar" > "$work/import.log"
same "an image of three layers is unpacked" 3 "$(keys)"
same "a container has the files of all layers" changed "$(c run --snapshotter ploop --rm "$image" first /tool read /etc/one)"
same "a container does not have what a layer removed" absent "$(c run --snapshotter ploop --rm "$image" second /tool read /etc/two)"

c run --snapshotter ploop --detach "$image" work /tool sleep
c task exec --exec-id one work /tool write /early early
s commit committed work
c task exec --exec-id two work /tool write /late late
same "a container runs on after its commit" late "$(c task exec --exec-id three work /tool read /late)"

kill -KILL "$(cat "$SNAPSHOTTER_PID")"
same "a container outlives the snapshotter" early "$(c task exec --exec-id four work /tool read /early)"
until s ls > "$work/ls.log" 2>&1; do sleep 0.2; done
c task kill --signal KILL work
c task rm work 2> "$work/rm.log" || true
c container rm work

mkdir "$work/mount"
s prepare again committed > "$work/prepare.log"
s mounts "$work/mount" again | sh
same "a container that runs from a commit has what was written before it" early \
  "$(c run --rm --rootfs "$work/mount" again /tool read /early)"
same "a commit has nothing of what was written after it" "" "$(ls "$work/mount" | grep late || true)"
umount "$work/mount"
s rm again
s rm committed

started=()
for number in $(seq 8); do
  c run --snapshotter ploop --rm "$image" "at-once-$number" /tool both /file "$number" > "$work/out-$number" 2>&1 &
  started+=($!)
done
for process in "${started[@]}"; do wait "$process" || fail "eight at once"; done
same "eight containers at once have a file system each" "1 2 3 4 5 6 7 8" "$(echo $(cat "$work"/out-*))"

for number in $(seq "${KILLS:-2}"); do
  c run --snapshotter ploop --rm "$image" "killed-$number" /tool read /etc/one > "$work/killed.log" 2>&1 &
  client=$!
  sleep "0.$((number * 2))"
  kill -KILL "$(cat "$SNAPSHOTTER_PID")" || true
  wait "$client" || true
  until s ls > "$work/ls.log" 2>&1; do sleep 0.2; done
  same "after a kill of the snapshotter, a container runs" changed \
    "$(c run --snapshotter ploop --rm "$image" "after-$number" /tool read /etc/one)"
  c container rm "killed-$number" > "$work/killed.log" 2>&1 || true
done

# interrupted COMMAND...: the snapshotter is killed while it runs, so that it may fail.
interrupted() {
  "$@" > "$work/killed.log" 2>&1 &
  client=$!
  sleep 0.4
  kill -KILL "$(cat "$SNAPSHOTTER_PID")" || true
  wait "$client" || true
  # A list of no snapshots does not ask the snapshotter.
  until s prepare probe > "$work/prepare.log" 2>&1; do sleep 0.2; done
  s rm probe
}

if [ -n "${KILL_EACH:-}" ]; then
  c image rm --sync "$image" > "$work/rm.log"
  interrupted c image import --snapshotter ploop "$work/image.tar"
  c image import --snapshotter ploop "$work/image.tar" > "$work/import.log"
  same "after a kill during an import, it is repeated" changed \
    "$(c run --snapshotter ploop --rm "$image" after-import /tool read /etc/one)"

  s prepare written > "$work/prepare.log"
  interrupted s commit saved written
  s commit saved written > "$work/commit.log" 2>&1 || true
  same "after a kill during a commit, it is done or repeated" 1 "$(s ls | grep -c '^saved ')"

  interrupted s rm saved
  s rm saved > "$work/killed.log" 2>&1 || true
  same "after a kill during a removal, it is done or repeated" 0 "$(s ls | grep -c '^saved ' || true)"
fi

c image rm --sync "$image" > "$work/rm.log"
for _ in $(seq 50); do [ -z "$(ls "$work/root/snapshots")" ] && break || sleep 0.2; done
same "garbage collection leaves no snapshot" 0 "$(keys)"
same "garbage collection leaves no file" "" "$(ls "$work/root/snapshots" "$work/root/new" "$work/root/removed" | grep -v ':$' | tr -d '\n')"
same "garbage collection leaves no device" "" "$(ls /dev | grep -E '^ploop[0-9]' || true)"
