#include "config/folder.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "config/datadir.h"

enum { TWINS_MAX = 10000, NAME_ROOM = 300, MS_PER_S = 1000, NS_PER_MS = 1000000 };

struct folder {
	int fd;
};

static enum status open_at(int fd, const char *path, int flags, struct folder **ret_folder)
{
	struct folder *folder = malloc(sizeof(*folder));
	if (folder == NULL)
		return STATUS_NO_MEMORY;
	folder->fd = openat(fd, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC | flags);
	if (folder->fd < 0) {
		enum status s = errno == ENOTDIR ? STATUS_PERMISSION : status_of_errno(errno);
		free(folder);
		return s;
	}
	*ret_folder = folder;
	return STATUS_OK;
}

enum status folder_open(const char *path, struct folder **ret_folder)
{
	return open_at(AT_FDCWD, path, 0, ret_folder);
}

enum status folder_open_inside(const struct folder *folder, const char *name, struct folder **ret_folder)
{
	return open_at(folder->fd, name, O_NOFOLLOW, ret_folder);
}

void folder_close(struct folder *folder)
{
	if (folder == NULL)
		return;
	(void)close(folder->fd); /* opened for reading */
	free(folder);
}

static enum status add_name(struct folder_names *names, size_t *room, const char *name)
{
	if (names->n == *room) {
		size_t more = *room == 0 ? 64 : *room * 2;
		char **longer = realloc(names->names, more * sizeof(*longer));
		if (longer == NULL)
			return STATUS_NO_MEMORY;
		names->names = longer;
		*room = more;
	}
	names->names[names->n] = strdup(name);
	if (names->names[names->n] == NULL)
		return STATUS_NO_MEMORY;
	names->n++;
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
	size_t room = 0;
	/* A description of its own: the place of reading is its too. */
	int fd = openat(folder->fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *listing = fd < 0 ? NULL : fdopendir(fd);
	if (listing == NULL) {
		enum status s = status_of_errno(errno);
		if (fd >= 0)
			(void)close(fd); /* opened for reading */
		return s;
	}
	enum status s = STATUS_OK;
	errno = 0;
	/* cppcheck-suppress readdirCalled ; safe on a listing no other thread reads, and readdir_r is deprecated */
	for (const struct dirent *entry; s == STATUS_OK && (entry = readdir(listing)) != NULL; errno = 0)
		if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0)
			s = add_name(&names, &room, entry->d_name);
	if (s == STATUS_OK && errno != 0)
		s = status_of_errno(errno);
	(void)closedir(listing); /* only read from */
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

static int64_t ms_of(const struct timespec *t)
{
	return (int64_t)t->tv_sec * MS_PER_S + t->tv_nsec / NS_PER_MS;
}

static struct folder_entry entry_of(const struct stat *info)
{
	enum entry_kind other = S_ISDIR(info->st_mode) ? ENTRY_FOLDER : ENTRY_OTHER;
	return (struct folder_entry){
		.kind = S_ISREG(info->st_mode) ? ENTRY_FILE : other,
		.size = (int64_t)info->st_size,
		.touched_ms = ms_of(&info->st_ctim),
		.modified_ms = ms_of(&info->st_mtim),
		.number = (uint64_t)info->st_ino,
		.names = (uint64_t)info->st_nlink,
	};
}

enum status folder_look(const struct folder *folder, const char *name, struct folder_entry *ret_entry)
{
	struct stat info;
	if (fstatat(folder->fd, name, &info, AT_SYMLINK_NOFOLLOW) != 0)
		return status_of_errno(errno);
	*ret_entry = entry_of(&info);
	return STATUS_OK;
}

bool folder_same(const struct folder_entry *a, const struct folder_entry *b)
{
	return a->kind == b->kind && a->number == b->number && a->size == b->size &&
	       a->touched_ms == b->touched_ms && a->names == b->names;
}

enum status folder_read(const struct folder *folder, const char *name, int *ret_fd, struct folder_entry *ret_entry)
{
	struct stat info;
	int fd = openat(folder->fd, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	if (fd < 0)
		return errno == ENXIO ? STATUS_REFUSED : status_of_errno(errno); /* ENXIO: a socket */
	enum status s = fstat(fd, &info) == 0 ? STATUS_OK : status_of_errno(errno);
	if (s == STATUS_OK && !S_ISREG(info.st_mode))
		s = STATUS_REFUSED;
	if (s != STATUS_OK) {
		(void)close(fd); /* opened for reading */
		return s;
	}
	*ret_entry = entry_of(&info);
	*ret_fd = fd;
	return STATUS_OK;
}

/* STATUS_EXISTS if the name is taken there. */
static enum status move_to(const struct folder *from, const char *name, const struct folder *to, const char *twin)
{
	struct stat info;
	if (fstatat(to->fd, twin, &info, AT_SYMLINK_NOFOLLOW) == 0)
		return STATUS_EXISTS;
	return renameat(from->fd, name, to->fd, twin) == 0 ? STATUS_OK : status_of_errno(errno);
}

enum status folder_put_aside(const struct folder *folder, const char *name, const char *inside)
{
	struct folder *to = NULL;
	if (mkdirat(folder->fd, inside, 0700) != 0 && errno != EEXIST)
		return status_of_errno(errno);
	enum status s = folder_open_inside(folder, inside, &to);
	if (to == NULL)
		return s;
	s = STATUS_EXISTS;
	for (int i = 0; s == STATUS_EXISTS && i < TWINS_MAX; i++) {
		char twin[NAME_ROOM];
		/* A name has at most 255 bytes. */
		(void)snprintf(twin, sizeof(twin), i == 0 ? "%s" : "%s.%d", name, i);
		s = move_to(folder, name, to, twin);
	}
	folder_close(to);
	return s;
}

enum status folder_remove(const struct folder *folder, const char *name)
{
	return unlinkat(folder->fd, name, 0) == 0 ? STATUS_OK : status_of_errno(errno);
}
