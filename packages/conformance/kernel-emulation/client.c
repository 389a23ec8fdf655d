#define _GNU_SOURCE
#include "client.h"
#include "state.h"
#include <errno.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

int server_connect(int device)
{
	struct sockaddr_un address;
	int connection, error;

	if (server_address(device, &address)) {
		errno = ENAMETOOLONG;
		return -1;
	}
	connection = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
	if (connection < 0 || !connect(connection, (void *)&address, sizeof address))
		return connection;
	error = errno;
	close(connection);
	errno = error;
	return -1;
}

int server_ask(int connection, const struct request *request, struct reply *reply)
{
	ssize_t got = -1;

	if (send(connection, request, sizeof *request, MSG_NOSIGNAL) == sizeof *request)
		while ((got = recv(connection, reply, sizeof *reply, 0)) < 0 && errno == EINTR)
			;
	close(connection);
	if (got != sizeof *reply)
		errno = EIO;
	else if (reply->result < 0)
		errno = -reply->result;
	else
		return reply->result;
	return -1;
}

int server_call(int device, const struct request *request, struct reply *reply)
{
	int connection = server_connect(device);

	if (connection < 0) {
		errno = ENXIO;
		return -1;
	}
	return server_ask(connection, request, reply);
}

int server_command(int device, enum command command)
{
	struct request *request = calloc(1, sizeof *request);
	struct reply *reply = calloc(1, sizeof *reply);
	int result = -1;

	if (request && reply) {
		request->command = command;
		result = server_call(device, request, reply);
	}
	free(request);
	free(reply);
	return result;
}
