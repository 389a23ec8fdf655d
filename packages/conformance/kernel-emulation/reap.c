#define _GNU_SOURCE
#include "reap.h"
#include "client.h"
#include "mounts.h"
#include "state.h"
#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#define QUIT_ATTEMPTS 50
#define QUIT_PAUSE 100000	/* microseconds */

/* Whether the loop device is still over the disk, and has not become another's meanwhile. */
static bool is_ours(const char *disk, int loop)
{
	char path[PATH_MAX], backing[PATH_MAX];

	snprintf(path, sizeof path, "/sys/block/loop%d/loop/backing_file", loop);
	return read_line(path, backing, sizeof backing) > 0 && !strcmp(backing, disk);
}

/* A frozen file system outlives its unmount, and the process that froze it may have been killed. */
static void thaw(const char *target)
{
	int fd = open_raw(target, O_RDONLY);

	if (fd < 0)
		return;
	ioctl(fd, FITHAW, 0);
	close(fd);
}

static int umount_all(const char *disk, int loop)
{
	char target[PATH_MAX];
	int cut_off = 0;

	while (is_ours(disk, loop) && newest_mount(loop, target)) {
		thaw(target);
		if (!umount2(target, UMOUNT_NOFOLLOW))
			continue;
		cut_off = 1;
		if (umount2(target, MNT_DETACH | UMOUNT_NOFOLLOW))
			break;
	}
	return cut_off;
}

static void kill_server(int connection)
{
	struct ucred peer;
	socklen_t size = sizeof peer;

	if (!getsockopt(connection, SOL_SOCKET, SO_PEERCRED, &peer, &size) && peer.pid > 1)
		kill(peer.pid, SIGKILL);
}

static int quit(int device)
{
	struct request *request = calloc(1, sizeof *request);
	struct reply *reply = calloc(1, sizeof *reply);
	struct timeval patience = { .tv_sec = 10 };
	int result = -1;

	if (!request || !reply)
		return 1;
	request->command = QUIT;
	for (int attempt = 0; result < 0 && attempt < QUIT_ATTEMPTS; attempt++) {
		int connection = server_connect(device), same;

		if (connection < 0)
			break;
		setsockopt(connection, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
		same = dup(connection);
		result = server_ask(connection, request, reply);
		if (result < 0 && errno == EBUSY)
			usleep(QUIT_PAUSE);
		else if (result < 0)
			kill_server(same);
		close(same);
	}
	free(request);
	free(reply);
	return result < 0;
}

/* A server that does not reply in time is killed. */
static void tell_mapper(uint32_t command)
{
	struct timeval patience = { .tv_sec = 10 };
	int connection = mapper_connect(), same;

	if (connection < 0)
		return;
	setsockopt(connection, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
	same = dup(connection);
	if (mapper_tell(connection, command))
		kill_server(same);
	close(same);
}

/* Does something with each mapped device there is a directory of. */
static int for_each_mapped(int (*visit)(int minor))
{
	char path[PATH_MAX];
	struct dirent *entry;
	DIR *devices;
	int result = 0;

	state_path(path, "mapper");
	devices = opendir(path);
	while (devices && (entry = readdir(devices)))
		if (isdigit(entry->d_name[0]))
			result |= visit(atoi(entry->d_name));
	if (devices)
		closedir(devices);
	return result;
}

static int umount_mapped(int minor)
{
	char disk[PATH_MAX];

	mapper_path(disk, minor, "disk");
	return umount_all(disk, mapper_loop_of(minor));
}

/* What is left of a device whose server was killed. */
static int remove_mapped(int minor)
{
	char path[PATH_MAX], name[128];

	mapper_path(path, minor, "disk");
	/* by force, which ends the connection: a server that was killed cannot end while it waits for its own answer */
	umount2(path, MNT_FORCE | MNT_DETACH);
	mapper_path(path, minor, "dm/name");
	if (read_line(path, name, sizeof name) <= 0)
		return 0;
	snprintf(path, sizeof path, "/dev/mapper/%s", name);
	unlink(path);
	return 0;
}

/* Nothing is suspended any more while the file systems are unmounted; then the server takes the devices away. */
static int reap_mapper(void)
{
	int cut_off;

	tell_mapper(MAPPER_RELEASE);
	cut_off = for_each_mapped(umount_mapped);
	tell_mapper(MAPPER_QUIT);
	for_each_mapped(remove_mapped);
	return cut_off;
}

static int reap_device(int device)
{
	char path[PATH_MAX];
	int cut_off;

	device_path(path, device, "disk");
	cut_off = umount_all(path, loop_of(device));
	if (quit(device)) {
		umount2(path, MNT_DETACH);
		snprintf(path, sizeof path, "/dev/ploop%d", device);
		unlink(path);
		snprintf(path, sizeof path, "/dev/ploop%dp1", device);
		unlink(path);
	}
	return cut_off;
}

/* Does something with each device there is a directory of. */
static int for_each_device(int (*visit)(int device))
{
	char path[PATH_MAX];
	struct dirent *entry;
	DIR *devices;
	int device, result = 0;

	state_path(path, "block");
	devices = opendir(path);
	while (devices && (entry = readdir(devices)))
		if (sscanf(entry->d_name, "ploop%d", &device) == 1)
			result |= visit(device);
	if (devices)
		closedir(devices);
	return result;
}

int reap(const char *state)
{
	int cut_off;

	if (state_use(state)) {
		fprintf(stderr, "ploop-emulation: %s is not the absolute path of a state directory\n", state);
		return 1;
	}
	cut_off = reap_mapper() | for_each_device(reap_device);
	remove_tree(state);
	return cut_off;
}

static void thaw_disk(const char *disk, int loop)
{
	char target[PATH_MAX];

	if (is_ours(disk, loop) && newest_mount(loop, target))
		thaw(target);
}

static int thaw_mapped(int minor)
{
	char disk[PATH_MAX];

	mapper_path(disk, minor, "disk");
	thaw_disk(disk, mapper_loop_of(minor));
	return 0;
}

static int thaw_device(int device)
{
	char disk[PATH_MAX];

	device_path(disk, device, "disk");
	thaw_disk(disk, loop_of(device));
	return 0;
}

void thaw_all(const char *state)
{
	if (state_use(state))
		return;
	for_each_mapped(thaw_mapped);
	for_each_device(thaw_device);
}
