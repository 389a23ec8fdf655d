#define _GNU_SOURCE
#include "stack.h"
#include "image.h"
#include <errno.h>
#include <fcntl.h>
#include <linux/falloc.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* The driver makes files larger by multiples of this. */
#define GROWTH (128ull << 20)
#define PAGE 4096

static struct layer *top_of(struct stack *stack)
{
	return &stack->layers[stack->count - 1];
}

/* What image.c has to know of an image whose table is that of this layer. */
static struct image_header as_header(const struct stack *stack, const struct layer *layer)
{
	return (struct image_header){ .version = 2, .cluster = stack->cluster, .clusters = layer->entries };
}

static off_t length_of(const struct layer *layer)
{
	struct stat status;

	return fstat(layer->fd, &status) ? -errno : status.st_size;
}

int stack_slot(struct stack *stack, int level, uint32_t cluster, uint32_t *slot, bool *found)
{
	const struct layer *layer = &stack->layers[level];
	struct image_header header = as_header(stack, layer);
	int error = 0;

	*found = false;
	if (cluster >= layer->entries)
		return 0;
	if (layer->raw) {
		*slot = cluster;
		*found = true;
		return 0;
	}
	error = image_slot(layer->fd, &header, cluster, slot);
	*found = !error && *slot;
	return error;
}

/* The uppermost delta, at or below `level`, that has the cluster; -1 when none has. */
static int lookup(struct stack *stack, int level, uint32_t cluster, uint32_t *slot, int *error)
{
	bool found = false;

	*error = 0;
	for (; level >= 0; level--)
		if ((*error = stack_slot(stack, level, cluster, slot, &found)) || found)
			break;
	return *error ? -1 : level;
}

/* The driver writes whole pages, and the header is in the first one: after a flip it is that of the former top. */
static int set_slot(struct stack *stack, uint32_t cluster, uint32_t slot)
{
	struct image_header header = as_header(stack, top_of(stack));
	int error = image_set_slot(top_of(stack)->fd, &header, cluster, slot);

	if (!error && image_entry_offset(cluster) < PAGE)
		error = image_write_mark(top_of(stack)->fd, stack->mark);
	return error;
}

int stack_map(struct stack *stack)
{
	const struct layer *top = top_of(stack);
	off_t length = length_of(top);
	struct image_header header;
	uint32_t slot;
	bool found;
	int error;

	free(stack->used);
	stack->used = NULL;
	if (length < 0 || (error = image_header(top->fd, &header)))
		return length < 0 ? length : error;
	stack->slots = length / stack->cluster;
	if (!(stack->used = calloc(1, stack->slots + 1)))
		return -ENOMEM;
	for (slot = 0; slot < header.table_slots && slot < stack->slots; slot++)
		stack->used[slot] = 1;
	for (uint32_t cluster = 0; cluster < top->entries; cluster++) {
		if ((error = stack_slot(stack, stack->count - 1, cluster, &slot, &found)))
			return error;
		if (found && slot < stack->slots)
			stack->used[slot] = 1;
	}
	return 0;
}

void stack_close(struct stack *stack)
{
	while (stack->count)
		close(stack->layers[--stack->count].fd);
	free(stack->used);
	stack->used = NULL;
}

int stack_reread(struct stack *stack, int level)
{
	struct layer *layer = &stack->layers[level];
	off_t length = length_of(layer);
	struct image_header header;
	int error;

	if (length < 0)
		return length;
	if (length % stack->cluster)
		return -EPROTO;
	if (layer->raw) {
		layer->entries = length / stack->cluster;
		return 0;
	}
	if ((error = image_header(layer->fd, &header)))
		return error;
	if (level + 1 < stack->count && header.entries > stack->layers[level + 1].entries)
		return -EFBIG;
	layer->entries = header.entries;
	return 0;
}

/* Makes the top file so long that it has the slot. */
static int lengthen(struct stack *stack, uint32_t slot)
{
	const struct layer *top = top_of(stack);
	off_t from = (off_t)stack->slots * stack->cluster;
	off_t to = ((slot + 1ull) * stack->cluster + GROWTH - 1) / GROWTH * GROWTH;
	uint8_t *used = realloc(stack->used, to / stack->cluster);

	if (!used)
		return -ENOMEM;
	stack->used = used;
	if (stack->preallocate ? fallocate(top->fd, 0, from, to - from) : ftruncate(top->fd, to))
		return -errno;
	memset(used + stack->slots, 0, to / stack->cluster - stack->slots);
	stack->slots = to / stack->cluster;
	return 0;
}

/* Whatever an interrupted write left in a slot is not to be seen. */
static int wipe(const struct stack *stack, int fd, uint32_t slot)
{
	off_t start = (off_t)slot * stack->cluster, data = lseek(fd, start, SEEK_DATA);
	int mode = FALLOC_FL_KEEP_SIZE | (stack->preallocate ? FALLOC_FL_ZERO_RANGE : FALLOC_FL_PUNCH_HOLE);

	if (data < 0 || data >= start + stack->cluster)
		return 0;
	return fallocate(fd, mode, start, stack->cluster) ? -errno : 0;
}

