#define _GNU_SOURCE
#include "client.h"
#include "state.h"
#include <errno.h>
#include <linux/dm-ioctl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

static int connect_to(int device, int type)
{
	struct sockaddr_un address;
	int connection, error;

	if (server_address(device, &address)) {
		errno = ENAMETOOLONG;
		return -1;
	}
	connection = socket(AF_UNIX, type | SOCK_CLOEXEC, 0);
	if (connection < 0 || !connect(connection, (void *)&address, sizeof address))
		return connection;
	error = errno;
	close(connection);
	errno = error;
	return -1;
}

int server_connect(int device)
{
	return connect_to(device, SOCK_SEQPACKET);
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

int mapper_connect(void)
{
	return connect_to(DEVICE_MAPPER, SOCK_STREAM);
}

static bool receive_all(int connection, void *data, size_t length)
{
	ssize_t got;

	for (; length; length -= got, data = (char *)data + got)
		if ((got = recv(connection, data, length, 0)) <= 0) {
			if (got == 0 || errno != EINTR)
				return false;
			got = 0;
		}
	return true;
}

static bool send_all(int connection, const void *data, size_t length)
{
	ssize_t put;

	for (; length; length -= put, data = (const char *)data + put)
		if ((put = send(connection, data, length, MSG_NOSIGNAL)) < 0)
			return false;
	return true;
}

static int exchange(int connection, const struct mapper_request *request, struct dm_ioctl *data, struct mapper_reply *reply)
{
	bool done = send_all(connection, request, sizeof *request) && send_all(connection, data, request->length) &&
		receive_all(connection, reply, sizeof *reply) && reply->length <= request->length &&
		receive_all(connection, data, reply->length);

	close(connection);
	errno = done ? -reply->error : EIO;
	return errno ? -1 : 0;
}

int mapper_ask(int connection, uint32_t command, struct dm_ioctl *data, int *grown)
{
	struct mapper_request request = { command, data->data_size };
	struct mapper_reply reply = { 0 };
	int result = exchange(connection, &request, data, &reply);

	*grown = reply.grown;
	return result;
}

int mapper_tell(int connection, uint32_t command)
{
	struct mapper_request request = { command, 0 };
	struct mapper_reply reply = { 0 };

	return exchange(connection, &request, NULL, &reply);
}
