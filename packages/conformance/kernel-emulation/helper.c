#define _GNU_SOURCE
#include "helper.h"
#include <errno.h>
#include <fcntl.h>
#include <sys/prctl.h>
#include <unistd.h>

/* The helper has none of the server's descriptors, so the disk is dead when the server is. */
static void close_all_but(unsigned one, unsigned other)
{
	unsigned low = one < other ? one : other, high = one < other ? other : one;

	if (low > 3)
		close_range(3, low - 1, 0);
	if (high > low + 1)
		close_range(low + 1, high - 1, 0);
	close_range(high + 1, ~0u, 0);
}

static void help(const struct task *task, const void *argument, int lifeline, int status)
{
	struct report report = { 0 };
	char end;

	prctl(PR_SET_NAME, task->name);
	report.error = task->begin(argument, &report.number);
	if (write(status, &report, sizeof report) == sizeof report && !report.error)
		while (read(lifeline, &end, 1) < 0 && errno == EINTR)
			;
	if (report.error)
		_exit(1);
	task->end(report.number);
	_exit(write(status, &report, sizeof report) != sizeof report);
}

int helper_start(struct helper *helper, const struct task *task, const void *argument)
{
	int ends[4], error;

	if (pipe2(ends, O_CLOEXEC))
		return -errno;
	if (pipe2(ends + 2, O_CLOEXEC)) {
		error = errno;
		close(ends[0]);
		close(ends[1]);
		return -error;
	}
	switch (fork()) {
	case -1:
		error = errno;
		for (int i = 0; i < 4; i++)
			close(ends[i]);
		return -error;
	case 0:
		close_all_but(ends[0], ends[3]);
		help(task, argument, ends[0], ends[3]);
	}
	close(ends[0]);
	close(ends[3]);
	helper->lifeline = ends[1];
	helper->status = ends[2];
	return 0;
}

bool helper_report(struct helper *helper, struct report *report)
{
	bool got = read(helper->status, report, sizeof *report) == sizeof *report;

	if (!got || helper->lifeline < 0 || report->error) {
		helper_release(helper);
		close(helper->status);
		helper->status = -1;
	}
	return got;
}

void helper_release(struct helper *helper)
{
	if (helper->lifeline >= 0)
		close(helper->lifeline);
	helper->lifeline = -1;
}