/* The lowest slot of the top file that nobody has, at or past `first`. */
static int take_slot(struct stack *stack, uint32_t first, uint32_t *slot)
{
	uint8_t *hole = first < stack->slots ? memchr(stack->used + first, 0, stack->slots - first) : NULL;
	int error = 0;

	*slot = hole ? (uint32_t)(hole - stack->used) : first > stack->slots ? first : stack->slots;
	if (!hole)
		error = lengthen(stack, *slot);
	if (!error)
		error = wipe(stack, top_of(stack)->fd, *slot);
	if (!error)
		stack->used[*slot] = 1;
	return error;
}

static int write_fully(int fd, const void *data, size_t length, off_t offset)
{
	ssize_t put = pwrite(fd, data, length, offset);

	return put < 0 ? -errno : (size_t)put == length ? 0 : -ENOSPC;
}

/* Gives a cluster a slot of the top file, and part of its data there. The entry comes last. */
static int put_new(struct stack *stack, uint32_t cluster, size_t within, const void *data, size_t length)
{
	uint32_t slot;
	int error = take_slot(stack, 0, &slot);

	if (error)
		return error;
	if (length)
		error = write_fully(top_of(stack)->fd, data, length, (off_t)slot * stack->cluster + within);
	if (!error)
		error = set_slot(stack, cluster, slot);
	if (error)
		stack->used[slot] = 0;
	return error;
}

/* The whole cluster as a delta below the top has it. */
static int read_cluster(struct stack *stack, int level, uint32_t slot, char *buffer)
{
	struct image_header header = as_header(stack, &stack->layers[level]);

	return image_read(stack->layers[level].fd, &header, slot, 0, buffer, stack->cluster);
}

static int copy_up(struct stack *stack, int level, uint32_t slot, uint32_t cluster, size_t within, const void *data,
		   size_t length)
{
	char *buffer = malloc(stack->cluster);
	int error = buffer ? read_cluster(stack, level, slot, buffer) : -ENOMEM;

	if (!error) {
		memcpy(buffer + within, data, length);
		error = put_new(stack, cluster, 0, buffer, stack->cluster);
	}
	free(buffer);
	return error;
}

static bool is_zero(const char *data, size_t length)
{
	return !*data && !memcmp(data, data + 1, length - 1);
}

static int write_cluster(struct stack *stack, uint32_t cluster, size_t within, const void *data, size_t length)
{
	uint32_t slot;
	int error, level = lookup(stack, stack->count - 1, cluster, &slot, &error);

	if (error)
		return error;
	if (level < 0)
		return is_zero(data, length) ? 0 : put_new(stack, cluster, within, data, length);
	if (level < stack->count - 1)
		return copy_up(stack, level, slot, cluster, within, data, length);
	return write_fully(top_of(stack)->fd, data, length, (off_t)slot * stack->cluster + within);
}

int stack_read(struct stack *stack, uint64_t offset, void *data, size_t length)
{
	int error = 0;

	while (length && !error) {
		size_t within = offset % stack->cluster;
		size_t part = stack->cluster - within < length ? stack->cluster - within : length;
		uint32_t slot;
		int level = lookup(stack, stack->count - 1, offset / stack->cluster, &slot, &error);

		if (level >= 0) {
			struct image_header header = as_header(stack, &stack->layers[level]);

			error = image_read(stack->layers[level].fd, &header, slot, within, data, part);
		} else if (!error) {
			memset(data, 0, part);
		}
		offset += part;
		data = (char *)data + part;
		length -= part;
	}
	return error;
}

int stack_write(struct stack *stack, uint64_t offset, const void *data, size_t length)
{
	int error = 0;

	while (length && !error) {
		size_t within = offset % stack->cluster;
		size_t part = stack->cluster - within < length ? stack->cluster - within : length;

		error = write_cluster(stack, offset / stack->cluster, within, data, part);
		offset += part;
		data = (const char *)data + part;
		length -= part;
	}
	return error;
}

/* A whole cluster that the top has. Without another delta its entry goes as well; else it hides what lies below. */
static int discard_cluster(struct stack *stack, uint32_t cluster, uint32_t slot)
{
	const struct layer *top = top_of(stack);
	int error;

	if (stack->count == 1) {
		if ((error = set_slot(stack, cluster, 0)))
			return error;
		stack->used[slot] = 0;
	}
	return fallocate(top->fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, (off_t)slot * stack->cluster,
			 stack->cluster) ? -errno : 0;
}

