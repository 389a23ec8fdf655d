#define _GNU_SOURCE
#include "mapper.h"
#include <stdio.h>
#include <string.h>
#include <sys/sysmacros.h>

/* The longest text of a target: a table of a driver has none longer. */
#define TEXT_SIZE 1024

/* Everything in a reply begins at a multiple of this. */
#define ALIGNED(length) (((length) + 7) & ~(size_t)7)

/* Where a reply is written: full when it did not fit, and the caller asks again with more room. */
struct output {
	struct dm_ioctl *data;
	size_t size;
};

static struct output output_of(struct dm_ioctl *data, size_t size)
{
	data->data_start = ALIGNED(sizeof *data);
	data->data_size = data->data_start;
	return (struct output){ data, size };
}

/* Room for so many bytes; NULL when it is full. */
static void *take(struct output *output, size_t length)
{
	void *place = (char *)output->data + output->data->data_size;

	if (output->data->flags & DM_BUFFER_FULL_FLAG)
		return NULL;
	if (output->data->data_size + ALIGNED(length) > output->size) {
		output->data->flags |= DM_BUFFER_FULL_FLAG;
		return NULL;
	}
	memset(place, 0, ALIGNED(length));
	output->data->data_size += ALIGNED(length);
	return place;
}

static uint32_t offset_in(const struct output *output)
{
	return output->data->data_size - output->data->data_start;
}

void report_status(const struct mapped *device, struct dm_ioctl *data)
{
	const struct table *asked = data->flags & DM_QUERY_INACTIVE_TABLE_FLAG ? device->inactive : device->live;

	data->flags &= ~(DM_SUSPEND_FLAG | DM_READONLY_FLAG | DM_ACTIVE_PRESENT_FLAG | DM_INACTIVE_PRESENT_FLAG |
			 DM_UEVENT_GENERATED_FLAG);
	data->flags |= (device->suspended ? DM_SUSPEND_FLAG : 0) | (asked && asked->read_only ? DM_READONLY_FLAG : 0) |
		(device->live ? DM_ACTIVE_PRESENT_FLAG : 0) | (device->inactive ? DM_INACTIVE_PRESENT_FLAG : 0);
	data->dev = makedev(MAPPER_MAJOR, device->minor);
	data->open_count = mapped_open_count(device);
	data->event_nr = device->event;
	data->target_count = asked ? asked->count : 0;
	memcpy(data->name, device->name, sizeof data->name);
	memcpy(data->uuid, device->uuid, sizeof data->uuid);
}

void report_tables(const struct mapped *device, struct dm_ioctl *data, size_t size)
{
	const struct table *table = data->flags & DM_QUERY_INACTIVE_TABLE_FLAG ? device->inactive : device->live;
	bool as_table = data->flags & DM_STATUS_TABLE_FLAG;
	struct output output = output_of(data, size);

	for (uint32_t i = 0; table && i < table->count; i++) {
		const struct target *target = &table->targets[i];
		struct dm_target_spec *spec;
		char text[TEXT_SIZE];

		target->type->describe(target, as_table, text, sizeof text);
		if (!(spec = take(&output, sizeof *spec + strlen(text) + 1)))
			return;
		spec->sector_start = target->start;
		spec->length = target->length;
		spec->next = offset_in(&output);
		strncpy(spec->target_type, target->type->name, sizeof spec->target_type - 1);
		strcpy((char *)(spec + 1), text);
	}
}

void report_dependencies(const struct mapped *device, struct dm_ioctl *data, size_t size)
{
	const struct table *table = data->flags & DM_QUERY_INACTIVE_TABLE_FLAG ? device->inactive : device->live;
	struct output output = output_of(data, size);
	uint32_t count = table ? table->count : 0;
	struct dm_target_deps *deps = take(&output, sizeof *deps + count * sizeof deps->dev[0]);

	for (uint32_t i = 0; deps && i < count; i++)
		if (table->targets[i].below)
			deps->dev[deps->count++] = makedev(MAPPER_MAJOR, table->targets[i].below->minor);
}

/* After the name come the number of its event and flags; a uuid only where it is asked for. */
static struct dm_name_list *add_name(struct output *output, const struct mapped *device)
{
	size_t length = ALIGNED(offsetof(struct dm_name_list, name) + strlen(device->name) + 1);
	bool with_uuid = output->data->flags & DM_UUID_FLAG;
	struct dm_name_list *entry = take(output, length + 8 + (with_uuid && *device->uuid ? strlen(device->uuid) + 1 : 0));
	uint32_t *after = (void *)((char *)entry + length);

	if (!entry)
		return NULL;
	entry->dev = makedev(MAPPER_MAJOR, device->minor);
	strcpy(entry->name, device->name);
	after[0] = device->event;
	if (with_uuid && *device->uuid)
		strcpy((char *)(after + 2), device->uuid);
	if (with_uuid)
		after[1] = *device->uuid ? DM_NAME_LIST_FLAG_HAS_UUID : DM_NAME_LIST_FLAG_DOESNT_HAVE_UUID;
	return entry;
}

void report_names(struct dm_ioctl *data, size_t size)
{
	struct output output = output_of(data, size);
	struct dm_name_list *last = NULL;

	/* without a device there is one entry, which has none */
	if (!mapped_devices)
		take(&output, sizeof *last);
	for (const struct mapped *device = mapped_devices; device; device = device->next) {
		struct dm_name_list *entry = add_name(&output, device);

		if (!entry)
			return;
		if (last)
			last->next = (char *)entry - (char *)last;
		last = entry;
	}
}

void report_types(struct dm_ioctl *data, size_t size)
{
	struct output output = output_of(data, size);
	struct dm_target_versions *last = NULL;
	const struct target_type *type;

	for (int i = 0; (type = target_type_at(i)); i++) {
		struct dm_target_versions *entry = take(&output, sizeof *entry + strlen(type->name) + 1);

		if (!entry)
			return;
		memcpy(entry->version, type->version, sizeof entry->version);
		strcpy(entry->name, type->name);
		if (last)
			last->next = (char *)entry - (char *)last;
		last = entry;
	}
}

void report_text(const char *text, struct dm_ioctl *data, size_t size)
{
	struct output output = output_of(data, size);
	char *place = take(&output, strlen(text) + 1);

	data->flags |= DM_DATA_OUT_FLAG;
	if (place)
		strcpy(place, text);
}
