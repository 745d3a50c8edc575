#include "config/datadir.h"

#include <windows.h>

#include <errno.h>
#include <fcntl.h>
#include <io.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "config/system_windows.h"

enum {
	READ_CHUNK = 4096,
	CHECK_CHUNK = 64 * 1024, /* whole sectors: read past the cache */
	PATH_LIMIT = 32768,
	ACCOUNT_ROOM = 257,
	LOCK_POLL_MS = 10,
	MOVE_TRIES = 20, /* a virus scanner holds new files for a moment */
	MOVE_POLL_MS = 50
};

static const DWORD share_all = FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE;

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

static enum status last_status(void)
{
	return status_of_windows(GetLastError());
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
	return attributes_of(path) != INVALID_FILE_ATTRIBUTES;
}

bool path_is_directory(const char *path)
{
	DWORD attributes = attributes_of(path);
	return attributes != INVALID_FILE_ATTRIBUTES && (attributes & FILE_ATTRIBUTE_DIRECTORY) != 0;
}

/* INVALID_HANDLE_VALUE with the reason in GetLastError(), as CreateFileW. */
static HANDLE open_file(const char *path, DWORD access, DWORD sharing, DWORD how, DWORD flags)
{
	wchar_t *wide = wide_of(path);
	if (wide == NULL) {
		SetLastError(ERROR_NOT_ENOUGH_MEMORY);
		return INVALID_HANDLE_VALUE;
	}
	HANDLE handle = CreateFileW(wide, access, sharing, NULL, how, flags, NULL);
	DWORD error = GetLastError();
	free(wide);
	SetLastError(error);
	return handle;
}

static void close_handle(HANDLE handle)
{
	(void)CloseHandle(handle); /* what was written was flushed before */
}

/* With descriptor NULL the folder has the rights of the one above it. */
static enum status make_folder(const char *path, void *descriptor)
{
	SECURITY_ATTRIBUTES attributes = {.nLength = sizeof(attributes), .lpSecurityDescriptor = descriptor};
	wchar_t *wide = wide_of(path);
	if (wide == NULL)
		return STATUS_NO_MEMORY;
	enum status s = CreateDirectoryW(wide, descriptor == NULL ? NULL : &attributes) ? STATUS_OK : last_status();
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
	HANDLE folder = open_file(dir, READ_CONTROL | FILE_LIST_DIRECTORY, share_all, OPEN_EXISTING,
				  FILE_FLAG_BACKUP_SEMANTICS);
	if (folder == INVALID_HANDLE_VALUE)
		return last_status();
	bool open = others_may(folder, FILE_ADD_FILE | FILE_ADD_SUBDIRECTORY | FILE_DELETE_CHILD | WRITE_DAC);
	close_handle(folder);
	return open ? STATUS_PERMISSION : STATUS_OK;
}

static enum status write_all(HANDLE file, struct slice content)
{
	while (content.len > 0) {
		DWORD want = content.len < (1U << 30) ? (DWORD)content.len : 1U << 30;
		DWORD n = 0;
		if (!WriteFile(file, content.data, want, &n, NULL))
			return last_status();
		content = slice_of(content.data + n, content.len - n);
	}
	return FlushFileBuffers(file) ? STATUS_OK : last_status();
}

static enum status write_part(const wchar_t *part, struct slice content, unsigned mode)
{
	if (!DeleteFileW(part) && GetLastError() != ERROR_FILE_NOT_FOUND)
		return last_status();
	/* A file for everyone has the rights its folder gives. */
	void *descriptor = mode == 0600 ? private_descriptor() : NULL;
	if (mode == 0600 && descriptor == NULL)
		return STATUS_NO_MEMORY;
	SECURITY_ATTRIBUTES attributes = {.nLength = sizeof(attributes), .lpSecurityDescriptor = descriptor};
	HANDLE file = CreateFileW(part, GENERIC_WRITE, 0, mode == 0600 ? &attributes : NULL, CREATE_NEW,
				  FILE_ATTRIBUTE_NORMAL | FILE_FLAG_OPEN_REPARSE_POINT, NULL);
	enum status s = file == INVALID_HANDLE_VALUE ? last_status() : write_all(file, content);
	if (file != INVALID_HANDLE_VALUE)
		close_handle(file);
	(void)LocalFree(descriptor); /* NULL is fine */
	return s;
}

