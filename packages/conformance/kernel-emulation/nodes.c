#define _GNU_SOURCE
#include "nodes.h"
#include "protocol.h"
#include "state.h"
#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/blkpg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#define SECTOR 512

int device_named(const char *path, bool *partition)
{
	static const char start[] = "/dev/ploop";
	const char *digits = path + sizeof start - 1;
	char *end;
	long device;

	if (!path || strncmp(path, start, sizeof start - 1) || !isdigit(*digits))
		return -1;
	device = strtol(digits, &end, 10);
	if ((*end && strcmp(end, "p1")) || device > 65535)
		return -1;
	if (partition)
		*partition = *end != 0;
	return device;
}

int device_opened(int fd)
{
	char link[64], path[PATH_MAX], placeholders[PATH_MAX];
	ssize_t length;

	snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
	length = readlink(link, path, sizeof path - 1);
	if (length < 0)
		return -1;
	path[length] = 0;
	state_path(placeholders, "placeholder/ploop");
	if (!strncmp(path, placeholders, strlen(placeholders)))
		return atoi(path + strlen(placeholders));
	return device_named(path, NULL);
}

int open_placeholder(int device)
{
	char path[PATH_MAX];

	state_path(path, "placeholder/ploop%d", device);
	return open_raw(path, O_RDWR | O_CREAT);
}

static void put_node(const char *path, dev_t number)
{
	struct stat status;

	if (!fstatat(AT_FDCWD, path, &status, 0)) {
		if (status.st_rdev == number)
			return;
		unlink(path);
	}
	mknodat(AT_FDCWD, path, S_IFBLK | 0600, number);
}

static void put_partition(int device, int loop)
{
	static const char *const copied[] = { "start", "size" };
	char path[PATH_MAX], line[32];

	device_path(path, device, "ploop%dp1", device);
	mkdir(path, 0755);
	device_path(path, device, "ploop%dp1/dev", device);
	write_text(path, "%d:%d\n", PLOOP_MAJOR, device * PLOOP_MINORS + 1);
	for (size_t i = 0; i < sizeof copied / sizeof *copied; i++) {
		snprintf(path, sizeof path, "/sys/block/loop%d/loop%dp1/%s", loop, loop, copied[i]);
		if (read_line(path, line, sizeof line) <= 0)
			continue;
		device_path(path, device, "ploop%dp1/%s", device, copied[i]);
		write_text(path, "%s\n", line);
	}
}

void refresh_nodes(int device)
{
	char path[PATH_MAX];
	int loop = loop_of(device);
	dev_t partition;

	if (loop < 0)
		return;
	snprintf(path, sizeof path, "/dev/ploop%d", device);
	put_node(path, loop_number(loop));
	snprintf(path, sizeof path, "/dev/ploop%dp1", device);
	partition = loop_partition_number(loop);
	if (partition) {
		put_node(path, partition);
		put_partition(device, loop);
		return;
	}
	put_node(path, makedev(PLOOP_MAJOR, device * PLOOP_MINORS + 1));
	device_path(path, device, "ploop%dp1", device);
	remove_tree(path);
}

int open_loop_below(int device, int flags)
{
	char path[64];

	if (loop_of(device) < 0) {
		errno = ENXIO;
		return -1;
	}
	refresh_nodes(device);
	snprintf(path, sizeof path, "/dev/ploop%d", device);
	return open_raw(path, flags);
}

void add_partition(int device)
{
	/* the header of a GPT, and the first entry after it, whose words 4 and 5 are its first and last sector */
	uint64_t table[2 * SECTOR / sizeof(uint64_t)], *entry = table + SECTOR / sizeof(uint64_t);
	struct blkpg_partition partition = { .pno = 1 };
	struct blkpg_ioctl_arg argument = { BLKPG_ADD_PARTITION, 0, sizeof partition, &partition };
	int loop = loop_of(device), fd;

	if (loop >= 0 && !loop_partition_number(loop) && (fd = open_loop_below(device, O_RDONLY)) >= 0) {
		if (pread(fd, table, sizeof table, SECTOR) == sizeof table && !memcmp(table, "EFI PART", 8) && entry[5]) {
			partition.start = entry[4] * SECTOR;
			partition.length = (entry[5] - entry[4] + 1) * SECTOR;
			syscall(SYS_ioctl, fd, BLKPG, &argument);
		}
		close(fd);
	}
	refresh_nodes(device);
}

bool is_held(int device)
{
	int fd = open_loop_below(device, O_RDONLY | O_EXCL);

	if (fd < 0)
		return errno == EBUSY;
	close(fd);
	return false;
}

bool ploop_number(dev_t number, dev_t *ploop)
{
	char path[PATH_MAX];
	struct dirent *entry;
	DIR *devices;
	int fd, device, loop;
	bool found = false;

	state_path(path, "block");
	fd = open_raw(path, O_RDONLY | O_DIRECTORY);
	devices = fd < 0 ? NULL : fdopendir(fd);
	while (devices && !found && (entry = readdir(devices))) {
		if (sscanf(entry->d_name, "ploop%d", &device) != 1 || (loop = loop_of(device)) < 0)
			continue;
		found = number == loop_number(loop) || number == loop_partition_number(loop);
		if (found)
			*ploop = makedev(PLOOP_MAJOR, device * PLOOP_MINORS + (number == loop_partition_number(loop)));
	}
	if (devices)
		closedir(devices);
	return found;
}
