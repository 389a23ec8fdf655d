#define _GNU_SOURCE
#include "device.h"
#include "freeze.h"
#include "loop.h"
#include "state.h"
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <ploop/ploop_if.h>

/* An answer that comes later, when a helper has reported or something is discarded. */
#define LATER 1000000

static void reply_to(int client, const struct reply *reply)
{
	if (client < 0)
		return;
	/* the tool may have been killed meanwhile */
	if (send(client, reply, sizeof *reply, MSG_NOSIGNAL) < 0)
		errno = 0;
	close(client);
}

static void reply_result(int client, int result)
{
	static struct reply reply;

	reply = (struct reply){ .result = result };
	reply_to(client, &reply);
}

static bool busy(const struct device *device)
{
	return device->maintenance != PLOOP_MNTN_OFF;
}

/* Whether it runs or is about to: the driver takes one request after the other. */
static bool attached(const struct device *device)
{
	return device->running || device->client >= 0;
}

static bool writable(struct device *device)
{
	return device->chain.count && !chain_top(&device->chain)->read_only;
}

static int wait_for_helper(struct device *device, int client, uint32_t command)
{
	device->client = client;
	device->client_command = command;
	return LATER;
}

static int start(struct device *device, int client)
{
	struct loop_source source;
	char path[PATH_MAX];
	int error;

	if (!device->chain.count)
		return -ENOENT;
	if (device->running || device->client >= 0)
		return -EBUSY;
	device_path(path, device->number, "disk");
	source = (struct loop_source){ .disk = path, .read_only = !writable(device), .partitions = true };
	if ((error = writable(device) ? chain_mark(&device->chain, true) : 0) ||
	    (error = helper_start(&device->keeper, &loop_task, &source)))
		return error;
	return wait_for_helper(device, client, START);
}

static int stopped(struct device *device)
{
	int error = writable(device) ? chain_mark(&device->chain, false) : 0;

	device->running = false;
	device->loop = -1;
	publish_loop(device);
	return error;
}

static int stop(struct device *device, int client)
{
	if (!device->running)
		return -EINVAL;
	if (busy(device) || device->client >= 0)
		return -EBUSY;
	helper_release(&device->keeper);
	return device->keeper.status < 0 ? stopped(device) : wait_for_helper(device, client, STOP);
}

/* Takes the device away, with all that the tool could see of it. */
static int clear(struct device *device)
{
	char path[PATH_MAX];

	if (attached(device))
		return -EBUSY;
	chain_clear(&device->chain);
	changes_keep(&device->changes, device->number);
	/* first ends the connection, so that the unmount waits for nobody */
	fuse_close(&device->disk);
	device_path(path, device->number, "disk");
	umount2(path, MNT_DETACH);
	unpublish(device);
	device->ended = true;
	return 0;
}

static int quit(struct device *device, int client)
{
	if (device->client >= 0)
		return -EBUSY;
	device->discarding = false;
	disk_release_held(device);
	helper_release(&device->keeper);
	if (device->keeper.status >= 0)
		return wait_for_helper(device, client, QUIT);
	if (device->running)
		stopped(device);
	return clear(device);
}

void command_keeper(struct device *device)
{
	struct report report;
	bool got = helper_report(&device->keeper, &report);
	int client = device->client, error = got ? -report.error : -EIO;

	if (client < 0 || device->client_command == SNAPSHOT)	/* somebody killed the keeper: the loop device goes with its last mount */
		return;
	device->client = -1;
	if (device->client_command != START) {
		error = stopped(device);
		if (device->client_command == QUIT)
			error = clear(device);
	} else if (!error) {
		device->running = true;
		device->loop = report.number;
		publish_loop(device);
	} else if (writable(device)) {
		chain_mark(&device->chain, false);
	}
	if (!device->ended)
		publish(device);
	reply_result(client, error);
}

static int add_delta(struct device *device, const struct request *request)
{
	int error = attached(device) ? -EBUSY :
		chain_add(&device->chain, request->path, request->raw, request->read_only, request->cluster_log);

	if (!error && *request->cookie)
		memcpy(device->cookie, request->cookie, sizeof device->cookie - 1);
	return error;
}

static int delete_delta(struct device *device, int level)
{
	int top = device->chain.count - 1;

	if (level < 0 || level > top)
		return -ENOENT;
	if (busy(device) || (attached(device) && (level == 0 || level == top)))
		return -EBUSY;
	chain_delete(&device->chain, level);
	return 0;
}

static int replace_delta(struct device *device, int level, const char *path)
{
	if (level < 0 || level >= device->chain.count)
		return -ENOENT;
	if (!device->chain.deltas[level].read_only)
		return -EINVAL;
	return busy(device) ? -EBUSY : chain_replace(&device->chain, level, path);
}

