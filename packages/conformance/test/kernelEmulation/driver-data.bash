# Reads and writes through targets of device mapper, and tells what came of it. Runs in an empty directory.
set -u
. "$(dirname "$0")/images.bash"

says() { printf '%s: %s\n' "$1" "$2"; }

put() { # FILE DEVICE CLUSTER
  dd if="$1" of="$2" bs=1M seek="$3" conv=notrunc,fsync oflag=direct status=none
}

get() { # DEVICE CLUSTER: the name of the file whose contents are there
  local name sum
  sum=$(dd if="$1" bs=1M skip="$2" count=1 iflag=direct status=none | sha1sum)
  for name in a b c zero; do
    [[ $sum == "$(sha1sum < $name)" ]] && echo $name
  done
}

contents() { # TITLE DEVICE
  says "$1" "$(for number in 0 1 2 3; do get "$2" $number; done | tr '\n' ' ')"
}

slots() { # TITLE FILE
  says "$1" "$(for number in 0 1 2 3; do entry_of "$2" $number; done | tr '\n' ' ')"
}

for name in a b c; do head -c "$cluster" /dev/urandom > $name; done
head -c "$cluster" /dev/zero > zero
one='0 131072 ploop 11 20'
two='0 131072 ploop 11 20 21'
drv=/dev/mapper/drv

image base.hdd
exec 20<>base.hdd
dmsetup create drv --table "$one"
exec 20<&-
put zero $drv 0
slots 'zeros take no cluster' base.hdd
says 'and the file stays as long as it is' "$(stat -c %s base.hdd)"
put a $drv 0
put b $drv 1
put c $drv 2
slots 'clusters are given out in the order of the writes' base.hdd
says 'the file grows by 128 MiB' "$(stat -c %s base.hdd)"
contents 'what was written is read' $drv
blkdiscard -o "$cluster" -l "$cluster" $drv
slots 'a discard frees the cluster' base.hdd
contents 'which reads as zeros' $drv
put b $drv 3
slots 'the next one takes its place' base.hdd
says 'the file is never cut' "$(stat -c %s base.hdd)"

image top.hdd
exec 20<>base.hdd 21<>top.hdd
dmsetup reload drv --table "$two"
dmsetup resume drv
exec 20<&- 21<&-
says 'another delta is put on top' "$(dmsetup status drv)"
slots 'and has nothing' top.hdd
contents 'what lies below is read' $drv
dd if=a of=$drv bs=4096 count=1 seek=512 conv=notrunc,fsync oflag=direct status=none
slots 'a write of a part copies the cluster' top.hdd
says 'with what lies around it' "$(cmp <(dd if=$drv bs=4096 skip=513 count=255 iflag=direct status=none) <(tail -c +4097 c) && echo same)"
put c $drv 2
put b $drv 1
slots 'a whole one takes the next place' top.hdd
blkdiscard -o "$cluster" -l "$cluster" $drv
slots 'a discard keeps the entry, which hides what lies below' top.hdd
contents 'and reads as zeros' $drv
dmsetup message drv 0 merge
slots 'a merge copies up what the top lacks' top.hdd
contents 'and changes nothing' $drv
says 'the delta below is gone' "$(dmsetup message drv 0 get_img_name 0 | xargs basename)"

dmsetup message drv 0 resize 262144
exec 21<>top.hdd
dmsetup reload drv --table '0 262144 ploop 11 21'
exec 21<&-
dmsetup resume drv
says 'the device is as large as its table' "$(blockdev --getsize64 $drv)"
contents 'and keeps its data' $drv

dmsetup create part --table "0 4096 linear $drv 2048"
says 'a part is a device of its own' "$(get /dev/mapper/part 1)"
says 'which keeps the other busy' "$(dmsetup remove drv 2>&1 | head -1)"
dmsetup suspend drv
(put a /dev/mapper/part 0 && echo written > done) &
writer=$!
dmsetup resume drv
wait $writer
says 'a write to a suspended device is done when it is resumed' "$(cat done)"
dmsetup remove part

dmsetup create tracked --table "0 262144 tracking 2048 $drv"
says 'tracking does not run by itself' "$(dmsetup message tracked 0 tracking_get_next 2>&1 | head -1)"
dmsetup message tracked 0 tracking_start
says 'a map is empty at first' "$(dmsetup message tracked 0 tracking_get_next 2>&1 | head -1)"
put c /dev/mapper/tracked 3
put a /dev/mapper/tracked 1
says 'it tells of one block that was written to' "$(dmsetup message tracked 0 tracking_get_next)"
says 'and of the next' "$(dmsetup message tracked 0 tracking_get_next)"
says 'and then of none' "$(dmsetup message tracked 0 tracking_get_next 2>&1 | head -1)"
says 'its table and status tell that it runs' "$(dmsetup table tracked)"
dmsetup message tracked 0 tracking_stop
dmsetup remove tracked
contents 'what was written went through' $drv

dmsetup create lost --table '0 8 error'
says 'an error target reads nothing' "$(dd if=/dev/mapper/lost of=/dev/null bs=4096 count=1 iflag=direct status=none 2>&1 | sed 's/.*: //')"
dmsetup remove lost
dmsetup rename drv other
says 'a device has another name' "$(dmsetup ls | cut -f1)"
exec 9< /dev/mapper/other
says 'is busy while it is open' "$(dmsetup remove other 2>&1 | head -1)"
exec 9<&-
dmsetup remove other
says 'and goes' "$(dmsetup ls)"

image outer.hdd
exec 20<>outer.hdd
dmsetup create outer --table "$one"
exec 20<&-
mkfs.ext4 -q /dev/mapper/outer
mkdir mnt
mount /dev/mapper/outer mnt
image mnt/inner.hdd sectors=32768
exec 20<>mnt/inner.hdd
dmsetup create inner --table '0 32768 ploop 11 20'
exec 20<&-
for number in 0 1 2 3 4 5 6 7; do put a /dev/mapper/inner $number; done
contents 'an image may lie on another device' /dev/mapper/inner
says 'which is busy as long as that one runs' "$(umount mnt 2>&1 | sed 's/.*: //')"
dmsetup remove inner
umount mnt
dmsetup remove outer
says 'and goes after it' "$(dmsetup ls)"
