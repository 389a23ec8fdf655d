#define _GNU_SOURCE
#include "fuse.h"
#include "state.h"
#include <errno.h>
#include <fcntl.h>
#include <linux/falloc.h>
#include <linux/fuse.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#define BUFFER_SIZE (FUSE_MOST + 65536)

int fuse_mount(struct fuse_disk *disk, const char *path)
{
	char options[128];

	disk->request = malloc(BUFFER_SIZE);
	disk->data = malloc(FUSE_MOST);
	if (!disk->request || !disk->data)
		return -ENOMEM;
	umount2(path, MNT_DETACH);
	write_text(path, "%s", "");
	disk->fd = open_raw("/dev/fuse", O_RDWR);
	if (disk->fd < 0)
		return -errno;
	snprintf(options, sizeof options, "fd=%d,rootmode=100600,user_id=0,group_id=0", disk->fd);
	return mount("ploop-emulation", path, "fuse", MS_NOSUID | MS_NODEV, options) ? -errno : 0;
}

void fuse_close(struct fuse_disk *disk)
{
	close(disk->fd);
	disk->fd = -1;
	free(disk->request);
	free(disk->data);
}

void fuse_answer(struct fuse_disk *disk, uint64_t request, int error, const void *data, size_t length)
{
	struct fuse_out_header header = { .len = sizeof header + length, .error = error, .unique = request };
	struct iovec parts[] = { { &header, sizeof header }, { (void *)data, length } };

	/* a request that was interrupted takes no answer */
	if (writev(disk->fd, parts, length ? 2 : 1) < 0)
		return;
}

static void answer_init(struct fuse_disk *disk, uint64_t request, const struct fuse_init_in *in)
{
	struct fuse_init_out out = {
		.major = FUSE_KERNEL_VERSION,
		.minor = in->minor < 31 ? in->minor : 31,
		.max_readahead = in->max_readahead,
		.max_background = 64,
		.congestion_threshold = 48,
		.max_write = FUSE_MOST,
		.max_pages = FUSE_MOST / 4096,
		.time_gran = 1,
		.flags = in->flags & (FUSE_ASYNC_READ | FUSE_BIG_WRITES | FUSE_MAX_PAGES)
	};

	fuse_answer(disk, request, 0, &out, sizeof out);
}

static void answer_attributes(struct fuse_disk *disk, uint64_t request)
{
	uint64_t size = disk->operations->size(disk->owner);
	struct fuse_attr_out out = {
		.attr = { .ino = 1, .mode = S_IFREG | 0600, .nlink = 1, .blksize = 4096, .size = size, .blocks = size / 512 }
	};

	fuse_answer(disk, request, 0, &out, sizeof out);
}

/* The block size is what the loop device takes for the granularity of discards. */
static void answer_statistics(struct fuse_disk *disk, uint64_t request)
{
	uint32_t granularity = disk->operations->granularity(disk->owner);
	struct fuse_statfs_out out = { .st = { .bsize = granularity, .frsize = granularity, .namelen = 255 } };

	fuse_answer(disk, request, 0, &out, sizeof out);
}

static void answer_read(struct fuse_disk *disk, uint64_t request, const struct fuse_read_in *in)
{
	int error = in->size > FUSE_MOST ? -EINVAL :
		disk->operations->read(disk->owner, in->offset, disk->data, in->size);

	fuse_answer(disk, request, error, disk->data, error ? 0 : in->size);
}

static void answer_write(struct fuse_disk *disk, uint64_t request, const struct fuse_write_in *in)
{
	struct fuse_write_out out = { .size = in->size };
	int error = disk->operations->write(disk->owner, in->offset, in + 1, in->size);

	fuse_answer(disk, request, error, &out, error ? 0 : sizeof out);
}

static void answer_fallocate(struct fuse_disk *disk, uint64_t request, const struct fuse_fallocate_in *in)
{
	int error = !(in->mode & (FALLOC_FL_PUNCH_HOLE | FALLOC_FL_ZERO_RANGE)) ? -EOPNOTSUPP :
		disk->operations->clear(disk->owner, request, in->offset, in->length, in->mode & FALLOC_FL_PUNCH_HOLE);

	if (error != FUSE_HELD)
		fuse_answer(disk, request, error, NULL, 0);
}

static void answer(struct fuse_disk *disk, const struct fuse_in_header *header)
{
	const void *in = header + 1;

	switch (header->opcode) {
	case FUSE_INIT:
		answer_init(disk, header->unique, in);
		break;
	case FUSE_GETATTR:
	case FUSE_SETATTR:
		answer_attributes(disk, header->unique);
		break;
	case FUSE_OPEN: {
		struct fuse_open_out out = { .open_flags = FOPEN_DIRECT_IO };

		fuse_answer(disk, header->unique, 0, &out, sizeof out);
		break;
	}
	case FUSE_READ:
		answer_read(disk, header->unique, in);
		break;
	case FUSE_WRITE:
		answer_write(disk, header->unique, in);
		break;
	case FUSE_FALLOCATE:
		answer_fallocate(disk, header->unique, in);
		break;
	case FUSE_STATFS:
		answer_statistics(disk, header->unique);
		break;
	case FUSE_FSYNC:
		fuse_answer(disk, header->unique, disk->operations->sync(disk->owner), NULL, 0);
		break;
	case FUSE_FLUSH:
	case FUSE_RELEASE:
	case FUSE_ACCESS:
		fuse_answer(disk, header->unique, 0, NULL, 0);
		break;
	case FUSE_FORGET:
	case FUSE_BATCH_FORGET:
	case FUSE_INTERRUPT:
		break;
	default:
		fuse_answer(disk, header->unique, -ENOSYS, NULL, 0);
	}
}

bool fuse_serve(struct fuse_disk *disk)
{
	if (read(disk->fd, disk->request, BUFFER_SIZE) < 0)
		return errno != ENODEV;
	answer(disk, (const void *)disk->request);
	return true;
}
