# Two devices with more images together than a server had room for once, and the data of each.
set -u
. "$(dirname "$0")/images.bash"

for name in one two; do
  image "$name.base" mark=0
  image "$name.top"
  exec 20<"$name.base" 21<>"$name.top"
  lower=$(printf '20 %.0s' $(seq 120))
  dmsetup create "$name" --table "0 131072 ploop 11 $lower 21" || echo "$name was not created"
  exec 20<&- 21<&-
done
for name in one two; do
  printf 'data of %s' "$name" | dd of="/dev/mapper/$name" bs=4096 conv=fsync status=none
done
for name in one two; do
  head -c 13 "/dev/mapper/$name" | tr -d '\0'
  echo
  dmsetup suspend "$name" && dmsetup resume "$name" || echo "$name was not suspended"
done
dmsetup remove one two
