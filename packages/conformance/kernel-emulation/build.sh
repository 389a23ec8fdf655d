#!/bin/sh
# Builds the emulation into a directory: ploop-emulation and ploop-emulation.so.
set -eu

if [ $# -ne 1 ]; then
	echo "Usage: build.sh OUTPUT-DIRECTORY" >&2
	exit 2
fi
out=$1
sources=$(cd "$(dirname "$0")" && pwd)
cc=${CC:-gcc}

missing() {
	echo "The kernel emulation cannot be built: $1. On Debian: apt-get install --no-install-recommends $2" >&2
	exit 1
}

has_header() {
	printf '#include <stdint.h>\n#include <%s>\n' "$1" | "$cc" -E -x c -o /dev/null - 2>/dev/null
}

[ "$(uname -sm)" = "Linux x86_64" ] || {
	echo "The kernel emulation cannot be built: it is for Linux on x86-64, and this is $(uname -sm)" >&2
	exit 1
}
command -v "$cc" >/dev/null || missing "there is no C compiler, $cc" gcc
has_header stdio.h || missing "the headers of the C library are missing" libc6-dev
has_header linux/fuse.h || missing "the headers of the kernel are missing" linux-libc-dev
has_header ploop/ploop_if.h || missing "the headers of ploop are missing" libploop-dev

flags="-std=gnu11 -O2 -g -Wall -Wextra -Werror"
mkdir -p "$out"
cd "$sources"
$cc $flags -shared -fPIC -fvisibility=hidden -o "$out/ploop-emulation.so" paths.c ioctls.c shim-7.c changes.c image.c nodes.c mapped.c \
	launch.c programs.c generation.c client.c state.c -ldl
$cc $flags -pthread -o "$out/ploop-emulation" \
	main.c enter.c reap.c mounts.c daemon.c server.c commands.c disk.c fuse.c helper.c loop.c freeze.c sysfs.c sysfs-7.c \
	chain.c changes.c image.c mapper.c mapper-commands.c mapper-devices.c mapper-gate.c mapper-replies.c mapper-states.c mapper-tables.c \
	ploop-target.c stack.c targets.c nodes.c generation.c client.c state.c
