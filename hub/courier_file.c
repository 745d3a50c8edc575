#include "hub/courier_file.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "config/datadir.h"

static void set_fault(struct ingested *out, enum ingest_fault fault, enum status s)
{
	out->fault = fault;
	out->status = s;
}

/* What a program writes before it gives a file its name. */
static bool is_unfinished(const char *path)
{
	static const char suffix[] = ".part";
	size_t len = strlen(path);
	return len >= sizeof(suffix) - 1 && strcmp(path + len - (sizeof(suffix) - 1), suffix) == 0;
}

static enum status read_whole(int fd, size_t size, struct bytes *content)
{
	uint8_t *into = size == 0 ? NULL : bytes_grow(content, size);
	size_t done = 0;
	if (size > 0 && into == NULL)
		return bytes_status(content);
	while (done < size) {
		ssize_t n = read(fd, into + done, size - done);
		if (n < 0 && errno != EINTR)
			return status_of_errno(errno);
		if (n == 0)
			break; /* shorter than it was: what is left of it counts */
		done += n > 0 ? (size_t)n : 0;
	}
	content->len = done;
	return STATUS_OK;
}

enum status courier_file_read(const char *path, struct bytes *content, struct ingested *out)
{
	struct stat info = {0};
	if (is_unfinished(path)) {
		set_fault(out, INGEST_UNFINISHED, STATUS_REFUSED);
		return STATUS_OK;
	}
	/* Nothing to wait for: opening a pipe must not stop the run. */
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	enum status s = fd < 0 || fstat(fd, &info) != 0 ? status_of_errno(errno) : STATUS_OK;
	if (fd < 0 && (errno == ENOENT || errno == ENOTDIR || errno == ENAMETOOLONG || errno == ELOOP))
		set_fault(out, INGEST_MISSING, STATUS_EMPTY);
	else if (s != STATUS_OK)
		set_fault(out, INGEST_READ, s);
	else if (!S_ISREG(info.st_mode))
		set_fault(out, INGEST_NOT_A_FILE, STATUS_REFUSED);
	else if (info.st_size > LIMIT_COURIER)
		set_fault(out, INGEST_TOO_LARGE, STATUS_LIMIT);
	else
		s = read_whole(fd, (size_t)info.st_size, content);
	if (fd >= 0)
		(void)close(fd); /* opened for reading */
	if (s == STATUS_NO_MEMORY)
		return s;
	if (s != STATUS_OK && out->fault == INGEST_NO_FAULT)
		set_fault(out, INGEST_READ, s);
	return STATUS_OK;
}
