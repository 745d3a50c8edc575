/* The calls that hub/ makes of the system itself; for files of a drive they come here (--wrap). */
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "drive.h"

enum { FIRST_FD = 1 << 20, FDS = 16 };

static struct {
	struct drive *drive;
	struct file *file; /* NULL: free */
} open_files[FDS];

static bool is_ours(int fd)
{
	return fd >= FIRST_FD && fd < FIRST_FD + FDS;
}

static int answer(int error)
{
	if (error == 0)
		return 0;
	errno = error;
	return -1;
}

int __real_open64(const char *path, int flags, ...);
int __wrap_open64(const char *path, int flags, ...);
int __wrap_open64(const char *path, int flags, ...)
{
	unsigned mode = 0;
	if ((flags & O_CREAT) != 0) {
		va_list args;
		va_start(args, flags);
		mode = va_arg(args, unsigned);
		va_end(args);
	}
	struct drive *drive = drive_find(path);
	if (drive == NULL)
		return __real_open64(path, flags, mode);
	struct file *file = drive_lookup(drive, path);
	if (drive->dead || file == NULL)
		return answer(drive->dead ? EIO : ENOENT);
	for (int i = 0; i < FDS; i++) {
		if (open_files[i].file != NULL)
			continue;
		open_files[i].drive = drive;
		open_files[i].file = file;
		file->references++;
		return FIRST_FD + i;
	}
	return answer(EMFILE);
}

int __real_close(int fd);
int __wrap_close(int fd);
int __wrap_close(int fd)
{
	if (!is_ours(fd))
		return __real_close(fd);
	file_release(open_files[fd - FIRST_FD].file);
	open_files[fd - FIRST_FD].file = NULL;
	return 0;
}

int __real_ftruncate64(int fd, off_t size);
int __wrap_ftruncate64(int fd, off_t size);
int __wrap_ftruncate64(int fd, off_t size)
{
	if (!is_ours(fd))
		return __real_ftruncate64(fd, size);
	struct drive *drive = open_files[fd - FIRST_FD].drive;
	if (!drive_step(drive))
		return answer(EIO);
	file_cut(drive, open_files[fd - FIRST_FD].file, (size_t)size);
	return 0;
}

ssize_t __real_pwrite64(int fd, const void *data, size_t len, off_t offset);
ssize_t __wrap_pwrite64(int fd, const void *data, size_t len, off_t offset);
ssize_t __wrap_pwrite64(int fd, const void *data, size_t len, off_t offset)
{
	if (!is_ours(fd))
		return __real_pwrite64(fd, data, len, offset);
	struct drive *drive = open_files[fd - FIRST_FD].drive;
	if (!drive_step(drive))
		return answer(EIO);
	bool put = file_put(drive, open_files[fd - FIRST_FD].file, data, len, (size_t)offset);
	return put ? (ssize_t)len : answer(ENOSPC);
}

int __real_fsync(int fd);
int __wrap_fsync(int fd);
int __wrap_fsync(int fd)
{
	if (!is_ours(fd))
		return __real_fsync(fd);
	if (!drive_step(open_files[fd - FIRST_FD].drive))
		return answer(EIO);
	file_synced(open_files[fd - FIRST_FD].file);
	return 0;
}

int __real_stat64(const char *path, struct stat *info);
int __wrap_stat64(const char *path, struct stat *info);
int __wrap_stat64(const char *path, struct stat *info)
{
	const struct drive *drive = drive_find(path);
	if (drive == NULL)
		return __real_stat64(path, info);
	const struct file *file = drive_lookup(drive, path);
	if (drive->dead || file == NULL)
		return answer(drive->dead ? EIO : ENOENT);
	*info = (struct stat){.st_size = (off_t)file->size, .st_ino = (ino_t)file->number, .st_mode = S_IFREG};
	return 0;
}

/* For reading alone, while nobody writes. */
FILE *__real_fopen64(const char *path, const char *mode);
FILE *__wrap_fopen64(const char *path, const char *mode);
FILE *__wrap_fopen64(const char *path, const char *mode)
{
	const struct drive *drive = drive_find(path);
	if (drive == NULL)
		return __real_fopen64(path, mode);
	const struct file *file = drive_lookup(drive, path);
	if (drive->dead || file == NULL || file->size == 0 || mode[0] != 'r') {
		errno = drive->dead ? EIO : ENOENT;
		return NULL;
	}
	return fmemopen(file->data, file->size, mode);
}
