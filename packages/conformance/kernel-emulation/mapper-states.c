/*
 * What takes its time: suspending, resuming and removing a device. The kernel
 * reads from the disk and writes to it meanwhile, so helpers do it, and the
 * command returns when they have reported.
 */
#define _GNU_SOURCE
#include "freeze.h"
#include "loop.h"
#include "mapper-gate.h"
#include "mapper.h"
#include "state.h"
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

static int open_loop(int loop, int flags)
{
	char path[32];

	snprintf(path, sizeof path, "/dev/loop%d", loop);
	return open_raw(path, flags);
}

/* A device without a file system has what was written to it written out; else the freeze does that. */
static int freeze(const void *argument, int *number)
{
	int error = freeze_task.begin(argument, number), loop;

	if (error || *number != NOT_MOUNTED || (loop = open_loop(*(const int *)argument, O_RDWR)) < 0)
		return error;
	fsync(loop);
	close(loop);
	return 0;
}

static void thaw(int number)
{
	freeze_task.end(number);
}

static const struct task suspend_task = { .name = SERVER_PREFIX "freezer", .begin = freeze, .end = thaw };

/* Whether nobody else has the loop device, also through mounts that no table of mounts shows any more. */
static int probe(const void *argument, int *number)
{
	int loop = open_loop(*(const int *)argument, O_RDONLY | O_EXCL);

	(void)number;
	if (loop < 0)
		return errno;
	close(loop);
	return 0;
}

static void end_probe(int number)
{
	(void)number;
}

static const struct task probe_task = { .name = SERVER_PREFIX "prober", .begin = probe, .end = end_probe };

static int wait_for_helper(struct mapped *device, const struct pending *pending)
{
	device->pending = *pending;
	return REPLIED_LATER;
}

/* Replies to the command that waits. */
static void finish(struct mapped *device, int error, int grown)
{
	struct pending pending = device->pending;

	device->pending.client = -1;
	if (!error)
		report_status(device, pending.data);
	mapped_publish();
	mapper_reply(pending.client, error, grown, pending.data);
	free(pending.data);
}

static int begin_suspend(struct mapped *device, const struct pending *pending)
{
	int error;

	gate_begin_giving_up();
	if (device->loop >= 0 && !(pending->flags & DM_SKIP_LOCKFS_FLAG)) {
		error = helper_start(&device->freezer, &suspend_task, &device->loop);
		if (!error)
			return wait_for_helper(device, pending);
	} else {
		error = gate_suspend(device);
	}
	gate_end_giving_up();
	return error;
}

int mapper_suspend(struct mapped *device, const struct pending *pending)
{
	return device->suspended ? 0 : begin_suspend(device, pending);
}

/*
 * As udev would make it, with the number of the loop device, so that every
 * program can use it. The tool has reserved the name by a node of its own.
 */
static void put_node(const struct mapped *device)
{
	char path[PATH_MAX];
	struct stat status;

	snprintf(path, sizeof path, "/dev/mapper/%s", device->name);
	if (!lstat(path, &status) && (!S_ISBLK(status.st_mode) || unlink(path)))
		return;
	mknod(path, S_IFBLK | 0600, loop_number(device->loop));
}

static int attach(struct mapped *device, const struct pending *pending)
{
	struct loop_source source;
	char path[PATH_MAX];
	int error = mapped_serve(device);

	mapper_path(path, device->minor, "disk");
	source = (struct loop_source){ .disk = path, .read_only = device->live->read_only };
	if (!error)
		error = helper_start(&device->keeper, &loop_task, &source);
	return error ? error : wait_for_helper(device, pending);
}

static int check_resumable(const struct mapped *device)
{
	int error = 0;

	for (uint32_t i = 0; device->live && !error && i < device->live->count; i++)
		if (device->live->targets[i].type->resumable)
			error = device->live->targets[i].type->resumable(&device->live->targets[i]);
	return error;
}

