#include "disk_inside.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

struct handle handle_new(struct disk *disk, struct disk_file *file, bool writes)
{
	file_ref(file);
	return (struct handle){.disk = disk, .file = file, .life = disk->life, .writes = writes};
}

/* What a dead handle held went with its file. */
static void free_locks(struct handle *h)
{
	struct disk_file *file = h->file;
	if (file->flock_owner == h)
		file->flock_owner = NULL;
	file->n_flock_shared -= h->shares ? 1 : 0;
}

void handle_close(struct handle *h)
{
	free_locks(h);
	file_unref(h->disk, h->file);
	h->file = NULL;
}

int handle_blocked(struct handle *h, enum disk_call call)
{
	if (h->life != h->disk->life)
		return EIO;
	if ((call & (DISK_WRITE | DISK_TRUNCATE)) != 0 && h->disk->read_only)
		return EROFS;
	return disk_blocked(h->disk, call);
}

static bool has_parent(const struct disk *disk, const char *path)
{
	const char *slash = strrchr(path, '/');
	if (slash == NULL)
		return true;
	char *folder = disk_text(path);
	folder[slash - path] = '\0';
	const struct disk_file *file = disk_find(disk, folder);
	free(folder);
	return file != NULL && file->folder;
}

int disk_create(struct disk *disk, const char *path, bool folder, unsigned mode, struct disk_file **ret_file)
{
	if (disk->read_only)
		return EROFS;
	if (!has_parent(disk, path))
		return ENOENT;
	const struct disk_event e = {
		.kind = EVENT_CREATE, .file = disk->last_number + 1, .to = path, .folder = folder, .mode = mode};
	disk_apply(disk, &e);
	*ret_file = disk_by_number(disk, e.file);
	return 0;
}

static int change_name(struct disk *disk, const char *from, const char *to, const struct disk_file *file)
{
	int error = disk->read_only ? EROFS : disk_blocked(disk, DISK_NAME);
	if (error == 0 && file == NULL)
		error = ENOENT;
	if (error == 0 && to != NULL && !has_parent(disk, to))
		error = ENOENT;
	if (error != 0)
		return error;
	const struct disk_event e = {.kind = EVENT_NAME, .file = file->number, .from = from, .to = to};
	disk_apply(disk, &e);
	return 0;
}

int disk_rename(struct disk *disk, const char *from, const char *to)
{
	return change_name(disk, from, to, disk_find(disk, from));
}

int disk_link(struct disk *disk, const char *from, const char *to)
{
	return disk_find(disk, to) != NULL ? EEXIST : change_name(disk, NULL, to, disk_find(disk, from));
}

int disk_unlink(struct disk *disk, const char *path)
{
	const struct disk_file *file = disk_find(disk, path);
	return file != NULL && file->folder ? EISDIR : change_name(disk, path, NULL, file);
}

static bool has_room(const struct handle *h, int64_t end)
{
	int64_t growth = end > h->file->now.len ? end - h->file->now.len : 0;
	return h->disk->room == 0 || growth == 0 || disk_used(h->disk) + growth <= h->disk->room;
}

int handle_write(struct handle *h, const void *data, int64_t len, int64_t at)
{
	int error = handle_blocked(h, DISK_WRITE);
	if (error == 0 && !has_room(h, at + len))
		error = ENOSPC;
	if (error != 0)
		return error;
	const struct disk_event e = {
		.kind = EVENT_WRITE, .file = h->file->number, .at = at, .len = len, .data = data};
	disk_apply(h->disk, &e);
	return 0;
}

int handle_truncate(struct handle *h, int64_t len)
{
	int error = handle_blocked(h, DISK_TRUNCATE);
	if (error == 0 && !has_room(h, len))
		error = ENOSPC;
	if (error != 0)
		return error;
	const struct disk_event e = {.kind = EVENT_TRUNCATE, .file = h->file->number, .at = len};
	disk_apply(h->disk, &e);
	return 0;
}

/* A failed sync of a machine that is there: the system drops what it could not write. */
int handle_sync(struct handle *h)
{
	bool dead = h->life != h->disk->life;
	int error = handle_blocked(h, DISK_SYNC);
	if (dead)
		return error;
	const struct disk_event done = {.kind = EVENT_SYNC, .file = h->file->number};
	const struct disk_event failed = {.kind = EVENT_SYNC_FAILED,
					  .file = h->file->number,
					  .at = (int64_t)(disk_random(&h->disk->random) >> 1)};
	disk_apply(h->disk, error == 0 ? &done : &failed);
	return error;
}

int disk_sync_folder_of(struct disk *disk, const char *path)
{
	int error = disk_blocked(disk, DISK_SYNC);
	if (error != 0)
		return error;
	char *folder = disk_text(path);
	char *slash = strrchr(folder, '/');
	*(slash == NULL ? folder : slash) = '\0';
	const struct disk_event e = {.kind = EVENT_SYNC_NAMES, .to = folder};
	disk_apply(disk, &e);
	free(folder);
	return 0;
}

int64_t handle_read(const struct handle *h, void *data, int64_t len, int64_t at)
{
	const struct content *c = &h->file->now;
	int64_t n = at >= c->len ? 0 : c->len - at < len ? c->len - at : len;
	if (n > 0)
		memcpy(data, c->data + at, (size_t)n);
	return n;
}
