#define _GNU_SOURCE
#include "daemon.h"
#include "device.h"
#include "state.h"
#include <errno.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#define COUNT(array) (sizeof(array) / sizeof(array)[0])

static struct device device = { .disk.fd = -1, .loop = -1, .keeper = { -1, -1 }, .freezer = { -1, -1 }, .client = -1, .discard_waiter = -1 };

static int prepare(void)
{
	char path[PATH_MAX];
	int error;

	state_path(path, "block");
	mkdir(path, 0755);
	device_path(path, device.number, "%s", "");
	mkdir(path, 0755);
	changes_forget(device.number);
	if ((error = disk_mount(&device)))
		return error;
	publish(&device);
	return listen_for_tools(device.number, SOCK_SEQPACKET, &device.listener);
}

/* The tool that waits for a discard was killed: nobody would take the held requests. */
static void abandon_discard(void)
{
	close(device.discard_waiter);
	device.discard_waiter = -1;
	device.discarding = false;
	disk_release_held(&device);
	device.maintenance = 0;
}

static void run(void)
{
	while (!device.ended) {
		struct pollfd events[] = {
			{ .fd = device.listener, .events = POLLIN },
			{ .fd = device.disk.fd, .events = POLLIN },
			{ .fd = device.keeper.status, .events = POLLIN },
			{ .fd = device.freezer.status, .events = POLLIN },
			{ .fd = device.discard_waiter, .events = 0 }
		};

		if (poll(events, COUNT(events), -1) < 0)
			continue;
		if (events[1].revents & POLLERR)
			break;
		if (events[4].revents)
			abandon_discard();
		if (events[1].revents && !fuse_serve(&device.disk))
			break;
		if (events[2].revents)
			command_keeper(&device);
		if (events[3].revents)
			command_freezer(&device);
		if (events[0].revents && !device.ended)
			command_accept(&device);
	}
}

int serve(int number)
{
	int error;

	device.number = number;
	if ((error = fill_standard_streams()) || (error = prepare()))
		return -error;
	switch (fork()) {
	case -1:
		return errno;
	case 0:
		detach();
		run();
		_exit(0);
	}
	return 0;
}
