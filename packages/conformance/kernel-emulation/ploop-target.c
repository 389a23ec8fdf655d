/* The target "ploop": what its table may be, and the messages that it takes. */
#define _GNU_SOURCE
#include "image.h"
#include "mapper-gate.h"
#include "mapper.h"
#include "stack.h"
#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define SECTOR 512
#define VERSION_2 2
#define EXPANDED 2	/* the only type of image that the driver has */
#define PAGE 4096
#define MOST_WORDS (MAX_LAYERS + 8)

struct ploop {
	pthread_mutex_t lock;	/* of the stack, between the threads of this device and of those above it */
	struct stack stack;
	uint32_t cluster_log;
	uint64_t offset;	/* sectors of the image before the first one of the device */
	bool no_resume, out_of_space, event;
};

/* Takes words apart, in place; -1 when there are too many. */
static int split(char *text, char **words)
{
	char *rest = NULL;
	int count = 0;

	for (char *word = strtok_r(text, " \t\n", &rest); word; word = strtok_r(NULL, " \t\n", &rest)) {
		if (count == MOST_WORDS)
			return -1;
		words[count++] = word;
	}
	return count;
}

static bool parse_number(const char *word, uint64_t *number)
{
	char *end;

	errno = 0;
	*number = strtoull(word, &end, 10);
	return isdigit(*word) && !*end && !errno;
}

/* How the caller has a descriptor open; -1 when it does not. */
static int open_flags(pid_t caller, uint64_t fd)
{
	char path[64], line[64];
	FILE *info;
	int flags = -1;

	snprintf(path, sizeof path, "/proc/%d/fdinfo/%" PRIu64, caller, fd);
	info = fopen(path, "re");
	while (info && fgets(line, sizeof line, info))
		if (sscanf(line, "flags: %o", (unsigned *)&flags) == 1)
			break;
	if (info)
		fclose(info);
	return flags;
}

/* Opens the caller's file for itself, without its flags, and for writing if that can be: a flip may make it the top. */
static int take_descriptor(pid_t caller, uint64_t fd, struct layer *layer)
{
	int flags = open_flags(caller, fd);
	char path[64];

	if (flags < 0)
		return -ENOENT;
	if ((flags & O_ACCMODE) == O_WRONLY)
		return -EBADF;
	layer->writable = (flags & O_ACCMODE) == O_RDWR;
	snprintf(path, sizeof path, "/proc/%d/fd/%" PRIu64, caller, fd);
	layer->fd = open(path, O_RDWR | O_CLOEXEC);
	if (layer->fd < 0)
		layer->fd = open(path, O_RDONLY | O_CLOEXEC);
	return layer->fd < 0 ? -errno : 0;
}

static int check_top(const struct target *target, const struct ploop *ploop, const struct layer *top,
		     const struct image_header *header)
{
	uint32_t cluster = SECTOR << ploop->cluster_log;
	uint32_t table = (image_entry_offset(header->entries) + cluster - 1) / cluster;

	if (top->raw || header->version != VERSION_2)
		return -ENOTSUPP;
	if (!target->read_only && header->mark != IMAGE_IN_USE)
		return -ENOLCK;
	if (header->cluster != cluster || header->first_block != table << ploop->cluster_log)
		return -EINVAL;
	return header->sectors < target->length + ploop->offset ? -EBADSLT : 0;
}

static int check_lower(const struct ploop *ploop, const struct image_header *header, uint32_t top_entries)
{
	uint32_t cluster = SECTOR << ploop->cluster_log;
	uint32_t table = (image_entry_offset(header->entries) + cluster - 1) / cluster;

	return header->version != VERSION_2 || header->type != EXPANDED || header->cluster != cluster ||
		header->entries > top_entries || header->first_block != table << ploop->cluster_log ? -EPROTO : 0;
}

/* Every entry has to lead into the file, past its table. */
static int check_entries(struct stack *stack, int level, off_t length)
{
	uint32_t slots = length / stack->cluster, slot;
	uint32_t table = (image_entry_offset(stack->layers[level].entries) + stack->cluster - 1) / stack->cluster;
	bool found;
	int error = 0;

	for (uint32_t cluster = 0; !error && cluster < stack->layers[level].entries; cluster++) {
		error = stack_slot(stack, level, cluster, &slot, &found);
		if (!error && found)
			error = slot >= slots ? -EPROTO : slot < table ? -EXDEV : 0;
	}
	return error;
}

static int check_raw(const struct stack *stack, struct layer *layer, off_t length)
{
	if (length % stack->cluster)
		return -EPROTO;
	layer->entries = length / stack->cluster;
	return layer->entries > layer[1].entries ? -EBADSLT : 0;
}

