/*
 * Takes down what is left of a state directory: unmounts what is mounted of its
 * devices, ends its servers, and removes it. What was never there is no failure.
 */
#ifndef REAP_H
#define REAP_H

/* Returns 0, or 1 when something could not be taken down and was cut off instead. */
int reap(const char *state);

/* Thaws what is mounted of its devices: a process that writes to a frozen file system cannot even be killed. */
void thaw_all(const char *state);

#endif
