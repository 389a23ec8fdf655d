#define _GNU_SOURCE
#include "enter.h"
#include "reap.h"
#include "state.h"
#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/wait.h>
#include <unistd.h>

#define SETUP_FAILED 125
#define NOT_EXECUTABLE 127
#define THAW_PAUSE 10000	/* microseconds */

static const struct {
	const char *path;
	unsigned major, minor;
} nodes[] = {
	{ "/dev/null", 1, 3 },		{ "/dev/zero", 1, 5 },		{ "/dev/full", 1, 7 },
	{ "/dev/random", 1, 8 },	{ "/dev/urandom", 1, 9 },	{ "/dev/tty", 5, 0 },
	{ "/dev/fuse", 10, 229 },	{ "/dev/loop-control", 10, 237 }
};

static const char *const links[][2] = {
	{ "/proc/self/fd", "/dev/fd" },
	{ "/proc/self/fd/0", "/dev/stdin" },
	{ "/proc/self/fd/1", "/dev/stdout" },
	{ "/proc/self/fd/2", "/dev/stderr" },
	{ "pts/ptmx", "/dev/ptmx" }
};

/* Parts of the machine's /dev that programs share. */
static const char *const shared[] = { "/dev/pts", "/dev/shm" };

#define COUNT(array) (sizeof(array) / sizeof(array)[0])

static int failed(const char *what)
{
	fprintf(stderr, "ploop-emulation: %s: %s\n", what, strerror(errno));
	return -1;
}

