/* Where the file systems of a loop device are mounted. */
#ifndef MOUNTS_H
#define MOUNTS_H

#include <limits.h>
#include <stdbool.h>

/* The mount point of the newest mount of a loop device or of its partition. */
bool newest_mount(int loop, char target[PATH_MAX]);

#endif
