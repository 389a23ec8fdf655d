/* The PLOOP_IOC_* calls of the tool, answered with the help of the device's server. */
#ifndef IOCTLS_H
#define IOCTLS_H

#include <stdbool.h>

bool is_ploop_ioctl(unsigned long request);

/* Like ioctl() on `fd`, which is the given device. */
int ploop_ioctl(int device, int fd, unsigned long request, void *argument);

#endif
