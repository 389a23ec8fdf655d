/*
 * A chain of deltas: image files, each of which holds what was written since
 * the one below it was frozen. Reads find the topmost delta that has a cluster;
 * writes go to the top one, and copy the cluster there if it lies below.
 *
 * Functions return zero or a negated errno.
 */
#ifndef CHAIN_H
#define CHAIN_H

#include "protocol.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define MAX_DELTAS 128

struct delta {
	int fd;
	bool raw, read_only;
};

/* What the driver counts, by its own names. */
enum counter { BIO_READS, BIO_WRITES, BIO_SYNCS, BIO_RZERO, BIO_ALLOC, BIO_COWS, COUNTERS };

struct chain {
	int count;
	uint32_t cluster;	/* bytes; the same in every delta */
	uint64_t limit;		/* bytes that the top image may have; 0 for no limit */
	struct delta deltas[MAX_DELTAS];
	uint8_t *written;	/* while tracking: one for each cluster of the top image that was written to */
	uint32_t written_count, cursor;
	uint64_t counters[COUNTERS];
};

struct delta *chain_top(struct chain *chain);

/* Size of the disk and of the top image, in bytes and in clusters. */
uint64_t chain_size(struct chain *chain);
uint32_t chain_allocated(struct chain *chain);

/* Puts an image on top. -EBUSY when its in-use flag is set. */
int chain_add(struct chain *chain, const char *path, bool raw, bool read_only, uint32_t cluster_log);

/* Marks the top image as in use or not. */
int chain_mark(struct chain *chain, bool in_use);

int chain_read(struct chain *chain, uint64_t offset, void *data, size_t length);
int chain_write(struct chain *chain, uint64_t offset, const void *data, size_t length);
int chain_sync(struct chain *chain);

/* The slot of a cluster that is in the top image and in no other; 0 for any other cluster. */
uint32_t chain_private_slot(struct chain *chain, uint32_t cluster);

/* Whether any delta has the cluster. */
bool chain_has(struct chain *chain, uint32_t cluster);

/* Freezes the top image and puts an empty one above it. */
int chain_snapshot(struct chain *chain, const char *path);

/* Merges the top image into the one below, which becomes the top. */
int chain_merge(struct chain *chain);

int chain_replace(struct chain *chain, int level, const char *path);
void chain_delete(struct chain *chain, int level);
void chain_clear(struct chain *chain);
int chain_grow(struct chain *chain, uint64_t sectors);

/* Takes free clusters out of the top image and shortens it; `count` becomes their number. */
int chain_release(struct chain *chain, const struct extent *extents, uint32_t extent_count, uint32_t *count);

/* Tracks what is written to the top image file; `end` becomes its length. */
int chain_track(struct chain *chain, uint64_t *end);

/* The next part of the file that was written to; -EAGAIN when there is none. */
int chain_track_next(struct chain *chain, uint64_t *start, uint64_t *end);

/* -EBUSY when not all that was written has been asked for. */
int chain_track_stop(struct chain *chain, bool abort);

#endif
