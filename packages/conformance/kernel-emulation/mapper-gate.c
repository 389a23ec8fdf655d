#define _GNU_SOURCE
#include "mapper-gate.h"
#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

/* Seconds, both as the driver has them: for requests to end, and until a write is tried again. */
#define PATIENCE 60
#define RETRY_PAUSE 20

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t changed = PTHREAD_COND_INITIALIZER;
static int giving_up;

void gate_lock(void)
{
	pthread_mutex_lock(&lock);
}

void gate_unlock(void)
{
	pthread_mutex_unlock(&lock);
}

static struct timespec after(int seconds)
{
	struct timespec time;

	clock_gettime(CLOCK_REALTIME, &time);
	time.tv_sec += seconds;
	return time;
}

static bool is_stopped(const struct mapped *device)
{
	const struct table *table = device->live;

	if (device->suspended || device->paused)
		return true;
	for (uint32_t i = 0; table && i < table->count; i++)
		if (table->targets[i].below && is_stopped(table->targets[i].below))
			return true;
	return false;
}

/* Counts a request at the device and at all that it passes to. */
static void count(struct mapped *device, int step)
{
	struct table *table = device->live;

	device->under_way += step;
	for (uint32_t i = 0; table && i < table->count; i++)
		if (table->targets[i].below)
			count(table->targets[i].below, step);
}

bool gate_enter(struct mapped *device)
{
	bool entered;

	gate_lock();
	while (is_stopped(device) && !device->ending)
		pthread_cond_wait(&changed, &lock);
	if ((entered = !device->ending))
		count(device, 1);
	gate_unlock();
	return entered;
}

void gate_leave(struct mapped *device)
{
	gate_lock();
	count(device, -1);
	pthread_cond_broadcast(&changed);
	gate_unlock();
}

/* With the lock held. */
static int await_requests(struct mapped *device)
{
	struct timespec end = after(PATIENCE);

	while (device->under_way)
		if (pthread_cond_timedwait(&changed, &lock, &end) == ETIMEDOUT)
			return device->under_way ? -ETIMEDOUT : 0;
	return 0;
}

int gate_pause(struct mapped *device)
{
	int error;

	gate_lock();
	device->paused++;
	if ((error = await_requests(device)))
		device->paused--;
	gate_unlock();
	return error;
}

void gate_unpause(struct mapped *device)
{
	gate_lock();
	device->paused--;
	pthread_cond_broadcast(&changed);
	gate_unlock();
}

int gate_suspend(struct mapped *device)
{
	int error;

	gate_lock();
	device->suspended = true;
	if ((error = await_requests(device)))
		device->suspended = false;
	gate_unlock();
	return error;
}

void gate_resume(struct mapped *device)
{
	gate_lock();
	device->suspended = false;
	pthread_cond_broadcast(&changed);
	gate_unlock();
}

void gate_begin_giving_up(void)
{
	gate_lock();
	giving_up++;
	pthread_cond_broadcast(&changed);
	gate_unlock();
}

void gate_end_giving_up(void)
{
	gate_lock();
	giving_up--;
	gate_unlock();
}

bool gate_wait_for_space(void)
{
	struct timespec end = after(RETRY_PAUSE);
	bool wanted;

	gate_lock();
	while (!giving_up && pthread_cond_timedwait(&changed, &lock, &end) != ETIMEDOUT)
		;
	wanted = !giving_up;
	gate_unlock();
	return wanted;
}

static void *serve(void *argument)
{
	struct mapped *device = argument;
	struct pollfd events[] = { { device->disk.fd, POLLIN, 0 }, { device->stop, POLLIN, 0 } };

	for (;;) {
		if (poll(events, 2, -1) < 0)
			continue;
		if (events[1].revents || events[0].revents & POLLERR)
			return NULL;
		if (events[0].revents && !fuse_serve(&device->disk))
			return NULL;
	}
}

int gate_start(struct mapped *device)
{
	int error;

	device->stop = eventfd(0, EFD_CLOEXEC);
	if (device->stop < 0)
		return -errno;
	error = pthread_create(&device->thread, NULL, serve, device);
	device->served = !error;
	return -error;
}

void gate_end(struct mapped *device)
{
	uint64_t one = 1;

	if (!device->served)
		return;
	gate_lock();
	device->ending = true;
	pthread_cond_broadcast(&changed);
	gate_unlock();
	if (write(device->stop, &one, sizeof one) == sizeof one)
		pthread_join(device->thread, NULL);
	close(device->stop);
	device->served = false;
}
