/*
 * Device mapper, for generation 9: one process for all devices of a state
 * directory, with a thread for each. A mapped device is a file over FUSE and a loop device over that;
 * its table says what the file is made of.
 */
#ifndef MAPPER_H
#define MAPPER_H

#include "fuse.h"
#include "helper.h"
#include <linux/dm-ioctl.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

/* The major number that device mapper has, and the tool takes for granted. */
#define MAPPER_MAJOR 253

/* What has no errno that programs know. */
#define ENOTSUPP 524

/* A message that has an answer. */
#define REPLIED 1
/* A command whose reply is sent later, when a helper has reported. */
#define REPLIED_LATER 1000000
/* A command that is done, and after which the loop device has another size. */
#define REPLIED_GROWN 1000001

struct mapped;
struct target;

struct target_type {
	const char *name;
	uint32_t version[3];
	/* Zero or a negated errno; `caller` has the file descriptors that the parameters name. */
	int (*construct)(struct target *target, const char *parameters, pid_t caller);
	void (*destroy)(struct target *target);
	/* Its parameters as the table shows them, or its status. */
	void (*describe)(const struct target *target, bool table, char *text, size_t size);
	/* Zero, REPLIED with a result, or a negated errno; NULL when it takes no messages. */
	int (*message)(struct target *target, int count, char **words, char *result, size_t size);
	/* Whether a message changes what requests use, so that none may be under way. */
	bool (*changes)(const char *message);
	/* Whether the device may be resumed: zero or a negated errno; NULL when always. */
	int (*resumable)(const struct target *target);
	/* Offsets are bytes from the start of the target. */
	int (*read)(struct target *target, uint64_t offset, void *data, size_t length);
	int (*write)(struct target *target, uint64_t offset, const void *data, size_t length);
	int (*clear)(struct target *target, uint64_t offset, uint64_t length);
	int (*sync)(struct target *target);
	/* Bytes in the smallest part that can be discarded. */
	uint32_t (*granularity)(const struct target *target);
};

struct target {
	const struct target_type *type;
	uint64_t start, length;		/* sectors */
	bool read_only;
	struct mapped *device;		/* that it is a target of */
	struct mapped *below;		/* the device that it passes to; NULL for none */
	void *state;			/* the type's own */
};

struct table {
	bool read_only;
	uint32_t count;
	struct target targets[];
};

/* A command that waits for a helper. */
struct pending {
	int client;			/* -1 for none */
	uint32_t command, flags;
	struct dm_ioctl *data;
	size_t size;
};

struct mapped {
	int minor;
	char name[DM_NAME_LEN], uuid[DM_UUID_LEN];
	struct table *live, *inactive;
	bool suspended;
	bool grown;			/* the size is another one than before the resume */
	uint32_t event;
	struct fuse_disk disk;
	pthread_t thread;		/* serves the disk */
	bool served, ending;
	int stop;			/* becomes readable when the thread is to end */
	int paused, under_way;		/* commands that stop it, and requests that are being done */
	int loop;			/* number of the loop device; -1 for none */
	struct helper keeper;		/* has the loop device */
	struct helper freezer;		/* has the file system frozen */
	struct helper prober;		/* looks whether somebody has the loop device */
	struct pending pending;
	struct mapped *next;		/* in the order of names */
};

/* mapper-devices.c: the devices there are. */
extern struct mapped *mapped_devices;
struct mapped *mapped_named(const char *name);
struct mapped *mapped_with_uuid(const char *uuid);
struct mapped *mapped_minor(int minor);
/* By what a table calls a device: its path, or MAJOR:MINOR. */
struct mapped *mapped_called(const char *text);
struct mapped *mapped_create(const char *name, const char *uuid, int minor);
int mapped_rename(struct mapped *device, const char *name);
void mapped_destroy(struct mapped *device);
uint64_t mapped_sectors(const struct mapped *device);
/* How often it is open: by processes, mounts, and tables. */
int mapped_open_count(const struct mapped *device);
/* Writes what sysfs shows of all devices. */
void mapped_publish(void);
struct target *mapped_target(struct mapped *device, uint64_t sector);
/* What is asked of the whole device, and goes to its targets. */
int mapped_read(struct mapped *device, uint64_t offset, void *data, size_t length);
int mapped_write(struct mapped *device, uint64_t offset, const void *data, size_t length);
int mapped_clear(struct mapped *device, uint64_t offset, uint64_t length);
int mapped_sync(struct mapped *device);
int mapped_serve(struct mapped *device);

/* mapper-tables.c: makes a table of what was loaded. */
int table_load(struct mapped *device, const struct dm_ioctl *command, size_t size, pid_t caller, struct table **table);
void table_destroy(struct table *table);
const struct target_type *target_type_at(int index);

/*
 * mapper-commands.c: does a command of device mapper. It has the memory of the
 * data from then on when it returns REPLIED_LATER.
 */
int mapper_command(uint32_t command, struct dm_ioctl *data, size_t size, pid_t caller, int client);

/* mapper-states.c: suspends, resumes and removes a device. Results are as above. */
int mapper_suspend(struct mapped *device, const struct pending *pending);
int mapper_resume(struct mapped *device, const struct pending *pending);
int mapper_remove(struct mapped *device, const struct pending *pending);
/* Hears what the helpers of a device report; after the keeper's the device may be gone. */
void mapper_keeper(struct mapped *device);
void mapper_freezer(struct mapped *device);
void mapper_prober(struct mapped *device);
/* Lets all go on that is suspended; ends the loop devices of all. */
void mapper_release(void);
void mapper_detach(void);

/* mapper-replies.c: fills in what a command reports of a device. */
void report_status(const struct mapped *device, struct dm_ioctl *data);
void report_tables(const struct mapped *device, struct dm_ioctl *data, size_t size);
void report_dependencies(const struct mapped *device, struct dm_ioctl *data, size_t size);
void report_names(struct dm_ioctl *data, size_t size);
void report_types(struct dm_ioctl *data, size_t size);
void report_text(const char *text, struct dm_ioctl *data, size_t size);

/* mapper.c: serves a state directory; returns in the parent, with 0 or an errno. */
int map(void);
/* Sends a reply and closes the connection; `grown` is the minor whose loop device has another size now, or -1. */
void mapper_reply(int client, int error, int grown, const struct dm_ioctl *data);

/* The targets. */
extern const struct target_type ploop_target, linear_target, error_target, tracking_target;

#endif
