#define _GNU_SOURCE
#include "ioctls.h"
#include "client.h"
#include "generation.h"
#include "launch.h"
#include "nodes.h"
#include "state.h"
#include <errno.h>
#include <fcntl.h>
#include <linux/loop.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <ploop/ploop_if.h>

bool is_ploop_ioctl(unsigned long request)
{
	return _IOC_TYPE(request) == PLOOPCTLTYPE || (generation() == 7 && is_ioctl_of_7(request));
}

static int fail(int error)
{
	errno = error;
	return -1;
}

static int path_of(int fd, char path[PATH_MAX])
{
	char link[64];
	ssize_t length;

	snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
	length = readlink(link, path, PATH_MAX - 1);
	if (length < 0)
		return -1;
	path[length] = 0;
	return 0;
}

static int start_server(int device)
{
	char number[16];

	snprintf(number, sizeof number, "%d", device);
	return launch("serve", number);
}

bool has_server(int device)
{
	int connection = server_connect(device);

	if (connection >= 0)
		close(connection);
	return connection >= 0;
}

static int delta_ioctl(int device, unsigned long ioctl_request, const struct ploop_ctl_delta *control,
		       struct request *request, struct reply *reply)
{
	uint32_t flags = control->c.pctl_flags;

	request->raw = control->c.pctl_format == PLOOP_FMT_RAW;
	request->read_only = (flags & PLOOP_FMT_RDONLY) != 0;
	request->freeze = (flags & PLOOP_FLAG_FS_SYNC) != 0;
	request->cluster_log = control->c.pctl_cluster_log;
	request->level = control->c.pctl_level;
	if (flags & PLOOP_FLAG_COOKIE)
		memcpy(request->cookie, control->cookie, PLOOP_COOKIE_SIZE);
	if (path_of(control->f.pctl_fd, request->path))
		return -1;
	request->command = ioctl_request == PLOOP_IOC_ADD_DELTA ? ADD_DELTA :
		ioctl_request == PLOOP_IOC_SNAPSHOT ? SNAPSHOT : REPLACE_DELTA;
	if (request->command == ADD_DELTA && !has_server(device) && start_server(device))
		return -1;
	return server_call(device, request, reply);
}

static int stop(int device, int fd)
{
	int placeholder;

	if (loop_of(device) < 0)
		return fail(EINVAL);
	if (is_held(device))
		return fail(EBUSY);
	/* the tool's own descriptor must not keep the loop device */
	placeholder = open_placeholder(device);
	if (placeholder < 0)
		return -1;
	dup3(placeholder, fd, 0);
	close(placeholder);
	return server_command(device, STOP);
}

static int start(int device)
{
	int result = server_command(device, START);

	if (!result)
		add_partition(device);
	return result;
}

static int grow(int device, const struct ploop_ctl *control, struct request *request, struct reply *reply)
{
	char path[PATH_MAX];
	struct stat status;
	int fd, result;

	request->command = GROW;
	request->size = control->pctl_flags & PLOOP_FLAG_CLUBLKS ?
		(uint64_t)control->pctl_size << control->pctl_cluster_log : control->pctl_size;
	if (server_call(device, request, reply))
		return -1;
	/* the kernel learns the new size of a FUSE file when it is asked for */
	device_path(path, device, "disk");
	fstatat(AT_FDCWD, path, &status, 0);
	fd = open_loop_below(device, O_RDWR);
	if (fd < 0)
		return -1;
	result = syscall(SYS_ioctl, fd, LOOP_SET_CAPACITY);
	close(fd);
	return result;
}

static int balloon(int device, struct ploop_balloon_ctl *control, struct request *request, struct reply *reply)
{
	request->command = BALLOON;
	request->inflate = control->inflate;
	request->keep = control->keep_intact;
	if (server_call(device, request, reply))
		return -1;
	control->mntn_type = reply->maintenance;
	control->alloc_head = reply->allocated;
	control->level = reply->level;
	return 0;
}

static int load_free(int device, struct ploop_freeblks_ctl *control, struct request *request, struct reply *reply)
{
	if (control->n_extents > MAX_EXTENTS)
		return fail(E2BIG);
	request->command = LOAD_FREE;
	request->level = control->level;
	request->extent_count = control->n_extents;
	for (uint32_t i = 0; i < control->n_extents; i++)
		request->extents[i] = (struct extent){
			control->extents[i].clu, control->extents[i].iblk, control->extents[i].len
		};
	if (server_call(device, request, reply))
		return -1;
	control->alloc_head = reply->allocated;
	return 0;
}

