/*
 * The shim: what the tool's calls to the C library do while it is preloaded.
 *
 * Only a process that has libploop is changed, for generation 7 one that has
 * libparted too, and for 9 one that has libdevmapper; the other helpers that the
 * tool starts are not. Paths of
 * sysfs and procfs lead to the state directory, device numbers look like the
 * driver's, and the ioctls of the driver are served.
 */
#define _GNU_SOURCE
#include "client.h"
#include "generation.h"
#include "ioctls.h"
#include "mapped.h"
#include "nodes.h"
#include "state.h"
#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <unistd.h>

/* Of the tool's patched ext4; the second is another call on a plain kernel, and must not reach it. */
#define EXT4_OPEN_BALLOON _IO('f', 42)
#define EXT4_SET_RESERVED _IOW('f', 44, uint64_t)
#define BALLOON_FILE ".balloon-c3a5ae3d-ce7f-43c4-a1ea-c61e2b4504e8"

/* The first minor of a device that nobody has, and the lock on its choice. */
#define MINOR_FILE PRIVATE_DEV_MARK ".minor"

/* Everything else is hidden: the tool's library has functions of the same names as ours. */
#define EXPORT __attribute__((visibility("default")))

#define LOOP_MAJOR 7
#define EXTENDED_MAJOR 259

#define NEXT(name) ({ \
	static typeof(&name) next; \
	if (!next) \
		next = (typeof(&name))dlsym(RTLD_NEXT, #name); \
	next; \
})

static bool active, mapping;

static bool is_concerned(void)
{
	if (dlsym(RTLD_DEFAULT, "ploop_mount_image"))
		return true;
	return (generation() == 7 && dlsym(RTLD_DEFAULT, "ped_device_get")) ||
		(generation() == 9 && dlsym(RTLD_DEFAULT, "dm_task_run"));
}

__attribute__((constructor)) static void begin(void)
{
	const char *directory = getenv("PLOOP_EMULATION_STATE");
	char path[PATH_MAX];

	if (!directory || !is_concerned())
		return;
	if (faccessat(AT_FDCWD, PRIVATE_DEV_MARK, F_OK, 0) || state_use(directory)) {
		fprintf(stderr, "ploop-emulation: run this below `ploop-emulation enter`, with an absolute path in "
			"PLOOP_EMULATION_STATE\n");
		_exit(2);
	}
	mkdir(state_directory, 0700);
	state_path(path, "block");
	mkdir(path, 0755);
	state_path(path, "placeholder");
	mkdir(path, 0755);
	state_path(path, "parameters");
	mkdir(path, 0755);
	state_path(path, "parameters/large_disk_support");
	write_text(path, "1\n");
	active = true;
	if (generation() == 9) {
		mapper_prepare();
		mapping = true;
	}
}

static bool starts_with(const char *text, const char *start)
{
	return !strncmp(text, start, strlen(start));
}

/* Brings up to date what is about to be read of a device. */
static void refresh(int device, const char *path)
{
	char count[PATH_MAX];

	server_command(device, PUBLISH);
	if (!strstr(path, "/pdelta") && !strstr(path, "/pstat"))
		refresh_nodes(device);
	if (strstr(path, "/open_count")) {
		device_path(count, device, "pstate/open_count");
		write_text(count, "%d\n", is_held(device));
	}
}

static const char *redirected(const char *path, char other[PATH_MAX])
{
	int device, error = errno;

	if (!active || !path)
		return path;
	if (mapping) {
		bool found = mapper_sysfs(path, other);

		errno = error;
		return found ? other : path;
	}
	if (starts_with(path, "/sys/module/ploop/")) {
		state_path(other, "%s", path + strlen("/sys/module/ploop/"));
		return other;
	}
	if (starts_with(path, "/sys/block/ploop") || !strcmp(path, "/sys/block") || !strcmp(path, "/sys/block/")) {
		if (sscanf(path, "/sys/block/ploop%d/", &device) == 1)
			refresh(device, path);
		state_path(other, "block%s", path + strlen("/sys/block"));
		errno = error;
		return other;
	}
	if (generation() == 7 && sysfs_of_7(path, other)) {
		errno = error;
		return other;
	}
	if ((device = device_named(path, NULL)) >= 0)
		refresh_nodes(device);
	errno = error;
	return path;
}

/* A file with the first minor that no device of this /dev has; while it is open, nobody else gets one. */
static int open_minor(void)
{
	char path[32], line[16];
	int fd = open_raw(MINOR_FILE, O_RDWR | O_CREAT), device = 0, length;

	if (fd < 0 || flock(fd, LOCK_EX))
		return -1;
	do
		snprintf(path, sizeof path, "/dev/ploop%d", device++);
	while (!faccessat(AT_FDCWD, path, F_OK, 0));
	length = snprintf(line, sizeof line, "%d\n", (device - 1) * PLOOP_MINORS);
	if (ftruncate(fd, 0) || pwrite(fd, line, length, 0) != length)
		return -1;
	return fd;
}