/* MOVEFILE_WRITE_THROUGH: back when the move itself is on the disk. */
static enum status move_durably(const wchar_t *from, const wchar_t *to)
{
	enum status s = STATUS_BUSY;
	for (int i = 0; i < MOVE_TRIES && (s == STATUS_BUSY || s == STATUS_PERMISSION); i++) {
		if (i > 0)
			Sleep(MOVE_POLL_MS);
		s = MoveFileExW(from, to, MOVEFILE_REPLACE_EXISTING | MOVEFILE_WRITE_THROUGH) ? STATUS_OK
											      : last_status();
	}
	return s;
}

enum status file_write(const char *path, struct slice content, unsigned mode)
{
	size_t size = strlen(path) + sizeof(".part");
	char *part = malloc(size);
	if (part == NULL)
		return STATUS_NO_MEMORY;
	(void)snprintf(part, size, "%s.part", path); /* size was computed for it */
	wchar_t *from = wide_of(part);
	wchar_t *to = wide_of(path);
	enum status s = from == NULL || to == NULL ? STATUS_NO_MEMORY : write_part(from, content, mode);
	if (s == STATUS_OK)
		s = move_durably(from, to);
	if (s != STATUS_OK && from != NULL)
		(void)DeleteFileW(from); /* the failure before it is what counts */
	free(to);
	free(from);
	free(part);
	return s;
}

enum status file_move(const char *from, const char *to)
{
	wchar_t *wide_from = wide_of(from);
	wchar_t *wide_to = wide_of(to);
	enum status s = wide_from == NULL || wide_to == NULL ? STATUS_NO_MEMORY : move_durably(wide_from, wide_to);
	free(wide_to);
	free(wide_from);
	return s;
}

/* Reads to the end, straight into out, so that no second copy of a key is left in memory. */
static enum status read_all(HANDLE file, struct bytes *out, bool start_only)
{
	for (;;) {
		size_t room = out->limit - out->len;
		size_t want = room < READ_CHUNK ? room : READ_CHUNK;
		uint8_t beyond = 0; /* one byte more than the limit tells a full file from one too long */
		uint8_t *into = want > 0 ? bytes_grow(out, want) : &beyond;
		DWORD n = 0;
		if (want == 0 && start_only)
			return STATUS_OK;
		if (into == NULL)
			return bytes_status(out);
		bool read = ReadFile(file, into, want > 0 ? (DWORD)want : 1, &n, NULL);
		if (want > 0)
			out->len -= want - (read ? n : 0);
		if (!read)
			return last_status();
		if (n == 0)
			return STATUS_OK;
		if (want == 0)
			return STATUS_LIMIT;
	}
}

static bool is_secret(HANDLE file)
{
	BY_HANDLE_FILE_INFORMATION info;
	const DWORD other = FILE_ATTRIBUTE_REPARSE_POINT | FILE_ATTRIBUTE_DIRECTORY;
	return GetFileInformationByHandle(file, &info) && (info.dwFileAttributes & other) == 0 &&
	       !others_may(file, FILE_READ_DATA | FILE_WRITE_DATA | WRITE_DAC | WRITE_OWNER);
}

