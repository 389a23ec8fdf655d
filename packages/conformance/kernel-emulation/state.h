/*
 * The state directory: what the tool sees in place of sysfs, and how the shim
 * finds the server of a device.
 *
 *	STATE/parameters/...		/sys/module/ploop/parameters
 *	STATE/placeholder/ploopN	what an opened device is until it runs
 *	STATE/block/ploopN/		/sys/block/ploopN
 *		dev pdelta/ pstate/ pstat/ ploopNp1/
 *		socket			where the server listens
 *		disk			the merged disk, served over FUSE
 *		loop			number of the loop device over it, while it runs
 *	STATE/changes-N			generation 7: which blocks changed of a device that is cleared
 *	STATE/mapper/			generation 9: device mapper
 *		socket			where its server listens
 *		N/			/sys/block/dm-N, with disk and loop as above
 */
#ifndef STATE_H
#define STATE_H

#include <limits.h>
#include <sys/types.h>
#include <sys/un.h>

/* Exists in a /dev that belongs to the emulation alone. */
#define PRIVATE_DEV_MARK "/dev/ploop-emulation"

/* How the names of servers and their helpers begin, as ps shows them. */
#define SERVER_PREFIX "emulated-"

extern char state_directory[PATH_MAX / 4];

/* Takes the directory from an argument or the environment; -1 if it is missing or too long. */
int state_use(const char *directory);

/* Paths below the state directory and below one device of it. */
void state_path(char path[PATH_MAX], const char *format, ...) __attribute__((format(printf, 2, 3)));
void device_path(char path[PATH_MAX], int device, const char *format, ...) __attribute__((format(printf, 3, 4)));
void mapper_path(char path[PATH_MAX], int minor, const char *format, ...) __attribute__((format(printf, 3, 4)));

/* The device that stands for the device mapper in place of a number. */
#define DEVICE_MAPPER -1

/* The address of the server of a device, or of the device mapper; -1 if the path is too long for one. */
int server_address(int device, struct sockaddr_un *address);

/* Opens past the shim's own open(). */
int open_raw(const char *path, int flags);

/* Replaces a file at once, so that a reader never sees half of it. */
void write_text(const char *path, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* The first line of a file, without its newline; -1 when it cannot be read. */
int read_line(const char *path, char *line, int size);

void remove_tree(const char *path);

/* The loop device under a running device; -1 when it does not run. */
int loop_of(int device);

/* The same of a mapped device. */
int mapper_loop_of(int minor);

/* Device numbers of a loop device and of its first partition, by sysfs; 0 when there is none. */
dev_t loop_number(int loop);
dev_t loop_partition_number(int loop);

#endif
