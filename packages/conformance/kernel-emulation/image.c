#define _GNU_SOURCE
#include "image.h"
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define SECTOR 512
#define FLAG_EMPTY 1
#define COMPRESSED_DISK 2

static const char signatures[2][17] = { "WithoutFreeSpace", "WithouFreSpacExt" };

/* The first 64 bytes of an image. */
struct on_disk {
	char signature[16];
	uint32_t type, heads, cylinders, sectors_per_cluster, clusters;
	uint64_t sectors;	/* version 1: the lower half only */
	uint32_t in_use, first_block, flags;
	uint8_t reserved[8];
} __attribute__((packed));

_Static_assert(sizeof(struct on_disk) == 64, "the header has 64 bytes");

static int read_exactly(int fd, void *data, size_t length, off_t offset)
{
	ssize_t got = pread(fd, data, length, offset);

	return got < 0 ? -errno : (size_t)got == length ? 0 : -EINVAL;
}

static int write_exactly(int fd, const void *data, size_t length, off_t offset)
{
	ssize_t put = pwrite(fd, data, length, offset);

	return put < 0 ? -errno : (size_t)put == length ? 0 : -ENOSPC;
}

/* In bytes, or a negated errno. */
static off_t file_size(int fd)
{
	struct stat status;

	return fstat(fd, &status) ? -errno : status.st_size;
}

static int version_of(const struct on_disk *disk)
{
	for (int version = 1; version <= 2; version++)
		if (!memcmp(disk->signature, signatures[version - 1], sizeof disk->signature))
			return version;
	return 0;
}

static uint64_t sectors_of(const struct on_disk *disk, int version)
{
	return version == 1 ? (uint32_t)disk->sectors : disk->sectors;
}

/* Heads and cylinders are read by nobody; they stay as they are. */
static void describe(struct on_disk *disk, int version, uint32_t cluster, uint64_t sectors)
{
	uint32_t per_cluster = cluster / SECTOR;
	uint64_t clusters = (sectors + per_cluster - 1) / per_cluster;
	uint64_t table = sizeof *disk + clusters * sizeof(uint32_t);

	memcpy(disk->signature, signatures[version - 1], sizeof disk->signature);
	disk->type = COMPRESSED_DISK;
	disk->sectors_per_cluster = per_cluster;
	disk->clusters = clusters;
	disk->sectors = clusters * per_cluster;
	disk->first_block = (table + cluster - 1) / cluster * per_cluster;
}

int image_header(int fd, struct image_header *header)
{
	struct on_disk disk;
	int error = read_exactly(fd, &disk, sizeof disk, 0);

	if (error)
		return error;
	header->version = version_of(&disk);
	if (!header->version || !disk.sectors_per_cluster || disk.sectors_per_cluster > 1u << 20)
		return -EINVAL;
	header->cluster = disk.sectors_per_cluster * SECTOR;
	header->sectors = sectors_of(&disk, header->version);
	header->clusters = header->sectors / disk.sectors_per_cluster;
	header->table_slots = disk.first_block / disk.sectors_per_cluster;
	header->in_use = disk.in_use && disk.in_use != IMAGE_CLOSED_WITH_EXTENSION;
	header->type = disk.type;
	header->entries = disk.clusters;
	header->first_block = disk.first_block;
	header->mark = disk.in_use;
	return 0;
}

int image_mark(int fd, bool in_use)
{
	struct on_disk disk;
	off_t size = file_size(fd);
	int error = size < 0 ? size : read_exactly(fd, &disk, sizeof disk, 0);

	if (error)
		return error;
	disk.in_use = in_use ? IMAGE_IN_USE : 0;
	disk.flags &= ~FLAG_EMPTY;
	if (size <= (off_t)disk.first_block * SECTOR)
		disk.flags |= FLAG_EMPTY;
	if ((error = write_exactly(fd, &disk, sizeof disk, 0)))
		return error;
	return fsync(fd) ? -errno : 0;
}

int image_resize(int fd, uint64_t sectors)
{
	struct image_header header;
	struct on_disk disk;
	int error;

	if ((error = image_header(fd, &header)) || (error = read_exactly(fd, &disk, sizeof disk, 0)))
		return error;
	describe(&disk, header.version, header.cluster, sectors);
	return write_exactly(fd, &disk, sizeof disk, 0);
}

int image_write_mark(int fd, uint32_t mark)
{
	return write_exactly(fd, &mark, sizeof mark, offsetof(struct on_disk, in_use));
}

static uint32_t entry_unit(const struct image_header *header)
{
	return header->version == 1 ? header->cluster / SECTOR : 1;
}

off_t image_entry_offset(uint32_t cluster)
{
	return sizeof(struct on_disk) + (off_t)cluster * sizeof(uint32_t);
}

int image_slot(int fd, const struct image_header *header, uint32_t cluster, uint32_t *slot)
{
	uint32_t entry = 0;
	int error = 0;

	if (cluster < header->clusters)
		error = read_exactly(fd, &entry, sizeof entry, image_entry_offset(cluster));
	*slot = error ? 0 : entry / entry_unit(header);
	return error;
}