/* A file that is not an image fails as one of version 1 does. */
static int check_header(const struct target *target, struct ploop *ploop, struct layer *layer, bool is_top)
{
	struct image_header header;
	int error = image_header(layer->fd, &header);

	if (error == -EINVAL)
		return is_top ? -ENOTSUPP : -EPROTO;
	if (!error)
		error = is_top ? check_top(target, ploop, layer, &header) :
			check_lower(ploop, &header, ploop->stack.layers[ploop->stack.count - 1].entries);
	layer->entries = header.entries;
	if (is_top)
		ploop->stack.mark = header.mark;
	return error;
}

static int check_layer(const struct target *target, struct ploop *ploop, int level, bool is_top)
{
	struct layer *layer = &ploop->stack.layers[level];
	struct stat status;
	int error;

	if (fstat(layer->fd, &status))
		return -errno;
	if (layer->raw && !is_top)
		return check_raw(&ploop->stack, layer, status.st_size);
	if ((error = check_header(target, ploop, layer, is_top)))
		return error;
	if (!is_top && layer->entries > layer[1].entries)
		return -EBADSLT;
	if (status.st_size % ploop->stack.cluster)
		return -EPROTO;
	if (status.st_size < (image_entry_offset(layer->entries) + PAGE - 1) / PAGE * PAGE)
		return -ENODATA;
	return check_entries(&ploop->stack, level, status.st_size);
}

static int add_layer(struct target *target, struct ploop *ploop, int level, const char *word, pid_t caller)
{
	struct layer *layer = &ploop->stack.layers[level];
	bool is_top = level == ploop->stack.count - 1;
	uint64_t fd;
	int error;

	layer->raw = !strncmp(word, "raw@", 4);
	if (!parse_number(word + (layer->raw ? 4 : 0), &fd) || (layer->raw && level))
		return -EINVAL;
	if ((error = take_descriptor(caller, fd, layer)))
		return error;
	if (is_top && !target->read_only && !layer->writable)
		return -EACCES;
	return check_layer(target, ploop, level, is_top);
}

/* The word is an option; -EINVAL when it is none that is known. */
static int take_option(struct ploop *ploop, const char *word)
{
	if (!strcmp(word, "falloc_new_clu"))
		ploop->stack.preallocate = true;
	else if (!strncmp(word, "off=", 4))
		return parse_number(word + 4, &ploop->offset) ? 0 : -EINVAL;
	else if (strcmp(word, "nokblkcg"))
		return -EINVAL;
	return 0;
}

static int build(struct target *target, struct ploop *ploop, char **words, int count, pid_t caller)
{
	struct stack *stack = &ploop->stack;
	uint64_t log;
	int first = 1, error = 0;

	if (count < 2 || !parse_number(words[0], &log) || log > 20)
		return -EINVAL;
	ploop->cluster_log = log;
	stack->cluster = SECTOR << log;
	while (!error && first < count && isalpha(*words[first]) && strncmp(words[first], "raw@", 4))
		error = take_option(ploop, words[first++]);
	if (error || first == count || count - first > MAX_LAYERS)
		return error ? error : -EINVAL;
	stack->count = count - first;
	for (int level = stack->count - 1; !error && level >= 0; level--)
		error = add_layer(target, ploop, level, words[first + level], caller);
	return error || target->read_only ? error : stack_map(stack);
}

static void ploop_destroy(struct target *target)
{
	struct ploop *ploop = target->state;

	stack_close(&ploop->stack);
	free(ploop);
}

static int ploop_construct(struct target *target, const char *parameters, pid_t caller)
{
	struct ploop *ploop = calloc(1, sizeof *ploop);
	char *words[MOST_WORDS], *copy = strdup(parameters);
	int count, error = -ENOMEM;

	if (!ploop || !copy) {
		free(ploop);
		free(copy);
		return error;
	}
	for (int level = 0; level < MAX_LAYERS; level++)
		ploop->stack.layers[level].fd = -1;
	pthread_mutex_init(&ploop->lock, NULL);
	target->state = ploop;
	count = split(copy, words);
	error = build(target, ploop, words, count, caller);
	free(copy);
	if (error)
		ploop_destroy(target);
	return error;
}

static void ploop_describe(const struct target *target, bool table, char *text, size_t size)
{
	const struct ploop *ploop = target->state;
	char flags[8] = "", offset[32] = "";

	(void)table;
	snprintf(flags, sizeof flags, "%s%s%s", ploop->stack.preallocate ? "f" : "", ploop->no_resume ? "n" : "",
		 ploop->out_of_space ? "s" : "");
	if (ploop->offset)
		snprintf(offset, sizeof offset, " off=%" PRIu64, ploop->offset);
	snprintf(text, size, "%d v2 %u %s%s", ploop->stack.count, ploop->stack.cluster / SECTOR, *flags ? flags : "o",
		 offset);
}

