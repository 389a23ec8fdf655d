/*
 * Which blocks of a disk have changed, as the block layer of generation 7's kernel
 * notes it for any disk. Errors are negated errnos.
 */
#ifndef CHANGES_H
#define CHANGES_H

#include "protocol.h"
#include <stdint.h>

struct changes {
	uint8_t *bits;		/* NULL while nobody has started it */
	uint64_t blocks;
	uint32_t block_bits;
	uint8_t uuid[16];
};

int changes_start(struct changes *changes, uint64_t disk, const struct request *request);
int changes_stop(struct changes *changes);
int changes_get(struct changes *changes, const struct request *request, struct reply *reply);
int changes_set(struct changes *changes, const struct request *request);

/* A write to the disk, or a discard. */
void changes_note(struct changes *changes, uint64_t offset, uint64_t length);

/* The disk has become larger. */
void changes_grow(struct changes *changes, uint64_t disk);

/* What is known of a device that is cleared: the block layer has it until it is told to stop. */
void changes_keep(struct changes *changes, int device);
int changes_of_cleared(int device, const struct request *request, struct reply *reply);
void changes_forget(int device);

#endif
