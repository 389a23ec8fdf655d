/*
 * One file over FUSE, which a loop device is then put over. Nothing here knows
 * what the file is made of.
 */
#ifndef FUSE_H
#define FUSE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The longest read or write that the kernel sends. */
#define FUSE_MOST (1 << 20)

/* An operation whose reply follows later, by fuse_answer(). */
#define FUSE_HELD 1000001
/* Results are zero, a negated errno, or one of the above where it is said. */
struct fuse_operations {
	uint64_t (*size)(void *owner);
	uint32_t (*granularity)(void *owner);	/* bytes in the smallest part that can be discarded */
	int (*read)(void *owner, uint64_t offset, void *data, size_t length);
	int (*write)(void *owner, uint64_t offset, const void *data, size_t length);
	int (*clear)(void *owner, uint64_t request, uint64_t offset, uint64_t length, bool punch);	/* may hold */
	int (*sync)(void *owner);
};

struct fuse_disk {
	int fd;			/* -1 when there is none */
	const struct fuse_operations *operations;
	void *owner;
	char *request, *data;	/* what was read from the kernel, and what is read for it */
};

/* Mounts the file over an empty one at the path. */
int fuse_mount(struct fuse_disk *disk, const char *path);

/* Ends the connection: a process that still waits for the file gets an error. */
void fuse_close(struct fuse_disk *disk);

/* Takes one request from the kernel and does it; false when the mount is gone. */
bool fuse_serve(struct fuse_disk *disk);

/* Replies to a request that was held. */
void fuse_answer(struct fuse_disk *disk, uint64_t request, int error, const void *data, size_t length);

#endif
