#define _GNU_SOURCE
#include "chain.h"
#include "image.h"
#include "state.h"
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct delta *chain_top(struct chain *chain)
{
	return &chain->deltas[chain->count - 1];
}

static uint64_t file_bytes(const struct delta *delta)
{
	struct stat status;

	return fstat(delta->fd, &status) ? 0 : status.st_size;
}

static uint64_t delta_size(const struct delta *delta)
{
	struct image_header header;

	if (delta->raw)
		return file_bytes(delta);
	return image_header(delta->fd, &header) ? 0 : header.sectors * 512;
}

/* A raw image is read as one whose slots follow each other from the first byte. */
static int raw_header(const struct chain *chain, const struct delta *delta, struct image_header *header)
{
	uint64_t bytes = file_bytes(delta);

	*header = (struct image_header){
		.version = 2,
		.cluster = chain->cluster,
		.sectors = bytes / 512,
		.clusters = (bytes + chain->cluster - 1) / chain->cluster
	};
	return 0;
}

/* The slot of a cluster and whether there is one: the first slot of a raw image has data. */
static int find(const struct chain *chain, const struct delta *delta, uint32_t cluster, struct image_header *header,
		uint32_t *slot, bool *found)
{
	int error;

	if (delta->raw) {
		*slot = cluster;
		error = raw_header(chain, delta, header);
		*found = cluster < header->clusters;
		return error;
	}
	if ((error = image_header(delta->fd, header)))
		return error;
	error = image_slot(delta->fd, header, cluster, slot);
	*found = *slot != 0;
	return error;
}

/* The topmost delta, at or below `level`, that has the cluster; -1 when none has. */
static int lookup(const struct chain *chain, int level, uint32_t cluster, struct image_header *header, uint32_t *slot,
		  int *error)
{
	bool found = false;

	*error = 0;
	for (; level >= 0; level--)
		if ((*error = find(chain, &chain->deltas[level], cluster, header, slot, &found)) || found)
			break;
	return *error ? -1 : level;
}

uint64_t chain_size(struct chain *chain)
{
	return chain->count ? delta_size(chain_top(chain)) : 0;
}

uint32_t chain_allocated(struct chain *chain)
{
	return file_bytes(chain_top(chain)) / chain->cluster;
}

static int open_delta(struct chain *chain, const char *path, bool raw, bool read_only, struct delta *delta)
{
	struct image_header header;
	int error = 0;

	/* for writing in any case: a merge may make the image the top one */
	delta->fd = open_raw(path, O_RDWR);
	if (delta->fd < 0)
		delta->fd = open_raw(path, O_RDONLY);
	if (delta->fd < 0)
		return -errno;
	delta->raw = raw;
	delta->read_only = read_only;
	if (raw)
		return 0;
	if (!(error = image_header(delta->fd, &header)) && header.in_use)
		error = -EBUSY;
	if (error)
		close(delta->fd);
	else if (!chain->cluster)
		chain->cluster = header.cluster;
	return error;
}

static int push(struct chain *chain, const struct delta *delta)
{
	chain->deltas[chain->count++] = *delta;
	return 0;
}

int chain_add(struct chain *chain, const char *path, bool raw, bool read_only, uint32_t cluster_log)
{
	struct delta delta;
	int error;

	if (chain->count == MAX_DELTAS)
		return -EBUSY;
	if (raw && !chain->cluster)
		chain->cluster = 512u << cluster_log;
	error = open_delta(chain, path, raw, read_only, &delta);
	return error ? error : push(chain, &delta);
}

static void note_written(struct chain *chain, off_t offset)
{
	if (chain->written && offset / chain->cluster < chain->written_count)
		chain->written[offset / chain->cluster] = 1;
}

static void note_slot(void *chain, uint32_t slot)
{
	note_written(chain, (off_t)slot * ((struct chain *)chain)->cluster);
}

static int mark(const struct delta *delta, bool in_use)
{
	return delta->raw ? 0 : image_mark(delta->fd, in_use);
}

int chain_mark(struct chain *chain, bool in_use)
{
	note_written(chain, 0);
	return mark(chain_top(chain), in_use);
}

int chain_read(struct chain *chain, uint64_t offset, void *data, size_t length)
{
	chain->counters[BIO_READS]++;
	while (length) {
		struct image_header header;
		uint32_t slot;
		size_t within = offset % chain->cluster;
		size_t part = chain->cluster - within < length ? chain->cluster - within : length;
		int error, level = lookup(chain, chain->count - 1, offset / chain->cluster, &header, &slot, &error);

		if (!error && level >= 0)
			error = image_read(chain->deltas[level].fd, &header, slot, within, data, part);
		if (error)
			return error;
		if (level < 0) {
			memset(data, 0, part);
			chain->counters[BIO_RZERO]++;
		}
		offset += part;
		data = (char *)data + part;
		length -= part;
	}
	return 0;
}

