/*
 * The loop device over the merged disk of a running device.
 *
 * A helper, the keeper, holds the loop device open, and the loop device is one
 * that detaches itself when nobody has it open any more. So it is never
 * detached by number, and it never outlives its keeper and its mounts, whichever process
 * is killed.
 */
#ifndef LOOP_H
#define LOOP_H

#include "helper.h"

/* What the keeper is started with; it reports the number of the loop device. */
struct loop_source {
	const char *disk;
	bool read_only;
	bool partitions;	/* whether the kernel reads the partitions */
};

extern const struct task loop_task;

#endif
