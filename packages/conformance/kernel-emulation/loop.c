#define _GNU_SOURCE
#include "loop.h"
#include "state.h"
#include <errno.h>
#include <fcntl.h>
#include <linux/loop.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#define ATTEMPTS 200
#define PAUSE 10000	/* microseconds */
#define DETACH_PAUSES 500

/* The private /dev has no loop devices but those that were made here. */
static int open_loop(int number, int flags)
{
	char path[32];

	snprintf(path, sizeof path, "/dev/loop%d", number);
	if (mknod(path, S_IFBLK | 0600, loop_number(number)) && errno != EEXIST)
		return -1;
	return open_raw(path, flags);
}

/* Takes a free loop device; somebody else on the machine may be faster, so it tries again. */
static int attach(int disk, const struct loop_source *source, int *number)
{
	struct loop_config config = {
		.fd = disk,
		.block_size = 512,
		.info.lo_flags = LO_FLAGS_AUTOCLEAR | (source->partitions ? LO_FLAGS_PARTSCAN : 0) |
			(source->read_only ? LO_FLAGS_READ_ONLY : 0),
		.info.lo_file_name = "ploop-emulation"
	};
	int control = open_raw("/dev/loop-control", O_RDWR), loop;

	if (control < 0)
		return -1;
	for (int attempt = 0; attempt < ATTEMPTS; attempt++) {
		*number = ioctl(control, LOOP_CTL_GET_FREE);
		if (*number < 0)
			break;
		loop = open_loop(*number, source->read_only ? O_RDONLY : O_RDWR);
		if (loop >= 0) {
			if (!ioctl(loop, LOOP_CONFIGURE, &config)) {
				close(control);
				return loop;
			}
			int error = errno;
			close(loop);
			errno = error;
		}
		if (errno != EBUSY && errno != ENXIO)
			break;
		usleep(PAUSE);
	}
	close(control);
	return -1;
}

static void await_detached(int number)
{
	char path[64];

	snprintf(path, sizeof path, "/sys/block/loop%d/loop", number);
	for (int i = 0; i < DETACH_PAUSES && !access(path, F_OK); i++)
		usleep(PAUSE);
}

static int kept = -1;

static int begin(const void *argument, int *number)
{
	const struct loop_source *source = argument;
	int disk = open_raw(source->disk, source->read_only ? O_RDONLY : O_RDWR), error;

	if (disk < 0)
		return errno;
	kept = attach(disk, source, number);
	error = kept < 0 ? errno : 0;
	close(disk);
	return error;
}

static void end(int number)
{
	close(kept);
	await_detached(number);
}

const struct task loop_task = { .name = SERVER_PREFIX "keeper", .begin = begin, .end = end };
