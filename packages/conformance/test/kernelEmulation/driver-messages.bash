# Sends messages to the target "ploop", and tells what it answers. Runs in an empty directory.
set -u
. "$(dirname "$0")/images.bash"

message() {
  local output code
  output=$(dmsetup message drv 0 "$@" 2>&1)
  code=$?
  printf "$ %s -> rc=%s '%s'\n" "$*" "$code" "$output"
}

resume() {
  dmsetup resume drv 2>&1
  echo "$1 rc=$?"
}

table='0 131072 ploop 11 20 21'
image lower.hdd
image root.hdd
exec 20<>lower.hdd 21<>root.hdd
dmsetup create drv --table "$table"
echo "* device for messages: table '$table' rc=$?"
echo "    status: $(dmsetup status drv) | table: $(dmsetup table drv)"
exec 20<&- 21<&-

for words in 'get_img_name 0' 'get_img_name 1' 'get_img_name 2' get_img_name 'get_img_name x' 'get_img_name -1' \
  'get_img_name 256' 'get_img_fd 0' nosuch get_event tracking_start try_preflush \
  'set_noresume 1' 'set_noresume 1' 'set_noresume 2'; do
  message $words
done
dmsetup suspend drv
resume 'resume with noresume'
dmsetup status drv
message set_noresume 0
message set_noresume 0
resume resume
message flip_upper_deltas
message set_noresume 1
message flip_upper_deltas
dmsetup suspend drv
message flip_upper_deltas
message get_img_name 0
message set_noresume 0
dmsetup resume drv
for words in 'notify_merged_backward 0' 'notify_merged_backward 1' 'notify_merged_backward 5' 'notify_merged_forward 0' \
  'notify_merged_sideways 0' notify_merged_backward 'update_delta_index 0 0:1;' 'update_delta_index 1 0:1;' \
  'update_delta_index 0 x' 'update_delta_index 0' 'set_falloc_new_clu 1'; do
  message $words
done
dmsetup status drv
for words in 'set_falloc_new_clu 2' 'set_falloc_new_clu 0' 'resize 131072' 'resize 65536' 'resize 131073' 'resize 262144'; do
  message $words
done
dmsetup status drv
dmsetup table drv
for words in 'resize x' merge merge; do
  message $words
done
dmsetup status drv
for words in 'merge 1' 'get_img_name 0' 'get_img_name 1'; do
  message $words
done
dmsetup remove drv
echo "remove $?"
