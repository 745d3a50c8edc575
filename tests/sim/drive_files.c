/* Before datadir.h, which has the functions this file stands in for. */
#include "config/datadir.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "config/datadir_sync.h"
#include "config/machine.h"
#include "config/reserve.h"
#include "drive.h"

enum { LOCKS = 512 };

/* Locks of files by their paths; a handle is its place here. */
static struct {
	char path[DRIVE_PATH];
	int holders; /* -1: one alone */
} locks[LOCKS];

enum status status_of_errno(int error)
{
	return error == ENOSPC ? STATUS_DISK_FULL : STATUS_DISK;
}

/* "/NAME" or "/NAME/" is the drive itself. */
static bool is_root(const char *path)
{
	const char *slash = strchr(path + 1, '/');
	return slash == NULL || slash[1] == '\0';
}

bool path_exists(const char *path)
{
	const struct drive *drive = drive_find(path);
	return drive != NULL && (drive->dead || is_root(path) || drive_lookup(drive, path) != NULL);
}

bool path_is_directory(const char *path)
{
	return path_exists(path) && is_root(path);
}

enum status datadir_sync_parent(const char *path)
{
	struct drive *drive = drive_find(path);
	if (drive == NULL || !drive_step(drive))
		return STATUS_DISK;
	drive_names_synced(drive);
	return STATUS_OK;
}

enum status datadir_create(const char *dir)
{
	return datadir_check(dir);
}

enum status datadir_check(const char *dir)
{
	const struct drive *drive = drive_find(dir);
	if (drive == NULL || !is_root(dir))
		return STATUS_NO_DATA;
	return drive->dead ? STATUS_DISK : STATUS_OK;
}

static enum status lock_file(const char *path, bool alone, struct lock *ret_lock)
{
	const struct drive *drive = drive_find(path);
	int place = -1;
	if (drive == NULL || drive->dead)
		return STATUS_DISK;
	for (int i = 0; i < LOCKS; i++) {
		if (locks[i].holders != 0 && strcmp(locks[i].path, path) == 0) {
			place = i;
			break;
		}
		if (locks[i].holders == 0 && place < 0)
			place = i;
	}
	if (place < 0 || (locks[place].holders != 0 && (alone || locks[place].holders < 0)))
		return STATUS_BUSY;
	(void)snprintf(locks[place].path, DRIVE_PATH, "%s", path); /* paths are short */
	locks[place].holders = alone ? -1 : locks[place].holders + 1;
	ret_lock->fd = place;
	return STATUS_OK;
}

enum status lock_take(const char *path, int64_t timeout_ms, struct lock *ret_lock)
{
	(void)timeout_ms; /* nobody else runs meanwhile */
	return lock_file(path, true, ret_lock);
}

enum status lock_share(const char *path, int64_t timeout_ms, struct lock *ret_lock)
{
	(void)timeout_ms;
	return lock_file(path, false, ret_lock);
}

void lock_release(struct lock *lock)
{
	if (lock == NULL || lock->fd < 0)
		return;
	locks[lock->fd].holders -= locks[lock->fd].holders < 0 ? -1 : 1;
	lock->fd = -1;
}

void drive_locks_clear(void)
{
	memset(locks, 0, sizeof(locks));
}

/* The steps of datadir_files_posix.c, each of which a crash may come after: bytes, sync, name, sync of the name. */
enum status file_write(const char *path, struct slice content, unsigned mode)
{
	struct drive *drive = drive_find(path);
	char part[DRIVE_PATH];
	(void)mode;
	(void)snprintf(part, sizeof(part), "%.40s.part", strrchr(path, '/')); /* names are short */
	if (drive == NULL || !drive_step(drive))
		return STATUS_DISK;
	struct file *file = file_new();
	drive_name(drive, part, file, false);
	enum status s = STATUS_OK;
	if (!drive_step(drive))
		s = STATUS_DISK;
	else if (!file_put(drive, file, content.data, content.len, 0))
		s = STATUS_DISK_FULL;
	if (s == STATUS_OK && !drive_step(drive))
		s = STATUS_DISK;
	if (s == STATUS_OK) {
		file_synced(file);
		s = drive_step(drive) ? STATUS_OK : STATUS_DISK;
	}
	if (s == STATUS_OK) {
		drive_name(drive, part, NULL, true);
		drive_name(drive, path, file, false);
		s = datadir_sync_parent(path);
	} else if (!drive->dead) {
		drive_name(drive, part, NULL, false);
	}
	file_release(file);
	return s;
}

