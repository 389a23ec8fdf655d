/*
 * The references of the benchmarks: what libploop and the tool take without Node.
 * Each line of input is a command:
 *
 *   is-mounted COUNT DISK      libploop, COUNT times
 *   image-info COUNT DISK
 *   file-system-info COUNT DISK
 *   start COUNT PROGRAM ARG... PROGRAM started by posix_spawn, COUNT times
 *
 * Each line of output is "NANOSECONDS RESULT", of all COUNT times together.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <inttypes.h>
#include <ploop/libploop.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>

enum { MAX_WORDS = 64 };

extern char **environ;

typedef long (*measured)(char **arguments);

static int64_t now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return time.tv_sec * INT64_C(1000000000) + time.tv_nsec;
}

static long is_mounted(char **arguments)
{
	struct ploop_disk_images_data *disk;
	int result;

	if (ploop_open_dd(&disk, arguments[0]))
		return -1;
	result = ploop_is_mounted(disk);
	ploop_close_dd(disk);
	return result;
}

static long image_info(char **arguments)
{
	struct ploop_disk_images_data *disk;
	struct ploop_spec spec = { 0 };
	int error;

	if (ploop_open_dd(&disk, arguments[0]))
		return -1;
	error = ploop_get_spec(disk, &spec);
	ploop_close_dd(disk);
	return error ? -1 : (long)spec.size;
}

static long file_system_info(char **arguments)
{
	struct ploop_info info = { 0 };

	return ploop_get_info_by_descr(arguments[0], &info) ? -1 : (long)info.fs_blocks;
}

static posix_spawn_file_actions_t silent;

static long start(char **arguments)
{
	pid_t pid;
	int status;

	if (posix_spawnp(&pid, arguments[0], &silent, NULL, arguments, environ) || waitpid(pid, &status, 0) < 0)
		return -1;
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static measured find(const char *name)
{
	static const struct { const char *name; measured run; } all[] = {
		{ "is-mounted", is_mounted },
		{ "image-info", image_info },
		{ "file-system-info", file_system_info },
		{ "start", start },
	};

	for (size_t i = 0; i < sizeof all / sizeof all[0]; i++)
		if (!strcmp(all[i].name, name))
			return all[i].run;
	return NULL;
}

static int split(char *line, char **words)
{
	int count = 0;

	for (char *word = strtok(line, " \n"); word && count < MAX_WORDS; word = strtok(NULL, " \n"))
		words[count++] = word;
	words[count] = NULL;
	return count;
}

int main(void)
{
	char line[8192], *words[MAX_WORDS + 1];

	ploop_set_verbose_level(PLOOP_LOG_NOCONSOLE);
	posix_spawn_file_actions_init(&silent);
	for (int fd = 0; fd <= 2; fd++)
		posix_spawn_file_actions_addopen(&silent, fd, "/dev/null", O_RDWR, 0);
	while (fgets(line, sizeof line, stdin)) {
		measured run = split(line, words) >= 3 ? find(words[0]) : NULL;
		int64_t begin = now();
		long result = -1;

		for (long left = run ? atol(words[1]) : 0; left > 0; left--)
			result = run(words + 2);
		printf("%" PRId64 " %ld\n", now() - begin, result);
		fflush(stdout);
	}
	return 0;
}
