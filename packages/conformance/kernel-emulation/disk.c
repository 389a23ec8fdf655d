#define _GNU_SOURCE
#include "device.h"
#include "state.h"
#include <errno.h>

static uint64_t disk_size(void *owner)
{
	struct device *device = owner;

	return chain_size(&device->chain);
}

/* A page: the tool of this generation asks the driver for the clusters, and not the block layer. */
static uint32_t disk_granularity(void *owner)
{
	(void)owner;
	return 4096;
}

static int disk_read(void *owner, uint64_t offset, void *data, size_t length)
{
	struct device *device = owner;

	return chain_read(&device->chain, offset, data, length);
}

static int disk_write(void *owner, uint64_t offset, const void *data, size_t length)
{
	struct device *device = owner;

	if (chain_top(&device->chain)->read_only)
		return -EROFS;
	changes_note(&device->changes, offset, length);
	return chain_write(&device->chain, offset, data, length);
}

static int disk_sync(void *owner)
{
	struct device *device = owner;

	return chain_sync(&device->chain);
}

void disk_release_held(struct device *device)
{
	while (device->held_count)
		fuse_answer(&device->disk, device->held[--device->held_count], 0, NULL, 0);
	device->extent_count = 0;
}

/* Notes a cluster as free, if the discarding tool can take it out of the top image. */
static bool note_free(struct device *device, uint32_t cluster)
{
	struct extent *last = device->extent_count ? &device->extents[device->extent_count - 1] : NULL;
	uint32_t slot = device->held_count < MAX_EXTENTS ? chain_private_slot(&device->chain, cluster) : 0;

	if (!slot)
		return false;
	if (last && last->cluster + last->length == cluster && last->slot + last->length == slot)
		last->length++;
	else if (device->extent_count < MAX_EXTENTS)
		device->extents[device->extent_count++] = (struct extent){ cluster, slot, 1 };
	else
		return false;
	return true;
}

static int write_zeros(struct device *device, uint64_t offset, size_t length)
{
	static const char zeros[FUSE_MOST];
	int error = 0;

	while (length && !error) {
		size_t part = length < FUSE_MOST ? length : FUSE_MOST;

		error = chain_write(&device->chain, offset, zeros, part);
		offset += part;
		length -= part;
	}
	return error;
}

/*
 * Makes a range read as zeros. While the tool discards, the request is held, as
 * the driver holds it, until the tool has the clusters taken out of the image.
 */
static int disk_clear(void *owner, uint64_t request, uint64_t offset, uint64_t length, bool punch)
{
	struct device *device = owner;
	struct chain *chain = &device->chain;
	uint64_t end = offset + length;
	bool held = false;
	int error = 0;

	if (chain_top(chain)->read_only)
		return -EOPNOTSUPP;
	changes_note(&device->changes, offset, length);
	while (offset < end && !error) {
		uint32_t cluster = offset / chain->cluster;
		uint64_t next = (cluster + 1ull) * chain->cluster;
		size_t part = (next < end ? next : end) - offset;

		if (device->discarding && punch && part == chain->cluster && note_free(device, cluster))
			held = true;
		else if (chain_has(chain, cluster))
			error = write_zeros(device, offset, part);
		offset += part;
	}
	if (!held || error)
		return error;
	device->held[device->held_count++] = request;
	command_discarded(device, 1);
	return FUSE_HELD;
}

static const struct fuse_operations operations = {
	.size = disk_size,
	.granularity = disk_granularity,
	.read = disk_read,
	.write = disk_write,
	.clear = disk_clear,
	.sync = disk_sync
};

int disk_mount(struct device *device)
{
	char path[PATH_MAX];

	device->disk.operations = &operations;
	device->disk.owner = device;
	device_path(path, device->number, "disk");
	return fuse_mount(&device->disk, path);
}
