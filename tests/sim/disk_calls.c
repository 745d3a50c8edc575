/* The calls that config/ makes of the system; for files of a simulated disk they come here (-Wl,--wrap). */
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "disk_inside.h"

enum { FIRST_FD = 1 << 20, FDS = 128 };

static struct handle *open_files[FDS];

/* NULL: a descriptor of the system. */
static struct handle *handle_of(int fd)
{
	return fd < FIRST_FD || fd >= FIRST_FD + FDS ? NULL : open_files[fd - FIRST_FD];
}

static int answer(int error)
{
	if (error == 0)
		return 0;
	errno = error;
	return -1;
}

static int open_handle(struct disk *disk, struct disk_file *file, bool writes)
{
	for (int i = 0; i < FDS; i++) {
		if (open_files[i] != NULL)
			continue;
		open_files[i] = disk_memory(sizeof(**open_files));
		*open_files[i] = handle_new(disk, file, writes);
		return FIRST_FD + i;
	}
	return answer(EMFILE);
}

static int open_on(struct disk *disk, const char *path, int flags, unsigned mode)
{
	bool writes = (flags & O_ACCMODE) != O_RDONLY;
	struct disk_file *file = disk_find(disk, path);
	int error = disk_blocked(disk, DISK_OPEN);
	if (error == 0 && file == NULL)
		error = (flags & O_CREAT) == 0 ? ENOENT : disk_create(disk, path, false, mode & 0777, &file);
	else if (error == 0 && (flags & O_CREAT) != 0 && (flags & O_EXCL) != 0)
		error = EEXIST;
	if (error == 0 && writes && disk->read_only)
		error = EROFS;
	if (error == 0 && (flags & O_DIRECTORY) != 0 && !file->folder)
		error = ENOTDIR;
	return error == 0 ? open_handle(disk, file, writes) : answer(error);
}

int __real_open64(const char *path, int flags, ...);
int __wrap_open64(const char *path, int flags, ...);
int __wrap_open64(const char *path, int flags, ...)
{
	unsigned mode = 0;
	const char *rest = NULL;
	if ((flags & O_CREAT) != 0) {
		va_list args;
		va_start(args, flags);
		mode = va_arg(args, unsigned);
		va_end(args);
	}
	struct disk *disk = disk_of(path, &rest);
	return disk == NULL ? __real_open64(path, flags, mode) : open_on(disk, rest, flags, mode);
}

/* What a hardened build makes of open. */
int __real___open64_2(const char *path, int flags);
int __wrap___open64_2(const char *path, int flags);
int __wrap___open64_2(const char *path, int flags)
{
	const char *rest = NULL;
	struct disk *disk = disk_of(path, &rest);
	return disk == NULL ? __real___open64_2(path, flags) : open_on(disk, rest, flags, 0);
}

int __real_close(int fd);
int __wrap_close(int fd);
int __wrap_close(int fd)
{
	struct handle *h = handle_of(fd);
	if (h == NULL)
		return __real_close(fd);
	open_files[fd - FIRST_FD] = NULL;
	handle_close(h);
	free(h);
	return 0;
}

ssize_t __real_read(int fd, void *data, size_t len);
ssize_t __wrap_read(int fd, void *data, size_t len);
ssize_t __wrap_read(int fd, void *data, size_t len)
{
	struct handle *h = handle_of(fd);
	if (h == NULL)
		return __real_read(fd, data, len);
	int error = handle_blocked(h, DISK_READ);
	if (error != 0)
		return answer(error);
	int64_t n = handle_read(h, data, (int64_t)len, h->place);
	h->place += n;
	return (ssize_t)n;
}

ssize_t __real_write(int fd, const void *data, size_t len);
ssize_t __wrap_write(int fd, const void *data, size_t len);
ssize_t __wrap_write(int fd, const void *data, size_t len)
{
	struct handle *h = handle_of(fd);
	if (h == NULL)
		return __real_write(fd, data, len);
	int error = h->writes ? handle_write(h, data, (int64_t)len, h->place) : EBADF;
	if (error != 0)
		return answer(error);
	h->place += (int64_t)len;
	return (ssize_t)len;
}

/* The path of a folder that is open: only its sync asks for it. */
static const char *path_of(const struct disk *disk, const struct disk_file *file)
{
	const struct name *name = disk->names;
	while (name != NULL && name->file != file)
		name = name->next;
	return name == NULL ? "" : name->path;
}