static int own_dev(void)
{
	int opened[COUNT(shared)];
	char source[64];

	for (size_t i = 0; i < COUNT(shared); i++)
		opened[i] = open(shared[i], O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (mount("ploop-emulation", "/dev", "tmpfs", MS_NOSUID, "mode=755,size=64m"))
		return failed("mounting a /dev of its own");
	umask(0);
	for (size_t i = 0; i < COUNT(nodes); i++)
		if (mknod(nodes[i].path, S_IFCHR | 0666, makedev(nodes[i].major, nodes[i].minor)))
			return failed(nodes[i].path);
	umask(022);
	for (size_t i = 0; i < COUNT(links); i++)
		if (symlink(links[i][0], links[i][1]))
			return failed(links[i][1]);
	for (size_t i = 0; i < COUNT(shared); i++) {
		snprintf(source, sizeof source, "/proc/self/fd/%d", opened[i]);
		if (mkdir(shared[i], 0755) || (opened[i] >= 0 && mount(source, shared[i], NULL, MS_BIND | MS_REC, NULL)))
			return failed(shared[i]);
		close(opened[i]);
	}
	if (mkdir("/dev/mapper", 0755))
		return failed("/dev/mapper");
	return mkdir(PRIVATE_DEV_MARK, 0700) ? failed(PRIVATE_DEV_MARK) : 0;
}

static int own_namespaces(void)
{
	/* no mount of ours propagates to the machine; what the machine unmounts is not kept busy here */
	if (mount(NULL, "/", NULL, MS_SLAVE | MS_REC, NULL))
		return failed("making the mounts private");
	if (mount("proc", "/proc", "proc", MS_NOSUID | MS_NODEV | MS_NOEXEC, NULL))
		return failed("mounting /proc");
	return own_dev();
}

static volatile sig_atomic_t child;

/* What a person sends to this program is for the command; what a terminal sends, the command has got itself. */
static void forward(int signal_number, siginfo_t *info, void *context)
{
	(void)context;
	if (info->si_code <= 0 && child > 0)
		kill(child, signal_number);
}

static void forward_signals(void)
{
	static const int signals[] = { SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGUSR1, SIGUSR2 };
	struct sigaction action = { .sa_sigaction = forward, .sa_flags = SA_SIGINFO | SA_RESTART };

	for (size_t i = 0; i < COUNT(signals); i++)
		sigaction(signals[i], &action, NULL);
}

static void block_child_signal(int how)
{
	sigset_t signals;

	sigemptyset(&signals);
	sigaddset(&signals, SIGCHLD);
	sigprocmask(how, &signals, NULL);
}

/* Becomes readable when a child has ended. */
static int child_ended(void)
{
	sigset_t signals;

	sigemptyset(&signals);
	sigaddset(&signals, SIGCHLD);
	return signalfd(-1, &signals, SFD_CLOEXEC);
}

static int exit_code(int status)
{
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

/* Waits for the command, and meanwhile takes leave of every other process that ends. */
static int await_command(int lifeline)
{
	struct pollfd events[] = { { .fd = lifeline }, { .fd = child_ended(), .events = POLLIN } };
	struct signalfd_siginfo signal;
	pid_t ended;
	int status;

	for (;;) {
		while ((ended = waitpid(-1, &status, WNOHANG)) > 0)
			if (ended == child)
				return exit_code(status);
		if (poll(events, COUNT(events), -1) < 0)
			continue;
		/* the process that started this is dead, so the command must end as well */
		if (events[0].revents) {
			kill(child, SIGKILL);
			events[0].fd = -1;
		}
		if (events[1].revents && read(events[1].fd, &signal, sizeof signal) < 0)
			return SETUP_FAILED;
	}
}

static void take_down(const char *state)
{
	reap(state);
}

/* Does something with each state directory, and so with all devices there are. */
static void for_each_state(void (*visit)(const char *state))
{
	char path[PATH_MAX];
	DIR *states = opendir(PRIVATE_DEV_MARK);
	struct dirent *entry;

	while (states && (entry = readdir(states))) {
		if (entry->d_name[0] == '.')
			continue;
		snprintf(path, sizeof path, "%s/%s", PRIVATE_DEV_MARK, entry->d_name);
		visit(path);
	}
	if (states)
		closedir(states);
}

/* Kills what the command left behind, but for the servers and their helpers, without which no mount can be ended. */
static void kill_leftovers(void)
{
	DIR *processes = opendir("/proc");
	struct dirent *entry;
	char path[64], name[32];

	while (processes && (entry = readdir(processes))) {
		int pid = atoi(entry->d_name);

		if (!isdigit(entry->d_name[0]) || pid == 1)
			continue;
		snprintf(path, sizeof path, "/proc/%d/comm", pid);
		if (read_line(path, name, sizeof name) > 0 && strncmp(name, SERVER_PREFIX, strlen(SERVER_PREFIX)))
			kill(pid, SIGKILL);
	}
	if (processes)
		closedir(processes);
}

static void clean_up(void)
{
	kill_leftovers();
	for_each_state(take_down);
	kill(-1, SIGKILL);
	while (wait(NULL) > 0)
		;
}

/* The first process of the namespace: when it ends, the kernel kills all others. */
static int supervise(char **command, int lifeline)
{
	int code;

	if (own_namespaces())
		return SETUP_FAILED;
	block_child_signal(SIG_BLOCK);
	child = fork();
	if (child < 0) {
		failed("fork");
		return SETUP_FAILED;
	}
	if (child == 0) {
		block_child_signal(SIG_UNBLOCK);
		execvp(command[0], command);
		failed(command[0]);
		_exit(NOT_EXECUTABLE);
	}
	/* what kills the command's process group leaves this one to clean up */
	setpgid(0, 0);
	forward_signals();
	code = await_command(lifeline);
	child = 0;
	clean_up();
	return code;
}

/*
 * If somebody killed the first process, its whole namespace is dying, and the devices are taken down here. Its last process
 * may wait for a file system to be thawed, and the process that froze it is dead.
 */
static int await_namespace(int ending)
{
	struct pollfd event = { .fd = ending };
	pid_t ended;
	int status;

	while (poll(&event, 1, -1) < 0)
		;
	umount2("/proc", MNT_DETACH);	/* that of the namespace, which knows no process any more */
	while ((ended = waitpid(child, &status, WNOHANG)) == 0) {
		for_each_state(thaw_all);
		usleep(THAW_PAUSE);
	}
	if (ended < 0)
		return SETUP_FAILED;
	if (WIFSIGNALED(status))
		for_each_state(take_down);
	return exit_code(status);
}

int enter(char **command)
{
	/* each end of a pipe closes with the process that has it */
	int lifeline[2], ending[2];

	if (pipe2(lifeline, O_CLOEXEC) || pipe2(ending, O_CLOEXEC) || unshare(CLONE_NEWNS | CLONE_NEWPID)) {
		failed("making the namespaces (this needs root with CAP_SYS_ADMIN)");
		return SETUP_FAILED;
	}
	child = fork();
	if (child < 0) {
		failed("fork");
		return SETUP_FAILED;
	}
	if (child == 0) {
		close(lifeline[1]);
		close(ending[0]);
		_exit(supervise(command, lifeline[0]));
	}
	close(lifeline[0]);
	close(ending[1]);
	forward_signals();
	return await_namespace(ending[0]);
}
