# Loads tables into the target "ploop", good ones and bad ones, and tells what it answers. Runs in an empty directory.
set -u
. "$(dirname "$0")/images.bash"

# NAME TABLE [MODE]: MODE is how device and files are opened; "ro" for the device, "file-ro" for the files, or both
try() {
  local name=$1 table=$2 mode=${3:-} options=() code output
  [[ $mode != ro* ]] || options=(-r)
  output=$(
    if [[ $mode == *file-ro ]]; then exec 20<root.hdd; else exec 20<>root.hdd; fi
    if [[ -e upper.hdd ]]; then exec 21<>upper.hdd; fi
    dmsetup create drv "${options[@]}" --table "$table" 2>&1
  )
  code=$?
  printf '* %s: table %s rc=%s %s\n' "$name" "'$table'" "$code" "$(tr '\n' ' ' <<< "$output")"
  if [[ $code == 0 ]]; then
    printf '    status: %s | table: %s\n' "$(dmsetup status drv)" "$(dmsetup table drv)"
  fi
  dmsetup remove drv > /dev/null 2>&1
  rm -f root.hdd upper.hdd
}

one='0 131072 ploop 11 20'
two='0 131072 ploop 11 20 21'

image root.hdd mark=0
try 'rw, not marked in use' "$one"
image root.hdd mark=0
try 'ro, not marked in use' "$one" ro
image root.hdd
try 'rw, marked' "$one"
image root.hdd
try 'rw with falloc_new_clu' '0 131072 ploop 11 falloc_new_clu 20'
image root.hdd
try 'rw with off=' '0 129024 ploop 11 off=2048 20'
image root.hdd
try 'wrong cluster log' '0 131072 ploop 12 20'
image root.hdd
try 'cluster log not a number' '0 131072 ploop x 20'
image root.hdd
try 'no delta' '0 131072 ploop 11'
image root.hdd
try 'bad fd' '0 131072 ploop 11 99'
image root.hdd
try 'device larger than the header' '0 133120 ploop 11 20'
image root.hdd
try 'device smaller than the header' '0 129024 ploop 11 20'
image root.hdd
try 'file open read-only for rw device' "$one" file-ro
image root.hdd
try 'file open read-only for ro device' "$one" ro-file-ro
image root.hdd
truncate -s +512 root.hdd
try 'file not a multiple of the cluster' "$one"
image root.hdd
entry root.hdd 0 10
try 'BAT entry beyond the end of file' "$one"
image root.hdd sectors=133120 entries=64
try 'header: sectors more than BAT entries' "$one"
image root.hdd
entry root.hdd 0 1
entry root.hdd 1 1
truncate -s $((2 * cluster)) root.hdd
try 'two entries with the same cluster' "$one"
image root.hdd first=4096
try 'other first block offset' "$one"
image root.hdd signature=WithoutFreeSpace
try 'version 1' "$one"
image root.hdd signature=WithoutFreeSpace
try 'version 1, ro' "$one" ro
image root.hdd mark=0
image upper.hdd
try 'two deltas, lower not marked' "$two"
image root.hdd
image upper.hdd
try 'two deltas, lower marked too' "$two"
image root.hdd signature=WithoutFreeSpace
image upper.hdd
try 'version 1 below version 2' "$two"
truncate -s 64M root.hdd
image upper.hdd
try 'raw below' '0 131072 ploop 11 raw@20 21'
truncate -s 64M root.hdd
try 'raw alone' '0 131072 ploop 11 raw@20'
image root.hdd
truncate -s 64M upper.hdd
try 'raw not lowest' '0 131072 ploop 11 20 raw@21'
truncate -s 32M root.hdd
image upper.hdd
try 'raw smaller than the top' '0 131072 ploop 11 raw@20 21'
truncate -s 128M root.hdd
image upper.hdd
try 'raw larger than the top' '0 131072 ploop 11 raw@20 21'
image root.hdd
ln root.hdd upper.hdd
try 'same file twice' "$two"
image root.hdd sectors=262144
image upper.hdd
try 'lower larger than upper' "$two"
image root.hdd
image upper.hdd sectors=262144
try 'upper larger than lower' '0 262144 ploop 11 20 21'
