#define _GNU_SOURCE
#include "loop.h"
#include "state.h"
#include <errno.h>
#include <fcntl.h>
#include <linux/loop.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
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
static int attach(int disk, bool read_only, int *number)
{
	struct loop_config config = {
		.fd = disk,
		.block_size = 512,
		.info.lo_flags = LO_FLAGS_PARTSCAN | LO_FLAGS_AUTOCLEAR | (read_only ? LO_FLAGS_READ_ONLY : 0),
		.info.lo_file_name = "ploop-emulation"
	};
	int control = open_raw("/dev/loop-control", O_RDWR), loop;

	if (control < 0)
		return -1;
	for (int attempt = 0; attempt < ATTEMPTS; attempt++) {
		*number = ioctl(control, LOOP_CTL_GET_FREE);
		if (*number < 0)
			break;
		loop = open_loop(*number, read_only ? O_RDONLY : O_RDWR);
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

static void keep(const char *path, bool read_only, int lifeline, int status)
{
	struct keeper_report report = { 0 };
	char end;
	int disk = open_raw(path, read_only ? O_RDONLY : O_RDWR);
	int loop = disk < 0 ? -1 : attach(disk, read_only, &report.loop);

	if (loop < 0)
		report.error = errno ? errno : EIO;
	close(disk);
	if (write(status, &report, sizeof report) != sizeof report || loop < 0)
		_exit(1);
	while (read(lifeline, &end, 1) < 0 && errno == EINTR)
		;
	close(loop);
	await_detached(report.loop);
	_exit(write(status, &report, sizeof report) != sizeof report);
}

int keeper_start(struct keeper *keeper, const char *disk, bool read_only)
{
	int lifeline[2], status[2];

	if (pipe2(lifeline, O_CLOEXEC))
		return -errno;
	if (pipe2(status, O_CLOEXEC)) {
		close(lifeline[0]);
		close(lifeline[1]);
		return -errno;
	}
	switch (fork()) {
	case -1:
		close(lifeline[0]);
		close(lifeline[1]);
		close(status[0]);
		close(status[1]);
		return -errno;
	case 0:
		/* without the server's descriptors, so that the disk is dead when the server is */
		lifeline[0] = fcntl(lifeline[0], F_DUPFD, 1000);
		status[1] = fcntl(status[1], F_DUPFD, 1000);
		close_range(3, 999, 0);
		close_range((lifeline[0] > status[1] ? lifeline[0] : status[1]) + 1, ~0u, 0);
		prctl(PR_SET_NAME, "ploop-keeper");
		keep(disk, read_only, lifeline[0], status[1]);
	}
	close(lifeline[0]);
	close(status[1]);
	keeper->lifeline = lifeline[1];
	keeper->status = status[0];
	return 0;
}

bool keeper_report(struct keeper *keeper, struct keeper_report *report)
{
	bool got = read(keeper->status, report, sizeof *report) == sizeof *report;

	if (!got || keeper->lifeline < 0 || report->error) {
		keeper_release(keeper);
		close(keeper->status);
		keeper->status = -1;
	}
	return got;
}

void keeper_release(struct keeper *keeper)
{
	if (keeper->lifeline >= 0)
		close(keeper->lifeline);
	keeper->lifeline = -1;
}
