#define _GNU_SOURCE
#include "mapper.h"
#include <errno.h>
#include <stdlib.h>
#include <string.h>

static const struct target_type *const types[] = { &ploop_target, &linear_target, &tracking_target, &error_target };

const struct target_type *target_type_at(int index)
{
	return index < (int)(sizeof types / sizeof types[0]) ? types[index] : NULL;
}

static const struct target_type *type_named(const char *name)
{
	const struct target_type *type;

	for (int i = 0; (type = target_type_at(i)); i++)
		if (!strcmp(type->name, name))
			return type;
	return NULL;
}

void table_destroy(struct table *table)
{
	while (table && table->count) {
		struct target *target = &table->targets[--table->count];

		if (target->type->destroy)
			target->type->destroy(target);
	}
	free(table);
}

/* The targets follow each other without a hole. */
static int add_target(struct mapped *device, struct table *table, const struct dm_target_spec *spec,
		      const char *parameters, pid_t caller)
{
	struct target *target = &table->targets[table->count];
	char name[DM_MAX_TYPE_NAME + 1] = "";
	uint64_t expected = table->count ? target[-1].start + target[-1].length : 0;
	int error;

	memcpy(name, spec->target_type, DM_MAX_TYPE_NAME);
	*target = (struct target){
		.type = type_named(name),
		.start = spec->sector_start,
		.length = spec->length,
		.read_only = table->read_only,
		.device = device
	};
	if (!target->type || !target->length || target->start != expected)
		return -EINVAL;
	error = target->type->construct(target, parameters, caller);
	if (!error)
		table->count++;
	return error;
}

int table_load(struct mapped *device, const struct dm_ioctl *command, size_t size, pid_t caller, struct table **table)
{
	size_t position = command->data_start;
	int error = 0;

	if (!command->target_count || command->target_count > size / sizeof(struct dm_target_spec))
		return -EINVAL;
	*table = calloc(1, sizeof **table + command->target_count * sizeof(struct target));
	if (!*table)
		return -ENOMEM;
	(*table)->read_only = command->flags & DM_READONLY_FLAG;
	for (uint32_t i = 0; !error && i < command->target_count; i++) {
		const struct dm_target_spec *spec = (const void *)((const char *)command + position);
		const char *parameters = (const char *)(spec + 1);

		if (position > size || size - position < sizeof *spec || !memchr(parameters, 0, size - position - sizeof *spec))
			error = -EINVAL;
		else
			error = add_target(device, *table, spec, parameters, caller);
		position += error ? 0 : spec->next;
	}
	if (error) {
		table_destroy(*table);
		*table = NULL;
	}
	return error;
}