static bool swap_tables(struct mapped *device)
{
	uint64_t sectors = mapped_sectors(device);
	struct table *old = device->live;

	if (!device->inactive)
		return false;
	gate_lock();
	device->live = device->inactive;
	device->inactive = NULL;
	gate_unlock();
	table_destroy(old);
	return old && mapped_sectors(device) != sectors;
}

/* Goes on with a device that is suspended, or was never resumed. */
static int resume_suspended(struct mapped *device, const struct pending *pending)
{
	bool grown = swap_tables(device);
	int error = check_resumable(device);

	if (error)
		return error;
	gate_resume(device);
	if (device->live && device->loop < 0)
		return attach(device, pending);
	if (device->freezer.status < 0)
		return grown ? REPLIED_GROWN : 0;
	device->grown = grown;
	helper_release(&device->freezer);
	return wait_for_helper(device, pending);
}

int mapper_resume(struct mapped *device, const struct pending *pending)
{
	int result;

	if (!device->inactive && !device->suspended)
		return 0;
	if (device->inactive && !device->suspended && (result = begin_suspend(device, pending)))
		return result;
	return resume_suspended(device, pending);
}

/* First it is frozen, and the command goes on; then it is thawed. */
void mapper_freezer(struct mapped *device)
{
	bool frozen = device->freezer.lifeline >= 0;
	struct report report;
	int result = helper_report(&device->freezer, &report) ? 0 : -EIO;

	if (!frozen) {
		if (device->pending.client >= 0)
			finish(device, 0, device->grown ? device->minor : -1);
		return;
	}
	if (!result)
		result = gate_suspend(device);
	gate_end_giving_up();
	if (!result && device->pending.command == DM_DEV_SUSPEND_CMD && !(device->pending.flags & DM_SUSPEND_FLAG))
		result = resume_suspended(device, &device->pending);
	if (result != REPLIED_LATER)
		finish(device, result == REPLIED_GROWN ? 0 : result, result == REPLIED_GROWN ? device->minor : -1);
}

/* A device that nobody uses any more, as far as that is known without opening it. */
int mapper_remove(struct mapped *device, const struct pending *pending)
{
	int error;

	if (mapped_open_count(device))
		return -EBUSY;
	if (device->loop < 0) {
		mapped_destroy(device);
		return 0;
	}
	error = helper_start(&device->prober, &probe_task, &device->loop);
	return error ? error : wait_for_helper(device, pending);
}

void mapper_prober(struct mapped *device)
{
	struct report report;
	bool got = helper_report(&device->prober, &report);

	if (!got || report.error) {
		finish(device, got ? -report.error : -EIO, -1);
		return;
	}
	helper_release(&device->prober);
	close(device->prober.status);
	device->prober.status = -1;
	/* what is still to be written is written when the loop device goes */
	gate_resume(device);
	helper_release(&device->keeper);
}

static void gone(struct mapped *device)
{
	struct pending pending = device->pending;

	mapped_destroy(device);
	mapped_publish();
	if (pending.client < 0)
		return;
	mapper_reply(pending.client, 0, -1, pending.data);
	free(pending.data);
}

void mapper_keeper(struct mapped *device)
{
	bool attached = device->keeper.lifeline >= 0;
	struct report report;
	bool got = helper_report(&device->keeper, &report);

	if (!attached) {
		gone(device);
		return;
	}
	if (device->pending.client < 0)		/* somebody killed the keeper: the loop device goes with its last mount */
		return;
	if (got && !report.error) {
		device->loop = report.number;
		put_node(device);
	}
	finish(device, got ? -report.error : -EIO, -1);
}

void mapper_release(void)
{
	gate_begin_giving_up();
	for (struct mapped *device = mapped_devices; device; device = device->next) {
		gate_resume(device);
		helper_release(&device->freezer);
	}
}

void mapper_detach(void)
{
	struct mapped *device, *next;

	for (device = mapped_devices; device; device = next) {
		next = device->next;
		if (device->keeper.status < 0)
			gone(device);
		else
			helper_release(&device->keeper);
	}
}
