#include "config/folder.h"

#include <windows.h>

#include <fcntl.h>
#include <io.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "config/system_windows.h"

enum { TWINS_MAX = 10000, TWIN_ROOM = 8 };

/* The handle, open without FILE_SHARE_DELETE, keeps others from putting another folder under the path. */
struct folder {
	wchar_t *path;
	HANDLE handle;
};

static enum status last_status(void)
{
	return status_of_windows(GetLastError());
}

/* PATH\NAME followed by tail, a new string; NULL on no memory. */
static wchar_t *join(const wchar_t *path, const wchar_t *name, const wchar_t *tail)
{
	size_t room = wcslen(path) + wcslen(name) + wcslen(tail) + 2;
	wchar_t *joined = calloc(room, sizeof(*joined));
	if (joined != NULL)
		(void)swprintf(joined, room, L"%ls\\%ls%ls", path, name, tail); /* sized for it */
	return joined;
}

static wchar_t *entry_path(const struct folder *folder, const char *name, const wchar_t *tail)
{
	wchar_t *wide = wide_of(name);
	wchar_t *path = wide == NULL ? NULL : join(folder->path, wide, tail);
	free(wide);
	return path;
}

/* Takes path over. */
static enum status open_path(wchar_t *path, DWORD flags, struct folder **ret_folder)
{
	BY_HANDLE_FILE_INFORMATION info;
	struct folder *folder = path == NULL ? NULL : malloc(sizeof(*folder));
	if (folder == NULL) {
		free(path);
		return STATUS_NO_MEMORY;
	}
	folder->path = path;
	folder->handle = CreateFileW(path, FILE_LIST_DIRECTORY, FILE_SHARE_READ | FILE_SHARE_WRITE, NULL,
				     OPEN_EXISTING, FILE_FLAG_BACKUP_SEMANTICS | flags, NULL);
	enum status s = folder->handle == INVALID_HANDLE_VALUE ? last_status() : STATUS_OK;
	if (s == STATUS_OK) {
		bool plain = GetFileInformationByHandle(folder->handle, &info) &&
			     (info.dwFileAttributes & FILE_ATTRIBUTE_DIRECTORY) != 0 &&
			     (flags == 0 || (info.dwFileAttributes & FILE_ATTRIBUTE_REPARSE_POINT) == 0);
		s = plain ? STATUS_OK : STATUS_PERMISSION;
	}
	if (s == STATUS_OK)
		*ret_folder = folder;
	else
		folder_close(folder);
	return s;
}

enum status folder_open(const char *path, struct folder **ret_folder)
{
	return open_path(wide_of(path), 0, ret_folder);
}

enum status folder_open_inside(const struct folder *folder, const char *name, struct folder **ret_folder)
{
	return open_path(entry_path(folder, name, L""), FILE_FLAG_OPEN_REPARSE_POINT, ret_folder);
}

void folder_close(struct folder *folder)
{
	if (folder == NULL)
		return;
	if (folder->handle != INVALID_HANDLE_VALUE)
		(void)CloseHandle(folder->handle); /* only listed */
	free(folder->path);
	free(folder);
}

static enum status add_name(struct folder_names *names, size_t *room, const wchar_t *wide)
{
	if (wcscmp(wide, L".") == 0 || wcscmp(wide, L"..") == 0)
		return STATUS_OK;
	if (names->n == *room) {
		size_t more = *room == 0 ? 64 : *room * 2;
		char **longer = realloc(names->names, more * sizeof(*longer));
		if (longer == NULL)
			return STATUS_NO_MEMORY;
		names->names = longer;
		*room = more;
	}
	char *name = narrow_of(wide);
	/* Half a pair of UTF-16 has no name in UTF-8; such a file is passed over. */
	if (name != NULL)
		names->names[names->n++] = name;
	return STATUS_OK;
}

static int by_bytes(const void *a, const void *b)
{
	const char *const *one = a;
	const char *const *other = b;
	return strcmp(*one, *other);
}

enum status folder_list(const struct folder *folder, struct folder_names *ret_names)
{
	struct folder_names names = {0};
	WIN32_FIND_DATAW found;
	size_t room = 0;
	wchar_t *pattern = join(folder->path, L"*", L"");
	if (pattern == NULL)
		return STATUS_NO_MEMORY;
	HANDLE listing = FindFirstFileExW(pattern, FindExInfoBasic, &found, FindExSearchNameMatch, NULL, 0);
	enum status s = listing == INVALID_HANDLE_VALUE ? last_status() : STATUS_OK;
	free(pattern);
	while (s == STATUS_OK) {
		s = add_name(&names, &room, found.cFileName);
		if (s == STATUS_OK && !FindNextFileW(listing, &found)) {
			if (GetLastError() == ERROR_NO_MORE_FILES)
				break;
			s = last_status();
		}
	}
	if (listing != INVALID_HANDLE_VALUE)
		(void)FindClose(listing); /* only read from */
	if (s != STATUS_OK) {
		folder_names_free(&names);
		return s;
	}
	if (names.n > 0)
		qsort(names.names, names.n, sizeof(*names.names), by_bytes);
	*ret_names = names;
	return STATUS_OK;
}

void folder_names_free(struct folder_names *names)
{
	for (size_t i = 0; i < names->n; i++)
		free(names->names[i]);
	free(names->names);
	*names = (struct folder_names){0};
}

static enum entry_kind kind_of(HANDLE file, DWORD attributes)
{
	if ((attributes & FILE_ATTRIBUTE_REPARSE_POINT) != 0 || GetFileType(file) != FILE_TYPE_DISK)
		return ENTRY_OTHER;
	return (attributes & FILE_ATTRIBUTE_DIRECTORY) != 0 ? ENTRY_FOLDER : ENTRY_FILE;
}

