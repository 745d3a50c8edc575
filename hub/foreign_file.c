#include "hub/foreign_file.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "config/datadir.h"
#include "config/foreign_table.h"

static enum status read_some(void *context, void *buf, size_t len, size_t *ret_len)
{
	const int *fd = context;
	for (;;) {
		ssize_t n = read(*fd, buf, len);
		if (n >= 0) {
			*ret_len = (size_t)n;
			return STATUS_OK;
		}
		if (errno != EINTR)
			return status_of_errno(errno);
	}
}

enum status foreign_file_rows(const char *path, struct reader_form form, reader_row row, void *context,
			      struct reader_report *ret_report)
{
	struct stat info;
	*ret_report = (struct reader_report){0};
	/* Somebody's pipe must not block the program. */
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (fd < 0)
		return status_of_errno(errno);
	enum status s = fstat(fd, &info) == 0 ? STATUS_OK : status_of_errno(errno);
	if (s == STATUS_OK && !S_ISREG(info.st_mode)) {
		ret_report->reason = "not-a-file";
		s = STATUS_REFUSED;
	}
	if (s == STATUS_OK)
		s = foreign_table_run(form, NULL, read_some, &fd, row, context, ret_report);
	(void)close(fd); /* opened for reading */
	return s;
}
