#include <sqlite3.h>
#include <stdlib.h>
#include <string.h>

#include "drive.h"
#include "protocol/sign.h"

enum { SECTOR = 4096 };

struct handle {
	sqlite3_file base;
	struct drive *drive; /* NULL: a temporary file */
	struct file *file;
	bool has_shm;
};

static struct {
	sqlite3_vfs vfs;
	long opened;
	bool registered;
} here;

static struct handle *handle_of(sqlite3_file *file)
{
	return (struct handle *)(void *)file;
}

static bool is_dead(const struct handle *h)
{
	return h->drive != NULL && h->drive->dead;
}

static int close_file(sqlite3_file *file)
{
	struct handle *h = handle_of(file);
	file_release(h->file);
	h->file = NULL;
	return SQLITE_OK;
}

static int read_file(sqlite3_file *file, void *out, int len, sqlite3_int64 offset)
{
	const struct handle *h = handle_of(file);
	size_t from = (size_t)offset;
	size_t want = (size_t)len;
	if (is_dead(h))
		return SQLITE_IOERR_READ;
	size_t there = from >= h->file->size ? 0 : h->file->size - from;
	size_t n = there < want ? there : want;
	if (n > 0)
		memcpy(out, h->file->data + from, n);
	if (n == want)
		return SQLITE_OK;
	memset((uint8_t *)out + n, 0, want - n);
	return SQLITE_IOERR_SHORT_READ;
}

static int write_file(sqlite3_file *file, const void *data, int len, sqlite3_int64 offset)
{
	struct handle *h = handle_of(file);
	if (!drive_step(h->drive))
		return SQLITE_IOERR_WRITE;
	return file_put(h->drive, h->file, data, (size_t)len, (size_t)offset) ? SQLITE_OK : SQLITE_FULL;
}

static int truncate_file(sqlite3_file *file, sqlite3_int64 size)
{
	struct handle *h = handle_of(file);
	if (!drive_step(h->drive))
		return SQLITE_IOERR_TRUNCATE;
	file_cut(h->drive, h->file, (size_t)size);
	return SQLITE_OK;
}

/* With a file its name becomes durable, and all that happened to names before: SQLite syncs the directory too. */
static int sync_file(sqlite3_file *file, int flags)
{
	struct handle *h = handle_of(file);
	(void)flags;
	if (!drive_step(h->drive))
		return SQLITE_IOERR_FSYNC;
	file_synced(h->file);
	if (h->drive != NULL)
		drive_names_synced(h->drive);
	return SQLITE_OK;
}

static int file_size(sqlite3_file *file, sqlite3_int64 *ret_size)
{
	*ret_size = (sqlite3_int64)handle_of(file)->file->size;
	return is_dead(handle_of(file)) ? SQLITE_IOERR_FSTAT : SQLITE_OK;
}

/* One connection a database: there is nobody to keep out. */
static int lock_file(sqlite3_file *file, int level)
{
	(void)level;
	return is_dead(handle_of(file)) ? SQLITE_IOERR_LOCK : SQLITE_OK;
}

static int unlock_file(sqlite3_file *file, int level)
{
	(void)file;
	(void)level;
	return SQLITE_OK;
}

static int check_reserved(sqlite3_file *file, int *ret_reserved)
{
	(void)file;
	*ret_reserved = 0;
	return SQLITE_OK;
}

static int control_file(sqlite3_file *file, int operation, void *argument)
{
	(void)file;
	(void)operation;
	(void)argument;
	return SQLITE_NOTFOUND;
}

/* As the systems' own VFS has them. */
static int sector_size(sqlite3_file *file)
{
	(void)file;
	return SECTOR;
}

static int characteristics(sqlite3_file *file)
{
	(void)file;
	return SQLITE_IOCAP_POWERSAFE_OVERWRITE;
}

static int shm_map(sqlite3_file *file, int region, int size, int extend, void volatile **ret_memory)
{
	struct handle *h = handle_of(file);
	*ret_memory = NULL;
	if (is_dead(h) || region >= DRIVE_SHM_MAX)
		return SQLITE_IOERR_SHMMAP;
	h->file->shm_users += h->has_shm ? 0 : 1;
	h->has_shm = true;
	if (h->file->shm[region] == NULL && extend != 0)
		h->file->shm[region] = calloc(1, (size_t)size);
	*ret_memory = h->file->shm[region];
	return SQLITE_OK;
}

static int shm_lock(sqlite3_file *file, int offset, int n, int flags)
{
	struct file *f = handle_of(file)->file;
	bool alone = (flags & SQLITE_SHM_EXCLUSIVE) != 0;
	for (int i = offset; i < offset + n; i++) {
		bool free_to_share = !f->exclusive[i];
		bool free_alone = free_to_share && f->shared[i] == 0;
		if ((flags & SQLITE_SHM_LOCK) != 0 && !(alone ? free_alone : free_to_share))
			return SQLITE_BUSY;
	}
	for (int i = offset; i < offset + n; i++) {
		bool take = (flags & SQLITE_SHM_LOCK) != 0;
		if (alone)
			f->exclusive[i] = take;
		else
			f->shared[i] += take ? 1 : -1;
	}
	return SQLITE_OK;
}

