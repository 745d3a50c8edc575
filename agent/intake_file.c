#include "agent/intake.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "config/datadir.h"

struct file_source {
	int fd;
	const struct stat *before; /* NULL for standard input */
};

/* The last row of a file somebody is still writing may be half a row, and look like a whole one. */
static enum status check_still(const struct file_source *file)
{
	struct stat now;
	if (file->before == NULL)
		return STATUS_OK;
	if (fstat(file->fd, &now) != 0)
		return status_of_errno(errno);
	const struct timespec *a = &file->before->st_mtim;
	const struct timespec *b = &now.st_mtim;
	bool same = file->before->st_size == now.st_size && a->tv_sec == b->tv_sec && a->tv_nsec == b->tv_nsec;
	return same ? STATUS_OK : STATUS_BUSY;
}

static enum status read_some(void *context, void *buf, size_t len, size_t *ret_len)
{
	const struct file_source *file = context;
	for (;;) {
		ssize_t n = read(file->fd, buf, len);
		if (n == 0) {
			enum status s = check_still(file);
			if (s != STATUS_OK)
				return s;
		}
		if (n >= 0) {
			*ret_len = (size_t)n;
			return STATUS_OK;
		}
		if (errno != EINTR)
			return status_of_errno(errno);
	}
}

static const char *base_name(const char *path)
{
	const char *slash = strrchr(path, '/');
	return slash == NULL ? path : slash + 1;
}

static enum status from_stdin(const struct agent *a, const struct intake_options *options,
			      struct intake_report *ret_report)
{
	struct file_source file = {.fd = STDIN_FILENO};
	struct intake_options named = *options;
	named.name = "-";
	return intake_run(a, &named, read_some, &file, ret_report);
}

enum status intake_descriptor(const struct agent *a, int fd, const struct intake_options *options,
			      struct intake_report *ret_report)
{
	struct file_source file = {.fd = fd};
	struct intake_options dated = *options;
	struct stat info;
	*ret_report = (struct intake_report){0};
	if (fstat(fd, &info) != 0)
		return status_of_errno(errno);
	if (!S_ISREG(info.st_mode)) {
		ret_report->reason = "not-a-file";
		return STATUS_REFUSED;
	}
	file.before = &info;
	if (dated.changed_at == TIME_UNSET)
		dated.changed_at = (int64_t)info.st_mtim.tv_sec * 1000 + info.st_mtim.tv_nsec / 1000000;
	return intake_run(a, &dated, read_some, &file, ret_report);
}

enum status intake_file(const struct agent *a, const char *path, const struct intake_options *options,
			struct intake_report *ret_report)
{
	*ret_report = (struct intake_report){0};
	if (strcmp(path, "-") == 0)
		return from_stdin(a, options, ret_report);
	/* Somebody's pipe must not block the program. */
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (fd < 0)
		return status_of_errno(errno);
	struct intake_options named = *options;
	named.name = base_name(path);
	enum status s = intake_descriptor(a, fd, &named, ret_report);
	(void)close(fd); /* opened for reading */
	return s;
}
