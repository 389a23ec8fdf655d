/* What every server does when it starts. Results are zero or a negated errno. */
#ifndef DAEMON_H
#define DAEMON_H

/* The tool closes its standard input when it merges; what is opened later must not come in the place of it. */
int fill_standard_streams(void);

/* Opens the socket of a device, or of the device mapper. */
int listen_for_tools(int device, int type, int *listener);

/* Leaves the tool's process group and terminal; the tool sees nothing of it but the socket. */
void detach(void);

#endif
