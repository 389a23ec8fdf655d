/*
 * The expandable image format of ploop, on one open file.
 *
 * A header of 64 bytes is followed by the index table: one 32-bit entry for
 * each cluster of the disk, which says in what cluster of the file, its slot,
 * the contents are. An entry of zero means that nothing was written. Version 1
 * counts entries in sectors, version 2 in slots. The table is padded to whole
 * clusters; data follow. All numbers are little-endian, as this machine's are.
 *
 * Nothing here keeps state: an image may be changed by another process between
 * two calls. Functions return zero or a negated errno.
 */
#ifndef IMAGE_H
#define IMAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct image_header {
	int version;		/* 1 or 2 */
	uint32_t cluster;	/* bytes in a cluster */
	uint64_t sectors;	/* size of the disk */
	uint32_t clusters;	/* of the disk, each of which has an entry in the index table */
	uint32_t table_slots;	/* slots before the first one with data */
	bool in_use;
	/* as the file has them, whether they fit the above or not */
	uint32_t type, entries, first_block, mark;
};

/* The mark of an image that is in use. */
#define IMAGE_IN_USE 0x746f6e59
/* The mark of one that was closed, with changed blocks behind its clusters; generations 7 and 9. */
#define IMAGE_CLOSED_WITH_EXTENSION 0x312e3276

/* -EINVAL when the file is not an image. */
int image_header(int fd, struct image_header *header);

/* Marks the image as in use or not, and whether it has data, and syncs it. */
int image_mark(int fd, bool in_use);

/* Writes the header of an image of another size, and moves nothing. */
int image_resize(int fd, uint64_t sectors);

/* Writes the mark alone. */
int image_write_mark(int fd, uint32_t mark);

/* The slot of a cluster of the disk; 0 when it has none, or is past the end. */
int image_slot(int fd, const struct image_header *header, uint32_t cluster, uint32_t *slot);
int image_set_slot(int fd, const struct image_header *header, uint32_t cluster, uint32_t slot);

/* Where the entry of a cluster is in the file. */
off_t image_entry_offset(uint32_t cluster);

/* The slot that is given to the next cluster: the end of the file. */
int image_next_slot(int fd, const struct image_header *header, uint32_t *slot);

/* Writes a whole cluster into a new slot, then its entry. */
int image_append(int fd, const struct image_header *header, uint32_t cluster, const void *data, uint32_t *slot);

/* Part of a slot; what the file has no more of reads as zeros. */
int image_read(int fd, const struct image_header *header, uint32_t slot, size_t offset, void *data, size_t length);
int image_write(int fd, const struct image_header *header, uint32_t slot, size_t offset, const void *data, size_t length);

/* Makes the disk larger, and the table with it: data in its way move to the end. */
int image_grow(int fd, uint64_t sectors);

/*
 * Takes the slots of some clusters away, moves data from the end of the file
 * into them, and cuts the file. `moved` gets each slot that was written.
 */
int image_release(int fd, const struct image_header *header, const uint32_t *clusters, uint32_t count,
		  void (*moved)(void *context, uint32_t slot), void *context);

#endif