static int clear_cluster(struct stack *stack, uint32_t cluster, size_t within, size_t length)
{
	uint32_t slot;
	int error, level = lookup(stack, stack->count - 1, cluster, &slot, &error);
	char *zeros;

	if (error || level < 0)
		return error;
	if (length == stack->cluster && level == stack->count - 1)
		return discard_cluster(stack, cluster, slot);
	/* only zeros will do, because a discard looks like a write of zeros; a whole cluster has them as a hole */
	if (length == stack->cluster)
		return put_new(stack, cluster, 0, NULL, 0);
	if (!(zeros = calloc(1, length)))
		return -ENOMEM;
	error = write_cluster(stack, cluster, within, zeros, length);
	free(zeros);
	return error;
}

int stack_clear(struct stack *stack, uint64_t offset, uint64_t length)
{
	int error = 0;

	while (length && !error) {
		size_t within = offset % stack->cluster;
		size_t part = stack->cluster - within < length ? stack->cluster - within : length;

		error = clear_cluster(stack, offset / stack->cluster, within, part);
		offset += part;
		length -= part;
	}
	return error;
}

int stack_sync(struct stack *stack)
{
	return fsync(top_of(stack)->fd) ? -errno : 0;
}

/* Moves the data of a cluster out of the way of a longer table. */
static int move(struct stack *stack, uint32_t cluster, uint32_t slot, uint32_t first, char *buffer)
{
	uint32_t other;
	int error = take_slot(stack, first, &other);

	if (!error)
		error = read_cluster(stack, stack->count - 1, slot, buffer);
	if (!error)
		error = write_fully(top_of(stack)->fd, buffer, stack->cluster, (off_t)other * stack->cluster);
	return error ? error : set_slot(stack, cluster, other);
}

/* Empties the slots that a longer table is going to take. */
static int make_room(struct stack *stack, uint32_t from, uint32_t to)
{
	char *buffer = malloc(stack->cluster);
	int error = buffer ? 0 : -ENOMEM;
	uint32_t slot;
	bool found;

	for (uint32_t cluster = 0; !error && cluster < top_of(stack)->entries; cluster++)
		if (!(error = stack_slot(stack, stack->count - 1, cluster, &slot, &found)) && found && slot < to)
			error = move(stack, cluster, slot, to, buffer);
	if (!error && to > stack->slots)
		error = lengthen(stack, to - 1);
	if (!error && fsync(top_of(stack)->fd))
		error = -errno;
	if (buffer)
		memset(buffer, 0, stack->cluster);
	for (slot = from; !error && slot < to; slot++) {
		error = write_fully(top_of(stack)->fd, buffer, stack->cluster, (off_t)slot * stack->cluster);
		stack->used[slot] = 1;
	}
	free(buffer);
	return error;
}

int stack_grow(struct stack *stack, uint64_t sectors)
{
	struct layer *top = top_of(stack);
	uint32_t entries = sectors * 512 / stack->cluster;
	uint32_t table = (image_entry_offset(entries) + stack->cluster - 1) / stack->cluster;
	struct image_header header;
	int error = image_header(top->fd, &header);

	if (!error && table > header.table_slots)
		error = make_room(stack, header.table_slots, table);
	if (!error)
		error = image_resize(top->fd, sectors);
	if (!error && fsync(top->fd))
		error = -errno;
	if (!error)
		top->entries = entries;
	return error;
}

int stack_merge(struct stack *stack)
{
	char *buffer = malloc(stack->cluster);
	int error = buffer ? 0 : -ENOMEM;

	for (uint32_t cluster = 0; !error && cluster < top_of(stack)->entries; cluster++) {
		uint32_t slot;
		int level = lookup(stack, stack->count - 1, cluster, &slot, &error);

		if (error || level < 0 || level == stack->count - 1)
			continue;
		if (!(error = read_cluster(stack, level, slot, buffer)))
			error = put_new(stack, cluster, 0, buffer, stack->cluster);
	}
	free(buffer);
	if (!error && fsync(top_of(stack)->fd))
		error = -errno;
	if (!error)
		stack_drop(stack, stack->count - 2);
	return error;
}

static int common_cluster(struct stack *stack)
{
	uint32_t slot;
	bool upper, lower;
	int error = 0;

	for (uint32_t cluster = 0; !error && cluster < top_of(stack)->entries; cluster++) {
		if (!(error = stack_slot(stack, stack->count - 1, cluster, &slot, &upper)) &&
		    !(error = stack_slot(stack, stack->count - 2, cluster, &slot, &lower)) && upper && lower)
			return -EEXIST;
	}
	return error;
}

int stack_flip(struct stack *stack)
{
	struct layer *top = top_of(stack), upper = *top;
	int error = common_cluster(stack);

	if (error)
		return error;
	*top = top[-1];
	top[-1] = upper;
	return stack_map(stack);
}

void stack_drop(struct stack *stack, int level)
{
	close(stack->layers[level].fd);
	stack->count--;
	memmove(&stack->layers[level], &stack->layers[level + 1], (stack->count - level) * sizeof stack->layers[0]);
}
