/* Asking the server of a device. */
#ifndef CLIENT_H
#define CLIENT_H

#include "protocol.h"

/* A new connection; -1 with errno (ENOENT, ECONNREFUSED) when there is no server. */
int server_connect(int device);

/* Sends the request over a connection and closes it; like ioctl(), -1 with errno on failure. */
int server_ask(int connection, const struct request *request, struct reply *reply);

/* Both in one. */
int server_call(int device, const struct request *request, struct reply *reply);

/* For a command that has no parameters and whose reply is its result. */
int server_command(int device, enum command command);

struct dm_ioctl;

/* The same for the device mapper: a command with its data, which become those of the reply. */
int mapper_connect(void);
int mapper_ask(int connection, uint32_t command, struct dm_ioctl *data, int *grown);

/* For MAPPER_RELEASE and MAPPER_QUIT, which have no data. */
int mapper_tell(int connection, uint32_t command);

#endif
