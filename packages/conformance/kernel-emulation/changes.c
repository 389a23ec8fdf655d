#include "changes.h"
#include "state.h"
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static uint64_t blocks_of(const struct changes *changes, uint64_t bytes)
{
	return (bytes + (1ull << changes->block_bits) - 1) >> changes->block_bits;
}

static bool has(const struct changes *changes, uint64_t block)
{
	return changes->bits[block / 8] >> block % 8 & 1;
}

static void put(struct changes *changes, uint64_t first, uint64_t end, bool changed)
{
	for (uint64_t block = first; block < end && block < changes->blocks; block++)
		if (changed)
			changes->bits[block / 8] |= 1 << block % 8;
		else
			changes->bits[block / 8] &= ~(1 << block % 8);
}

int changes_start(struct changes *changes, uint64_t disk, const struct request *request)
{
	if (!request->size || request->size & (request->size - 1))
		return -EINVAL;
	if (changes->bits)
		return -EBUSY;
	changes->block_bits = __builtin_ctzll(request->size);
	changes->blocks = blocks_of(changes, disk);
	changes->bits = calloc(changes->blocks / 8 + 1, 1);
	memcpy(changes->uuid, request->uuid, sizeof changes->uuid);
	return changes->bits ? 0 : -ENOMEM;
}

int changes_stop(struct changes *changes)
{
	if (!changes->bits)
		return -EINVAL;
	free(changes->bits);
	changes->bits = NULL;
	return 0;
}

/* The next run of changed blocks, from `block` on; false when there is none. */
static bool next_run(const struct changes *changes, uint64_t block, uint64_t *first, uint64_t *end)
{
	while (block < changes->blocks && !has(changes, block))
		block++;
	*first = block;
	while (block < changes->blocks && has(changes, block))
		block++;
	*end = block;
	return *first < *end;
}

int changes_get(struct changes *changes, const struct request *request, struct reply *reply)
{
	uint64_t block, last, first, end;

	if (!changes->bits || request->change_count > MAX_CHANGES)
		return -EINVAL;
	block = request->start >> changes->block_bits;
	if (block > changes->blocks)
		return -EINVAL;
	last = (request->start + request->size) >> changes->block_bits;
	memcpy(reply->uuid, changes->uuid, sizeof reply->uuid);
	reply->block_size = 1u << changes->block_bits;
	while (reply->change_count < request->change_count && next_run(changes, block, &first, &end) && first <= last) {
		reply->changes[reply->change_count++] =
			(struct change){ first << changes->block_bits, (end - first) << changes->block_bits };
		if (request->clear)
			put(changes, first, end, false);
		block = end;
	}
	return 0;
}

int changes_set(struct changes *changes, const struct request *request)
{
	if (!changes->bits || request->change_count > MAX_CHANGES)
		return -EINVAL;
	if (request->new_uuid)
		memcpy(changes->uuid, request->uuid, sizeof changes->uuid);
	else if (memcmp(changes->uuid, request->uuid, sizeof changes->uuid))
		return -EINVAL;
	for (uint32_t i = 0; i < request->change_count; i++) {
		uint64_t first = request->changes[i].start >> changes->block_bits;
		uint64_t end = first + blocks_of(changes, request->changes[i].length);

		if (end > changes->blocks || first == end)
			return -EINVAL;
		put(changes, first, end, true);
	}
	return 0;
}

void changes_note(struct changes *changes, uint64_t offset, uint64_t length)
{
	if (changes->bits)
		put(changes, offset >> changes->block_bits, blocks_of(changes, offset + length), true);
}

void changes_grow(struct changes *changes, uint64_t disk)
{
	uint64_t old = changes->blocks / 8 + 1, now = blocks_of(changes, disk) / 8 + 1;
	uint8_t *bits = changes->bits && now > old ? realloc(changes->bits, now) : NULL;

	if (bits) {
		memset(bits + old, 0, now - old);
		changes->bits = bits;
	}
	if (changes->bits && (bits || now == old))
		changes->blocks = blocks_of(changes, disk);
}

static void kept_path(char path[PATH_MAX], int device)
{
	state_path(path, "changes-%d", device);
}

void changes_keep(struct changes *changes, int device)
{
	ssize_t size = changes->blocks / 8 + 1;
	char path[PATH_MAX];
	int fd;

	if (!changes->bits)
		return;
	kept_path(path, device);
	fd = creat(path, 0600);
	/* without it, the tool finds nothing that is tracked */
	if (fd >= 0 && (write(fd, changes, sizeof *changes) != sizeof *changes || write(fd, changes->bits, size) != size))
		unlink(path);
	close(fd);
}

static bool load(struct changes *changes, int fd)
{
	ssize_t size;

	if (read(fd, changes, sizeof *changes) != sizeof *changes)
		return false;
	size = changes->blocks / 8 + 1;
	changes->bits = malloc(size);
	return changes->bits && read(fd, changes->bits, size) == size;
}

int changes_of_cleared(int device, const struct request *request, struct reply *reply)
{
	struct changes changes = { 0 };
	char path[PATH_MAX];
	int fd, result = -EINVAL;

	kept_path(path, device);
	fd = open_raw(path, O_RDONLY);
	if (fd < 0)
		return -EINVAL;
	if (load(&changes, fd))
		result = request->command == CHANGES_GET ? changes_get(&changes, request, reply) :
			request->command == CHANGES_STOP ? unlink(path) : -EINVAL;
	free(changes.bits);
	close(fd);
	return result;
}

void changes_forget(int device)
{
	char path[PATH_MAX];

	kept_path(path, device);
	unlink(path);
}
