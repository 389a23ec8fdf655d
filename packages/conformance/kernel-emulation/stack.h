/*
 * The deltas below a ploop target of device mapper, the base first. It does
 * with the files what the driver of generation 9 does: clusters are given out
 * first-fit, files grow in large steps and are never cut, a discard punches
 * holes. The marks of images are the tool's; the driver writes the one that it
 * read of the top when the table was loaded, together with the first entries.
 *
 * Functions return zero or a negated errno.
 */
#ifndef STACK_H
#define STACK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* As many as one table of the driver can have. */
#define MAX_LAYERS 253

struct layer {
	int fd;			/* for writing wherever the file allows it, whatever the caller had it open for */
	bool raw, writable;	/* whether the caller had it open for writing */
	uint32_t entries;	/* clusters it can have */
};

struct stack {
	int count;
	struct layer layers[MAX_LAYERS];
	uint32_t cluster;	/* bytes */
	bool preallocate;	/* new parts of the top file have blocks */
	uint8_t *used;		/* one for each slot of the top file; NULL when it is read-only */
	uint32_t slots;
	uint32_t mark;		/* of the image that was the top when the table was loaded */
};

/* Notes which slots of the top file are in use; asked for again whenever another file has become the top. */
int stack_map(struct stack *stack);
void stack_close(struct stack *stack);

/* Reads the length of the table of a layer again, which another process has changed. */
int stack_reread(struct stack *stack, int level);

int stack_read(struct stack *stack, uint64_t offset, void *data, size_t length);

/* -ENOSPC when the file cannot become larger; then nothing was written beyond the cluster before. */
int stack_write(struct stack *stack, uint64_t offset, const void *data, size_t length);

/* Makes a range read as zeros, and frees what it can. */
int stack_clear(struct stack *stack, uint64_t offset, uint64_t length);
int stack_sync(struct stack *stack);

/* Makes the top image larger: clusters in the way of the longer table move. */
int stack_grow(struct stack *stack, uint64_t sectors);

/* Copies up what the top lacks, and drops the delta below it. */
int stack_merge(struct stack *stack);

/* Swaps the two uppermost deltas. -EEXIST when both have a cluster. */
int stack_flip(struct stack *stack);
void stack_drop(struct stack *stack, int level);

/* The slot that a layer has of a cluster, and whether it has one. */
int stack_slot(struct stack *stack, int level, uint32_t cluster, uint32_t *slot, bool *found);

#endif
