#define _GNU_SOURCE
#include "launch.h"
#include "generation.h"
#include "state.h"
#include <dlfcn.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

/* The program of the server lies beside this library. */
static int server_program(char path[PATH_MAX])
{
	Dl_info info;

	if (!dladdr((void *)server_program, &info)) {
		errno = ENOENT;
		return -1;
	}
	snprintf(path, PATH_MAX, "%.*s/ploop-emulation", (int)(strrchr(info.dli_fname, '/') - info.dli_fname),
		 info.dli_fname);
	return 0;
}

int launch(const char *mode, const char *number)
{
	char program[PATH_MAX];
	char driver[64], *arguments[] = { program, (char *)mode, state_directory, (char *)number, NULL };
	char *environment[] = { driver, NULL };
	pid_t child;
	int status;

	if (server_program(program))
		return -1;
	snprintf(driver, sizeof driver, "PLOOP_EMULATION_GENERATION=%d", generation());
	child = fork();
	if (child == 0) {
		execve(program, arguments, environment);
		_exit(errno);
	}
	while (child > 0 && waitpid(child, &status, 0) < 0)
		if (errno != EINTR)
			return -1;
	if (child < 0)
		return -1;
	errno = WIFEXITED(status) ? WEXITSTATUS(status) : EIO;
	return errno ? -1 : 0;
}
