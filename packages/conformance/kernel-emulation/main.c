#define _GNU_SOURCE
#include "device.h"
#include "enter.h"
#include "mapper.h"
#include "reap.h"
#include "state.h"
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static int usage(void)
{
	fprintf(stderr,
		"Usage: ploop-emulation enter COMMAND [ARGUMENT]...\n"
		"       ploop-emulation reap STATE-DIRECTORY\n"
		"The shim starts servers by itself:\n"
		"       ploop-emulation serve STATE-DIRECTORY DEVICE-NUMBER\n"
		"       ploop-emulation map STATE-DIRECTORY\n");
	return 2;
}

int main(int count, char **arguments)
{
	const char *mode = count > 2 ? arguments[1] : "";

	if (!strcmp(mode, "enter"))
		return enter(arguments + 2);
	if (!strcmp(mode, "reap") && count == 3)
		return reap(arguments[2]);
	if (!strcmp(mode, "serve") && count == 4 && !state_use(arguments[2])) {
		/* whatever the tool has open is not the server's business */
		close_range(3, ~0u, 0);
		return serve(atoi(arguments[3]));
	}
	if (!strcmp(mode, "map") && count == 3 && !state_use(arguments[2])) {
		close_range(3, ~0u, 0);
		return map();
	}
	return usage();
}
