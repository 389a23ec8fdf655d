# What the tool in PLOOP_TOOL does with a disk that runs; generations 7 and 9. Runs in an empty directory.
set -u
exec 2>&1

says() { printf '%s: %s\n' "$1" "$2"; }

# Runs the tool without its words, and tells its exit code; with its words when it fails
ploop() {
  local title=$1 output code
  shift
  output=$("$PLOOP_TOOL" "$@" 2>&1)
  code=$?
  says "$title" "$code"
  [[ $code == 0 ]] || printf '%s\n' "$output"
}

write() { head -c 8M /dev/urandom > "mnt/$1" && sync -f mnt && sha1sum "mnt/$1" >> sums; }
check() { echo 3 > /proc/sys/vm/drop_caches && says "$1" "$(sha1sum --check --quiet sums && echo same)"; }
id() { echo "{$(printf "$1%.0s" {1..8})-0000-4000-8000-000000000000}"; }

disk=DiskDescriptor.xml
mkdir mnt side
ploop 'creates a disk with a file system' init -s 300M -t ext4 root.hdd
ploop 'mounts it' mount -m mnt $disk
write one
ploop 'takes a snapshot of it while it is mounted' snapshot -u "$(id a)" $disk
write two
ploop 'and another one' snapshot -u "$(id b)" $disk
write three
ploop 'and a third one' snapshot -u "$(id c)" $disk
write four
ploop 'mounts a snapshot beside it' mount -r -u "$(id b)" -c side -m side $disk
says 'which has what was there then' "$(ls side | tr '\n' ' ')"
ploop 'umounts it' umount -m side
ploop 'merges a snapshot in the middle' snapshot-delete -u "$(id b)" $disk
check 'and the contents are'
ploop 'merges the lowest one' snapshot-delete -u "$(id a)" $disk
check 'and the contents are'
ploop 'merges the last one' snapshot-delete -u "$(id c)" $disk
check 'and the contents are'
device=$("$PLOOP_TOOL" info -d $disk 2> /dev/null | sed -n 's/^device:[[:space:]]*//p')
format=()
[[ $device != /dev/mapper/* ]] || format=(-t expanded)
ploop 'copies it while it runs' copy -s "$device" "${format[@]}" -d copied.hdd
says 'and the copy is there' "$([[ -s copied.hdd ]] && echo yes)"
check 'and the contents are'
ploop 'takes another one' snapshot -u "$(id d)" $disk
write five
ploop 'merges all into one' snapshot-merge -A $disk
check 'and the contents are'
says 'one image is left' "$(ls root.hdd* | tr '\n' ' ')"
ploop 'shrinks the file system by a balloon' resize -s 250M $disk
check 'and the contents are'
rm mnt/two mnt/four
sed -i '/two\|four/d' sums
ploop 'discards what is free' balloon discard $disk
check 'and the contents are'
ploop 'umounts the disk' umount -m mnt
ploop 'finds no fault with the image' check -f root.hdd
cp root.hdd copy.hdd
ploop 'takes a snapshot of an idle disk' snapshot -u "$(id e)" $disk
ploop 'mounts it again, after a check of the file system' mount -F -m mnt $disk
check 'and the contents are'
ploop 'replaces the base by its copy' replace -l 0 -i copy.hdd $disk
check 'and the contents are'
ploop 'umounts it' umount -m mnt
ploop 'mounts it from the copy' mount -m mnt $disk
check 'and the contents are'
ploop 'umounts it at the end' umount -m mnt
