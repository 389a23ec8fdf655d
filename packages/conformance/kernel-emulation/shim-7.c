/* The shim's part of what the driver of generation 7 has and that of 1.15 has not. */
#define _GNU_SOURCE
#include "client.h"
#include "ioctls.h"
#include "image.h"
#include "nodes.h"
#include "state.h"
#include <errno.h>
#include <fcntl.h>
#include <linux/types.h>
#include <stdio.h>
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

/* Tracking of changed blocks, which the block layer of that kernel has, from here to here. */
#define FIRST_TRACKING_IOCTL 200
#define LAST_TRACKING_IOCTL 204

static bool is_tracking(unsigned long request)
{
	return _IOC_TYPE(request) == 0x12 && _IOC_NR(request) >= FIRST_TRACKING_IOCTL && _IOC_NR(request) <= LAST_TRACKING_IOCTL;
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
	errno = EINVAL;		/* nobody has started the tracking */
	return -1;
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