int image_set_slot(int fd, const struct image_header *header, uint32_t cluster, uint32_t slot)
{
	uint32_t entry = slot * entry_unit(header);

	return write_exactly(fd, &entry, sizeof entry, image_entry_offset(cluster));
}

int image_next_slot(int fd, const struct image_header *header, uint32_t *slot)
{
	off_t size = file_size(fd);

	if (size < 0)
		return size;
	/* a part of a cluster at the end is what an interrupted write left */
	*slot = size / header->cluster < header->table_slots ? header->table_slots : size / header->cluster;
	return 0;
}

int image_append(int fd, const struct image_header *header, uint32_t cluster, const void *data, uint32_t *slot)
{
	int error = image_next_slot(fd, header, slot);

	if (error || (error = write_exactly(fd, data, header->cluster, (off_t)*slot * header->cluster)))
		return error;
	return image_set_slot(fd, header, cluster, *slot);
}

int image_read(int fd, const struct image_header *header, uint32_t slot, size_t offset, void *data, size_t length)
{
	ssize_t got = pread(fd, data, length, (off_t)slot * header->cluster + offset);

	if (got < 0)
		return -errno;
	memset((char *)data + got, 0, length - got);
	return 0;
}

int image_write(int fd, const struct image_header *header, uint32_t slot, size_t offset, const void *data, size_t length)
{
	return write_exactly(fd, data, length, (off_t)slot * header->cluster + offset);
}

/* Moves the data of a slot, if it has any, to the end of the file, and fills it with zeros. */
static int vacate(int fd, const struct image_header *header, uint32_t slot, char *buffer)
{
	uint32_t cluster, found = 0, end;
	int error = 0;

	for (cluster = 0; cluster < header->clusters; cluster++)
		if ((error = image_slot(fd, header, cluster, &found)) || found == slot)
			break;
	if (error)
		return error;
	if (cluster < header->clusters) {
		if ((error = image_read(fd, header, slot, 0, buffer, header->cluster)) ||
		    (error = image_append(fd, header, cluster, buffer, &end)))
			return error;
	}
	memset(buffer, 0, header->cluster);
	return image_write(fd, header, slot, 0, buffer, header->cluster);
}

int image_grow(int fd, uint64_t sectors)
{
	struct image_header header;
	struct on_disk disk;
	uint32_t slot, last;
	off_t size;
	char *buffer;
	int error;

	if ((error = image_header(fd, &header)) || (error = read_exactly(fd, &disk, sizeof disk, 0)))
		return error;
	describe(&disk, header.version, header.cluster, sectors);
	if (sectors_of(&disk, header.version) < header.sectors)
		return -EINVAL;
	last = disk.first_block / disk.sectors_per_cluster;
	/* data are to go past the new table, also when the file is shorter than that */
	if ((size = file_size(fd)) < 0)
		return size;
	if (size < (off_t)last * header.cluster && ftruncate(fd, (off_t)last * header.cluster))
		return -errno;
	buffer = malloc(header.cluster);
	if (!buffer)
		return -ENOMEM;
	for (slot = header.table_slots; !error && slot < last; slot++)
		error = vacate(fd, &header, slot, buffer);
	free(buffer);
	if (error || fdatasync(fd))
		return error ? error : -errno;
	return write_exactly(fd, &disk, sizeof disk, 0);
}

static int ascending(const void *left, const void *right)
{
	uint32_t a = *(const uint32_t *)left, b = *(const uint32_t *)right;

	return a < b ? -1 : a > b;
}

/* Moves what lies at or past `end` into the given slots. */
static int fill(int fd, const struct image_header *header, uint32_t *holes, uint32_t end, char *buffer,
		void (*moved)(void *, uint32_t), void *context)
{
	int error = 0;

	for (uint32_t cluster = 0; !error && cluster < header->clusters; cluster++) {
		uint32_t slot;

		if ((error = image_slot(fd, header, cluster, &slot)) || slot < end)
			continue;
		if ((error = image_read(fd, header, slot, 0, buffer, header->cluster)) ||
		    (error = image_write(fd, header, *holes, 0, buffer, header->cluster)))
			break;
		moved(context, *holes);
		if (fdatasync(fd))
			return -errno;
		error = image_set_slot(fd, header, cluster, *holes++);
	}
	return error;
}

int image_release(int fd, const struct image_header *header, const uint32_t *clusters, uint32_t count,
		  void (*moved)(void *context, uint32_t slot), void *context)
{
	uint32_t *holes = malloc((count ? count : 1) * sizeof *holes), end = 0;
	char *buffer = malloc(header->cluster);
	int error = holes && buffer ? image_next_slot(fd, header, &end) : -ENOMEM;

	for (uint32_t i = 0; !error && i < count; i++)
		if (!(error = image_slot(fd, header, clusters[i], &holes[i])))
			error = holes[i] ? image_set_slot(fd, header, clusters[i], 0) : -EINVAL;
	if (!error) {
		qsort(holes, count, sizeof *holes, ascending);
		end -= count;
		error = fill(fd, header, holes, end, buffer, moved, context);
	}
	if (!error && (fsync(fd) || ftruncate(fd, (off_t)end * header->cluster)))
		error = -errno;
	free(holes);
	free(buffer);
	return error;
}
