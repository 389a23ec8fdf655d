/* What the driver of generation 7 shows in sysfs beside what that of 1.15 does. */
#define _GNU_SOURCE
#include "device.h"
#include "nodes.h"
#include "state.h"
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

/* The tool knows a delta by its inode, and by the device that it lies on as the shim shows it. */
static void publish_image(const struct device *device, int level)
{
	char path[PATH_MAX];
	struct stat status;
	dev_t shown;

	if (fstat(device->chain.deltas[level].fd, &status))
		return;
	if (!ploop_number(status.st_dev, &shown))
		shown = status.st_dev;
	device_path(path, device->number, "pdelta/%d/image_info", level);
	write_text(path, "ino:%lu\nsdev:%u:%u\n", (unsigned long)status.st_ino, major(shown), minor(shown));
}

void publish_of_7(const struct device *device)
{
	char path[PATH_MAX];

	for (int level = 0; level < device->chain.count; level++)
		publish_image(device, level);
	device_path(path, device->number, "ptune");
	mkdir(path, 0755);
	/* what is set stays set */
	device_path(path, device->number, "ptune/discard_granularity");
	if (access(path, F_OK))
		write_text(path, "0\n");
}