static int get_free(int device, struct ploop_freeblks_ctl *control, struct request *request, struct reply *reply)
{
	request->command = GET_FREE;
	if (server_call(device, request, reply))
		return -1;
	for (uint32_t i = 0; i < reply->extent_count && i < control->n_extents; i++) {
		control->extents[i].clu = reply->extents[i].cluster;
		control->extents[i].iblk = reply->extents[i].slot;
		control->extents[i].len = reply->extents[i].length;
	}
	control->n_extents = reply->extent_count;
	control->alloc_head = reply->allocated;
	control->level = reply->level;
	return 0;
}

static int relocate(int device, struct ploop_relocblks_ctl *control, struct request *request, struct reply *reply)
{
	request->command = RELOCATE;
	if (server_call(device, request, reply))
		return -1;
	control->alloc_head = reply->allocated;
	return 0;
}

static int track(int device, enum command command, struct ploop_track_extent *extent, struct request *request,
		 struct reply *reply)
{
	request->command = command;
	if (server_call(device, request, reply))
		return -1;
	extent->start = reply->start;
	extent->end = reply->end;
	return 0;
}

static int with_number(int device, enum command command, uint64_t number, struct request *request, struct reply *reply)
{
	request->command = command;
	request->level = number;
	request->size = number;
	return server_call(device, request, reply);
}

static int dispatch(int device, int fd, unsigned long ioctl_request, void *argument, struct request *request,
		    struct reply *reply)
{
	switch (ioctl_request) {
	case PLOOP_IOC_ADD_DELTA:
	case PLOOP_IOC_SNAPSHOT:
	case PLOOP_IOC_REPLACE_DELTA:
		return delta_ioctl(device, ioctl_request, argument, request, reply);
	case PLOOP_IOC_START:
		return start(device);
	case PLOOP_IOC_STOP:
		return stop(device, fd);
	case PLOOP_IOC_CLEAR:
		return has_server(device) ? server_command(device, CLEAR) : 0;
	case PLOOP_IOC_DEL_DELTA:
		return with_number(device, DELETE_DELTA, *(uint32_t *)argument, request, reply);
	case PLOOP_IOC_MERGE:
		return server_command(device, MERGE);
	case PLOOP_IOC_SYNC:
		return server_command(device, SYNC);
	case PLOOP_IOC_MAX_DELTA_SIZE:
		return with_number(device, LIMIT_DELTA, *(uint64_t *)argument, request, reply);
	case PLOOP_IOC_UPDATE_INDEX:	/* the server has no copy of the index table */
	case PLOOP_IOC_TRACK_SETPOS:	/* and reports every write, also past the position */
		return 0;
	case PLOOP_IOC_GROW:
		return grow(device, argument, request, reply);
	case PLOOP_IOC_BALLOON:
		return balloon(device, argument, request, reply);
	case PLOOP_IOC_FREEBLKS:
		return load_free(device, argument, request, reply);
	case PLOOP_IOC_FBGET:
		return get_free(device, argument, request, reply);
	case PLOOP_IOC_FBFILTER:
		return with_number(device, FILTER_FREE, (uintptr_t)argument, request, reply);
	case PLOOP_IOC_FBDROP:
		return server_command(device, DROP_FREE);
	case PLOOP_IOC_RELOCBLKS:
		return relocate(device, argument, request, reply);
	case PLOOP_IOC_DISCARD_INIT:
		return server_command(device, DISCARD_INIT);
	case PLOOP_IOC_DISCARD_WAIT:
		return server_command(device, DISCARD_WAIT);
	case PLOOP_IOC_DISCARD_FINI:
		return server_command(device, DISCARD_FINISH);
	case PLOOP_IOC_TRACK_INIT:
		return track(device, TRACK_INIT, argument, request, reply);
	case PLOOP_IOC_TRACK_READ:
		return track(device, TRACK_READ, argument, request, reply);
	case PLOOP_IOC_TRACK_STOP:
		return server_command(device, TRACK_STOP);
	case PLOOP_IOC_TRACK_ABORT:
		return server_command(device, TRACK_ABORT);
	}
	return fail(EINVAL);
}

static int common_ioctl(int device, int fd, unsigned long ioctl_request, void *argument)
{
	struct request *request = calloc(1, sizeof *request);
	struct reply *reply = calloc(1, sizeof *reply);
	int result = request && reply ? dispatch(device, fd, ioctl_request, argument, request, reply) : fail(ENOMEM);
	int error = errno;

	free(request);
	free(reply);
	errno = error;
	return result;
}

int ploop_ioctl(int device, int fd, unsigned long ioctl_request, void *argument)
{
	if (generation() == 7 && is_ioctl_of_7(ioctl_request))
		return ioctl_of_7(device, ioctl_request, argument);
	return common_ioctl(device, fd, ioctl_request, argument);
}
