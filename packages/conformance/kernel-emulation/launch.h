/* Starting servers, which the shim does when it first needs one. */
#ifndef LAUNCH_H
#define LAUNCH_H

/* Starts `ploop-emulation MODE STATE [NUMBER]`, which reports when its program has ended; -1 with errno. */
int launch(const char *mode, const char *number);

#endif