static bool is_zero(const char *data, size_t length)
{
	return !*data && !memcmp(data, data + 1, length - 1);
}

/* A cluster that the image does not have yet: what lies below is copied around the new data. */
static int write_new(struct chain *chain, int level, uint32_t cluster, size_t within, const char *data, size_t length)
{
	struct delta *delta = &chain->deltas[level];
	struct image_header header;
	uint32_t slot;
	int error, below = lookup(chain, level - 1, cluster, &header, &slot, &error);
	char *whole;

	if (error || (below < 0 && is_zero(data, length)))
		return error;
	if (!(whole = calloc(1, chain->cluster)))
		return -ENOMEM;
	if (below >= 0 && length < chain->cluster) {
		error = image_read(chain->deltas[below].fd, &header, slot, 0, whole, chain->cluster);
		chain->counters[BIO_COWS]++;
	}
	memcpy(whole + within, data, length);
	if (!error)
		error = image_header(delta->fd, &header);
	if (!error && delta == chain_top(chain) && chain->limit && file_bytes(delta) + chain->cluster > chain->limit)
		error = -ENOSPC;
	if (!error)
		error = image_append(delta->fd, &header, cluster, whole, &slot);
	free(whole);
	if (error)
		return error;
	chain->counters[BIO_ALLOC]++;
	if (delta == chain_top(chain)) {
		note_slot(chain, slot);
		note_written(chain, image_entry_offset(cluster));
	}
	return 0;
}

static int write_cluster(struct chain *chain, int level, uint32_t cluster, size_t within, const char *data,
			 size_t length)
{
	struct delta *delta = &chain->deltas[level];
	struct image_header header;
	uint32_t slot;
	bool found;
	int error = find(chain, delta, cluster, &header, &slot, &found);

	if (error)
		return error;
	if (!found && !delta->raw)
		return write_new(chain, level, cluster, within, data, length);
	if (delta == chain_top(chain))
		note_slot(chain, slot);
	return image_write(delta->fd, &header, slot, within, data, length);
}

int chain_write(struct chain *chain, uint64_t offset, const void *data, size_t length)
{
	int error = 0;

	chain->counters[BIO_WRITES]++;
	while (length && !error) {
		size_t within = offset % chain->cluster;
		size_t part = chain->cluster - within < length ? chain->cluster - within : length;

		error = write_cluster(chain, chain->count - 1, offset / chain->cluster, within, data, part);
		offset += part;
		data = (const char *)data + part;
		length -= part;
	}
	return error;
}

int chain_sync(struct chain *chain)
{
	chain->counters[BIO_SYNCS]++;
	return fdatasync(chain_top(chain)->fd) ? -errno : 0;
}

uint32_t chain_private_slot(struct chain *chain, uint32_t cluster)
{
	struct image_header header;
	uint32_t slot, below;
	int error;

	if (chain_top(chain)->raw || lookup(chain, chain->count - 1, cluster, &header, &slot, &error) != chain->count - 1)
		return 0;
	return lookup(chain, chain->count - 2, cluster, &header, &below, &error) < 0 && !error ? slot : 0;
}

bool chain_has(struct chain *chain, uint32_t cluster)
{
	struct image_header header;
	uint32_t slot;
	int error, level = lookup(chain, chain->count - 1, cluster, &header, &slot, &error);

	return error || level >= 0;
}

int chain_snapshot(struct chain *chain, const char *path)
{
	struct delta delta;
	int error;

	if (chain->count == MAX_DELTAS)
		return -EBUSY;
	if ((error = open_delta(chain, path, false, false, &delta)))
		return error;
	/* in this order, because the tool repairs the mark of the top image only, should this be interrupted */
	if ((error = mark(chain_top(chain), false)) || (error = mark(&delta, true))) {
		mark(chain_top(chain), true);
		close(delta.fd);
		return error;
	}
	chain_top(chain)->read_only = true;
	return push(chain, &delta);
}

