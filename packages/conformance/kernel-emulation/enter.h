/*
 * Runs a command where the emulation may work: in a mount namespace and a
 * process namespace of its own, with a /dev of its own. When the command ends,
 * or this program is killed, nothing of them is left.
 */
#ifndef ENTER_H
#define ENTER_H

/* Returns the exit code of the command, or 125 when the namespaces cannot be made. */
int enter(char **command);

#endif