static int open_shimmed(const char *path, int flags, mode_t mode)
{
	char other[PATH_MAX];
	int device;

	if (mapping && path) {
		if (is_mapper_control(path))
			return open_mapper_control();
		if (!strcmp(path, "/proc/devices"))
			return open_proc_devices();
	} else if (active && path) {
		if (!strcmp(path, "/proc/vz/ploop_minor"))
			return open_minor();
		if ((device = device_named(path, NULL)) >= 0 && loop_of(device) < 0)
			return open_placeholder(device);
	}
	return openat(AT_FDCWD, redirected(path, other), flags, mode);
}

static mode_t mode_argument(int flags, va_list arguments)
{
	return flags & (O_CREAT | __O_TMPFILE) ? va_arg(arguments, mode_t) : 0;
}

EXPORT int open(const char *path, int flags, ...)
{
	va_list arguments;
	mode_t mode;

	va_start(arguments, flags);
	mode = mode_argument(flags, arguments);
	va_end(arguments);
	return open_shimmed(path, flags, mode);
}

EXPORT int open64(const char *path, int flags, ...)
{
	va_list arguments;
	mode_t mode;

	va_start(arguments, flags);
	mode = mode_argument(flags, arguments);
	va_end(arguments);
	return open_shimmed(path, flags, mode);
}

/* What open() and open64() become when they are compiled with checks of the buffers. */
EXPORT int __open_2(const char *path, int flags)
{
	return open_shimmed(path, flags, 0);
}

EXPORT int __open64_2(const char *path, int flags)
{
	return open_shimmed(path, flags, 0);
}

static bool is_loop(unsigned major)
{
	return major == LOOP_MAJOR || major == EXTENDED_MAJOR;
}

/* From the number of a node to what the driver would have given the device. */
static bool shown_number(dev_t number, dev_t *shown)
{
	return mapping ? mapper_number(number, shown) : ploop_number(number, shown);
}

/* The table of mounts, with the device numbers of the ploop driver. */
static FILE *open_mountinfo(const char *path)
{
	char line[PATH_MAX * 2];
	int fd = open_raw(path, O_RDONLY);
	FILE *mounts = fd < 0 ? NULL : fdopen(fd, "r"), *copy;

	if (!mounts)
		return NULL;
	fd = memfd_create("mountinfo", MFD_CLOEXEC);
	copy = fd < 0 ? NULL : fdopen(fd, "w+");
	while (copy && fgets(line, sizeof line, mounts)) {
		int id, parent, rest;
		unsigned major, minor;
		dev_t ploop;

		if (sscanf(line, "%d %d %u:%u%n", &id, &parent, &major, &minor, &rest) == 4 && is_loop(major) &&
		    shown_number(makedev(major, minor), &ploop))
			fprintf(copy, "%d %d %u:%u%s", id, parent, major(ploop), minor(ploop), line + rest);
		else
			fputs(line, copy);
	}
	fclose(mounts);
	if (copy)
		rewind(copy);
	return copy;
}

/* A file that is put together; NULL for any other path. */
static FILE *open_made(const char *path)
{
	const char *name = strrchr(path, '/');

	if (!active || !starts_with(path, "/proc/") || !name)
		return NULL;
	if (mapping && !strcmp(path, "/proc/devices"))
		return fdopen(open_proc_devices(), "r");
	return strcmp(name, "/mountinfo") ? NULL : open_mountinfo(path);
}

EXPORT FILE *fopen64(const char *path, const char *mode)
{
	char other[PATH_MAX];
	FILE *made = open_made(path);

	return made ? made : NEXT(fopen64)(redirected(path, other), mode);
}

EXPORT FILE *fopen(const char *path, const char *mode)
{
	char other[PATH_MAX];
	FILE *made = open_made(path);

	return made ? made : NEXT(fopen)(redirected(path, other), mode);
}

EXPORT int access(const char *path, int mode)
{
	char other[PATH_MAX];

	return faccessat(AT_FDCWD, redirected(path, other), mode, 0);
}

EXPORT DIR *opendir(const char *path)
{
	char other[PATH_MAX];

	return NEXT(opendir)(redirected(path, other));
}

static int with_shown_numbers(int result, struct stat64 *status)
{
	dev_t shown;

	if (!active || result)
		return result;
	if (is_loop(major(status->st_dev)) && shown_number(status->st_dev, &shown))
		status->st_dev = shown;
	if (generation() != 1 && S_ISBLK(status->st_mode) && shown_number(status->st_rdev, &shown))
		status->st_rdev = shown;
	return result;
}

