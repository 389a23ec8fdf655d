#define _GNU_SOURCE
#include "mapper-gate.h"
#include "mapper.h"
#include "mounts.h"
#include "state.h"
#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#define SECTOR 512

struct mapped *mapped_devices;

struct mapped *mapped_named(const char *name)
{
	struct mapped *device = mapped_devices;

	while (device && strcmp(device->name, name))
		device = device->next;
	return device;
}

struct mapped *mapped_with_uuid(const char *uuid)
{
	struct mapped *device = mapped_devices;

	while (device && strcmp(device->uuid, uuid))
		device = device->next;
	return device;
}

struct mapped *mapped_minor(int minor)
{
	struct mapped *device = mapped_devices;

	while (device && device->minor != minor)
		device = device->next;
	return device;
}

struct mapped *mapped_called(const char *text)
{
	static const char directory[] = "/dev/mapper/";
	int major, minor, end = 0;

	if (!strncmp(text, directory, sizeof directory - 1))
		return mapped_named(text + sizeof directory - 1);
	if (sscanf(text, "%d:%d%n", &major, &minor, &end) == 2 && !text[end] && major == MAPPER_MAJOR)
		return mapped_minor(minor);
	if (sscanf(text, "/dev/dm-%d%n", &minor, &end) == 1 && !text[end])
		return mapped_minor(minor);
	return NULL;
}

static void insert(struct mapped *device)
{
	struct mapped **place = &mapped_devices;

	while (*place && strcmp((*place)->name, device->name) < 0)
		place = &(*place)->next;
	device->next = *place;
	*place = device;
}

static void take_out(struct mapped *device)
{
	struct mapped **place = &mapped_devices;

	while (*place != device)
		place = &(*place)->next;
	*place = device->next;
}

struct mapped *mapped_create(const char *name, const char *uuid, int minor)
{
	struct mapped *device = calloc(1, sizeof *device);

	if (!device)
		return NULL;
	for (device->minor = minor < 0 ? 0 : minor; minor < 0 && mapped_minor(device->minor); device->minor++)
		;
	strcpy(device->name, name);
	strcpy(device->uuid, uuid);
	device->disk.fd = -1;
	device->loop = -1;
	device->keeper = device->freezer = device->prober = (struct helper){ -1, -1 };
	device->pending.client = -1;
	insert(device);
	return device;
}

int mapped_rename(struct mapped *device, const char *name)
{
	char from[PATH_MAX], to[PATH_MAX];

	if (mapped_named(name))
		return -EBUSY;
	snprintf(from, sizeof from, "/dev/mapper/%s", device->name);
	snprintf(to, sizeof to, "/dev/mapper/%s", name);
	rename(from, to);
	take_out(device);
	strcpy(device->name, name);
	insert(device);
	return 0;
}

void mapped_destroy(struct mapped *device)
{
	char path[PATH_MAX];

	take_out(device);
	gate_end(device);
	if (device->disk.fd >= 0) {
		fuse_close(&device->disk);
		mapper_path(path, device->minor, "disk");
		umount2(path, MNT_DETACH);
	}
	table_destroy(device->live);
	table_destroy(device->inactive);
	for (const struct mapped *other = mapped_devices; other; other = other->next) {
		mapper_path(path, other->minor, "holders/dm-%d", device->minor);
		rmdir(path);
	}
	mapper_path(path, device->minor, "%s", "");
	remove_tree(path);
	snprintf(path, sizeof path, "/dev/mapper/%s", device->name);
	unlink(path);
	free(device);
}

/* The device that a table passes to, the first time it is named there. */
static struct mapped *passes_to(const struct table *table, uint32_t index)
{
	struct mapped *below = table->targets[index].below;

	for (uint32_t i = 0; i < index; i++)
		if (table->targets[i].below == below)
			return NULL;
	return below;
}

uint64_t mapped_sectors(const struct mapped *device)
{
	const struct table *table = device->live;
	const struct target *last = table && table->count ? &table->targets[table->count - 1] : NULL;

	return last ? last->start + last->length : 0;
}

static int table_users(const struct mapped *device, const struct table *table)
{
	int count = 0;

	for (uint32_t i = 0; table && i < table->count; i++)
		count += passes_to(table, i) == device;
	return count;
}

