/*
 * Freezes the file system of a device for the time of a snapshot, so that the
 * snapshot holds one that was closed cleanly. A helper does it, which thaws it
 * again also when the tool or the server is killed meanwhile.
 */
#ifndef FREEZE_H
#define FREEZE_H

#include "helper.h"

/*
 * Started with a pointer to the number of the loop device. That nothing is
 * mounted, or that it cannot be frozen, is not an error: it reports NOT_MOUNTED.
 */
#define NOT_MOUNTED -1
extern const struct task freeze_task;

#endif
