# Has a file system mounted on a mapped device, suspends it, tells the numbers of the loop devices, and stays.
set -u
. "$(dirname "$0")/images.bash"

image root.hdd
exec 20<>root.hdd
dmsetup create drv --table '0 131072 ploop 11 20'
exec 20<&-
dmsetup create part --table '0 129024 linear /dev/mapper/drv 2048'
mkfs.ext4 -q /dev/mapper/part
mkdir mnt
mount /dev/mapper/part mnt
echo kept > mnt/file
dmsetup suspend part
dmsetup suspend drv
cat "$PLOOP_EMULATION_STATE"/mapper/*/loop
echo ready
while :; do sleep 1; done