static int ploop_resumable(const struct target *target)
{
	const struct ploop *ploop = target->state;

	return ploop->no_resume ? -EAGAIN : 0;
}

static uint64_t within_image(const struct target *target, uint64_t offset)
{
	return offset + ((const struct ploop *)target->state)->offset * SECTOR;
}

/* A host without space makes the request wait, and the status says so; false when it must fail. */
static bool wait_for_space(struct target *target, struct ploop *ploop)
{
	gate_lock();
	if (!ploop->out_of_space)
		target->device->event++;
	ploop->out_of_space = ploop->event = true;
	gate_unlock();
	return gate_wait_for_space();
}

static int ploop_read(struct target *target, uint64_t offset, void *data, size_t length)
{
	struct ploop *ploop = target->state;
	int error;

	pthread_mutex_lock(&ploop->lock);
	error = stack_read(&ploop->stack, within_image(target, offset), data, length);
	pthread_mutex_unlock(&ploop->lock);
	return error;
}

static int ploop_write(struct target *target, uint64_t offset, const void *data, size_t length)
{
	struct ploop *ploop = target->state;
	int error;

	if (target->read_only)
		return -EROFS;
	do {
		pthread_mutex_lock(&ploop->lock);
		error = stack_write(&ploop->stack, within_image(target, offset), data, length);
		pthread_mutex_unlock(&ploop->lock);
	} while (error == -ENOSPC && wait_for_space(target, ploop));
	return error;
}

static int ploop_clear(struct target *target, uint64_t offset, uint64_t length)
{
	struct ploop *ploop = target->state;
	int error;

	if (target->read_only)
		return -EROFS;
	do {
		pthread_mutex_lock(&ploop->lock);
		error = stack_clear(&ploop->stack, within_image(target, offset), length);
		pthread_mutex_unlock(&ploop->lock);
	} while (error == -ENOSPC && wait_for_space(target, ploop));
	return error;
}

static int ploop_sync(struct target *target)
{
	struct ploop *ploop = target->state;
	int error;

	pthread_mutex_lock(&ploop->lock);
	error = stack_sync(&ploop->stack);
	pthread_mutex_unlock(&ploop->lock);
	return error;
}

static uint32_t ploop_granularity(const struct target *target)
{
	return ((const struct ploop *)target->state)->stack.cluster;
}

static int get_image_name(struct ploop *ploop, uint64_t number, char *result, size_t size)
{
	char link[64];
	uint8_t level = number;
	ssize_t length;

	*result = 0;
	if (level >= ploop->stack.count)
		return REPLIED;
	snprintf(link, sizeof link, "/proc/self/fd/%d", ploop->stack.layers[level].fd);
	length = readlink(link, result, size - 1);
	result[length < 0 ? 0 : length] = 0;
	return REPLIED;
}

static int get_event(struct ploop *ploop, char *result, size_t size)
{
	gate_lock();
	snprintf(result, size, "%s", ploop->event ? "event_ENOSPC" : "");
	ploop->event = ploop->out_of_space = false;
	gate_unlock();
	return REPLIED;
}

static int resize(struct target *target, struct ploop *ploop, uint64_t sectors)
{
	struct image_header header;
	int error = image_header(ploop->stack.layers[ploop->stack.count - 1].fd, &header);

	if (error)
		return error;
	if (sectors == header.sectors)
		return 0;
	if (sectors < header.sectors || sectors % (1u << ploop->cluster_log))
		return -EINVAL;
	return target->read_only ? -EROFS : stack_grow(&ploop->stack, sectors);
}

static int merge(struct target *target, struct ploop *ploop)
{
	if (ploop->stack.count < 2)
		return -ENOENT;
	return target->read_only ? -EROFS : stack_merge(&ploop->stack);
}

static int notify_merged(struct ploop *ploop, uint64_t level, bool forward)
{
	struct stack *stack = &ploop->stack;
	uint64_t top = stack->count - 1;
	int error;

	if (level >= top)
		return -ENOENT;
	if ((!forward && !level) || (forward && level == top - 1) || stack->count < 3)
		return -EINVAL;
	if (forward && stack->layers[level].raw)
		return -ENOTSUPP;
	error = stack_reread(stack, forward ? level + 1 : level - 1);
	if (!error)
		stack_drop(stack, level);
	return error;
}