static enum status describe(HANDLE file, struct folder_entry *ret_entry)
{
	BY_HANDLE_FILE_INFORMATION info;
	FILE_BASIC_INFO times;
	if (!GetFileInformationByHandle(file, &info) ||
	    !GetFileInformationByHandleEx(file, FileBasicInfo, &times, sizeof(times)))
		return last_status();
	*ret_entry = (struct folder_entry){
		.kind = kind_of(file, info.dwFileAttributes),
		.size = (int64_t)((uint64_t)info.nFileSizeHigh << 32 | info.nFileSizeLow),
		.touched_ms = ms_of_filetime((uint64_t)times.ChangeTime.QuadPart),
		.modified_ms = ms_of_filetime((uint64_t)times.LastWriteTime.QuadPart),
		.number = (uint64_t)info.nFileIndexHigh << 32 | info.nFileIndexLow,
		.names = info.nNumberOfLinks,
	};
	return STATUS_OK;
}

/* Never through a link, also to folders. */
static enum status open_entry(const struct folder *folder, const char *name, DWORD access, HANDLE *ret_file)
{
	wchar_t *path = entry_path(folder, name, L"");
	if (path == NULL)
		return STATUS_NO_MEMORY;
	HANDLE file = CreateFileW(path, access, FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE, NULL,
				  OPEN_EXISTING, FILE_FLAG_BACKUP_SEMANTICS | FILE_FLAG_OPEN_REPARSE_POINT, NULL);
	enum status s = file == INVALID_HANDLE_VALUE ? last_status() : STATUS_OK;
	free(path);
	*ret_file = file;
	return s;
}

enum status folder_look(const struct folder *folder, const char *name, struct folder_entry *ret_entry)
{
	HANDLE file = INVALID_HANDLE_VALUE;
	enum status s = open_entry(folder, name, FILE_READ_ATTRIBUTES, &file);
	if (s != STATUS_OK)
		return s;
	s = describe(file, ret_entry);
	(void)CloseHandle(file); /* only asked */
	return s;
}

bool folder_same(const struct folder_entry *a, const struct folder_entry *b)
{
	return a->kind == b->kind && a->number == b->number && a->size == b->size &&
	       a->touched_ms == b->touched_ms && a->names == b->names;
}

enum status folder_read(const struct folder *folder, const char *name, int *ret_fd, struct folder_entry *ret_entry)
{
	HANDLE file = INVALID_HANDLE_VALUE;
	enum status s = open_entry(folder, name, GENERIC_READ, &file);
	if (s != STATUS_OK)
		return s;
	s = describe(file, ret_entry);
	if (s == STATUS_OK && ret_entry->kind != ENTRY_FILE)
		s = STATUS_REFUSED;
	int fd = s == STATUS_OK ? _open_osfhandle((intptr_t)file, _O_RDONLY | _O_BINARY | _O_NOINHERIT) : -1;
	if (fd < 0) {
		(void)CloseHandle(file); /* opened for reading */
		return s == STATUS_OK ? STATUS_BUSY : s;
	}
	*ret_fd = fd;
	return STATUS_OK;
}

/* STATUS_EXISTS if there is one, whatever it is. */
static enum status make_inside(const struct folder *folder, const char *inside)
{
	void *descriptor = private_descriptor();
	wchar_t *path = entry_path(folder, inside, L"");
	SECURITY_ATTRIBUTES attributes = {.nLength = sizeof(attributes), .lpSecurityDescriptor = descriptor};
	enum status s = STATUS_NO_MEMORY;
	if (descriptor != NULL && path != NULL)
		s = CreateDirectoryW(path, &attributes) ? STATUS_OK : last_status();
	free(path);
	(void)LocalFree(descriptor); /* NULL is fine */
	return s;
}

/* The system itself refuses to replace: STATUS_EXISTS if the name is taken there. */
static enum status move_to(const struct folder *from, const char *name, const struct folder *to, int twin)
{
	wchar_t tail[TWIN_ROOM] = L"";
	if (twin > 0)
		(void)swprintf(tail, TWIN_ROOM, L".%d", twin); /* below TWINS_MAX */
	wchar_t *old = entry_path(from, name, L"");
	wchar_t *new = entry_path(to, name, tail);
	enum status s = STATUS_NO_MEMORY;
	if (old != NULL && new != NULL)
		s = MoveFileExW(old, new, MOVEFILE_WRITE_THROUGH) ? STATUS_OK : last_status();
	free(new);
	free(old);
	return s;
}

enum status folder_put_aside(const struct folder *folder, const char *name, const char *inside)
{
	struct folder *to = NULL;
	enum status s = make_inside(folder, inside);
	if (s != STATUS_OK && s != STATUS_EXISTS)
		return s;
	s = folder_open_inside(folder, inside, &to);
	if (to == NULL)
		return s;
	s = STATUS_EXISTS;
	for (int i = 0; s == STATUS_EXISTS && i < TWINS_MAX; i++)
		s = move_to(folder, name, to, i);
	folder_close(to);
	return s;
}

enum status folder_remove(const struct folder *folder, const char *name)
{
	wchar_t *path = entry_path(folder, name, L"");
	if (path == NULL)
		return STATUS_NO_MEMORY;
	/* A link to a folder is removed as a folder, and what it leads to stays. */
	DWORD attributes = GetFileAttributesW(path);
	bool link = attributes != INVALID_FILE_ATTRIBUTES && (attributes & FILE_ATTRIBUTE_DIRECTORY) != 0 &&
		    (attributes & FILE_ATTRIBUTE_REPARSE_POINT) != 0;
	BOOL removed = link ? RemoveDirectoryW(path) : DeleteFileW(path);
	enum status s = removed ? STATUS_OK : last_status();
	free(path);
	return s;
}