/* There is no node of device mapper's control, so that nobody reaches the machine's by it. */
static bool is_shown_control(const char *path, struct stat64 *status)
{
	if (!mapping || !path || !is_mapper_control(path))
		return false;
	memset(status, 0, sizeof *status);
	status->st_mode = S_IFCHR | 0600;
	status->st_rdev = makedev(10, 236);
	return true;
}

EXPORT int stat64(const char *path, struct stat64 *status)
{
	char other[PATH_MAX];

	if (is_shown_control(path, status))
		return 0;
	return with_shown_numbers(NEXT(stat64)(redirected(path, other), status), status);
}

EXPORT int lstat64(const char *path, struct stat64 *status)
{
	char other[PATH_MAX];

	if (is_shown_control(path, status))
		return 0;
	return with_shown_numbers(NEXT(lstat64)(redirected(path, other), status), status);
}

EXPORT int fstat64(int fd, struct stat64 *status)
{
	return with_shown_numbers(NEXT(fstat64)(fd, status), status);
}

_Static_assert(sizeof(struct stat) == sizeof(struct stat64), "both are the same here");

EXPORT int stat(const char *path, struct stat *status)
{
	return stat64(path, (struct stat64 *)status);
}

EXPORT int lstat(const char *path, struct stat *status)
{
	return lstat64(path, (struct stat64 *)status);
}

EXPORT int fstat(int fd, struct stat *status)
{
	return fstat64(fd, (struct stat64 *)status);
}

/* Nobody makes nodes of these devices but their users, also where the machine has a udev. */
EXPORT int udev_queue_get_udev_is_active(void *queue)
{
	static int (*next)(void *);

	if (!next)
		next = (int (*)(void *))dlsym(RTLD_NEXT, "udev_queue_get_udev_is_active");
	return mapping || !next ? 0 : next(queue);
}

EXPORT int mknod(const char *path, mode_t mode, dev_t number)
{
	bool partition;
	int device = active && !mapping ? device_named(path, &partition) : -1;

	if (mapping && S_ISBLK(mode)) {
		dev_t node;

		return mknodat(AT_FDCWD, path, mode, mapper_node(number, &node) ? node : number);
	}
	if (device >= 0 && loop_of(device) >= 0) {
		refresh_nodes(device);
		return 0;
	}
	/* a number that is nobody's: never a loop device of another */
	if (device >= 0)
		number = makedev(PLOOP_MAJOR, device * PLOOP_MINORS + partition);
	return mknodat(AT_FDCWD, path, mode, number);
}

EXPORT int mount(const char *source, const char *target, const char *type, unsigned long flags, const void *data)
{
	char options[4096], *balloon, *end;
	int device = active && !mapping && source ? device_named(source, NULL) : -1;
	bool ours = device >= 0 || (mapping && source && is_mapper_path(source));

	if (device >= 0)
		refresh_nodes(device);
	/* an option of the tool's patched ext4 */
	if (ours && data && strlen(data) < sizeof options &&
	    (balloon = strstr(strcpy(options, data), "balloon_ino="))) {
		end = balloon + strcspn(balloon, ",");
		end += *end == ',';
		memmove(balloon, end, strlen(end) + 1);
		data = options;
	}
	return syscall(SYS_mount, source, target, type, flags, data);
}

static int open_balloon(int directory)
{
	int fd = openat(directory, BALLOON_FILE, O_RDWR);

	return fd < 0 && errno == EROFS ? openat(directory, BALLOON_FILE, O_RDONLY) : fd;
}

/* Reads the partition table again, also of a device whose descriptor is a placeholder. */
static int reread_partitions(int device)
{
	int fd = open_loop_below(device, O_RDONLY), result, error;

	if (fd < 0)
		return -1;
	result = syscall(SYS_ioctl, fd, BLKRRPART, 0);
	error = errno;
	close(fd);
	if (!result)
		add_partition(device);
	errno = error;
	return result;
}

EXPORT int ioctl(int fd, unsigned long request, ...)
{
	va_list arguments;
	void *argument;
	int device = -1;

	va_start(arguments, request);
	argument = va_arg(arguments, void *);
	va_end(arguments);
	if (mapping && is_mapper_ioctl(request))
		return mapper_ioctl(request, argument);
	if (active && !mapping && (is_ploop_ioctl(request) || request == BLKRRPART))
		device = device_opened(fd);
	if (device >= 0 && is_ploop_ioctl(request))
		return ploop_ioctl(device, fd, request, argument);
	if (device >= 0 && loop_of(device) >= 0)
		return reread_partitions(device);
	if (active && request == EXT4_OPEN_BALLOON)
		return open_balloon(fd);
	if (active && request == EXT4_SET_RESERVED) {
		errno = ENOTTY;		/* then the tool asks tune2fs */
		return -1;
	}
	return syscall(SYS_ioctl, fd, request, argument);
}
