/*
 * The shim's part of device mapper: what is asked over /dev/mapper/control goes
 * to the server, and device numbers look like those of device mapper.
 */
#ifndef MAPPED_H
#define MAPPED_H

#include <stdbool.h>
#include <sys/types.h>

/* Makes the state directory and /dev/mapper what the tool expects. */
void mapper_prepare(void);

bool is_mapper_control(const char *path);
bool is_mapper_ioctl(unsigned long request);
int open_mapper_control(void);
int mapper_ioctl(unsigned long request, void *argument);

/* Whether the path is one of sysfs that belongs to a mapped device; `other` becomes where it is. */
bool mapper_sysfs(const char *path, char *other);

/* From the number of a node in /dev to that of device mapper, and back. */
bool mapper_number(dev_t node, dev_t *mapped);
bool mapper_node(dev_t mapped, dev_t *node);

/* Whether the path is that of a node of a mapped device. */
bool is_mapper_path(const char *path);

/* /proc/devices, with device mapper in it: a file descriptor. */
int open_proc_devices(void);

#endif
