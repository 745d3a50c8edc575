#include "config/datadir.h"

#include <errno.h>
#include <fcntl.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum { ACCOUNT_ROOM = 4096, READ_CHUNK = 4096, PATH_LIMIT = 4096, LOCK_POLL_MS = 10 };

enum status status_of_errno(int error)
{
	switch (error) {
	case ENOSPC:
	case EDQUOT:
		return STATUS_DISK_FULL;
	case EROFS:
		return STATUS_DISK_READ_ONLY;
	case EACCES:
	case EPERM:
	case ELOOP: /* a symbolic link where O_NOFOLLOW refuses one */
		return STATUS_PERMISSION;
	case ENOENT:
		return STATUS_EMPTY;
	case EEXIST:
		return STATUS_EXISTS;
	case ENOMEM:
		return STATUS_NO_MEMORY;
	case EMFILE: /* too many connections at once are no fault of the disk */
	case ENFILE:
		return STATUS_BUSY;
	default:
		return STATUS_DISK;
	}
}

char *path_join(const char *dir, const char *name)
{
	size_t dir_len = strlen(dir);
	const char *between = dir_len > 0 && dir[dir_len - 1] != '/' ? "/" : "";
	size_t size = dir_len + strlen(name) + 2;
	char *path = malloc(size);
	if (path != NULL)
		(void)snprintf(path, size, "%s%s%s", dir, between, name); /* size was computed for it */
	return path;
}

char *path_numbered(const char *path, unsigned n)
{
	const char *name = strrchr(path, '/');
	name = name == NULL ? path : name + 1;
	const char *dot = strrchr(name, '.');
	size_t stem = dot == NULL || dot == name ? strlen(path) : (size_t)(dot - path);
	size_t size = strlen(path) + sizeof("-4294967295");
	char *numbered = n == 1 ? strdup(path) : malloc(size);
	if (numbered != NULL && n != 1)
		(void)snprintf(numbered, size, "%.*s-%u%s", (int)stem, path, n, path + stem); /* sized for it */
	return numbered;
}

bool path_exists(const char *path)
{
	struct stat info;
	return lstat(path, &info) == 0;
}

bool path_is_directory(const char *path)
{
	struct stat info;
	return stat(path, &info) == 0 && S_ISDIR(info.st_mode);
}

/* The directory a path lies in, a new string; "." for a bare name. */
static char *parent_of(const char *path)
{
	size_t len = strlen(path);
	while (len > 1 && path[len - 1] == '/')
		len--;
	while (len > 0 && path[len - 1] != '/')
		len--;
	while (len > 1 && path[len - 1] == '/')
		len--;
	return len == 0 ? strdup(".") : strndup(path, len);
}

static enum status sync_directory(const char *dir)
{
	int fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return status_of_errno(errno);
	/* Some file systems of memory sticks cannot sync a directory and say EINVAL. */
	enum status s = fsync(fd) == 0 || errno == EINVAL ? STATUS_OK : status_of_errno(errno);
	(void)close(fd); /* opened for reading */
	return s;
}

static enum status sync_parent(const char *path)
{
	char *dir = parent_of(path);
	if (dir == NULL)
		return STATUS_NO_MEMORY;
	enum status s = sync_directory(dir);
	free(dir);
	return s;
}

/* mkdir for a parent; one that exists already is fine. */
static enum status make_parent(const char *dir)
{
	if (mkdir(dir, 0755) == 0)
		return sync_parent(dir);
	return errno == EEXIST ? STATUS_OK : status_of_errno(errno);
}

static enum status make_parents(const char *dir)
{
	char *path = strdup(dir);
	if (path == NULL)
		return STATUS_NO_MEMORY;
	enum status s = STATUS_OK;
	for (char *end = path + 1; s == STATUS_OK && path[0] != '\0' && *end != '\0'; end++) {
		if (*end != '/')
			continue;
		*end = '\0';
		s = make_parent(path);
		*end = '/';
	}
	free(path);
	return s;
}

enum status datadir_create(const char *dir)
{
	if (!path_exists(dir)) {
		enum status s = make_parents(dir);
		if (s != STATUS_OK)
			return s;
		if (mkdir(dir, 0700) != 0 && errno != EEXIST)
			return status_of_errno(errno);
		s = sync_parent(dir);
		if (s != STATUS_OK)
			return s;
	}
	enum status s = datadir_check(dir);
	return s == STATUS_NO_DATA ? STATUS_PERMISSION : s; /* a file stands in its place */
}

enum status datadir_check(const char *dir)
{
	struct stat info;
	if (stat(dir, &info) != 0)
		return errno == ENOENT || errno == ENOTDIR ? STATUS_NO_DATA : status_of_errno(errno);
	if (!S_ISDIR(info.st_mode))
		return STATUS_NO_DATA;
	if ((info.st_mode & (S_IWGRP | S_IWOTH)) != 0)
		return STATUS_PERMISSION;
	/* A read-only file system still lets people read what is there. */
	if (access(dir, R_OK | W_OK | X_OK) != 0 && errno != EROFS)
		return status_of_errno(errno);
	return STATUS_OK;
}

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
		s = sync_parent(path);
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

enum status file_move(const char *from, const char *to)
{
	if (rename(from, to) != 0)
		return status_of_errno(errno);
	enum status s = sync_parent(to);
	return s == STATUS_OK ? sync_parent(from) : s;
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

/* Waits by counting its own naps: no clock is read here. */
static enum status wait_for_lock(int fd, int64_t timeout_ms)
{
	for (int64_t waited_ms = 0;; waited_ms += LOCK_POLL_MS) {
		if (flock(fd, LOCK_EX | LOCK_NB) == 0)
			return STATUS_OK;
		if (errno != EWOULDBLOCK && errno != EINTR)
			return status_of_errno(errno);
		if (waited_ms >= timeout_ms)
			return STATUS_BUSY;
		struct timespec nap = {.tv_nsec = LOCK_POLL_MS * 1000000L};
		(void)nanosleep(&nap, NULL); /* a signal only shortens the wait */
	}
}

enum status lock_take(const char *path, int64_t timeout_ms, struct lock *ret_lock)
{
	int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (fd < 0)
		return errno == ENOENT ? STATUS_NO_DATA : status_of_errno(errno);
	enum status s = wait_for_lock(fd, timeout_ms);
	if (s != STATUS_OK) {
		(void)close(fd); /* nothing was written */
		return s;
	}
	ret_lock->fd = fd;
	return STATUS_OK;
}

void lock_release(struct lock *lock)
{
	if (lock == NULL || lock->fd < 0)
		return;
	(void)close(lock->fd); /* closing frees the lock */
	lock->fd = -1;
}

char *program_directory(void)
{
	char path[PATH_LIMIT];
	ssize_t n = readlink("/proc/self/exe", path, sizeof(path) - 1);
	if (n <= 0 || (size_t)n >= sizeof(path) - 1)
		return NULL;
	path[n] = '\0';
	return parent_of(path);
}

void account_name(char *out, size_t size)
{
	struct passwd account;
	struct passwd *found = NULL;
	char room[ACCOUNT_ROOM];
	int error = getpwuid_r(getuid(), &account, room, sizeof(room), &found);
	(void)snprintf(out, size, "%s", error != 0 || found == NULL ? "?" : account.pw_name);
}