/* What changes the deltas of a running device needs it without maintenance. */
static int free_to_change(struct device *device)
{
	return !device->running ? -EINVAL : busy(device) || device->client >= 0 ? -EBUSY : 0;
}

/* What changes its contents needs it writable, too. */
static int changeable(struct device *device)
{
	int error = free_to_change(device);

	return error ? error : !writable(device) ? -EROFS : 0;
}

/* A device that is read-only gets a delta as well, and stays read-only. */
static int snapshot(struct device *device, const struct request *request, int client)
{
	int error = free_to_change(device);

	if (error)
		return error;
	if (!request->freeze)
		return chain_snapshot(&device->chain, request->path);
	memcpy(device->snapshot, request->path, sizeof device->snapshot);
	error = helper_start(&device->freezer, &freeze_task, &device->loop);
	return error ? error : wait_for_helper(device, client, SNAPSHOT);
}

static int freeze(struct device *device, int client)
{
	int error;

	if (!device->running || device->client >= 0)
		return device->running ? -EBUSY : -EINVAL;
	if (device->frozen)
		return 0;
	error = helper_start(&device->freezer, &freeze_task, &device->loop);
	return error ? error : wait_for_helper(device, client, FREEZE);
}

static int thaw(struct device *device, int client)
{
	if (!device->running || device->client >= 0)
		return device->running ? -EBUSY : -EINVAL;
	if (!device->frozen)
		return 0;
	helper_release(&device->freezer);
	return wait_for_helper(device, client, THAW);
}

/* The file system is frozen until a command thaws it. */
static void heard_of_freeze(struct device *device, int error)
{
	int client = device->client;

	device->client = -1;
	device->frozen = device->client_command == FREEZE && !error;
	reply_result(client, error);
}

/* First the file system is frozen, and the snapshot is taken; then it is thawed. */
void command_freezer(struct device *device)
{
	struct report report;
	bool frozen = device->freezer.lifeline >= 0;
	bool got = helper_report(&device->freezer, &report);
	int client = device->client;

	if (device->client_command == FREEZE || device->client_command == THAW) {
		heard_of_freeze(device, got ? -report.error : -EIO);
		return;
	}
	if (frozen && got && !report.error) {
		device->snapshot_result = chain_snapshot(&device->chain, device->snapshot);
		helper_release(&device->freezer);
		return;
	}
	device->client = -1;
	publish(device);
	reply_result(client, frozen ? -EIO : device->snapshot_result);
}

static void where(struct device *device, struct reply *reply)
{
	reply->maintenance = device->maintenance;
	reply->allocated = chain_allocated(&device->chain);
	reply->level = device->chain.count - 1;
}

static int balloon(struct device *device, const struct request *request, struct reply *reply)
{
	if (request->keep) {
		if (device->maintenance == PLOOP_MNTN_DISCARD && device->extent_count)
			device->maintenance = PLOOP_MNTN_FBLOADED;
	} else if (device->maintenance == PLOOP_MNTN_BALLOON && !request->inflate) {
		device->maintenance = PLOOP_MNTN_OFF;
	} else if (device->maintenance == PLOOP_MNTN_OFF && request->inflate) {
		device->maintenance = PLOOP_MNTN_BALLOON;
	}
	where(device, reply);
	return 0;
}

static int load_free(struct device *device, const struct request *request, struct reply *reply)
{
	if (device->maintenance != PLOOP_MNTN_BALLOON || request->extent_count > MAX_EXTENTS)
		return -EINVAL;
	if (request->level != (uint32_t)device->chain.count - 1)
		return -ENOENT;
	memcpy(device->extents, request->extents, request->extent_count * sizeof *request->extents);
	device->extent_count = request->extent_count;
	device->maintenance = PLOOP_MNTN_FBLOADED;
	where(device, reply);
	return 0;
}

static int get_free(struct device *device, struct reply *reply)
{
	if (device->maintenance != PLOOP_MNTN_FBLOADED)
		return -EINVAL;
	where(device, reply);
	reply->extent_count = device->extent_count;
	memcpy(reply->extents, device->extents, device->extent_count * sizeof *reply->extents);
	return 0;
}

/* Returns how many clusters are in the extents that are long enough; the others are dropped. */
static int filter_free(struct device *device, uint64_t least)
{
	uint32_t kept = 0;
	int clusters = 0;

	for (uint32_t i = 0; i < device->extent_count; i++)
		if (device->extents[i].length >= least) {
			clusters += device->extents[i].length;
			device->extents[kept++] = device->extents[i];
		}
	device->extent_count = kept;
	return clusters;
}

static int relocate(struct device *device, struct reply *reply)
{
	int error;

	if (device->maintenance != PLOOP_MNTN_FBLOADED)
		return -EINVAL;
	error = chain_release(&device->chain, device->extents, device->extent_count, &reply->allocated);
	disk_release_held(device);
	device->maintenance = device->discarding ? PLOOP_MNTN_DISCARD : PLOOP_MNTN_OFF;
	return error;
}

