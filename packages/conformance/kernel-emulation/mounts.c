#define _GNU_SOURCE
#include "mounts.h"
#include "state.h"
#include <stdio.h>
#include <string.h>
#include <sys/sysmacros.h>

/* mountinfo writes a blank, a tab, a newline and a backslash as three octal digits. */
static void unescape(char *text)
{
	char *to = text;

	for (; *text; to++) {
		unsigned code;

		if (*text == '\\' && sscanf(text + 1, "%3o", &code) == 1) {
			*to = code;
			text += 4;
		} else {
			*to = *text++;
		}
	}
	*to = 0;
}

bool newest_mount(int loop, char target[PATH_MAX])
{
	dev_t whole = loop_number(loop), partition = loop_partition_number(loop);
	char line[PATH_MAX * 2], mounted[PATH_MAX];
	FILE *mounts = fopen("/proc/self/mountinfo", "re");
	bool found = false;

	while (whole && mounts && fgets(line, sizeof line, mounts)) {
		unsigned major, minor;

		if (sscanf(line, "%*u %*u %u:%u %*s %4095s", &major, &minor, mounted) != 3)
			continue;
		if (makedev(major, minor) == whole || makedev(major, minor) == partition) {
			strcpy(target, mounted);
			found = true;
		}
	}
	if (mounts)
		fclose(mounts);
	if (found)
		unescape(target);
	return found;
}
