#define _GNU_SOURCE
#include "device.h"
#include "state.h"
#include <errno.h>
#include <fcntl.h>
#include <linux/falloc.h>
#include <linux/fuse.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

/* The longest read or write that the kernel sends. */
#define MOST (1 << 20)

int disk_mount(struct device *device)
{
	char path[PATH_MAX], options[128];

	device_path(path, device->number, "disk");
	umount2(path, MNT_DETACH);
	write_text(path, "%s", "");
	device->fuse = open_raw("/dev/fuse", O_RDWR);
	if (device->fuse < 0)
		return -errno;
	snprintf(options, sizeof options, "fd=%d,rootmode=100600,user_id=0,group_id=0", device->fuse);
	return mount("ploop-emulation", path, "fuse", MS_NOSUID | MS_NODEV, options) ? -errno : 0;
}

static void answer(struct device *device, uint64_t request, int error, const void *data, size_t length)
{
	struct fuse_out_header header = { .len = sizeof header + length, .error = error, .unique = request };
	struct iovec parts[] = { { &header, sizeof header }, { (void *)data, length } };

	/* a request that was interrupted takes no answer */
	if (writev(device->fuse, parts, length ? 2 : 1) < 0)
		return;
}

void disk_release_held(struct device *device)
{
	while (device->held_count)
		answer(device, device->held[--device->held_count], 0, NULL, 0);
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
	static const char zeros[MOST];
	int error = 0;

	while (length && !error) {
		size_t part = length < MOST ? length : MOST;

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
static void discard(struct device *device, uint64_t request, const struct fuse_fallocate_in *range)
{
	struct chain *chain = &device->chain;
	uint64_t offset = range->offset, end = range->offset + range->length;
	bool punch = range->mode & FALLOC_FL_PUNCH_HOLE, held = false;
	int error = 0;

	if (!(range->mode & (FALLOC_FL_PUNCH_HOLE | FALLOC_FL_ZERO_RANGE)) || chain_top(chain)->read_only) {
		answer(device, request, -EOPNOTSUPP, NULL, 0);
		return;
	}
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
	if (held && !error) {
		device->held[device->held_count++] = request;
		command_discarded(device, 1);
	} else {
		answer(device, request, error, NULL, 0);
	}
}

static void answer_init(struct device *device, uint64_t request, const struct fuse_init_in *in)
{
	struct fuse_init_out out = {
		.major = FUSE_KERNEL_VERSION,
		.minor = in->minor < 31 ? in->minor : 31,
		.max_readahead = in->max_readahead,
		.max_background = 64,
		.congestion_threshold = 48,
		.max_write = MOST,
		.max_pages = MOST / 4096,
		.time_gran = 1,
		.flags = in->flags & (FUSE_ASYNC_READ | FUSE_BIG_WRITES | FUSE_MAX_PAGES)
	};

	answer(device, request, 0, &out, sizeof out);
}

static void answer_attributes(struct device *device, uint64_t request)
{
	uint64_t size = chain_size(&device->chain);
	struct fuse_attr_out out = {
		.attr = { .ino = 1, .mode = S_IFREG | 0600, .nlink = 1, .blksize = 4096, .size = size, .blocks = size / 512 }
	};

	answer(device, request, 0, &out, sizeof out);
}

static void answer_read(struct device *device, uint64_t request, const struct fuse_read_in *in)
{
	static char data[MOST];
	int error = in->size > MOST ? -EINVAL : chain_read(&device->chain, in->offset, data, in->size);

	answer(device, request, error, data, error ? 0 : in->size);
}

static void answer_write(struct device *device, uint64_t request, const struct fuse_write_in *in)
{
	struct fuse_write_out out = { .size = in->size };
	int error = chain_top(&device->chain)->read_only ? -EROFS :
		chain_write(&device->chain, in->offset, in + 1, in->size);

	answer(device, request, error, &out, error ? 0 : sizeof out);
}

void disk_serve(struct device *device)
{
	static char buffer[MOST + 65536] __attribute__((aligned(8)));
	struct fuse_in_header *header = (void *)buffer;
	void *in = header + 1;

	if (read(device->fuse, buffer, sizeof buffer) < 0) {
		device->ended = errno == ENODEV;
		return;
	}
	switch (header->opcode) {
	case FUSE_INIT:
		answer_init(device, header->unique, in);
		break;
	case FUSE_GETATTR:
	case FUSE_SETATTR:
		answer_attributes(device, header->unique);
		break;
	case FUSE_OPEN: {
		struct fuse_open_out out = { .open_flags = FOPEN_DIRECT_IO };

		answer(device, header->unique, 0, &out, sizeof out);
		break;
	}
	case FUSE_READ:
		answer_read(device, header->unique, in);
		break;
	case FUSE_WRITE:
		answer_write(device, header->unique, in);
		break;
	case FUSE_FALLOCATE:
		discard(device, header->unique, in);
		break;
	case FUSE_STATFS: {
		struct fuse_statfs_out out = { .st = { .bsize = 4096, .frsize = 4096, .namelen = 255 } };

		answer(device, header->unique, 0, &out, sizeof out);
		break;
	}
	case FUSE_FSYNC:
		answer(device, header->unique, chain_sync(&device->chain), NULL, 0);
		break;
	case FUSE_FLUSH:
	case FUSE_RELEASE:
	case FUSE_ACCESS:
		answer(device, header->unique, 0, NULL, 0);
		break;
	case FUSE_FORGET:
	case FUSE_BATCH_FORGET:
	case FUSE_INTERRUPT:
		break;
	default:
		answer(device, header->unique, -ENOSYS, NULL, 0);
	}
}