/* Whether an open file of a process is the device's; looked up in /dev alone, where nothing can make this wait. */
static bool is_open_as(const char *link, dev_t loop)
{
	char path[PATH_MAX];
	ssize_t length = readlink(link, path, sizeof path - 1);
	struct stat status;

	if (length < 0)
		return false;
	path[length] = 0;
	return !strncmp(path, "/dev/", 5) && !lstat(path, &status) && S_ISBLK(status.st_mode) && status.st_rdev == loop;
}

static int opened_by(const char *process, dev_t loop)
{
	char path[PATH_MAX], name[32];
	struct dirent *entry;
	int count = 0;
	DIR *files;

	snprintf(path, sizeof path, "/proc/%s/comm", process);
	if (read_line(path, name, sizeof name) <= 0 || !strncmp(name, SERVER_PREFIX, strlen(SERVER_PREFIX)))
		return 0;
	snprintf(path, sizeof path, "/proc/%s/fd", process);
	files = opendir(path);
	while (files && (entry = readdir(files))) {
		snprintf(path, sizeof path, "/proc/%s/fd/%s", process, entry->d_name);
		count += entry->d_name[0] != '.' && is_open_as(path, loop);
	}
	if (files)
		closedir(files);
	return count;
}

static int opened(int loop)
{
	dev_t number = loop_number(loop);
	char target[PATH_MAX];
	struct dirent *entry;
	int count = newest_mount(loop, target);
	DIR *processes = opendir("/proc");

	while (processes && (entry = readdir(processes)))
		if (isdigit(entry->d_name[0]))
			count += opened_by(entry->d_name, number);
	if (processes)
		closedir(processes);
	return count;
}

int mapped_open_count(const struct mapped *device)
{
	int count = device->loop < 0 ? 0 : opened(device->loop);

	for (const struct mapped *other = mapped_devices; other; other = other->next)
		count += table_users(device, other->live) + table_users(device, other->inactive);
	return count;
}

static void put(const struct mapped *device, const char *name, const char *text)
{
	char path[PATH_MAX];

	mapper_path(path, device->minor, "%s", name);
	write_text(path, "%s\n", text);
}

static void make_directory(const struct mapped *device, const char *name)
{
	char path[PATH_MAX];

	mapper_path(path, device->minor, "%s", name);
	mkdir(path, 0755);
}

static void publish_holders(const struct mapped *device)
{
	char path[PATH_MAX];

	make_directory(device, "holders");
	for (const struct mapped *other = mapped_devices; other; other = other->next) {
		mapper_path(path, device->minor, "holders/dm-%d", other->minor);
		if (table_users(device, other->live) + table_users(device, other->inactive))
			mkdir(path, 0755);
		else
			rmdir(path);
	}
}

static void publish_discard(const struct mapped *device)
{
	const struct target *first = device->live ? &device->live->targets[0] : NULL;
	char text[32];

	snprintf(text, sizeof text, "%u", first ? first->type->granularity(first) : 0);
	make_directory(device, "queue");
	put(device, "queue/discard_granularity", text);
	put(device, "queue/discard_max_bytes", text);
}

static void publish_one(const struct mapped *device)
{
	char text[64], path[PATH_MAX];

	make_directory(device, "");
	make_directory(device, "dm");
	put(device, "dm/name", device->name);
	put(device, "dm/uuid", device->uuid);
	put(device, "dm/suspended", device->suspended ? "1" : "0");
	snprintf(text, sizeof text, "%d:%d", MAPPER_MAJOR, device->minor);
	put(device, "dev", text);
	snprintf(text, sizeof text, "%" PRIu64, mapped_sectors(device));
	put(device, "size", text);
	/* what is set stays set */
	mapper_path(path, device->minor, "vz_trusted_exec");
	if (access(path, F_OK))
		put(device, "vz_trusted_exec", "1");
	make_directory(device, "bdi");
	put(device, "bdi/read_ahead_kb", "128");
	publish_discard(device);
	publish_holders(device);
	if (device->loop >= 0) {
		mapper_path(path, device->minor, "loop");
		write_text(path, "%d\n", device->loop);
	}
}