/* "CLUSTER:SLOT;CLUSTER:SLOT;...": the tables are read at each use, so this has only to be right. */
static int update_index(struct ploop *ploop, uint64_t level, const char *map)
{
	struct stack *stack = &ploop->stack;
	struct stat status;
	unsigned cluster, slot;
	uint32_t old;
	bool found;
	int length;

	if (level + 1 >= (uint64_t)stack->count)
		return -ENOENT;
	if (fstat(stack->layers[level].fd, &status))
		return -errno;
	for (; *map; map += length) {
		length = 0;
		if (sscanf(map, "%u:%u;%n", &cluster, &slot, &length) != 2 || !length)
			return -EINVAL;
		if (stack_slot(stack, level, cluster, &old, &found) || !found || slot >= status.st_size / stack->cluster)
			return -EINVAL;
	}
	return 0;
}

static int flip(struct target *target, struct ploop *ploop)
{
	struct stack *stack = &ploop->stack;

	if (!target->device->suspended || !ploop->no_resume)
		return -EBUSY;
	if (target->read_only)
		return -EROFS;
	if (stack->count < 2)
		return -ENOENT;
	if (stack->layers[stack->count - 2].raw)
		return -EBADSLT;
	return stack->layers[stack->count - 2].writable ? stack_flip(stack) : -EACCES;
}

static int set_flag(bool *flag, const char *word)
{
	if (strcmp(word, "0") && strcmp(word, "1"))
		return -EINVAL;
	if (*flag == (*word == '1'))
		return -EBUSY;
	*flag = !*flag;
	return 0;
}

static int set_preallocation(struct ploop *ploop, const char *word)
{
	int error = set_flag(&ploop->stack.preallocate, word);

	return error == -EBUSY ? 0 : error;
}

static int with_word(struct target *target, struct ploop *ploop, char **words, char *result, size_t size)
{
	const char *name = words[0], *word = words[1];
	uint64_t number = 0;
	bool is_number = parse_number(word, &number);

	if (!strcmp(name, "set_noresume"))
		return set_flag(&ploop->no_resume, word);
	if (!strcmp(name, "set_falloc_new_clu"))
		return set_preallocation(ploop, word);
	if (!is_number)
		return -EINVAL;
	if (!strcmp(name, "get_img_name"))
		return number > UINT32_MAX ? -EINVAL : get_image_name(ploop, number, result, size);
	if (!strcmp(name, "resize"))
		return resize(target, ploop, number);
	return !strcmp(name, "notify_merged_backward") ? notify_merged(ploop, number, false) :
		!strcmp(name, "notify_merged_forward") ? notify_merged(ploop, number, true) : -EINVAL;
}

/* How many words a message has with its name; 0 for one that is not known. */
static int words_of(const char *name)
{
	static const char *const one[] = { "get_event", "merge", "flip_upper_deltas" };
	static const char *const two[] = { "get_img_name", "resize", "set_noresume", "set_falloc_new_clu" };

	for (size_t i = 0; i < sizeof one / sizeof *one; i++)
		if (!strcmp(name, one[i]))
			return 1;
	for (size_t i = 0; i < sizeof two / sizeof *two; i++)
		if (!strcmp(name, two[i]))
			return 2;
	return !strncmp(name, "notify_merged_", 14) ? 2 : !strcmp(name, "update_delta_index") ? 3 : 0;
}

static int ploop_message(struct target *target, int count, char **words, char *result, size_t size)
{
	struct ploop *ploop = target->state;
	uint64_t level;

	if (!words_of(words[0]))
		return -ENOTSUPP;
	if (count != words_of(words[0]))
		return -EINVAL;
	if (count == 3)
		return parse_number(words[1], &level) ? update_index(ploop, level, words[2]) : -EINVAL;
	if (count == 2)
		return with_word(target, ploop, words, result, size);
	return !strcmp(words[0], "merge") ? merge(target, ploop) :
		!strcmp(words[0], "get_event") ? get_event(ploop, result, size) : flip(target, ploop);
}

static bool ploop_changes(const char *message)
{
	return strcmp(message, "get_img_name") && strcmp(message, "get_event");
}

const struct target_type ploop_target = {
	.name = "ploop",
	.version = { 1, 0, 0 },
	.construct = ploop_construct,
	.destroy = ploop_destroy,
	.describe = ploop_describe,
	.message = ploop_message,
	.changes = ploop_changes,
	.resumable = ploop_resumable,
	.read = ploop_read,
	.write = ploop_write,
	.clear = ploop_clear,
	.sync = ploop_sync,
	.granularity = ploop_granularity
};
