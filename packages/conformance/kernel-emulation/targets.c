/* The targets beside ploop that the tool and its helpers use. */
#define _GNU_SOURCE
#include "mapper.h"
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/sysmacros.h>

#define SECTOR 512

static int error_construct(struct target *target, const char *parameters, pid_t caller)
{
	(void)target;
	(void)parameters;
	(void)caller;
	return 0;
}

static void error_describe(const struct target *target, bool table, char *text, size_t size)
{
	(void)target;
	(void)table;
	snprintf(text, size, "%s", "");
}

static int error_read(struct target *target, uint64_t offset, void *data, size_t length)
{
	(void)target;
	(void)offset;
	(void)data;
	(void)length;
	return -EIO;
}

static int error_write(struct target *target, uint64_t offset, const void *data, size_t length)
{
	(void)data;
	return error_read(target, offset, NULL, length);
}

static int error_clear(struct target *target, uint64_t offset, uint64_t length)
{
	return error_read(target, offset, NULL, length);
}

static int error_sync(struct target *target)
{
	return error_read(target, 0, NULL, 0);
}

static uint32_t sector_granularity(const struct target *target)
{
	(void)target;
	return SECTOR;
}

const struct target_type error_target = {
	.name = "error",
	.version = { 1, 5, 0 },
	.construct = error_construct,
	.describe = error_describe,
	.read = error_read,
	.write = error_write,
	.clear = error_clear,
	.sync = error_sync,
	.granularity = sector_granularity
};

static uint32_t granularity_below(const struct target *target)
{
	const struct target *below = target->below ? mapped_target(target->below, 0) : NULL;

	return below ? below->type->granularity(below) : SECTOR;
}

/* Only devices of this emulation: what the machine has is out of reach. */
static int find_below(struct target *target, const char *name, uint64_t end)
{
	target->below = mapped_called(name);
	if (!target->below || target->below == target->device)
		return -ENODEV;
	return end > mapped_sectors(target->below) ? -EINVAL : 0;
}

static uint64_t linear_start(const struct target *target)
{
	return *(const uint64_t *)target->state * SECTOR;
}

static int linear_construct(struct target *target, const char *parameters, pid_t caller)
{
	char name[256], rest;
	uint64_t *start = malloc(sizeof *start);
	int error;

	(void)caller;
	if (!start)
		return -ENOMEM;
	error = sscanf(parameters, "%255s %" SCNu64 " %c", name, start, &rest) == 2 ? 0 : -EINVAL;
	if (!error)
		error = find_below(target, name, *start + target->length);
	target->state = start;
	if (error)
		free(start);
	return error;
}

static void free_state(struct target *target)
{
	free(target->state);
}

static void linear_describe(const struct target *target, bool table, char *text, size_t size)
{
	snprintf(text, size, "%s", "");
	if (table)
		snprintf(text, size, "%d:%d %" PRIu64, MAPPER_MAJOR, target->below->minor, linear_start(target) / SECTOR);
}

static int linear_read(struct target *target, uint64_t offset, void *data, size_t length)
{
	return mapped_read(target->below, linear_start(target) + offset, data, length);
}

static int linear_write(struct target *target, uint64_t offset, const void *data, size_t length)
{
	return mapped_write(target->below, linear_start(target) + offset, data, length);
}

static int linear_clear(struct target *target, uint64_t offset, uint64_t length)
{
	return mapped_clear(target->below, linear_start(target) + offset, length);
}

static int sync_below(struct target *target)
{
	return mapped_sync(target->below);
}

const struct target_type linear_target = {
	.name = "linear",
	.version = { 1, 4, 0 },
	.construct = linear_construct,
	.destroy = free_state,
	.describe = linear_describe,
	.read = linear_read,
	.write = linear_write,
	.clear = linear_clear,
	.sync = sync_below,
	.granularity = granularity_below
};

/* Which blocks were written to; `written` is NULL while it is not asked for. */
struct tracking {
	uint32_t block;			/* sectors */
	uint64_t blocks, cursor;
	uint8_t *written;
};

