#include "config/datadir.h"

#include <windows.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "config/system_windows.h"

enum {
	READ_CHUNK = 4096,
	CHECK_CHUNK = 64 * 1024, /* whole sectors: read past the cache */
	MOVE_TRIES = 20,         /* a virus scanner holds new files for a moment */
	MOVE_POLL_MS = 50
};

static enum status write_all(HANDLE file, struct slice content)
{
	while (content.len > 0) {
		DWORD want = content.len < (1U << 30) ? (DWORD)content.len : 1U << 30;
		DWORD n = 0;
		if (!WriteFile(file, content.data, want, &n, NULL))
			return windows_status();
		content = slice_of(content.data + n, content.len - n);
	}
	return FlushFileBuffers(file) ? STATUS_OK : windows_status();
}

static enum status write_part(const wchar_t *part, struct slice content, unsigned mode)
{
	if (!DeleteFileW(part) && GetLastError() != ERROR_FILE_NOT_FOUND)
		return windows_status();
	/* A file for everyone has the rights its folder gives. */
	void *descriptor = mode == 0600 ? private_descriptor() : NULL;
	if (mode == 0600 && descriptor == NULL)
		return STATUS_NO_MEMORY;
	SECURITY_ATTRIBUTES attributes = {.nLength = sizeof(attributes), .lpSecurityDescriptor = descriptor};
	HANDLE file = CreateFileW(part, GENERIC_WRITE, 0, mode == 0600 ? &attributes : NULL, CREATE_NEW,
				  FILE_ATTRIBUTE_NORMAL | FILE_FLAG_OPEN_REPARSE_POINT, NULL);
	enum status s = file == INVALID_HANDLE_VALUE ? windows_status() : write_all(file, content);
	if (file != INVALID_HANDLE_VALUE)
		windows_close(file);
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
											      : windows_status();
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

enum status file_sync(const char *path)
{
	wchar_t *wide = wide_of(path);
	if (wide == NULL)
		return STATUS_NO_MEMORY;
	/* Flushing asks for the right to write. */
	HANDLE file = CreateFileW(wide, GENERIC_WRITE, FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE, NULL,
				  OPEN_EXISTING, FILE_ATTRIBUTE_NORMAL, NULL);
	enum status s = file != INVALID_HANDLE_VALUE && FlushFileBuffers(file) ? STATUS_OK : windows_status();
	if (file != INVALID_HANDLE_VALUE)
		windows_close(file);
	free(wide);
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

enum status file_link(const char *from, const char *to)
{
	wchar_t *wide_from = wide_of(from);
	wchar_t *wide_to = wide_of(to);
	enum status s = wide_from == NULL || wide_to == NULL ? STATUS_NO_MEMORY : STATUS_OK;
	if (s == STATUS_OK && !CreateHardLinkW(wide_to, wide_from, NULL))
		s = windows_status();
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
			return windows_status();
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
	HANDLE file = windows_open(path, GENERIC_READ, WINDOWS_SHARE_ALL, OPEN_EXISTING,
				   FILE_ATTRIBUTE_NORMAL | (secret ? FILE_FLAG_OPEN_REPARSE_POINT : 0));
	if (file == INVALID_HANDLE_VALUE)
		return windows_status();
	enum status s = secret && !is_secret(file) ? STATUS_PERMISSION : read_all(file, out, start_only);
	if (s != STATUS_OK)
		bytes_clear(out);
	windows_close(file);
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
			return GetLastError() == ERROR_HANDLE_EOF && content.len == 0 ? STATUS_OK
										      : windows_status();
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
	HANDLE file = windows_open(path, GENERIC_READ, FILE_SHARE_READ, OPEN_EXISTING, FILE_FLAG_NO_BUFFERING);
	s = file == INVALID_HANDLE_VALUE ? windows_status() : compare_content(file, chunk, content);
	if (file != INVALID_HANDLE_VALUE)
		windows_close(file);
	(void)VirtualFree(chunk, 0, MEM_RELEASE); /* it was reserved here */
	return s;
}
