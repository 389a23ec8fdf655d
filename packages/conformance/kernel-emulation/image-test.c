/*
 * Tests of the image format alone. Each argument is an empty image, as the tool
 * made it; it is written to, shortened and grown, and its contents are compared with
 * an array all along. Prints a line for each rule that was checked, which begins
 * with "ok" when it holds.
 */
#define _GNU_SOURCE
#include "image.h"
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#define CLUSTERS 40
#define GROWN 70000	/* so many that the table of the small clusters takes several more slots */

static int failures;

static void rule(int holds, const char *file, const char *text)
{
	printf("%s %s: %s\n", holds ? "ok" : "not ok", file, text);
	failures += !holds;
}

static uint32_t slots_of(int fd, const struct image_header *header)
{
	struct stat status;

	return fstat(fd, &status) ? 0 : status.st_size / header->cluster;
}

/* What a cluster holds that was written: its number, over and over. */
static void contents(char *data, uint32_t size, uint32_t cluster)
{
	for (uint32_t i = 0; i < size; i += sizeof cluster)
		memcpy(data + i, &cluster, sizeof cluster);
}

static int matches(int fd, const struct image_header *header, const char *written, uint32_t count)
{
	char *expected = malloc(header->cluster), *found = malloc(header->cluster);
	int same = header->clusters >= count;

	for (uint32_t cluster = 0; cluster < count; cluster++) {
		uint32_t slot;

		same &= !image_slot(fd, header, cluster, &slot) && (slot != 0) == written[cluster];
		if (!slot)
			continue;
		contents(expected, header->cluster, cluster);
		same &= !image_read(fd, header, slot, 0, found, header->cluster);
		same &= !memcmp(expected, found, header->cluster);
	}
	free(expected);
	free(found);
	return same;
}

static void fill(int fd, const struct image_header *header, char *written)
{
	char *data = malloc(header->cluster);
	uint32_t slot;

	for (uint32_t i = 0; i < CLUSTERS; i++) {
		uint32_t cluster = i * 7 % CLUSTERS;

		if (cluster % 3 == 0)
			continue;
		contents(data, header->cluster, cluster);
		if (!image_append(fd, header, cluster, data, &slot))
			written[cluster] = 1;
	}
	free(data);
}

static void count_move(void *context, uint32_t slot)
{
	(void)slot;
	++*(int *)context;
}

static void release(int fd, const struct image_header *header, char *written, const char *name)
{
	uint32_t clusters[CLUSTERS], count = 0, before = slots_of(fd, header);
	int moves = 0;

	for (uint32_t cluster = 0; cluster < CLUSTERS; cluster += 4)
		if (written[cluster])
			clusters[count++] = cluster;
	rule(!image_release(fd, header, clusters, count, count_move, &moves), name, "releases clusters");
	for (uint32_t i = 0; i < count; i++)
		written[clusters[i]] = 0;
	rule(matches(fd, header, written, CLUSTERS), name, "keeps the others when some are released");
	rule(slots_of(fd, header) == before - count, name, "is shorter by what was released");
	rule(moves > 0 && moves <= (int)count, name, "moves no more than it has to");
	rule(image_release(fd, header, clusters, 1, count_move, &moves) == -EINVAL, name,
	     "refuses to release what is not there");
}

static void grow(int fd, char *written, const char *name)
{
	struct image_header old, grown;

	image_header(fd, &old);
	rule(image_grow(fd, old.sectors - 1 - old.cluster / 512) == -EINVAL, name, "refuses to shrink");
	rule(!image_grow(fd, (uint64_t)GROWN * old.cluster / 512 - 1), name, "grows");
	rule(!image_header(fd, &grown) && grown.clusters == GROWN, name, "rounds its size up to a cluster");
	rule(grown.table_slots >= old.table_slots && grown.version == old.version, name, "has a larger table");
	rule(matches(fd, &grown, written, GROWN), name, "keeps its contents when it grows");
}

/* An interrupted write leaves a part of a cluster at the end of the file. */
static void append_after_part(int fd, char *written, const char *name)
{
	struct image_header header;
	uint32_t slot, before;
	char *data;

	image_header(fd, &header);
	before = slots_of(fd, &header);
	data = malloc(header.cluster);
	contents(data, header.cluster, GROWN - 1);
	rule(pwrite(fd, data, 100, (off_t)before * header.cluster) == 100 &&
	     !image_append(fd, &header, GROWN - 1, data, &slot) && slot == before, name,
	     "gets a new cluster over the part of one that an interrupted write left");
	written[GROWN - 1] = 1;
	rule(matches(fd, &header, written, GROWN), name, "keeps its contents then");
	free(data);
}

static void test(const char *path)
{
	const char *name = strrchr(path, '/') + 1;
	char *written = calloc(1, GROWN);
	struct image_header header;
	int fd = open(path, O_RDWR);

	rule(!image_header(fd, &header) && header.clusters == CLUSTERS && !header.in_use, name,
	     "has the header that the tool gave it");
	rule(matches(fd, &header, written, CLUSTERS), name, "is empty at first");
	rule(!image_mark(fd, true) && !image_header(fd, &header) && header.in_use, name, "can be marked as in use");
	fill(fd, &header, written);
	rule(matches(fd, &header, written, CLUSTERS), name, "has what was written");
	release(fd, &header, written, name);
	grow(fd, written, name);
	append_after_part(fd, written, name);
	rule(!image_mark(fd, false) && !image_header(fd, &header) && !header.in_use, name, "is closed cleanly");
	free(written);
	close(fd);
}

static void test_foreign(void)
{
	struct image_header header;
	int fd = memfd_create("foreign", MFD_CLOEXEC);

	rule(image_header(fd, &header) == -EINVAL, "an empty file", "is no image");
	rule(ftruncate(fd, 1 << 20) == 0 && image_header(fd, &header) == -EINVAL, "a file of zeros", "is no image");
	close(fd);
}

int main(int count, char **arguments)
{
	for (int i = 1; i < count; i++)
		test(arguments[i]);
	test_foreign();
	return failures != 0;
}