static int tracking_construct(struct target *target, const char *parameters, pid_t caller)
{
	struct tracking *tracking = calloc(1, sizeof *tracking);
	char name[256], rest;
	int error;

	(void)caller;
	if (!tracking)
		return -ENOMEM;
	error = sscanf(parameters, "%" SCNu32 " %255s %c", &tracking->block, name, &rest) == 2 && tracking->block ? 0 : -EINVAL;
	if (!error)
		error = find_below(target, name, target->length) == -EINVAL ? -EBADSLT : target->below ? 0 : -ENODEV;
	if (error) {
		free(tracking);
		return error;
	}
	tracking->blocks = (target->length + tracking->block - 1) / tracking->block;
	target->state = tracking;
	return 0;
}

static void tracking_destroy(struct target *target)
{
	struct tracking *tracking = target->state;

	free(tracking->written);
	free(tracking);
}

static void tracking_describe(const struct target *target, bool table, char *text, size_t size)
{
	const struct tracking *tracking = target->state;

	(void)table;
	snprintf(text, size, "%d:%d %u %s", MAPPER_MAJOR, target->below->minor, tracking->block,
		 tracking->written ? "active" : "inactive");
}

static void note(struct target *target, uint64_t offset, uint64_t length)
{
	struct tracking *tracking = target->state;
	uint64_t first = offset / SECTOR / tracking->block, last = (offset + length - 1) / SECTOR / tracking->block;

	if (tracking->written && length)
		memset(tracking->written + first, 1, last - first + 1);
}

static int tracking_read(struct target *target, uint64_t offset, void *data, size_t length)
{
	return mapped_read(target->below, offset, data, length);
}

static int tracking_write(struct target *target, uint64_t offset, const void *data, size_t length)
{
	note(target, offset, length);
	return mapped_write(target->below, offset, data, length);
}

static int tracking_clear(struct target *target, uint64_t offset, uint64_t length)
{
	note(target, offset, length);
	return mapped_clear(target->below, offset, length);
}

static int start(struct tracking *tracking)
{
	if (tracking->written)
		return -EEXIST;
	tracking->cursor = 0;
	tracking->written = calloc(1, tracking->blocks);
	return tracking->written ? 0 : -ENOMEM;
}

static int stop(struct tracking *tracking)
{
	free(tracking->written);
	tracking->written = NULL;
	return 0;
}

/* The next block that was written to, round and round. */
static int next(struct tracking *tracking, char *result, size_t size)
{
	for (uint64_t seen = 0; seen < tracking->blocks; seen++) {
		uint64_t block = (tracking->cursor + seen) % tracking->blocks;

		if (!tracking->written[block])
			continue;
		tracking->written[block] = 0;
		tracking->cursor = block + 1;
		snprintf(result, size, "%" PRIu64 "\n", block);
		return REPLIED;
	}
	return -EAGAIN;
}

static int clear(struct tracking *tracking, const char *word)
{
	char *end;
	uint64_t block = strtoull(word, &end, 10);

	if (!*word || *end || block >= tracking->blocks)
		return -EINVAL;
	tracking->written[block] = 0;
	return 0;
}

static int tracking_message(struct target *target, int count, char **words, char *result, size_t size)
{
	struct tracking *tracking = target->state;

	if (!strcmp(words[0], "tracking_start"))
		return count == 1 ? start(tracking) : -EINVAL;
	if (strcmp(words[0], "tracking_stop") && strcmp(words[0], "tracking_clear") && strcmp(words[0], "tracking_get_next"))
		return -ENOTSUPP;
	if (!tracking->written)
		return -ENOENT;
	if (!strcmp(words[0], "tracking_clear"))
		return count == 2 ? clear(tracking, words[1]) : -EINVAL;
	if (count != 1)
		return -EINVAL;
	return !strcmp(words[0], "tracking_stop") ? stop(tracking) : next(tracking, result, size);
}

/* The map, all of them. */
static bool tracking_changes(const char *message)
{
	(void)message;
	return true;
}

const struct target_type tracking_target = {
	.name = "tracking",
	.version = { 1, 0, 0 },
	.construct = tracking_construct,
	.destroy = tracking_destroy,
	.describe = tracking_describe,
	.message = tracking_message,
	.changes = tracking_changes,
	.read = tracking_read,
	.write = tracking_write,
	.clear = tracking_clear,
	.sync = sync_below,
	.granularity = granularity_below
};
