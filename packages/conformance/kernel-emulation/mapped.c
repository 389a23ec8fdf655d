#define _GNU_SOURCE
#include "mapped.h"
#include "client.h"
#include "launch.h"
#include "nodes.h"
#include "state.h"
#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/dm-ioctl.h>
#include <linux/loop.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#define MAPPER_MAJOR 253
#define CONTROL "/dev/mapper/control"

void mapper_prepare(void)
{
	char path[PATH_MAX];

	mkdir("/dev/mapper", 0755);
	state_path(path, "mapper");
	mkdir(path, 0755);
	/* libblkid remembers devices by their names, which other runs use too */
	state_path(path, "blkid.tab");
	setenv("BLKID_FILE", path, 1);
}

bool is_mapper_control(const char *path)
{
	return !strcmp(path, CONTROL);
}

bool is_mapper_ioctl(unsigned long request)
{
	return _IOC_TYPE(request) == DM_IOCTL;
}

bool is_mapper_path(const char *path)
{
	return !strncmp(path, "/dev/mapper/", 12) && !is_mapper_control(path);
}

int open_mapper_control(void)
{
	char path[PATH_MAX];

	state_path(path, "mapper/control");
	return open_raw(path, O_RDWR | O_CREAT);
}

/* Two programs that begin at the same time start one server. */
static int connect_or_start(void)
{
	char path[PATH_MAX];
	int connection = mapper_connect(), lock;

	if (connection >= 0)
		return connection;
	state_path(path, "mapper/lock");
	lock = open_raw(path, O_RDWR | O_CREAT);
	if (lock < 0 || flock(lock, LOCK_EX))
		return -1;
	connection = mapper_connect();
	if (connection < 0 && !launch("map", NULL))
		connection = mapper_connect();
	close(lock);
	return connection;
}

/* The kernel learns the new size of a FUSE file when it is asked for. */
static void take_new_size(int minor)
{
	char path[PATH_MAX];
	struct stat status;
	int fd;

	mapper_path(path, minor, "disk");
	fstatat(AT_FDCWD, path, &status, 0);
	snprintf(path, sizeof path, "/dev/loop%d", mapper_loop_of(minor));
	fd = open_raw(path, O_RDWR);
	if (fd < 0)
		return;
	syscall(SYS_ioctl, fd, LOOP_SET_CAPACITY);
	close(fd);
}

int mapper_ioctl(unsigned long request, void *argument)
{
	int connection = connect_or_start(), grown = -1, result;

	if (connection < 0)
		return -1;
	result = mapper_ask(connection, _IOC_NR(request), argument, &grown);
	if (!result && grown >= 0)
		take_new_size(grown);
	return result;
}

bool mapper_sysfs(const char *path, char *other)
{
	static const char *const places[] = { "/sys/dev/block/253:%d%n", "/sys/block/dm-%d%n", "/sys/class/block/dm-%d%n" };
	int minor, end = 0;

	for (size_t i = 0; i < sizeof places / sizeof *places; i++) {
		if (sscanf(path, places[i], &minor, &end) != 1 || (path[end] && path[end] != '/'))
			continue;
		mapper_path(other, minor, "%s", "");
		/* the machine may have a device of that number as well */
		if (i == 0 && faccessat(AT_FDCWD, other, F_OK, 0))
			return false;
		mapper_path(other, minor, "%s", path + end + (path[end] == '/'));
		/* what is not the device mapper's own is as the loop device has it */
		if (faccessat(AT_FDCWD, other, F_OK, 0) && mapper_loop_of(minor) >= 0)
			snprintf(other, PATH_MAX, "/sys/block/loop%d%s", mapper_loop_of(minor), path + end);
		return true;
	}
	return false;
}

bool mapper_number(dev_t node, dev_t *mapped)
{
	char path[PATH_MAX];
	struct dirent *entry;
	bool found = false;
	DIR *devices;
	int fd, loop;

	/* the node of a device that has not been resumed */
	if (major(node) == PLACEHOLDER_MAJOR) {
		*mapped = makedev(MAPPER_MAJOR, minor(node));
		return true;
	}
	state_path(path, "mapper");
	fd = open_raw(path, O_RDONLY | O_DIRECTORY);
	devices = fd < 0 ? NULL : fdopendir(fd);
	while (devices && !found && (entry = readdir(devices))) {
		if (!isdigit(entry->d_name[0]) || (loop = mapper_loop_of(atoi(entry->d_name))) < 0)
			continue;
		found = node == loop_number(loop);
		if (found)
			*mapped = makedev(MAPPER_MAJOR, atoi(entry->d_name));
	}
	if (devices)
		closedir(devices);
	return found;
}

bool mapper_node(dev_t mapped, dev_t *node)
{
	int loop;

	if (major(mapped) != MAPPER_MAJOR)
		return false;
	loop = mapper_loop_of(minor(mapped));
	/* a number that is nobody's: never a device of the machine */
	*node = loop < 0 ? makedev(PLACEHOLDER_MAJOR, minor(mapped)) : loop_number(loop);
	return true;
}

/* Whatever the machine has under the number is not shown. */
int open_proc_devices(void)
{
	int fd = open_raw("/proc/devices", O_RDONLY), shown = memfd_create("devices", MFD_CLOEXEC);
	FILE *devices = fd < 0 ? NULL : fdopen(fd, "r");
	bool block = false;
	char line[128];

	while (devices && fgets(line, sizeof line, devices)) {
		if (!block || atoi(line) != MAPPER_MAJOR)
			dprintf(shown, "%s", line);
		if (!strcmp(line, "Block devices:\n")) {
			block = true;
			dprintf(shown, "%d device-mapper\n", MAPPER_MAJOR);
		}
	}
	if (devices)
		fclose(devices);
	lseek(shown, 0, SEEK_SET);
	return shown;
}
