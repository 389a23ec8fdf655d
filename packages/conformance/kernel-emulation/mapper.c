#define _GNU_SOURCE
#include "daemon.h"
#include "mapper.h"
#include "protocol.h"
#include "state.h"
#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/time.h>
#include <unistd.h>

/* Descriptors of one device that are polled: its helpers. */
enum { KEEPER, FREEZER, PROBER, POLLED };

/* A command has room for its reply; larger ones are nobody's. */
#define MOST_DATA (64u << 20)

static int listener = -1;
static int quitter = -1;	/* waits for the end of all; -1 for nobody */

static bool receive_all(int client, void *data, size_t length)
{
	return recv(client, data, length, MSG_WAITALL) == (ssize_t)length;
}

void mapper_reply(int client, int error, int grown, const struct dm_ioctl *data)
{
	struct mapper_reply reply = { .error = error, .grown = grown, .length = error || !data ? 0 : data->data_size };

	/* the caller may have been killed meanwhile */
	if (send(client, &reply, sizeof reply, MSG_NOSIGNAL | (reply.length ? MSG_MORE : 0)) == sizeof reply && reply.length)
		send(client, data, reply.length, MSG_NOSIGNAL);
	close(client);
}

static bool changes_sysfs(uint32_t command)
{
	switch (command) {
	case DM_DEV_CREATE_CMD:
	case DM_DEV_REMOVE_CMD:
	case DM_DEV_RENAME_CMD:
	case DM_DEV_SUSPEND_CMD:
	case DM_TABLE_LOAD_CMD:
	case DM_TABLE_CLEAR_CMD:
		return true;
	}
	return false;
}

static void execute(int client, const struct mapper_request *request, pid_t caller)
{
	struct dm_ioctl *data = request->length < sizeof *data || request->length > MOST_DATA ? NULL : calloc(1, request->length);
	int result;

	if (!data || !receive_all(client, data, request->length)) {
		free(data);
		close(client);
		return;
	}
	result = mapper_command(request->command, data, request->length, caller, client);
	if (result == REPLIED_LATER)
		return;
	if (changes_sysfs(request->command))
		mapped_publish();
	mapper_reply(client, result == REPLIED_GROWN ? 0 : result, result == REPLIED_GROWN ? (int)minor(data->dev) : -1, data);
	free(data);
}

static void accept_command(void)
{
	/* a program that was stopped between its connect and its request must not stop the disks */
	struct timeval patience = { .tv_sec = 5 };
	int client = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
	struct mapper_request request;
	struct ucred peer;
	socklen_t size = sizeof peer;

	if (client < 0)
		return;
	setsockopt(client, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
	if (getsockopt(client, SOL_SOCKET, SO_PEERCRED, &peer, &size) || !receive_all(client, &request, sizeof request)) {
		close(client);
		return;
	}
	switch (request.command) {
	case MAPPER_RELEASE:
		mapper_release();
		mapper_reply(client, 0, -1, NULL);
		break;
	case MAPPER_QUIT:
		quitter = client;
		mapper_detach();
		break;
	default:
		execute(client, &request, peer.pid);
	}
}

static int count_devices(void)
{
	int count = 0;

	for (const struct mapped *device = mapped_devices; device; device = device->next)
		count++;
	return count;
}

static void list(struct pollfd *events)
{
	for (const struct mapped *device = mapped_devices; device; device = device->next, events += POLLED) {
		events[KEEPER] = (struct pollfd){ device->keeper.status, POLLIN, 0 };
		events[FREEZER] = (struct pollfd){ device->freezer.status, POLLIN, 0 };
		events[PROBER] = (struct pollfd){ device->prober.status, POLLIN, 0 };
	}
}

static void hear(struct mapped *device, const struct pollfd *events)
{
	if (events[PROBER].revents)
		mapper_prober(device);
	if (events[FREEZER].revents)
		mapper_freezer(device);
	if (events[KEEPER].revents)
		mapper_keeper(device);
}

/* One turn: whatever can be done now. */
static void turn(void)
{
	int count = count_devices();
	struct pollfd *events = calloc(count * POLLED + 1, sizeof *events), *of_device = events + 1;
	struct mapped *device, *next;
	int ready;

	if (!events)
		return;
	events[0] = (struct pollfd){ listener, POLLIN, 0 };
	list(of_device);
	ready = poll(events, count * POLLED + 1, -1);
	/* a device that is gone is gone for this turn only after it was heard */
	for (device = mapped_devices; ready > 0 && device; device = next, of_device += POLLED) {
		next = device->next;
		hear(device, of_device);
	}
	if (ready > 0 && events[0].revents)
		accept_command();
	free(events);
}

static void run(void)
{
	while (quitter < 0 || mapped_devices)
		turn();
	mapper_reply(quitter, 0, -1, NULL);
}

/* One server has the images of all devices. */
static void allow_many_files(void)
{
	struct rlimit files;

	if (getrlimit(RLIMIT_NOFILE, &files))
		return;
	files.rlim_cur = files.rlim_max;
	setrlimit(RLIMIT_NOFILE, &files);
}

int map(void)
{
	char path[PATH_MAX];
	int error;

	state_path(path, "mapper");
	mkdir(path, 0755);
	if ((error = fill_standard_streams()) || (error = listen_for_tools(DEVICE_MAPPER, SOCK_STREAM, &listener)))
		return -error;
	switch (fork()) {
	case -1:
		return errno;
	case 0:
		detach();
		allow_many_files();
		run();
		_exit(0);
	}
	return 0;
}
