#include "config/machine.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>

#include "config/datadir.h"

#define MACHINE_FILE "/etc/machine-id"
#define BOOT_FILE    "/proc/sys/kernel/random/boot_id"

/* The first line of a file; "" if it cannot be read: then nothing is told apart by it. */
static void first_line(const char *path, char ret_line[static MACHINE_TEXT])
{
	struct bytes content = bytes_new(MACHINE_TEXT - 1);
	ret_line[0] = '\0';
	if (file_read(path, &content) == STATUS_OK && content.len > 0) {
		memcpy(ret_line, content.data, content.len);
		ret_line[content.len] = '\0';
		ret_line[strcspn(ret_line, "\r\n")] = '\0';
	}
	bytes_free(&content);
}

void machine_id(const char *path, char ret_id[static MACHINE_TEXT])
{
	first_line(path == NULL ? MACHINE_FILE : path, ret_id);
}

void machine_boot(char ret_id[static MACHINE_TEXT])
{
	first_line(BOOT_FILE, ret_id);
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
