#define _GNU_SOURCE
#include "freeze.h"
#include "mounts.h"
#include "state.h"
#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <sys/ioctl.h>
#include <unistd.h>

static int freeze(const void *argument, int *number)
{
	char target[PATH_MAX];

	*number = NOT_MOUNTED;
	if (!newest_mount(*(const int *)argument, target))
		return 0;
	*number = open_raw(target, O_RDONLY);
	/* a file system that cannot be frozen, or is already, is taken as it is */
	if (*number >= 0 && ioctl(*number, FIFREEZE, 0)) {
		close(*number);
		*number = NOT_MOUNTED;
	}
	return 0;
}

static void thaw(int number)
{
	if (number == NOT_MOUNTED)
		return;
	ioctl(number, FITHAW, 0);
	close(number);
}

const struct task freeze_task = { .name = SERVER_PREFIX "freezer", .begin = freeze, .end = thaw };