static void shm_barrier(sqlite3_file *file)
{
	(void)file;
}

static int shm_unmap(sqlite3_file *file, int remove)
{
	struct handle *h = handle_of(file);
	(void)remove;
	if (!h->has_shm || --h->file->shm_users > 0)
		return SQLITE_OK;
	for (size_t i = 0; i < DRIVE_SHM_MAX; i++) {
		free(h->file->shm[i]);
		h->file->shm[i] = NULL;
	}
	memset(h->file->shared, 0, sizeof(h->file->shared));
	memset(h->file->exclusive, 0, sizeof(h->file->exclusive));
	h->has_shm = false;
	return SQLITE_OK;
}

static const sqlite3_io_methods methods = {
	.iVersion = 2,
	.xClose = close_file,
	.xRead = read_file,
	.xWrite = write_file,
	.xTruncate = truncate_file,
	.xSync = sync_file,
	.xFileSize = file_size,
	.xLock = lock_file,
	.xUnlock = unlock_file,
	.xCheckReservedLock = check_reserved,
	.xFileControl = control_file,
	.xSectorSize = sector_size,
	.xDeviceCharacteristics = characteristics,
	.xShmMap = shm_map,
	.xShmLock = shm_lock,
	.xShmBarrier = shm_barrier,
	.xShmUnmap = shm_unmap,
};

static int open_file(sqlite3_vfs *vfs, const char *name, sqlite3_file *file, int flags, int *ret_flags)
{
	struct handle *h = handle_of(file);
	(void)vfs;
	*h = (struct handle){.drive = name == NULL ? NULL : drive_find(name)};
	if (name != NULL && (h->drive == NULL || h->drive->dead))
		return SQLITE_CANTOPEN;
	h->file = drive_lookup(h->drive, name == NULL ? "" : name);
	if (h->file != NULL) {
		h->file->references++;
	} else {
		if (name != NULL && ((flags & SQLITE_OPEN_CREATE) == 0 || !drive_step(h->drive)))
			return SQLITE_CANTOPEN;
		h->file = file_new();
		if (name != NULL)
			drive_name(h->drive, name, h->file, false);
	}
	here.opened += (flags & SQLITE_OPEN_MAIN_DB) != 0 ? 1 : 0;
	h->base.pMethods = &methods;
	if (ret_flags != NULL)
		*ret_flags = flags;
	return SQLITE_OK;
}

static int delete_file(sqlite3_vfs *vfs, const char *name, int sync_directory)
{
	struct drive *drive = drive_find(name);
	(void)vfs;
	if (drive_lookup(drive, name) == NULL)
		return SQLITE_IOERR_DELETE_NOENT;
	if (!drive_step(drive))
		return SQLITE_IOERR_DELETE;
	drive_name(drive, name, NULL, false);
	if (sync_directory != 0)
		drive_names_synced(drive);
	return SQLITE_OK;
}

static int access_file(sqlite3_vfs *vfs, const char *name, int flags, int *ret_there)
{
	(void)vfs;
	const struct drive *drive = drive_find(name);
	const struct file *file = drive_lookup(drive, name);
	/* As the systems' own VFS: an empty file does not exist. */
	*ret_there = file != NULL && (flags != SQLITE_ACCESS_EXISTS || file->size > 0);
	return drive != NULL && drive->dead ? SQLITE_IOERR_ACCESS : SQLITE_OK;
}

static int full_path(sqlite3_vfs *vfs, const char *name, int size, char *out)
{
	(void)vfs;
	if (strlen(name) >= (size_t)size)
		return SQLITE_CANTOPEN;
	memcpy(out, name, strlen(name) + 1);
	return SQLITE_OK;
}

static int make_random(sqlite3_vfs *vfs, int len, char *out)
{
	(void)vfs;
	random_fill(out, (size_t)len);
	return len;
}

static int sleep_on(sqlite3_vfs *vfs, int microseconds)
{
	(void)vfs;
	return microseconds;
}

/* Nothing of ours asks SQLite for the time. */
static int current_time(sqlite3_vfs *vfs, double *ret_days)
{
	(void)vfs;
	*ret_days = 2461102.0;
	return SQLITE_OK;
}

static int last_error(sqlite3_vfs *vfs, int size, char *out)
{
	(void)vfs;
	(void)size;
	(void)out;
	return 0;
}

void drive_sqlite_register(void)
{
	here.opened = 0;
	if (here.registered)
		return;
	here.vfs = (sqlite3_vfs){.iVersion = 1,
				 .szOsFile = sizeof(struct handle),
				 .mxPathname = DRIVE_PATH,
				 .zName = DRIVE_VFS,
				 .xOpen = open_file,
				 .xDelete = delete_file,
				 .xAccess = access_file,
				 .xFullPathname = full_path,
				 .xRandomness = make_random,
				 .xSleep = sleep_on,
				 .xCurrentTime = current_time,
				 .xGetLastError = last_error};
	here.registered = sqlite3_vfs_register(&here.vfs, 0) == SQLITE_OK; /* else the first opening fails */
}

long drive_sqlite_opened(void)
{
	return here.opened;
}
