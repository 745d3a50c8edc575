#include "config/datadir.h"

#include <windows.h>

#include <errno.h>
#include <fcntl.h>
#include <io.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "config/system_windows.h"

enum { PATH_LIMIT = 32768, ACCOUNT_ROOM = 257, LOCK_POLL_MS = 10 };

enum status status_of_errno(int error)
{
	switch (error) {
	case ENOSPC:
		return STATUS_DISK_FULL;
	case EROFS:
		return STATUS_DISK_READ_ONLY;
	case EACCES:
	case EPERM:
		return STATUS_PERMISSION;
	case ENOENT:
		return STATUS_EMPTY;
	case EEXIST:
		return STATUS_EXISTS;
	case ENOMEM:
		return STATUS_NO_MEMORY;
	case EMFILE:
	case ENFILE:
		return STATUS_BUSY;
	default:
		return STATUS_DISK;
	}
}

static DWORD attributes_of(const char *path)
{
	wchar_t *wide = wide_of(path);
	DWORD attributes = wide == NULL ? INVALID_FILE_ATTRIBUTES : GetFileAttributesW(wide);
	free(wide);
	return attributes;
}

bool path_exists(const char *path)
{
	if (attributes_of(path) != INVALID_FILE_ATTRIBUTES)
		return true;
	DWORD error = GetLastError();
	return error != ERROR_FILE_NOT_FOUND && error != ERROR_PATH_NOT_FOUND && error != ERROR_INVALID_NAME;
}

bool path_is_directory(const char *path)
{
	DWORD attributes = attributes_of(path);
	return attributes != INVALID_FILE_ATTRIBUTES && (attributes & FILE_ATTRIBUTE_DIRECTORY) != 0;
}

/* With descriptor NULL the folder has the rights of the one above it. */
static enum status make_folder(const char *path, void *descriptor)
{
	SECURITY_ATTRIBUTES attributes = {.nLength = sizeof(attributes), .lpSecurityDescriptor = descriptor};
	wchar_t *wide = wide_of(path);
	if (wide == NULL)
		return STATUS_NO_MEMORY;
	enum status s =
		CreateDirectoryW(wide, descriptor == NULL ? NULL : &attributes) ? STATUS_OK : windows_status();
	free(wide);
	/* The root of a drive says no, and is there. */
	return s == STATUS_EXISTS || (s == STATUS_PERMISSION && path_is_directory(path)) ? STATUS_OK : s;
}

static enum status make_parents(const char *dir)
{
	char *path = strdup(dir);
	if (path == NULL)
		return STATUS_NO_MEMORY;
	enum status s = STATUS_OK;
	for (char *end = path + 1; s == STATUS_OK && path[0] != '\0' && *end != '\0'; end++) {
		if ((*end != '/' && *end != '\\') || end[-1] == ':')
			continue;
		char slash = *end;
		*end = '\0';
		s = make_folder(path, NULL);
		*end = slash;
	}
	free(path);
	return s;
}

enum status datadir_create(const char *dir)
{
	if (!path_exists(dir)) {
		enum status s = make_parents(dir);
		void *descriptor = private_descriptor();
		if (s == STATUS_OK)
			s = descriptor == NULL ? STATUS_NO_MEMORY : make_folder(dir, descriptor);
		(void)LocalFree(descriptor); /* NULL is fine */
		if (s != STATUS_OK)
			return s;
	}
	enum status s = datadir_check(dir);
	return s == STATUS_NO_DATA ? STATUS_PERMISSION : s; /* a file stands in its place */
}

enum status datadir_check(const char *dir)
{
	DWORD attributes = attributes_of(dir);
	if (attributes == INVALID_FILE_ATTRIBUTES || (attributes & FILE_ATTRIBUTE_DIRECTORY) == 0)
		return STATUS_NO_DATA;
	HANDLE folder = windows_open(dir, READ_CONTROL | FILE_LIST_DIRECTORY, WINDOWS_SHARE_ALL, OPEN_EXISTING,
				     FILE_FLAG_BACKUP_SEMANTICS);
	if (folder == INVALID_HANDLE_VALUE)
		return windows_status();
	bool open = others_may(folder, FILE_ADD_FILE | FILE_ADD_SUBDIRECTORY | FILE_DELETE_CHILD | WRITE_DAC);
	windows_close(folder);
	return open ? STATUS_PERMISSION : STATUS_OK;
}

/* Waits by counting its own naps: no clock is read here. */
static enum status wait_for_lock(HANDLE file, DWORD how, int64_t timeout_ms)
{
	for (int64_t waited_ms = 0;; waited_ms += LOCK_POLL_MS) {
		OVERLAPPED whole = {0};
		if (LockFileEx(file, how | LOCKFILE_FAIL_IMMEDIATELY, 0, MAXDWORD, MAXDWORD, &whole))
			return STATUS_OK;
		enum status s = windows_status();
		if (s != STATUS_BUSY || waited_ms >= timeout_ms)
			return s;
		Sleep(LOCK_POLL_MS);
	}
}

static enum status lock_file(const char *path, DWORD how, int64_t timeout_ms, struct lock *ret_lock)
{
	HANDLE file = windows_open(path, GENERIC_READ | GENERIC_WRITE, WINDOWS_SHARE_ALL, OPEN_ALWAYS,
				   FILE_ATTRIBUTE_NORMAL | FILE_FLAG_OPEN_REPARSE_POINT);
	if (file == INVALID_HANDLE_VALUE)
		return windows_status() == STATUS_EMPTY ? STATUS_NO_DATA : windows_status();
	enum status s = wait_for_lock(file, how, timeout_ms);
	int fd = s == STATUS_OK ? _open_osfhandle((intptr_t)file, _O_RDWR | _O_NOINHERIT) : -1;
	if (fd < 0) {
		windows_close(file); /* and with it a lock that was taken */
		return s == STATUS_OK ? STATUS_BUSY : s;
	}
	ret_lock->fd = fd;
	return STATUS_OK;
}

enum status lock_take(const char *path, int64_t timeout_ms, struct lock *ret_lock)
{
	return lock_file(path, LOCKFILE_EXCLUSIVE_LOCK, timeout_ms, ret_lock);
}

enum status lock_share(const char *path, int64_t timeout_ms, struct lock *ret_lock)
{
	return lock_file(path, 0, timeout_ms, ret_lock);
}

void lock_release(struct lock *lock)
{
	if (lock == NULL || lock->fd < 0)
		return;
	/* Closing frees the lock as well, but only some time later. */
	OVERLAPPED whole = {0};
	(void)UnlockFileEx((HANDLE)_get_osfhandle(lock->fd), 0, MAXDWORD, MAXDWORD, &whole);
	(void)_close(lock->fd); /* nothing was written */
	lock->fd = -1;
}

char *program_directory(void)
{
	wchar_t *path = calloc(PATH_LIMIT, sizeof(*path));
	DWORD len = path == NULL ? 0 : GetModuleFileNameW(NULL, path, PATH_LIMIT);
	char *program = len == 0 || len >= PATH_LIMIT ? NULL : narrow_of(path);
	free(path);
	char *slash = program == NULL ? NULL : strrchr(program, '/');
	if (slash != NULL)
		*slash = '\0';
	return program;
}

void account_name(char *out, size_t size)
{
	wchar_t wide[ACCOUNT_ROOM];
	DWORD room = ACCOUNT_ROOM;
	char *name = GetUserNameW(wide, &room) ? narrow_of(wide) : NULL;
	(void)snprintf(out, size, "%s", name == NULL ? "?" : name); /* cut is fine */
	free(name);
}
