/* The shim's part of starting programs: the tools of 7 and 9 give them an environment without the shim in it. */
#define _GNU_SOURCE
#include "generation.h"
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char *const inherited[] = { "LD_PRELOAD", "PLOOP_EMULATION_STATE", "PLOOP_EMULATION_GENERATION", "BLKID_FILE" };

#define COUNT (sizeof inherited / sizeof inherited[0])

static size_t length_of(char *const environment[])
{
	size_t length = 0;

	while (environment[length])
		length++;
	return length;
}

static char *variable(const char *name)
{
	const char *value = getenv(name);
	char *text = NULL;

	return value && asprintf(&text, "%s=%s", name, value) > 0 ? text : NULL;
}

/* dmsetup, parted and partprobe ask the driver, so they have to have the shim. */
__attribute__((visibility("default"))) int execvpe(const char *program, char *const arguments[], char *const environment[])
{
	static int (*next)(const char *, char *const[], char *const[]);
	size_t length = environment ? length_of(environment) : 0;
	char **extended = calloc(length + COUNT + 1, sizeof *extended);
	int result;

	if (!next)
		next = (int (*)(const char *, char *const[], char *const[]))dlsym(RTLD_NEXT, "execvpe");
	if (generation() == 1 || !extended || !environment) {
		free(extended);
		return next(program, arguments, environment);
	}
	memcpy(extended, environment, length * sizeof *extended);
	for (size_t i = 0; i < COUNT; i++)
		if ((extended[length] = variable(inherited[i])))
			length++;
	/* the memory is that of a process that becomes another program, but for a failure */
	result = next(program, arguments, extended);
	free(extended);
	return result;
}
