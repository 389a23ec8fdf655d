/* The PLOOP_IOC_* calls of the tool, served by the server of the device. */
#ifndef IOCTLS_H
#define IOCTLS_H

#include <stdbool.h>

/* Whether the server of a device runs. */
bool has_server(int device);

bool is_ploop_ioctl(unsigned long request);

/* Like ioctl() on `fd`, which is the given device. */
int ploop_ioctl(int device, int fd, unsigned long request, void *argument);

/* shim-7.c: what generation 7 has beside them, and the further names that sysfs has for a device. */
bool is_ioctl_of_7(unsigned long request);
int ioctl_of_7(int device, unsigned long request, void *argument);
bool sysfs_of_7(const char *path, char *other);

#endif