static enum status read_file(const char *path, bool secret, bool start_only, struct bytes *out)
{
	bytes_clear(out);
	HANDLE file = open_file(path, GENERIC_READ, share_all, OPEN_EXISTING,
				FILE_ATTRIBUTE_NORMAL | (secret ? FILE_FLAG_OPEN_REPARSE_POINT : 0));
	if (file == INVALID_HANDLE_VALUE)
		return last_status();
	enum status s = secret && !is_secret(file) ? STATUS_PERMISSION : read_all(file, out, start_only);
	if (s != STATUS_OK)
		bytes_clear(out);
	close_handle(file);
	return s;
}

enum status file_read(const char *path, struct bytes *out)
{
	return read_file(path, false, false, out);
}

enum status file_read_start(const char *path, struct bytes *out)
{
	return read_file(path, false, true, out);
}

enum status file_read_secret(const char *path, struct bytes *out)
{
	return read_file(path, true, false, out);
}

static enum status compare_content(HANDLE file, uint8_t *chunk, struct slice content)
{
	for (;;) {
		DWORD n = 0;
		if (!ReadFile(file, chunk, CHECK_CHUNK, &n, NULL))
			return GetLastError() == ERROR_HANDLE_EOF && content.len == 0 ? STATUS_OK : last_status();
		if (n == 0)
			return content.len == 0 ? STATUS_OK : STATUS_DIFFERENT;
		if (n > content.len || memcmp(chunk, content.data, n) != 0)
			return STATUS_DIFFERENT;
		content = slice_of(content.data + n, content.len - n);
	}
}

enum status file_write_checked(const char *path, struct slice content, unsigned mode)
{
	enum status s = file_write(path, content, mode);
	if (s != STATUS_OK)
		return s;
	/* Past the cache only whole, aligned sectors are read: pages are. */
	uint8_t *chunk = VirtualAlloc(NULL, CHECK_CHUNK, MEM_COMMIT | MEM_RESERVE, PAGE_READWRITE);
	if (chunk == NULL)
		return STATUS_NO_MEMORY;
	HANDLE file = open_file(path, GENERIC_READ, FILE_SHARE_READ, OPEN_EXISTING, FILE_FLAG_NO_BUFFERING);
	s = file == INVALID_HANDLE_VALUE ? last_status() : compare_content(file, chunk, content);
	if (file != INVALID_HANDLE_VALUE)
		close_handle(file);
	(void)VirtualFree(chunk, 0, MEM_RELEASE); /* it was reserved here */
	return s;
}

/* Waits by counting its own naps: no clock is read here. */
static enum status wait_for_lock(HANDLE file, int64_t timeout_ms)
{
	for (int64_t waited_ms = 0;; waited_ms += LOCK_POLL_MS) {
		OVERLAPPED whole = {0};
		if (LockFileEx(file, LOCKFILE_EXCLUSIVE_LOCK | LOCKFILE_FAIL_IMMEDIATELY, 0, MAXDWORD, MAXDWORD,
			       &whole))
			return STATUS_OK;
		enum status s = last_status();
		if (s != STATUS_BUSY || waited_ms >= timeout_ms)
			return s;
		Sleep(LOCK_POLL_MS);
	}
}

enum status lock_take(const char *path, int64_t timeout_ms, struct lock *ret_lock)
{
	HANDLE file = open_file(path, GENERIC_READ | GENERIC_WRITE, share_all, OPEN_ALWAYS,
				FILE_ATTRIBUTE_NORMAL | FILE_FLAG_OPEN_REPARSE_POINT);
	if (file == INVALID_HANDLE_VALUE)
		return last_status() == STATUS_EMPTY ? STATUS_NO_DATA : last_status();
	enum status s = wait_for_lock(file, timeout_ms);
	int fd = s == STATUS_OK ? _open_osfhandle((intptr_t)file, _O_RDWR | _O_NOINHERIT) : -1;
	if (fd < 0) {
		close_handle(file); /* and with it a lock that was taken */
		return s == STATUS_OK ? STATUS_BUSY : s;
	}
	ret_lock->fd = fd;
	return STATUS_OK;
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