int __real_fsync(int fd);
int __wrap_fsync(int fd);
int __wrap_fsync(int fd)
{
	struct handle *h = handle_of(fd);
	if (h == NULL)
		return __real_fsync(fd);
	if (h->life != h->disk->life)
		return answer(EIO);
	if (!h->file->folder)
		return answer(handle_sync(h));
	const char *path = path_of(h->disk, h->file);
	size_t room = strlen(path) + sizeof("/.");
	char *inside = disk_memory(room);
	(void)snprintf(inside, room, "%s%s.", path, path[0] == '\0' ? "" : "/"); /* sized for it */
	int error = disk_sync_folder_of(h->disk, inside);
	free(inside);
	return answer(error);
}

static void put_info(const struct disk *disk, const struct disk_file *file, struct stat *info)
{
	nlink_t names = 0;
	for (const struct name *name = disk->names; name != NULL; name = name->next)
		names += name->file == file;
	*info = (struct stat){
		.st_ino = file->number,
		.st_mode = (mode_t)(file->mode | (file->folder ? S_IFDIR : S_IFREG)),
		.st_nlink = names,
		.st_size = file->now.len,
		.st_ctim = {.tv_sec = file->touched_ns / 1000000000, .tv_nsec = file->touched_ns % 1000000000},
		.st_mtim = {.tv_sec = file->touched_ns / 1000000000, .tv_nsec = file->touched_ns % 1000000000},
	};
}

static int look(struct disk *disk, const char *path, struct stat *info)
{
	int error = disk_blocked(disk, DISK_OPEN);
	const struct disk_file *file = disk_find(disk, path);
	if (error == 0 && file == NULL)
		error = ENOENT;
	if (error == 0)
		put_info(disk, file, info);
	return answer(error);
}

int __real_stat64(const char *path, struct stat *info);
int __wrap_stat64(const char *path, struct stat *info);
int __wrap_stat64(const char *path, struct stat *info)
{
	const char *rest = NULL;
	struct disk *disk = disk_of(path, &rest);
	return disk == NULL ? __real_stat64(path, info) : look(disk, rest, info);
}

int __real_lstat64(const char *path, struct stat *info);
int __wrap_lstat64(const char *path, struct stat *info);
int __wrap_lstat64(const char *path, struct stat *info)
{
	const char *rest = NULL;
	struct disk *disk = disk_of(path, &rest);
	return disk == NULL ? __real_lstat64(path, info) : look(disk, rest, info);
}

int __real_fstat64(int fd, struct stat *info);
int __wrap_fstat64(int fd, struct stat *info);
int __wrap_fstat64(int fd, struct stat *info)
{
	struct handle *h = handle_of(fd);
	if (h == NULL)
		return __real_fstat64(fd, info);
	int error = handle_blocked(h, DISK_OPEN);
	if (error == 0)
		put_info(h->disk, h->file, info);
	return answer(error);
}

int __real_fchmod(int fd, mode_t mode);
int __wrap_fchmod(int fd, mode_t mode);
int __wrap_fchmod(int fd, mode_t mode)
{
	struct handle *h = handle_of(fd);
	if (h == NULL)
		return __real_fchmod(fd, mode);
	h->file->mode = mode & 0777;
	return 0;
}

int __real_access(const char *path, int how);
int __wrap_access(const char *path, int how);
int __wrap_access(const char *path, int how)
{
	struct stat info;
	const char *rest = NULL;
	struct disk *disk = disk_of(path, &rest);
	if (disk == NULL)
		return __real_access(path, how);
	if (look(disk, rest, &info) != 0)
		return -1;
	return answer((how & W_OK) != 0 && disk->read_only ? EROFS : 0);
}

int __real_mkdir(const char *path, mode_t mode);
int __wrap_mkdir(const char *path, mode_t mode);
int __wrap_mkdir(const char *path, mode_t mode)
{
	const char *rest = NULL;
	struct disk *disk = disk_of(path, &rest);
	struct disk_file *made = NULL;
	if (disk == NULL)
		return __real_mkdir(path, mode);
	int error = disk_blocked(disk, DISK_OPEN);
	if (error == 0)
		error = disk_find(disk, rest) != NULL ? EEXIST : disk_create(disk, rest, true, mode, &made);
	return answer(error);
}

int __real_unlink(const char *path);
int __wrap_unlink(const char *path);
int __wrap_unlink(const char *path)
{
	const char *rest = NULL;
	struct disk *disk = disk_of(path, &rest);
	return disk == NULL ? __real_unlink(path) : answer(disk_unlink(disk, rest));
}

