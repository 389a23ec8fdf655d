#!/usr/bin/env bash
# Runs containers with volumes by Debian's dockerd on ploop-volume-plugin, with the real tool on the emulated kernel. The
# plugin is killed while a container uses a volume. With KILL_EACH=1 it is killed in the middle of a creation, a snapshot,
# a mount and a removal too. The daemon has directories of its own, and no network.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)

if [ -z "${SNAPSHOTTER_SOCKET:-}" ]; then
  work=$(mktemp -d /tmp/ploop-volumes-XXXXXX)
  trap 'rm -rf "$work"' EXIT
  cd "$here"
  SERVICE=volumePluginBin node --import tsx --conditions=@effect-ploop/source run.ts "$work" "$here/volumes.sh"
  exit
fi

work=$(dirname "$SNAPSHOTTER_SOCKET")
driver=$(basename "$work")
plugin=/run/docker/plugins/$driver.sock

fail() {
  echo "FAILED: $1" >&2
  tail -20 "$work/dockerd.log" >&2
  exit 1
}

# same WHAT EXPECTED FOUND
same() {
  [ "$2" = "$3" ] || fail "$1: expected '$2', found '$3'"
  echo "passed: $1"
}

d() { timeout 60 /usr/bin/docker --host "unix://$work/docker.sock" "$@"; }
run() { d run --rm --network none --volume "$1:/v$2" tool:1 /tool "${@:3}"; }

mkdir -p /run/docker/plugins
ln -s "$SNAPSHOTTER_SOCKET" "$plugin"
dockerd --bridge=none --iptables=false --ip6tables=false --ip-forward=false --ip-masq=false --storage-driver vfs \
  --data-root "$work/data" --exec-root "$work/exec" --pidfile "$work/dockerd.pid" --host "unix://$work/docker.sock" \
  > "$work/dockerd.log" 2>&1 &
dockerd=$!
trap 'rm -f "$plugin"; kill "$dockerd"; wait "$dockerd" || true' EXIT
for _ in $(seq 100); do [ -S "$work/docker.sock" ] && break || sleep 0.1; done

gcc -static -O1 -o "$work/tool" "$here/tool.c"
tar -C "$work" -cf - tool | d import - tool:1 > "$work/import.log"

d volume create --driver "$driver" --opt size=1G db > "$work/create.log"
d run --detach --network none --name one --volume db:/v tool:1 /tool sleep > "$work/one.log"
d exec one /tool write /v/a early
d volume create --driver "$driver" db@monday > "$work/create.log"
d exec one /tool write /v/a late
d volume create --driver "$driver" --opt from=db@monday copy > "$work/create.log"
same "a snapshot of a volume in use has what was written before" early "$(run db@monday :ro read /v/a)"
same "a clone of the snapshot has the same" early "$(run copy "" read /v/a)"

kill -KILL "$(cat "$SNAPSHOTTER_PID")"
same "a container outlives the plugin" late "$(d exec one /tool read /v/a)"
same "a start of the plugin keeps the volumes" "copy db db@monday" "$(echo $(d volume ls --quiet))"
d volume rm db > "$work/rm.log" 2>&1 && fail "a volume in use was removed"
d rm --force one > "$work/rm.log"
same "the next container has the files of the volume" late "$(run db "" read /v/a)"
d volume create --driver "$driver" --opt colour=red x > "$work/refused.log" 2>&1 && fail "an unknown option was taken"
same "an unknown option is refused by its name" 1 "$(grep -c 'Opts.colour' "$work/refused.log")"

# interrupted COMMAND...: the plugin is killed while it runs, so that it may fail.
interrupted() {
  "$@" > "$work/killed.log" 2>&1 &
  client=$!
  sleep 0.4
  kill -KILL "$(cat "$SNAPSHOTTER_PID")" || true
  wait "$client" || true
  until [ "$(d volume ls --quiet | grep -c '^db$')" = 1 ]; do sleep 0.2; done
}

if [ -n "${KILL_EACH:-}" ]; then
  interrupted d volume create --driver "$driver" --opt size=1G killed
  d volume create --driver "$driver" --opt size=1G killed > "$work/create.log"
  interrupted run killed "" write /v/a kept
  run killed "" write /v/a kept
  same "after a kill during a creation and a mount, they are repeated" kept "$(run killed "" read /v/a)"
  interrupted d volume create --driver "$driver" killed@one
  d volume create --driver "$driver" killed@one > "$work/create.log"
  same "after a kill during a snapshot, it is repeated" kept "$(run killed@one :ro read /v/a)"
  interrupted d volume rm killed@one
  d volume rm --force killed@one > "$work/rm.log" 2>&1 || true
  same "after a kill during a removal, it is done or repeated" 0 "$(d volume ls --quiet | grep -c '^killed@one$' || true)"
  d volume rm killed > "$work/rm.log"
fi

d volume rm db db@monday copy > "$work/rm.log"
same "nothing is left of removed volumes" "" \
  "$(ls "$work/root/volumes" "$work/root/mounts" "$work/root/new" "$work/root/removed" | grep -v ':$' | tr -d '\n')"
same "no device is left" "" "$(ls /dev | grep -E '^ploop[0-9]' || true)"