void mapped_publish(void)
{
	for (const struct mapped *device = mapped_devices; device; device = device->next)
		publish_one(device);
}

struct target *mapped_target(struct mapped *device, uint64_t sector)
{
	struct table *table = device->live;

	for (uint32_t i = 0; table && i < table->count; i++)
		if (sector >= table->targets[i].start && sector - table->targets[i].start < table->targets[i].length)
			return &table->targets[i];
	return NULL;
}

/* The target at an offset, and how much of the length it has. */
static struct target *part_at(struct mapped *device, uint64_t offset, uint64_t length, uint64_t *part)
{
	struct target *target = mapped_target(device, offset / SECTOR);
	uint64_t end = target ? (target->start + target->length) * SECTOR : 0;

	if (target)
		*part = end - offset < length ? end - offset : length;
	return target;
}

int mapped_read(struct mapped *device, uint64_t offset, void *data, size_t length)
{
	uint64_t part;
	int error = 0;

	while (length && !error) {
		struct target *target = part_at(device, offset, length, &part);

		if (!target)
			return -EIO;
		error = target->type->read(target, offset - target->start * SECTOR, data, part);
		offset += part;
		data = (char *)data + part;
		length -= part;
	}
	return error;
}

int mapped_write(struct mapped *device, uint64_t offset, const void *data, size_t length)
{
	uint64_t part;
	int error = 0;

	while (length && !error) {
		struct target *target = part_at(device, offset, length, &part);

		if (!target)
			return -EIO;
		error = target->type->write(target, offset - target->start * SECTOR, data, part);
		offset += part;
		data = (const char *)data + part;
		length -= part;
	}
	return error;
}

int mapped_clear(struct mapped *device, uint64_t offset, uint64_t length)
{
	uint64_t part;
	int error = 0;

	while (length && !error) {
		struct target *target = part_at(device, offset, length, &part);

		if (!target)
			return -EIO;
		error = target->type->clear(target, offset - target->start * SECTOR, part);
		offset += part;
		length -= part;
	}
	return error;
}

int mapped_sync(struct mapped *device)
{
	int error = 0;

	for (uint32_t i = 0; device->live && !error && i < device->live->count; i++)
		error = device->live->targets[i].type->sync(&device->live->targets[i]);
	return error;
}

static uint64_t disk_size(void *owner)
{
	uint64_t sectors;

	gate_lock();
	sectors = mapped_sectors(owner);
	gate_unlock();
	return sectors * SECTOR;
}

static uint32_t disk_granularity(void *owner)
{
	struct target *first;
	uint32_t granularity;

	gate_lock();
	first = mapped_target(owner, 0);
	granularity = first ? first->type->granularity(first) : SECTOR;
	gate_unlock();
	return granularity < 4096 ? 4096 : granularity;
}

static int leave(struct mapped *device, int error)
{
	gate_leave(device);
	return error;
}

static int disk_read(void *owner, uint64_t offset, void *data, size_t length)
{
	return gate_enter(owner) ? leave(owner, mapped_read(owner, offset, data, length)) : -EIO;
}

static int disk_write(void *owner, uint64_t offset, const void *data, size_t length)
{
	return gate_enter(owner) ? leave(owner, mapped_write(owner, offset, data, length)) : -EIO;
}

static int disk_clear(void *owner, uint64_t request, uint64_t offset, uint64_t length, bool punch)
{
	(void)request;
	(void)punch;
	return gate_enter(owner) ? leave(owner, mapped_clear(owner, offset, length)) : -EIO;
}

static int disk_sync(void *owner)
{
	return gate_enter(owner) ? leave(owner, mapped_sync(owner)) : -EIO;
}

static const struct fuse_operations operations = {
	.size = disk_size,
	.granularity = disk_granularity,
	.read = disk_read,
	.write = disk_write,
	.clear = disk_clear,
	.sync = disk_sync
};

int mapped_serve(struct mapped *device)
{
	char path[PATH_MAX];
	int error;

	if (device->disk.fd >= 0)
		return 0;
	device->disk.operations = &operations;
	device->disk.owner = device;
	mapper_path(path, device->minor, "disk");
	error = fuse_mount(&device->disk, path);
	return error ? error : gate_start(device);
}
