/* The shim's part of what the driver of generation 7 has and that of 1.15 has not. */
#define _GNU_SOURCE
#include "changes.h"
#include "client.h"
#include "ioctls.h"
#include "image.h"
#include "nodes.h"
#include "state.h"
#include <errno.h>
#include <fcntl.h>
#include <linux/types.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <ploop/ploop_if.h>

/* Entries of the index table of a delta, as the driver has them in memory. */
struct dump_control {
	uint32_t level, first, count, entries[];
} __attribute__((aligned(8)));

#define FREEZE_DEVICE _IO(PLOOPCTLTYPE, 32)
#define THAW_DEVICE _IO(PLOOPCTLTYPE, 33)
#define DUMP_TABLE _IOW(PLOOPCTLTYPE, 34, struct dump_control)

/* Which blocks have changed, as the block layer of that kernel reports it. */
struct changes_control {
	uint8_t uuid[16];
	uint64_t start, length;
	uint32_t block_size, flags, found, room, reserved;
	struct {
		uint64_t start, length, reserved;
	} extents[];
};

#define CLEAR_WHAT_IS_READ 1
#define NEW_UUID 2

/* The numbers of the requests about them; their direction and size say nothing more. */
enum { START_CHANGES = 200, STOP_CHANGES, GET_CHANGES, SET_CHANGES, CLEAR_CHANGES };

static bool is_tracking(unsigned long request)
{
	return _IOC_TYPE(request) == 0x12 && _IOC_NR(request) >= START_CHANGES && _IOC_NR(request) <= CLEAR_CHANGES;
}

bool is_ioctl_of_7(unsigned long request)
{
	return request == FREEZE_DEVICE || request == THAW_DEVICE || request == DUMP_TABLE || is_tracking(request);
}

/* The server keeps nothing in memory, so the file has them. */
static int dump(int device, struct dump_control *control)
{
	ssize_t size = control->count * sizeof control->entries[0], got;
	char path[PATH_MAX], image[PATH_MAX];
	int fd;

	device_path(path, device, "pdelta/%u/image", control->level);
	if (read_line(path, image, sizeof image) <= 0) {
		errno = ENOENT;
		return -1;
	}
	fd = open_raw(image, O_RDONLY);
	if (fd < 0)
		return -1;
	got = pread(fd, control->entries, size, image_entry_offset(control->first));
	close(fd);
	if (got == size)
		return 0;
	errno = got < 0 ? errno : EINVAL;
	return -1;
}

static void ask_for(struct request *request, unsigned int number, const struct changes_control *control)
{
	memcpy(request->uuid, control->uuid, sizeof request->uuid);
	request->start = control->start;
	request->size = number == START_CHANGES ? control->block_size : control->length;
	request->clear = number == GET_CHANGES && control->flags & CLEAR_WHAT_IS_READ;
	request->new_uuid = number == SET_CHANGES && control->flags & NEW_UUID;
	request->change_count = number == SET_CHANGES ? control->found : control->room;
	for (uint32_t i = 0; number == SET_CHANGES && i < control->found && i < MAX_CHANGES; i++)
		request->changes[i] = (struct change){ control->extents[i].start, control->extents[i].length };
}

static void answer(struct changes_control *control, const struct reply *reply)
{
	memcpy(control->uuid, reply->uuid, sizeof control->uuid);
	control->block_size = reply->block_size;
	control->found = reply->change_count;
	for (uint32_t i = 0; i < reply->change_count; i++) {
		control->extents[i].start = reply->changes[i].start;
		control->extents[i].length = reply->changes[i].length;
	}
}

static int ask_changes(int device, unsigned int number, struct changes_control *control, struct request *request,
		       struct reply *reply)
{
	static const enum command commands[] = { CHANGES_START, CHANGES_STOP, CHANGES_GET, CHANGES_SET };

	request->command = commands[number - START_CHANGES];
	if (number != STOP_CHANGES)
		ask_for(request, number, control);
	if (has_server(device)) {
		if (server_call(device, request, reply))
			return -1;
	} else if ((errno = -changes_of_cleared(device, request, reply))) {
		return -1;
	}
	if (number == GET_CHANGES)
		answer(control, reply);
	return 0;
}

static int changes(int device, unsigned int number, struct changes_control *control)
{
	struct request *request = calloc(1, sizeof *request);
	struct reply *reply = calloc(1, sizeof *reply);
	int result = -1, error = ENOMEM;

	if (number == CLEAR_CHANGES) {
		error = EINVAL;	/* the tool clears them when it reads them */
	} else if (request && reply) {
		result = ask_changes(device, number, control, request, reply);
		error = errno;
	}
	free(request);
	free(reply);
	errno = error;
	return result;
}

int ioctl_of_7(int device, unsigned long request, void *argument)
{
	switch (request) {
	case FREEZE_DEVICE:
		return server_command(device, FREEZE);
	case THAW_DEVICE:
		return server_command(device, THAW);
	case DUMP_TABLE:
		return dump(device, argument);
	}
	return changes(device, _IOC_NR(request), argument);
}

/* sysfs has a device by its number, too; a partition lies within its device in the state directory. */
static bool by_number(const char *path, char *other)
{
	int minor, end = 0;

	if (sscanf(path, "/sys/dev/block/182:%d%n", &minor, &end) != 1 || (path[end] && path[end] != '/'))
		return false;
	refresh_nodes(minor / PLOOP_MINORS);
	if (minor % PLOOP_MINORS)
		device_path(other, minor / PLOOP_MINORS, "ploop%dp%d%s", minor / PLOOP_MINORS, minor % PLOOP_MINORS, path + end);
	else
		device_path(other, minor / PLOOP_MINORS, "%s", path + end + (path[end] == '/'));
	return true;
}

static bool by_class(const char *path, char *other)
{
	static const char class[] = "/sys/class/block/";
	int device, end = 0;

	if (sscanf(path, "/sys/class/block/ploop%d%n", &device, &end) != 1)
		return false;
	refresh_nodes(device);
	if (path[end] == 'p')
		device_path(other, device, "%s", path + sizeof class - 1);
	else
		state_path(other, "block/%s", path + sizeof class - 1);
	return true;
}

bool sysfs_of_7(const char *path, char *other)
{
	return by_number(path, other) || by_class(path, other);
}
