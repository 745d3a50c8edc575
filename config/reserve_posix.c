#include "config/reserve.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "config/datadir.h"

enum status reserve_keep(const char *path, int64_t bytes)
{
	struct stat info;
	if (lstat(path, &info) == 0 && S_ISREG(info.st_mode) && info.st_size == bytes)
		return STATUS_OK;
	int fd = open(path, O_WRONLY | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (fd < 0)
		return status_of_errno(errno);
	/* It answers the error itself. */
	int error = posix_fallocate(fd, 0, (off_t)bytes);
	if (error == 0 && ftruncate(fd, (off_t)bytes) != 0)
		error = errno;
	if (close(fd) != 0 && error == 0)
		error = errno;
	if (error == 0)
		return STATUS_OK;
	(void)unlink(path); /* a part of the room helps nobody */
	return status_of_errno(error);
}

bool reserve_give_up(const char *path)
{
	return unlink(path) == 0;
}
