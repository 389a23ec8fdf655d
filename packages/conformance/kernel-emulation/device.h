/*
 * A device as its server has it. The parts of the server work on it: the files
 * of sysfs, the disk over FUSE, the commands of the shim.
 */
#ifndef DEVICE_H
#define DEVICE_H

#include "chain.h"
#include "changes.h"
#include "fuse.h"
#include "helper.h"
#include "protocol.h"
#include <stdbool.h>
#include <stdint.h>

struct device {
	int number;
	bool running, discarding, ended;
	bool frozen;			/* its file system is, until it is thawed by a command */
	uint32_t maintenance;		/* PLOOP_MNTN_* */
	char cookie[COOKIE_SIZE];
	struct chain chain;
	struct changes changes;
	uint64_t published[COUNTERS];	/* the counters as the files have them */
	struct fuse_disk disk;		/* the merged disk */
	int listener;
	int loop;			/* number of the loop device while it runs; else -1 */
	struct helper keeper;		/* has the loop device */
	struct helper freezer;		/* has the file system frozen for a snapshot */
	int client;			/* waits for a report of one of them; -1 for none */
	uint32_t client_command;
	char snapshot[PATH_MAX];	/* the image of the snapshot that is being taken */
	int snapshot_result;
	int discard_waiter;		/* waits for something to be discarded; -1 for none */
	struct extent extents[MAX_EXTENTS];	/* free clusters, to be taken out of the image */
	uint32_t extent_count;
	uint64_t held[MAX_EXTENTS];	/* FUSE requests that wait until they are */
	uint32_t held_count;
};

/* sysfs.c: writes and removes what the tool sees of the device. */
void publish(struct device *device);
void publish_loop(struct device *device);
void unpublish(struct device *device);

/* sysfs-7.c: what the driver of generation 7 shows beside. */
void publish_of_7(const struct device *device);

/* disk.c: the merged disk, a single file over FUSE. */
int disk_mount(struct device *device);
void disk_release_held(struct device *device);

/* commands.c: takes a request from a new connection; hears what the helpers report. */
void command_accept(struct device *device);
void command_keeper(struct device *device);
void command_freezer(struct device *device);
void command_discarded(struct device *device, int result);

/* server.c: serves a device until it is cleared; returns in the parent, with 0 or an errno. */
int serve(int number);

#endif