enum status file_write_checked(const char *path, struct slice content, unsigned mode)
{
	return file_write(path, content, mode);
}

static enum status read_up_to(const char *path, bool all, struct bytes *out)
{
	const struct drive *drive = drive_find(path);
	const struct file *file = drive_lookup(drive, path);
	bytes_clear(out);
	if (drive != NULL && drive->dead)
		return STATUS_DISK;
	if (file == NULL)
		return STATUS_EMPTY;
	if (all && file->size > out->limit)
		return STATUS_LIMIT;
	bytes_put(out, file->data, file->size < out->limit ? file->size : out->limit);
	return bytes_status(out);
}

enum status file_read(const char *path, struct bytes *out)
{
	return read_up_to(path, true, out);
}

enum status file_read_start(const char *path, struct bytes *out)
{
	return read_up_to(path, false, out);
}

enum status file_read_secret(const char *path, struct bytes *out)
{
	return read_up_to(path, true, out);
}

enum status file_sync(const char *path)
{
	struct drive *drive = drive_find(path);
	struct file *file = drive_lookup(drive, path);
	if (drive != NULL && !drive_step(drive))
		return STATUS_DISK;
	if (file == NULL)
		return STATUS_EMPTY;
	file_synced(file);
	return STATUS_OK;
}

enum status file_link(const char *from, const char *to)
{
	struct drive *drive = drive_find(from);
	struct file *file = drive_lookup(drive, from);
	if (file == NULL)
		return STATUS_EMPTY;
	if (!drive_step(drive))
		return STATUS_DISK;
	drive_name(drive, to, file, false);
	return datadir_sync_parent(to);
}

enum status file_move(const char *from, const char *to)
{
	struct drive *drive = drive_find(from);
	struct file *file = drive_lookup(drive, from);
	if (file == NULL)
		return STATUS_EMPTY;
	if (!drive_step(drive))
		return STATUS_DISK;
	file->references++;
	drive_name(drive, from, NULL, true);
	drive_name(drive, to, file, false);
	file_release(file);
	return datadir_sync_parent(to);
}

char *program_directory(void)
{
	return NULL;
}

void account_name(char *out, size_t size)
{
	(void)snprintf(out, size, "sim");
}

void machine_own_id(char ret_id[static MACHINE_TEXT])
{
	ret_id[0] = '\0';
}

void machine_boot(char ret_id[static MACHINE_TEXT])
{
	ret_id[0] = '\0';
}

enum status file_place(const char *path, struct file_place *ret_place)
{
	const struct drive *drive = drive_find(path);
	const struct file *file = drive_lookup(drive, path);
	if (drive != NULL && drive->dead)
		return STATUS_DISK;
	if (file == NULL)
		return STATUS_EMPTY;
	ret_place->number = file->number;
	ret_place->touched_ns = file->touched;
	return STATUS_OK;
}

/* Room on a disk in memory is a number (drive->room), and who sets it says how much is left. */
enum status reserve_keep(const char *path, int64_t bytes)
{
	(void)path;
	(void)bytes;
	return STATUS_OK;
}

bool reserve_give_up(const char *path)
{
	(void)path;
	return false;
}

/* The few places that remove a file call the C library for it; the linker sends them here. */
int __wrap_remove(const char *path);
int __wrap_unlink(const char *path);

int __wrap_remove(const char *path)
{
	struct drive *drive = drive_find(path);
	if (drive_lookup(drive, path) == NULL || !drive_step(drive))
		return -1;
	drive_name(drive, path, NULL, false);
	return 0;
}

int __wrap_unlink(const char *path)
{
	return __wrap_remove(path);
}
