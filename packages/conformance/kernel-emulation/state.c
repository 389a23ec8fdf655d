#define _GNU_SOURCE
#include "state.h"
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

char state_directory[PATH_MAX / 4];

int state_use(const char *directory)
{
	if (!directory || *directory != '/' || strlen(directory) >= sizeof state_directory)
		return -1;
	strcpy(state_directory, directory);
	return 0;
}

static void append(char path[PATH_MAX], int length, const char *format, va_list arguments)
{
	vsnprintf(path + length, PATH_MAX - length, format, arguments);
}

void state_path(char path[PATH_MAX], const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	append(path, snprintf(path, PATH_MAX, "%s/", state_directory), format, arguments);
	va_end(arguments);
}

void device_path(char path[PATH_MAX], int device, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	append(path, snprintf(path, PATH_MAX, "%s/block/ploop%d/", state_directory, device), format, arguments);
	va_end(arguments);
}

void mapper_path(char path[PATH_MAX], int minor, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	append(path, snprintf(path, PATH_MAX, "%s/mapper/%d/", state_directory, minor), format, arguments);
	va_end(arguments);
}

int server_address(int device, struct sockaddr_un *address)
{
	char path[PATH_MAX];

	if (device == DEVICE_MAPPER)
		state_path(path, "mapper/socket");
	else
		device_path(path, device, "socket");
	if (strlen(path) >= sizeof address->sun_path)
		return -1;
	address->sun_family = AF_UNIX;
	strcpy(address->sun_path, path);
	return 0;
}

int open_raw(const char *path, int flags)
{
	return openat(AT_FDCWD, path, flags | O_CLOEXEC, 0600);
}

void write_text(const char *path, const char *format, ...)
{
	char text[PATH_MAX + 2], temporary[PATH_MAX + 32];
	const char *name = strrchr(path, '/') + 1;
	va_list arguments;
	int fd, length;

	va_start(arguments, format);
	length = vsnprintf(text, sizeof text, format, arguments);
	va_end(arguments);
	/* a hidden name, because the tool lists the directory */
	snprintf(temporary, sizeof temporary, "%.*s.%s.%d", (int)(name - path), path, name, getpid());
	fd = open_raw(temporary, O_WRONLY | O_CREAT | O_TRUNC);
	if (fd < 0)
		return;
	if (write(fd, text, length) != length || rename(temporary, path))
		unlink(temporary);
	close(fd);
}

int read_line(const char *path, char *line, int size)
{
	int length, fd = open_raw(path, O_RDONLY);

	if (fd < 0)
		return -1;
	length = read(fd, line, size - 1);
	close(fd);
	if (length < 0)
		return -1;
	line[length] = 0;
	line[strcspn(line, "\n")] = 0;
	return length;
}

void remove_tree(const char *path)
{
	char child[PATH_MAX];
	struct dirent *entry;
	int fd = open_raw(path, O_RDONLY | O_DIRECTORY);
	DIR *directory = fd < 0 ? NULL : fdopendir(fd);

	if (!directory)
		return;
	while ((entry = readdir(directory))) {
		if (!strcmp(entry->d_name, ".") || !strcmp(entry->d_name, ".."))
			continue;
		if (snprintf(child, sizeof child, "%s/%s", path, entry->d_name) >= (int)sizeof child)
			continue;
		if (unlink(child) && errno != ENOENT)
			remove_tree(child);
	}
	closedir(directory);
	rmdir(path);
}

static int loop_in(const char *path)
{
	char line[32];

	return read_line(path, line, sizeof line) > 0 ? atoi(line) : -1;
}

int loop_of(int device)
{
	char path[PATH_MAX];

	device_path(path, device, "loop");
	return loop_in(path);
}

int mapper_loop_of(int minor)
{
	char path[PATH_MAX];

	mapper_path(path, minor, "loop");
	return loop_in(path);
}

static dev_t number_in(const char *path)
{
	char line[32];
	unsigned major, minor;

	return read_line(path, line, sizeof line) > 0 && sscanf(line, "%u:%u", &major, &minor) == 2 ?
		makedev(major, minor) : 0;
}

dev_t loop_number(int loop)
{
	char path[64];

	snprintf(path, sizeof path, "/sys/block/loop%d/dev", loop);
	return number_in(path);
}

dev_t loop_partition_number(int loop)
{
	char path[64];

	snprintf(path, sizeof path, "/sys/block/loop%d/loop%dp1/dev", loop, loop);
	return number_in(path);
}
