#define _GNU_SOURCE
#include "mapper-gate.h"
#include "mapper.h"
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/sysmacros.h>

#define MOST_WORDS 64
/* The longest answer to a message. */
#define RESULT_SIZE 8192
#define MOST_MINORS (1 << 20)

/* By one of uuid, name and number; two of them name nothing. */
static struct mapped *find(const struct dm_ioctl *data)
{
	if (*data->uuid)
		return *data->name || data->dev ? NULL : mapped_with_uuid(data->uuid);
	if (*data->name)
		return data->dev ? NULL : mapped_named(data->name);
	return data->dev && major(data->dev) == MAPPER_MAJOR ? mapped_minor(minor(data->dev)) : NULL;
}

static int create(struct dm_ioctl *data)
{
	int number = data->flags & DM_PERSISTENT_DEV_FLAG ? (int)minor(data->dev) : -1;
	struct mapped *device;

	if (!*data->name || strchr(data->name, '/') || number >= MOST_MINORS)
		return -EINVAL;
	if (mapped_named(data->name) || (*data->uuid && mapped_with_uuid(data->uuid)) || (number >= 0 && mapped_minor(number)))
		return -EBUSY;
	if (!(device = mapped_create(data->name, data->uuid, number)))
		return -ENOMEM;
	report_status(device, data);
	return 0;
}

/* The text after the header, which is at most so long, and ends. */
static char *text_in(struct dm_ioctl *data, size_t size, size_t skip)
{
	size_t start = data->data_start + skip;

	if (data->data_start > size || start >= size || !memchr((char *)data + start, 0, size - start))
		return NULL;
	return (char *)data + start;
}

static int set_uuid(struct mapped *device, const char *uuid)
{
	if (strlen(uuid) >= DM_UUID_LEN || *device->uuid)
		return -EINVAL;
	if (mapped_with_uuid(uuid))
		return -EBUSY;
	strcpy(device->uuid, uuid);
	return 0;
}

static int rename_device(struct mapped *device, struct dm_ioctl *data, size_t size)
{
	const char *text = text_in(data, size, 0);
	int error;

	if (!text || !*text)
		return -EINVAL;
	if (data->flags & DM_UUID_FLAG)
		error = set_uuid(device, text);
	else
		error = strchr(text, '/') || strlen(text) >= DM_NAME_LEN ? -EINVAL : mapped_rename(device, text);
	if (!error)
		report_status(device, data);
	return error;
}

static int load(struct mapped *device, struct dm_ioctl *data, size_t size, pid_t caller)
{
	struct table *table = NULL;
	int error = table_load(device, data, size, caller, &table);

	if (error)
		return error;
	table_destroy(device->inactive);
	device->inactive = table;
	report_status(device, data);
	return 0;
}

static int clear(struct mapped *device, struct dm_ioctl *data)
{
	table_destroy(device->inactive);
	device->inactive = NULL;
	report_status(device, data);
	return 0;
}

/* Takes a message apart, in place; -1 when it has too many words. */
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

static int message(struct mapped *device, struct dm_ioctl *data, size_t size)
{
	char *text = text_in(data, size, sizeof(struct dm_target_msg)), *words[MOST_WORDS], result[RESULT_SIZE] = "";
	uint64_t sector;
	struct target *target;
	int count, answer;

	if (!text)
		return -EINVAL;
	memcpy(&sector, (char *)data + data->data_start, sizeof sector);
	count = split(text, words);
	target = mapped_target(device, sector);
	if (count < 1 || *words[0] == '@' || !target || !target->type->message)
		return -EINVAL;
	if (target->type->changes(words[0]) && device->pending.client >= 0)
		return -EBUSY;
	if (target->type->changes(words[0]) && (answer = gate_pause(device)))
		return answer;
	answer = target->type->message(target, count, words, result, sizeof result);
	if (target->type->changes(words[0]))
		gate_unpause(device);
	if (answer < 0)
		return answer;
	report_status(device, data);
	if (answer == REPLIED)
		report_text(result, data, size);
	return 0;
}

/* What changes a device has to wait for what does already; the tools never do two things at once. */
static int change(struct mapped *device, const struct pending *pending, pid_t caller)
{
	struct dm_ioctl *data = pending->data;
	int result;

	if (pending->command == DM_TARGET_MSG_CMD)	/* one that only asks waits for nothing */
		return message(device, data, pending->size);
	if (device->pending.client >= 0)
		return -EBUSY;
	switch (pending->command) {
	case DM_DEV_RENAME_CMD:
		return rename_device(device, data, pending->size);
	case DM_TABLE_LOAD_CMD:
		return load(device, data, pending->size, caller);
	case DM_TABLE_CLEAR_CMD:
		return clear(device, data);
	case DM_DEV_REMOVE_CMD:
		return mapper_remove(device, pending);
	}
	result = data->flags & DM_SUSPEND_FLAG ? mapper_suspend(device, pending) : mapper_resume(device, pending);
	if (!result || result == REPLIED_GROWN)
		report_status(device, data);
	return result;
}

static int query(const struct mapped *device, uint32_t command, struct dm_ioctl *data, size_t size)
{
	report_status(device, data);
	if (command == DM_TABLE_DEPS_CMD)
		report_dependencies(device, data, size);
	else if (command == DM_TABLE_STATUS_CMD)
		report_tables(device, data, size);
	return 0;
}

static int with_device(const struct pending *pending, pid_t caller)
{
	struct mapped *device = find(pending->data);

	if (!device)
		return -ENXIO;
	switch (pending->command) {
	case DM_DEV_STATUS_CMD:
	case DM_TABLE_DEPS_CMD:
	case DM_TABLE_STATUS_CMD:
		return query(device, pending->command, pending->data, pending->size);
	case DM_DEV_RENAME_CMD:
	case DM_DEV_REMOVE_CMD:
	case DM_DEV_SUSPEND_CMD:
	case DM_TABLE_LOAD_CMD:
	case DM_TABLE_CLEAR_CMD:
	case DM_TARGET_MSG_CMD:
		return change(device, pending, caller);
	}
	return -ENOTTY;
}

int mapper_command(uint32_t command, struct dm_ioctl *data, size_t size, pid_t caller, int client)
{
	struct pending pending = { client, command, data->flags, data, size };

	data->version[0] = DM_VERSION_MAJOR;
	data->version[1] = 45;
	data->version[2] = 0;
	data->data_size = sizeof *data;
	data->name[sizeof data->name - 1] = data->uuid[sizeof data->uuid - 1] = 0;
	data->flags &= ~(DM_BUFFER_FULL_FLAG | DM_UEVENT_GENERATED_FLAG | DM_SECURE_DATA_FLAG | DM_DATA_OUT_FLAG);
	switch (command) {
	case DM_VERSION_CMD:
		return 0;
	case DM_LIST_DEVICES_CMD:
		report_names(data, size);
		return 0;
	case DM_LIST_VERSIONS_CMD:
		report_types(data, size);
		return 0;
	case DM_DEV_CREATE_CMD:
		return create(data);
	}
	return with_device(&pending, caller);
}