/* Copies what the top image has into the one below it. */
static int copy_down(struct chain *chain, char *buffer)
{
	struct delta *top = chain_top(chain);
	struct image_header header;
	int error = image_header(top->fd, &header);

	for (uint32_t cluster = 0; !error && cluster < header.clusters; cluster++) {
		uint32_t slot;

		if ((error = image_slot(top->fd, &header, cluster, &slot)) || !slot)
			continue;
		if (!(error = image_read(top->fd, &header, slot, 0, buffer, header.cluster)))
			error = write_cluster(chain, chain->count - 2, cluster, 0, buffer, header.cluster);
	}
	return error;
}

int chain_merge(struct chain *chain)
{
	struct delta *lower;
	char *buffer;
	int error;

	if (chain->count < 2)
		return -ENOENT;
	lower = chain_top(chain) - 1;
	/* the tool has grown the lower image beforehand */
	if (!lower->raw && delta_size(lower) < chain_size(chain))
		return -EINVAL;
	if (!(buffer = malloc(chain->cluster)))
		return -ENOMEM;
	error = copy_down(chain, buffer);
	free(buffer);
	/* until here the lower image is as good as it was: what it got, the top one has as well */
	if (error || fsync(lower->fd) || (error = mark(lower, true)))
		return error ? error : -errno;
	close(chain_top(chain)->fd);
	chain->count--;
	lower->read_only = false;
	return 0;
}

int chain_replace(struct chain *chain, int level, const char *path)
{
	struct delta delta, *old = &chain->deltas[level];
	int error = open_delta(chain, path, old->raw, true, &delta);

	if (error)
		return error;
	close(old->fd);
	*old = delta;
	return 0;
}

void chain_delete(struct chain *chain, int level)
{
	close(chain->deltas[level].fd);
	chain->count--;
	memmove(&chain->deltas[level], &chain->deltas[level + 1], (chain->count - level) * sizeof chain->deltas[0]);
}

void chain_clear(struct chain *chain)
{
	while (chain->count)
		chain_delete(chain, chain->count - 1);
}

int chain_grow(struct chain *chain, uint64_t sectors)
{
	struct delta *top = chain_top(chain);

	if (top->raw)
		return ftruncate(top->fd, sectors * 512) ? -errno : 0;
	return image_grow(top->fd, sectors);
}

int chain_release(struct chain *chain, const struct extent *extents, uint32_t extent_count, uint32_t *count)
{
	struct delta *top = chain_top(chain);
	struct image_header header;
	uint32_t *clusters, total = 0, slot;
	int error = top->raw ? -EINVAL : image_header(top->fd, &header);

	for (uint32_t i = 0; i < extent_count; i++)
		total += extents[i].length;
	*count = total;
	if (error || !total)
		return error;
	if (!(clusters = malloc(total * sizeof *clusters)))
		return -ENOMEM;
	total = 0;
	for (uint32_t i = 0; i < extent_count; i++)
		for (uint32_t j = 0; !error && j < extents[i].length; j++) {
			clusters[total++] = extents[i].cluster + j;
			error = image_slot(top->fd, &header, extents[i].cluster + j, &slot);
			if (!error && slot != extents[i].slot + j)
				error = -EINVAL;
		}
	for (uint32_t i = 0; !error && i < total; i++)
		note_written(chain, image_entry_offset(clusters[i]));
	if (!error)
		error = image_release(top->fd, &header, clusters, total, note_slot, chain);
	free(clusters);
	return error;
}

int chain_track(struct chain *chain, uint64_t *end)
{
	*end = file_bytes(chain_top(chain));
	/* room for all that the image can become */
	chain->written_count = chain_size(chain) / chain->cluster * 2 + 1024;
	chain->written = calloc(1, chain->written_count);
	chain->cursor = 0;
	return chain->written ? 0 : -ENOMEM;
}

int chain_track_next(struct chain *chain, uint64_t *start, uint64_t *end)
{
	uint32_t seen = 0;

	if (!chain->written)
		return -EINVAL;
	while (seen < chain->written_count && !chain->written[chain->cursor]) {
		chain->cursor = (chain->cursor + 1) % chain->written_count;
		seen++;
	}
	if (seen == chain->written_count)
		return -EAGAIN;
	*start = (uint64_t)chain->cursor * chain->cluster;
	while (chain->cursor < chain->written_count && chain->written[chain->cursor])
		chain->written[chain->cursor++] = 0;
	*end = (uint64_t)chain->cursor * chain->cluster;
	chain->cursor %= chain->written_count;
	return 0;
}

int chain_track_stop(struct chain *chain, bool abort)
{
	if (!chain->written)
		return -EINVAL;
	if (!abort && memchr(chain->written, 1, chain->written_count))
		return -EBUSY;
	free(chain->written);
	chain->written = NULL;
	return 0;
}
