/*
 * The loop device over the merged disk of a running device.
 *
 * A process of its own, the keeper, holds the loop device open, and the loop
 * device is one that detaches itself when nobody has it open any more. So it is
 * never detached by number, and it never outlives its keeper and its mounts,
 * whoever is killed. The server cannot be the keeper: it has to answer what the
 * kernel reads and writes while the device is attached and detached.
 */
#ifndef LOOP_H
#define LOOP_H

#include <stdbool.h>

struct keeper {
	int lifeline;	/* closed by the server to let the loop device go; -1 when there is no keeper */
	int status;	/* where the keeper reports */
};

/* What the keeper reports: first that the loop device is attached, at last that it is detached. */
struct keeper_report {
	int error;	/* 0 or an errno */
	int loop;
};

/* Starts a keeper for the file; it reports when the loop device is there. */
int keeper_start(struct keeper *keeper, const char *disk, bool read_only);

/* Takes a report; false when the keeper is gone without one. */
bool keeper_report(struct keeper *keeper, struct keeper_report *report);

/* Tells the keeper to let go; it reports when the loop device is detached. */
void keeper_release(struct keeper *keeper);

#endif
