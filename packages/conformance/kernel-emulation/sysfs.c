#define _GNU_SOURCE
#include "device.h"
#include "generation.h"
#include "image.h"
#include "state.h"
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

static const char *const counter_names[COUNTERS] = {
	[BIO_READS] = "bio_reads",
	[BIO_WRITES] = "bio_writes",
	[BIO_SYNCS] = "bio_syncs",
	[BIO_RZERO] = "bio_rzero",
	[BIO_ALLOC] = "bio_alloc",
	[BIO_COWS] = "bio_cows"
};

static void make_directory(const struct device *device, const char *name)
{
	char path[PATH_MAX];

	device_path(path, device->number, "%s", name);
	mkdir(path, 0755);
}

static void put_number(const struct device *device, const char *name, long value)
{
	char path[PATH_MAX];

	device_path(path, device->number, "%s", name);
	write_text(path, "%ld\n", value);
}

/* The tool clears and sets a counter by writing to its file; then it counts on from there. */
static void publish_counters(struct device *device)
{
	char path[PATH_MAX], line[32];

	make_directory(device, "pstat");
	for (int i = 0; i < COUNTERS; i++) {
		uint64_t *count = &device->chain.counters[i];

		device_path(path, device->number, "pstat/%s", counter_names[i]);
		if (read_line(path, line, sizeof line) > 0)
			*count += strtoull(line, NULL, 10) - device->published[i];
		device->published[i] = *count;
		write_text(path, "%" PRIu64 "\n", *count);
	}
}

static void publish_delta(const struct device *device, int level)
{
	const struct delta *delta = &device->chain.deltas[level];
	char path[PATH_MAX], link[64], image[PATH_MAX];
	ssize_t length;

	snprintf(link, sizeof link, "/proc/self/fd/%d", delta->fd);
	length = readlink(link, image, sizeof image - 1);
	image[length < 0 ? 0 : length] = 0;
	device_path(path, device->number, "pdelta/%d", level);
	mkdir(path, 0755);
	device_path(path, device->number, "pdelta/%d/image", level);
	write_text(path, "%s\n", image);
	device_path(path, device->number, "pdelta/%d/format", level);
	write_text(path, "%s\n", delta->raw ? "raw" : "ploop1");
	device_path(path, device->number, "pdelta/%d/ro", level);
	write_text(path, "%d\n", delta->read_only);
	device_path(path, device->number, "pdelta/%d/io", level);
	write_text(path, "direct\n");
}

static void publish_deltas(const struct device *device)
{
	char path[PATH_MAX];

	make_directory(device, "pdelta");
	for (int level = 0; level < MAX_DELTAS; level++) {
		if (level < device->chain.count) {
			publish_delta(device, level);
			continue;
		}
		device_path(path, device->number, "pdelta/%d", level);
		if (access(path, F_OK))
			break;
		remove_tree(path);
	}
}

void publish(struct device *device)
{
	struct chain *chain = &device->chain;
	struct image_header header;
	bool versioned = chain->count && !chain_top(chain)->raw && !image_header(chain_top(chain)->fd, &header);
	char path[PATH_MAX];

	make_directory(device, "pstate");
	put_number(device, "size", chain->count ? chain_size(chain) / 512 : 0);
	put_number(device, "ro", chain->count && chain_top(chain)->read_only);
	device_path(path, device->number, "dev");
	write_text(path, "%d:%d\n", PLOOP_MAJOR, device->number * PLOOP_MINORS);
	device_path(path, device->number, "pstate/cookie");
	write_text(path, "%s\n", device->cookie);
	put_number(device, "pstate/top", chain->count - 1);
	put_number(device, "pstate/running", device->running);
	put_number(device, "pstate/block_size", chain->cluster / 512);
	put_number(device, "pstate/fmt_version", versioned ? header.version : 0);
	publish_deltas(device);
	publish_counters(device);
	if (generation() == 7)
		publish_of_7(device);
}

void publish_loop(struct device *device)
{
	char path[PATH_MAX];

	if (device->loop >= 0) {
		put_number(device, "loop", device->loop);
		return;
	}
	device_path(path, device->number, "loop");
	unlink(path);
}

void unpublish(struct device *device)
{
	char path[PATH_MAX];

	device_path(path, device->number, "%s", "");
	remove_tree(path);
	snprintf(path, sizeof path, "/dev/ploop%d", device->number);
	unlink(path);
	snprintf(path, sizeof path, "/dev/ploop%dp1", device->number);
	unlink(path);
}
