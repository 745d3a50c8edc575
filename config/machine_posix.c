#include "config/machine.h"

#include <errno.h>
#include <sys/stat.h>

#include "config/datadir.h"

void machine_own_id(char ret_id[static MACHINE_TEXT])
{
	machine_line("/etc/machine-id", ret_id);
}

void machine_boot(char ret_id[static MACHINE_TEXT])
{
	machine_line("/proc/sys/kernel/random/boot_id", ret_id);
}

enum status file_place(const char *path, struct file_place *ret_place)
{
	struct stat info;
	if (stat(path, &info) != 0)
		return status_of_errno(errno);
	ret_place->number = (uint64_t)info.st_ino;
	ret_place->touched_ns = (int64_t)info.st_ctim.tv_sec * 1000000000 + info.st_ctim.tv_nsec;
	return STATUS_OK;
}
