/*
 * Device nodes and device numbers: /dev/ploopN and /dev/ploopNp1 carry the
 * numbers of the loop device below, so that every program can use them; the
 * tool is shown the numbers that the ploop driver would have given them.
 */
#ifndef NODES_H
#define NODES_H

#include "protocol.h"
#include <stdbool.h>
#include <sys/types.h>

/* A node of a device that does not run has a number of this major, which no device of the machine has. */
#define PLACEHOLDER_MAJOR PLOOP_MAJOR

/* The device that "/dev/ploopN" or "/dev/ploopNp1" names; -1 for any other path. */
int device_named(const char *path, bool *partition);

/* The device that an open file is; -1 for any other file. */
int device_opened(int fd);

/* Opens what stands for a device that does not run. */
int open_placeholder(int device);

/* Opens a running device, whatever its node is; -1 when it does not run. */
int open_loop_below(int device, int flags);

/* Makes the nodes, and the partition's entry in sysfs, as the loop device now is. */
void refresh_nodes(int device);

/* Makes the kernel know the first partition, also where it cannot read a GPT by itself; then as above. */
void add_partition(int device);

/* Whether a file system of the device is mounted, or it is open for nobody else. */
bool is_held(int device);

/* From the number of a loop device of ours to the ploop driver's. */
bool ploop_number(dev_t loop, dev_t *ploop);

#endif
