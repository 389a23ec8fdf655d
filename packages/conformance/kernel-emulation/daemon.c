#define _GNU_SOURCE
#include "daemon.h"
#include "state.h"
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

int fill_standard_streams(void)
{
	int null;

	do
		null = open_raw("/dev/null", O_RDWR);
	while (null >= 0 && null <= STDERR_FILENO);
	return null < 0 ? -errno : close(null);
}

int listen_for_tools(int device, int type, int *listener)
{
	struct sockaddr_un address;

	if (server_address(device, &address))
		return -ENAMETOOLONG;
	unlink(address.sun_path);
	*listener = socket(AF_UNIX, type | SOCK_CLOEXEC, 0);
	if (*listener < 0 || bind(*listener, (void *)&address, sizeof address) || listen(*listener, 16))
		return -errno;
	return 0;
}

void detach(void)
{
	int null = open_raw("/dev/null", O_RDWR);

	setsid();
	signal(SIGPIPE, SIG_IGN);
	signal(SIGCHLD, SIG_IGN);
	prctl(PR_SET_NAME, SERVER_PREFIX "server");
	/* the kernel must not wait for this process to free memory for it */
	prctl(PR_SET_IO_FLUSHER, 1, 0, 0, 0);
	for (int fd = 0; fd < 3; fd++)
		dup2(null, fd);
	close(null);
}
