/*
 * What the shim and the server of a device say to each other: one request and
 * one reply a connection, over a SOCK_SEQPACKET socket in the state directory.
 * Both are built from this file together, so there is no version in it.
 */
#ifndef PROTOCOL_H
#define PROTOCOL_H

#include <limits.h>
#include <stdint.h>

/* As many extents of free clusters as one request can name. */
#define MAX_EXTENTS 4096
/* As many extents as one request about changed blocks has. */
#define MAX_CHANGES 512
/* The length of a component name in the driver's interface, and its final zero. */
#define COOKIE_SIZE 65
/* The block major that the ploop driver has. */
#define PLOOP_MAJOR 182
/* Minors a device has: itself and its partitions. */
#define PLOOP_MINORS 16

/* A run of clusters of the disk and where they are in the image file. */
struct extent {
	uint32_t cluster, slot, length;
};

/* A run of changed blocks, in bytes of the disk. */
struct change {
	uint64_t start, length;
};

enum command {
	ADD_DELTA = 1,	/* path, raw, read_only, cluster_log, cookie */
	START,
	STOP,
	CLEAR,
	SNAPSHOT,	/* path, freeze */
	DELETE_DELTA,	/* level */
	MERGE,
	REPLACE_DELTA,	/* level, path */
	LIMIT_DELTA,	/* size: sectors that the top image may have */
	GROW,		/* size: sectors */
	SYNC,
	PUBLISH,	/* brings the files in the state directory up to date */
	BALLOON,	/* inflate, keep */
	LOAD_FREE,	/* level, extents */
	GET_FREE,
	FILTER_FREE,	/* size: clusters that an extent must have at least */
	DROP_FREE,
	RELOCATE,
	DISCARD_INIT,
	DISCARD_WAIT,
	DISCARD_FINISH,
	TRACK_INIT,
	TRACK_READ,
	TRACK_STOP,
	TRACK_ABORT,
	FREEZE,		/* the file system, until THAW; generation 7 */
	THAW,
	CHANGES_START,	/* uuid, size: bytes of a block; generation 7 */
	CHANGES_STOP,
	CHANGES_GET,	/* start, size, change_count, clear */
	CHANGES_SET,	/* uuid, new_uuid, changes */
	QUIT		/* whatever the state: stop the device and end */
};

struct request {
	uint32_t command, level, cluster_log;
	uint8_t raw, read_only, freeze, inflate, keep, clear, new_uuid;
	uint64_t start, size;
	uint8_t uuid[16];
	uint32_t change_count;
	struct change changes[MAX_CHANGES];
	char cookie[COOKIE_SIZE];
	char path[PATH_MAX];
	uint32_t extent_count;
	struct extent extents[MAX_EXTENTS];
};

struct reply {
	int32_t result;		/* what ioctl() returns, or a negated errno */
	uint32_t maintenance, level, allocated;
	uint64_t start, end;
	uint32_t extent_count;
	struct extent extents[MAX_EXTENTS];
	uint8_t uuid[16];
	uint32_t block_size, change_count;
	struct change changes[MAX_CHANGES];
};

/*
 * Device mapper, over a SOCK_STREAM socket: the header and then the data of a
 * command, struct dm_ioctl and what comes after it; the reply is alike.
 */
struct mapper_request {
	uint32_t command;	/* DM_*_CMD, or one of those below */
	uint32_t length;	/* bytes of data */
};

#define MAPPER_RELEASE 1000	/* lets all devices go on that are suspended */
#define MAPPER_QUIT 1001	/* takes all devices away and ends */

struct mapper_reply {
	int32_t error;		/* a negated errno, and then there are no data */
	int32_t grown;		/* minor of a device whose loop device has to learn its new size; -1 for none */
	uint32_t length;
};

#endif
