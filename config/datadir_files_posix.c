#include "config/datadir.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "config/datadir_sync.h"

enum { READ_CHUNK = 4096 };

static enum status write_all(int fd, struct slice content)
{
	while (content.len > 0) {
		ssize_t n = write(fd, content.data, content.len);
		if (n < 0 && errno != EINTR)
			return status_of_errno(errno);
		if (n > 0)
			content = slice_of(content.data + n, content.len - (size_t)n);
	}
	return STATUS_OK;
}

/* The umask may have taken bits that the reader of the file needs. */
static enum status widen_mode(int fd, unsigned mode)
{
	struct stat info;
	if (fstat(fd, &info) != 0)
		return status_of_errno(errno);
	bool right = mode == 0600 ? (info.st_mode & 0777) == 0600 : (info.st_mode & mode & 0444) == (mode & 0444);
	return right || fchmod(fd, (mode_t)mode) == 0 ? STATUS_OK : status_of_errno(errno);
}

static enum status write_part(const char *part, struct slice content, unsigned mode)
{
	if (unlink(part) != 0 && errno != ENOENT)
		return status_of_errno(errno);
	int fd = open(part, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, (mode_t)mode);
	if (fd < 0)
		return status_of_errno(errno);
	enum status s = widen_mode(fd, mode);
	if (s == STATUS_OK)
		s = write_all(fd, content);
	if (s == STATUS_OK && fsync(fd) != 0)
		s = status_of_errno(errno);
	if (close(fd) != 0 && s == STATUS_OK)
		s = status_of_errno(errno);
	return s;
}

enum status file_write(const char *path, struct slice content, unsigned mode)
{
	size_t size = strlen(path) + sizeof(".part");
	char *part = malloc(size);
	if (part == NULL)
		return STATUS_NO_MEMORY;
	(void)snprintf(part, size, "%s.part", path); /* size was computed for it */
	enum status s = write_part(part, content, mode);
	if (s == STATUS_OK && rename(part, path) != 0)
		s = status_of_errno(errno);
	if (s != STATUS_OK)
		(void)unlink(part); /* the failure before it is what counts */
	else
		s = datadir_sync_parent(path);
	free(part);
	return s;
}

/* Reads to the end, straight into out, so that no second copy of a key is left in memory. */
static enum status read_all(int fd, struct bytes *out)
{
	for (;;) {
		size_t room = out->limit - out->len;
		size_t want = room < READ_CHUNK ? room : READ_CHUNK;
		uint8_t beyond = 0; /* one byte more than the limit tells a full file from one too long */
		uint8_t *into = want > 0 ? bytes_grow(out, want) : &beyond;
		if (into == NULL)
			return bytes_status(out);
		ssize_t n = read(fd, into, want > 0 ? want : 1);
		int error = errno;
		if (want > 0)
			out->len -= want - (n > 0 ? (size_t)n : 0);
		if (n == 0)
			return STATUS_OK;
		if (n < 0 && error != EINTR)
			return status_of_errno(error);
		if (n > 0 && want == 0)
			return STATUS_LIMIT;
	}
}

static enum status read_file(const char *path, bool secret, struct bytes *out)
{
	bytes_clear(out);
	int fd = open(path, O_RDONLY | O_CLOEXEC | (secret ? O_NOFOLLOW : 0));
	if (fd < 0)
		return status_of_errno(errno);
	enum status s = STATUS_OK;
	struct stat info;
	if (fstat(fd, &info) != 0)
		s = status_of_errno(errno);
	else if (secret && (!S_ISREG(info.st_mode) || (info.st_mode & 0077) != 0))
		s = STATUS_PERMISSION;
	if (s == STATUS_OK)
		s = read_all(fd, out);
	if (s != STATUS_OK)
		bytes_clear(out);
	(void)close(fd); /* opened for reading */
	return s;
}

enum status file_read(const char *path, struct bytes *out)
{
	return read_file(path, false, out);
}

enum status file_read_start(const char *path, struct bytes *out)
{
	bytes_clear(out);
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return status_of_errno(errno);
	enum status s = STATUS_OK;
	ssize_t n = 1;
	while (s == STATUS_OK && n != 0 && out->len < out->limit) {
		uint8_t *into = bytes_grow(out, out->limit - out->len);
		if (into == NULL) {
			s = bytes_status(out);
			break;
		}
		size_t before = (size_t)(into - out->data);
		n = read(fd, into, out->limit - before);
		out->len = before + (n > 0 ? (size_t)n : 0);
		if (n < 0 && errno != EINTR)
			s = status_of_errno(errno);
	}
	(void)close(fd); /* opened for reading */
	return s;
}

enum status file_sync(const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return status_of_errno(errno);
	enum status s = fsync(fd) == 0 ? STATUS_OK : status_of_errno(errno);
	(void)close(fd); /* opened for reading */
	return s;
}

enum status file_move(const char *from, const char *to)
{
	if (rename(from, to) != 0)
		return status_of_errno(errno);
	enum status s = datadir_sync_parent(to);
	return s == STATUS_OK ? datadir_sync_parent(from) : s;
}

enum status file_link(const char *from, const char *to)
{
	if (link(from, to) != 0)
		return status_of_errno(errno);
	return datadir_sync_parent(to);
}

enum status file_read_secret(const char *path, struct bytes *out)
{
	return read_file(path, true, out);
}

/* Compares what the medium gives back with what was written to it. */
static enum status compare_content(int fd, struct slice content)
{
	uint8_t chunk[READ_CHUNK];
	for (;;) {
		ssize_t n = read(fd, chunk, sizeof(chunk));
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return status_of_errno(errno);
		if (n == 0)
			return content.len == 0 ? STATUS_OK : STATUS_DIFFERENT;
		if ((size_t)n > content.len || memcmp(chunk, content.data, (size_t)n) != 0)
			return STATUS_DIFFERENT;
		content = slice_of(content.data + n, content.len - (size_t)n);
	}
}

enum status file_write_checked(const char *path, struct slice content, unsigned mode)
{
	enum status s = file_write(path, content, mode);
	if (s != STATUS_OK)
		return s;
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return status_of_errno(errno);
	/* A file system without a cache of its own says no, and then there is nothing to drop. */
	(void)posix_fadvise(fd, 0, 0, POSIX_FADV_DONTNEED);
	s = compare_content(fd, content);
	(void)close(fd); /* opened for reading */
	return s;
}
