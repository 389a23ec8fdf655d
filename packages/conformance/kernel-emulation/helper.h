/*
 * A process that does for the server what the server cannot do itself, because
 * the kernel would read from or write to the disk meanwhile, and the server must
 * reply. It begins something, reports, waits until it must end it or
 * the server is gone, ends it, and reports again.
 */
#ifndef HELPER_H
#define HELPER_H

#include <stdbool.h>

struct helper {
	int lifeline;	/* closed by the server to have it end; -1 when it was, or there is no helper */
	int status;	/* where the helper reports; -1 when there is no helper */
};

/* What a helper reports: an errno or 0, and a number of its own. */
struct report {
	int error, number;
};

/* What a helper does; `begin` returns an errno or 0. */
struct task {
	const char *name;	/* as ps shows it */
	int (*begin)(const void *argument, int *number);
	void (*end)(int number);
};

/* Starts a helper; 0 or a negated errno. */
int helper_start(struct helper *helper, const struct task *task, const void *argument);

/* Takes a report; false when the helper is gone without one. */
bool helper_report(struct helper *helper, struct report *report);

/* Makes it end what it began. */
void helper_release(struct helper *helper);

#endif
