#define _GNU_SOURCE
#include "device.h"
#include "state.h"
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#define COUNT(array) (sizeof(array) / sizeof(array)[0])

static struct device device = { .fuse = -1, .loop = -1, .keeper = { -1, -1 }, .freezer = { -1, -1 }, .client = -1, .discard_waiter = -1 };

static int listen_for_tools(void)
{
	struct sockaddr_un address;

	if (server_address(device.number, &address))
		return -ENAMETOOLONG;
	unlink(address.sun_path);
	device.listener = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
	if (device.listener < 0 || bind(device.listener, (void *)&address, sizeof address) || listen(device.listener, 16))
		return -errno;
	return 0;
}

static int prepare(void)
{
	char path[PATH_MAX];
	int error;

	state_path(path, "block");
	mkdir(path, 0755);
	device_path(path, device.number, "%s", "");
	mkdir(path, 0755);
	if ((error = disk_mount(&device)))
		return error;
	publish(&device);
	return listen_for_tools();
}

/* The tool closes its standard input when it merges; what is opened here must not come in the place of it. */
static int fill_standard_streams(void)
{
	int null;

	do
		null = open_raw("/dev/null", O_RDWR);
	while (null >= 0 && null <= STDERR_FILENO);
	return null < 0 ? -errno : close(null);
}

/* Leaves the tool's process group and terminal; the tool sees nothing of it but the socket. */
static void detach(void)
{
	int null = open_raw("/dev/null", O_RDWR);

	setsid();
	signal(SIGPIPE, SIG_IGN);
	signal(SIGCHLD, SIG_IGN);
	prctl(PR_SET_NAME, SERVER_PREFIX "server");
	/* the kernel must not wait for this process to free memory for it */
	prctl(PR_SET_IO_FLUSHER, 1, 0, 0, 0);
	for (int fd = 0; fd < 3; fd++)
		dup2(null, fd);
	close(null);
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
			{ .fd = device.fuse, .events = POLLIN },
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
		if (events[1].revents)
			disk_serve(&device);
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
