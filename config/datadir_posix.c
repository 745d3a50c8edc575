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

#include "config/datadir_sync.h"

enum { ACCOUNT_ROOM = 4096, PATH_LIMIT = 4096, LOCK_POLL_MS = 10 };

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

bool path_exists(const char *path)
{
	struct stat info;
	return lstat(path, &info) == 0 || (errno != ENOENT && errno != ENOTDIR);
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

enum status datadir_sync_parent(const char *path)
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
		return datadir_sync_parent(dir);
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
	enum status s = datadir_check(dir);
	if (s != STATUS_NO_DATA)
		return s;
	s = make_parents(dir);
	if (s != STATUS_OK)
		return s;
	if (mkdir(dir, 0700) != 0 && errno != EEXIST)
		return status_of_errno(errno);
	s = datadir_sync_parent(dir);
	if (s != STATUS_OK)
		return s;
	s = datadir_check(dir);
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

/* Waits by counting its own naps: no clock is read here. */
static enum status wait_for_lock(int fd, int how, int64_t timeout_ms)
{
	for (int64_t waited_ms = 0;; waited_ms += LOCK_POLL_MS) {
		if (flock(fd, how | LOCK_NB) == 0)
			return STATUS_OK;
		if (errno != EWOULDBLOCK && errno != EINTR)
			return status_of_errno(errno);
		if (waited_ms >= timeout_ms)
			return STATUS_BUSY;
		struct timespec nap = {.tv_nsec = LOCK_POLL_MS * 1000000L};
		(void)nanosleep(&nap, NULL); /* a signal only shortens the wait */
	}
}

static enum status lock_file(const char *path, int how, int64_t timeout_ms, struct lock *ret_lock)
{
	int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	/* Where nobody can write, what is there may still be read beside others who read. */
	if (fd < 0 && errno == EROFS && how == LOCK_SH)
		fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	if (fd < 0)
		return errno == ENOENT ? STATUS_NO_DATA : status_of_errno(errno);
	enum status s = wait_for_lock(fd, how, timeout_ms);
	if (s != STATUS_OK) {
		(void)close(fd); /* nothing was written */
		return s;
	}
	ret_lock->fd = fd;
	return STATUS_OK;
}

enum status lock_take(const char *path, int64_t timeout_ms, struct lock *ret_lock)
{
	return lock_file(path, LOCK_EX, timeout_ms, ret_lock);
}

enum status lock_share(const char *path, int64_t timeout_ms, struct lock *ret_lock)
{
	return lock_file(path, LOCK_SH, timeout_ms, ret_lock);
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
