#include "config/reserve.h"

#include <windows.h>

#include <stdlib.h>

#include "config/system_windows.h"

static bool has_size(const wchar_t *path, int64_t bytes)
{
	WIN32_FILE_ATTRIBUTE_DATA info;
	if (!GetFileAttributesExW(path, GetFileExInfoStandard, &info))
		return false;
	return (((int64_t)info.nFileSizeHigh << 32) | (int64_t)info.nFileSizeLow) == bytes;
}

/* Setting the end of a file takes its clusters on NTFS and FAT, unless it is sparse. */
static enum status fill(const wchar_t *path, int64_t bytes)
{
	HANDLE file = CreateFileW(path, GENERIC_WRITE, 0, NULL, OPEN_ALWAYS,
				  FILE_ATTRIBUTE_NORMAL | FILE_FLAG_OPEN_REPARSE_POINT, NULL);
	if (file == INVALID_HANDLE_VALUE)
		return windows_status();
	const LARGE_INTEGER size = {.QuadPart = bytes};
	enum status s =
		SetFilePointerEx(file, size, NULL, FILE_BEGIN) && SetEndOfFile(file) ? STATUS_OK : windows_status();
	windows_close(file);
	if (s != STATUS_OK)
		(void)DeleteFileW(path); /* a part of the room helps nobody */
	return s;
}

enum status reserve_keep(const char *path, int64_t bytes)
{
	wchar_t *wide = wide_of(path);
	if (wide == NULL)
		return STATUS_NO_MEMORY;
	enum status s = has_size(wide, bytes) ? STATUS_OK : fill(wide, bytes);
	free(wide);
	return s;
}

bool reserve_give_up(const char *path)
{
	wchar_t *wide = wide_of(path);
	bool given = wide != NULL && DeleteFileW(wide);
	free(wide);
	return given;
}