int __real_remove(const char *path);
int __wrap_remove(const char *path);
int __wrap_remove(const char *path)
{
	const char *rest = NULL;
	struct disk *disk = disk_of(path, &rest);
	return disk == NULL ? __real_remove(path) : answer(disk_unlink(disk, rest));
}

/* Both on one disk, or both on none. */
static bool both_on(const char *from, const char *to, struct disk **ret_disk, const char **ret_from,
		    const char **ret_to)
{
	*ret_disk = disk_of(from, ret_from);
	return disk_of(to, ret_to) == *ret_disk;
}

int __real_rename(const char *from, const char *to);
int __wrap_rename(const char *from, const char *to);
int __wrap_rename(const char *from, const char *to)
{
	struct disk *disk = NULL;
	const char *a = NULL;
	const char *b = NULL;
	if (!both_on(from, to, &disk, &a, &b))
		return answer(EXDEV);
	return disk == NULL ? __real_rename(from, to) : answer(disk_rename(disk, a, b));
}

int __real_link(const char *from, const char *to);
int __wrap_link(const char *from, const char *to);
int __wrap_link(const char *from, const char *to)
{
	struct disk *disk = NULL;
	const char *a = NULL;
	const char *b = NULL;
	if (!both_on(from, to, &disk, &a, &b))
		return answer(EXDEV);
	return disk == NULL ? __real_link(from, to) : answer(disk_link(disk, a, b));
}

/* Nothing on these disks is a link; a path that ends in a blank name means the folder. */
char *__real_realpath(const char *path, char *out);
char *__wrap_realpath(const char *path, char *out);
char *__wrap_realpath(const char *path, char *out)
{
	const char *rest = NULL;
	struct disk *disk = disk_of(path, &rest);
	if (disk == NULL || out != NULL)
		return __real_realpath(path, out);
	char *whole = disk_text(path);
	size_t len = strlen(whole);
	while (len > 1 && whole[len - 1] == '/')
		whole[--len] = '\0';
	(void)disk_of(whole, &rest);
	if (disk_find(disk, rest) != NULL)
		return whole;
	free(whole);
	errno = ENOENT;
	return NULL;
}

static int lock_alone(struct disk_file *file, const struct handle *h)
{
	if (file->flock_owner != NULL && file->flock_owner != h)
		return EWOULDBLOCK;
	if (file->n_flock_shared > (h->shares ? 1 : 0))
		return EWOULDBLOCK;
	file->flock_owner = h;
	return 0;
}

static int lock_shared(struct disk_file *file, struct handle *h)
{
	if (file->flock_owner != NULL && file->flock_owner != h)
		return EWOULDBLOCK;
	file->flock_owner = NULL;
	file->n_flock_shared += h->shares ? 0 : 1;
	h->shares = true;
	return 0;
}

int __real_flock(int fd, int how);
int __wrap_flock(int fd, int how);
int __wrap_flock(int fd, int how)
{
	struct handle *h = handle_of(fd);
	if (h == NULL)
		return __real_flock(fd, how);
	int error = handle_blocked(h, DISK_OPEN);
	if (error == 0)
		error = (how & LOCK_SH) != 0 ? lock_shared(h->file, h) : lock_alone(h->file, h);
	return answer(error);
}

int __real_posix_fadvise64(int fd, off_t at, off_t len, int advice);
int __wrap_posix_fadvise64(int fd, off_t at, off_t len, int advice);
int __wrap_posix_fadvise64(int fd, off_t at, off_t len, int advice)
{
	return handle_of(fd) == NULL ? __real_posix_fadvise64(fd, at, len, advice) : 0;
}

int __real_ftruncate64(int fd, off_t len);
int __wrap_ftruncate64(int fd, off_t len);
int __wrap_ftruncate64(int fd, off_t len)
{
	struct handle *h = handle_of(fd);
	return h == NULL ? __real_ftruncate64(fd, len) : answer(handle_truncate(h, len));
}

int __real_posix_fallocate64(int fd, off_t at, off_t len);
int __wrap_posix_fallocate64(int fd, off_t at, off_t len);
int __wrap_posix_fallocate64(int fd, off_t at, off_t len)
{
	struct handle *h = handle_of(fd);
	if (h == NULL)
		return __real_posix_fallocate64(fd, at, len);
	return at + len > h->file->now.len ? handle_truncate(h, at + len) : 0;
}
