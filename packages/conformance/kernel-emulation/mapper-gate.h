/*
 * What keeps the threads apart. Each device has a thread that reads and writes;
 * the first thread does the commands. An image may lie on another device, so a
 * thread that waits for a file must never keep that device's thread waiting:
 * the lock is held only for a moment, never while a file is read or written.
 * Instead, requests under way are counted, and commands wait for none.
 */
#ifndef MAPPER_GATE_H
#define MAPPER_GATE_H

#include "mapper.h"

void gate_lock(void);
void gate_unlock(void);

/* Before and after a request: waits while the device, or what it passes to, is stopped; false when it is going. */
bool gate_enter(struct mapped *device);
void gate_leave(struct mapped *device);

/* Stops a device for a command, when no request is under way; -ETIMEDOUT when they take too long. */
int gate_pause(struct mapped *device);
void gate_unpause(struct mapped *device);

/* The same for as long as it is suspended. */
int gate_suspend(struct mapped *device);
void gate_resume(struct mapped *device);

/* A write that waits for space on the host gives up: while a device is being suspended, and at the end. */
void gate_begin_giving_up(void);
void gate_end_giving_up(void);

/* Waits until a write can be tried again; false when it is to fail. */
bool gate_wait_for_space(void);

/* Starts and ends the thread of a device. Zero or a negated errno. */
int gate_start(struct mapped *device);
void gate_end(struct mapped *device);

#endif
