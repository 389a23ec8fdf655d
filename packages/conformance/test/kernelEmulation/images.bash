# Image files of version 2, and what is wrong with some of them. To be sourced.

cluster=$((1 << 20))

bytes() { # NUMBER COUNT: little-endian
  local number=$1 text='' i
  for ((i = 0; i < $2; i++)); do
    text+=$(printf '\\x%02x' $((number >> 8 * i & 255)))
  done
  printf "$text"
}

# FILE [NAME=VALUE]...: an empty image of 64 MiB that is marked as in use, unless it is to be another one
image() {
  local file=$1 signature=WithouFreSpacExt type=2 sectors=131072 entries= first=2048 mark=1953459801
  shift
  (($# == 0)) || local "$@"
  entries=${entries:-$((sectors / 2048))}
  {
    printf %s "$signature"
    bytes "$type" 4
    bytes 16 4
    bytes 130 4
    bytes 2048 4
    bytes "$entries" 4
    bytes "$sectors" 8
    bytes "$mark" 4
    bytes "$first" 4
    bytes 0 4
  } > "$file"
  truncate -s "$cluster" "$file"
}

entry() { # FILE CLUSTER SLOT: writes an entry of the index table
  bytes "$3" 4 | dd of="$1" bs=1 seek=$((64 + 4 * $2)) conv=notrunc status=none
}

entry_of() { # FILE CLUSTER
  od -A n -t u4 -j $((64 + 4 * $2)) -N 4 "$1" | tr -d ' '
}