static int discard_init(struct device *device)
{
	if (busy(device))
		return -EBUSY;
	device->maintenance = PLOOP_MNTN_DISCARD;
	device->discarding = true;
	return 0;
}

static int discard_wait(struct device *device, int client)
{
	if (device->held_count || !device->discarding)
		return device->held_count > 0;
	device->discard_waiter = client;
	return LATER;
}

static int discard_finish(struct device *device)
{
	device->discarding = false;
	if (device->held_count || device->maintenance == PLOOP_MNTN_FBLOADED)
		return -EBUSY;
	if (device->maintenance == PLOOP_MNTN_DISCARD)
		device->maintenance = PLOOP_MNTN_OFF;
	command_discarded(device, 0);
	return 0;
}

void command_discarded(struct device *device, int result)
{
	reply_result(device->discard_waiter, result);
	device->discard_waiter = -1;
}

static int track_init(struct device *device, struct reply *reply)
{
	int error = busy(device) ? -EBUSY : chain_track(&device->chain, &reply->end);

	if (!error)
		device->maintenance = PLOOP_MNTN_TRACK;
	return error;
}

static int track_stop(struct device *device, bool abort)
{
	int error = chain_track_stop(&device->chain, abort);

	if (!error)
		device->maintenance = PLOOP_MNTN_OFF;
	return error;
}

static int grow(struct device *device, uint64_t sectors)
{
	int error = chain_grow(&device->chain, sectors);

	if (!error)
		changes_grow(&device->changes, chain_size(&device->chain));
	return error;
}

static int changed(struct device *device, const struct request *request, struct reply *reply)
{
	switch (request->command) {
	case CHANGES_START:
		return changes_start(&device->changes, chain_size(&device->chain), request);
	case CHANGES_STOP:
		return changes_stop(&device->changes);
	case CHANGES_GET:
		return changes_get(&device->changes, request, reply);
	}
	return changes_set(&device->changes, request);
}

static int execute(struct device *device, const struct request *request, struct reply *reply, int client)
{
	struct chain *chain = &device->chain;
	int error;

	switch (request->command) {
	case ADD_DELTA:
		return add_delta(device, request);
	case START:
		return start(device, client);
	case STOP:
		return stop(device, client);
	case CLEAR:
		return clear(device);
	case QUIT:
		return quit(device, client);
	case SNAPSHOT:
		return snapshot(device, request, client);
	case MERGE:
		return (error = changeable(device)) ? error : chain_merge(chain);
	case GROW:
		return (error = changeable(device)) ? error : grow(device, request->size);
	case DELETE_DELTA:
		return delete_delta(device, request->level);
	case REPLACE_DELTA:
		return replace_delta(device, request->level, request->path);
	case LIMIT_DELTA:
		chain->limit = request->size * 512;
		return 0;
	case SYNC:
		return chain->count ? chain_sync(chain) : -ENOENT;
	case PUBLISH:
		return 0;
	case BALLOON:
		return chain->count ? balloon(device, request, reply) : -EINVAL;
	case LOAD_FREE:
		return load_free(device, request, reply);
	case GET_FREE:
		return get_free(device, reply);
	case FILTER_FREE:
		return filter_free(device, request->size);
	case DROP_FREE:
		disk_release_held(device);
		return 0;
	case RELOCATE:
		return relocate(device, reply);
	case DISCARD_INIT:
		return discard_init(device);
	case DISCARD_WAIT:
		return discard_wait(device, client);
	case DISCARD_FINISH:
		return discard_finish(device);
	case TRACK_INIT:
		return chain->count ? track_init(device, reply) : -EINVAL;
	case TRACK_READ:
		return chain_track_next(chain, &reply->start, &reply->end);
	case TRACK_STOP:
		return track_stop(device, false);
	case TRACK_ABORT:
		return track_stop(device, true);
	case FREEZE:
		return freeze(device, client);
	case THAW:
		return thaw(device, client);
	case CHANGES_START:
	case CHANGES_STOP:
	case CHANGES_GET:
	case CHANGES_SET:
		return chain->count ? changed(device, request, reply) : -EINVAL;
	}
	return -EINVAL;
}

void command_accept(struct device *device)
{
	static struct request request;
	static struct reply reply;
	/* a tool that was stopped between its connect and its request must not stop the disk */
	struct timeval patience = { .tv_sec = 5 };
	int client = accept4(device->listener, NULL, NULL, SOCK_CLOEXEC);

	if (client < 0)
		return;
	setsockopt(client, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
	if (recv(client, &request, sizeof request, 0) != sizeof request) {
		close(client);
		return;
	}
	reply = (struct reply){ 0 };
	reply.result = execute(device, &request, &reply, client);
	if (reply.result == LATER)
		return;
	if (!device->ended)
		publish(device);
	reply_to(client, &reply);
}
