#include "disk_inside.h"

#include <errno.h>
#include <sqlite3.h>
#include <stdlib.h>
#include <string.h>

enum { SECTOR_SIZE = 4096, PATH_MAX_LEN = 512 };

/* SQLite's file; what stands in front of every other is its table of functions. */
struct vfs_file {
	sqlite3_file base;
	struct handle handle;
	int level;            /* SQLITE_LOCK_… */
	bool folder_unsynced; /* a journal just made: its first sync makes its name durable too */
	bool gone_at_close;
	char *path;
	bool uses_shm;
	unsigned shm_shared; /* bits of the locks held */
	unsigned shm_exclusive;
};

static sqlite3_vfs vfs;
static sqlite3_vfs *real;
static int last_error;
static uint64_t salt;

static struct vfs_file *of(sqlite3_file *file)
{
	return (struct vfs_file *)(void *)file; /* its first member */
}

/* The code for an errno, which is kept for whoever asks the system. */
static int code_of(int error, int code)
{
	if (error != 0)
		last_error = error;
	return error == 0 ? SQLITE_OK : code;
}

static void unlock_to(struct vfs_file *f, int level)
{
	struct disk_file *file = f->handle.file;
	if (level < SQLITE_LOCK_EXCLUSIVE && file->exclusive == f)
		file->exclusive = NULL;
	if (level < SQLITE_LOCK_PENDING && file->waiting == f)
		file->waiting = NULL;
	if (level < SQLITE_LOCK_RESERVED && file->reserved == f)
		file->reserved = NULL;
	if (level < SQLITE_LOCK_SHARED && f->level >= SQLITE_LOCK_SHARED)
		file->n_shared--;
	f->level = level < f->level ? level : f->level;
}

static int do_unlock(sqlite3_file *file, int level)
{
	unlock_to(of(file), level);
	return SQLITE_OK;
}

static bool held_by_other(const void *owner, const struct vfs_file *f)
{
	return owner != NULL && owner != f;
}

static int do_lock(sqlite3_file *file, int level)
{
	struct vfs_file *f = of(file);
	struct disk_file *d = f->handle.file;
	int error = handle_blocked(&f->handle, DISK_OPEN);
	if (error != 0)
		return code_of(error, SQLITE_IOERR_LOCK);
	if (level <= f->level)
		return SQLITE_OK;
	if (held_by_other(d->exclusive, f) || held_by_other(d->waiting, f))
		return SQLITE_BUSY;
	if (level >= SQLITE_LOCK_RESERVED && held_by_other(d->reserved, f))
		return SQLITE_BUSY;
	if (f->level == SQLITE_LOCK_NONE)
		d->n_shared++;
	f->level = SQLITE_LOCK_SHARED;
	if (level >= SQLITE_LOCK_RESERVED)
		d->reserved = f;
	if (level < SQLITE_LOCK_EXCLUSIVE) {
		f->level = level;
		return SQLITE_OK;
	}
	d->waiting = f;
	f->level = SQLITE_LOCK_PENDING;
	if (d->n_shared > 1)
		return SQLITE_BUSY;
	d->exclusive = f;
	f->level = SQLITE_LOCK_EXCLUSIVE;
	return SQLITE_OK;
}

static int do_check_reserved(sqlite3_file *file, int *ret)
{
	const struct disk_file *d = of(file)->handle.file;
	*ret = d->reserved != NULL || d->exclusive != NULL;
	return SQLITE_OK;
}

static bool shm_is_free(const struct vfs_file *f, int slot, bool alone)
{
	const struct disk_file *d = f->handle.file;
	int others = d->n_shm_shared[slot] - ((f->shm_shared >> slot) & 1U ? 1 : 0);
	return !held_by_other(d->shm_exclusive[slot], f) && (!alone || others == 0);
}

static void shm_set(struct vfs_file *f, int slot, int flags)
{
	struct disk_file *d = f->handle.file;
	unsigned bit = 1U << slot;
	if ((flags & SQLITE_SHM_UNLOCK) != 0) {
		d->n_shm_shared[slot] -= (f->shm_shared & bit) != 0;
		d->shm_exclusive[slot] = d->shm_exclusive[slot] == f ? NULL : d->shm_exclusive[slot];
		f->shm_shared &= ~bit;
	} else if ((flags & SQLITE_SHM_SHARED) != 0) {
		d->n_shm_shared[slot] += (f->shm_shared & bit) == 0;
		f->shm_shared |= bit;
	} else {
		d->shm_exclusive[slot] = f;
	}
}

static int do_shm_unmap(sqlite3_file *file, int forget)
{
	struct vfs_file *f = of(file);
	struct disk_file *d = f->handle.file;
	(void)forget; /* nobody else looks at it once the last one has left */
	if (!f->uses_shm)
		return SQLITE_OK;
	for (int i = 0; i < SHM_LOCKS; i++)
		shm_set(f, i, SQLITE_SHM_UNLOCK);
	f->uses_shm = false;
	if (--d->n_shm_users > 0)
		return SQLITE_OK;
	for (int i = 0; i < SHM_REGIONS; i++) {
		free(d->shm[i]);
		d->shm[i] = NULL;
	}
	return SQLITE_OK;
}

static int do_close(sqlite3_file *file)
{
	struct vfs_file *f = of(file);
	(void)do_shm_unmap(file, 0);
	unlock_to(f, SQLITE_LOCK_NONE);
	if (f->gone_at_close && f->handle.life == f->handle.disk->life)
		(void)disk_unlink(f->handle.disk, f->path);
	handle_close(&f->handle);
	free(f->path);
	return SQLITE_OK;
}

static int do_read(sqlite3_file *file, void *data, int len, sqlite3_int64 at)
{
	struct vfs_file *f = of(file);
	int error = handle_blocked(&f->handle, DISK_READ);
	if (error != 0)
		return code_of(error, SQLITE_IOERR_READ);
	int n = (int)handle_read(&f->handle, data, len, at);
	memset((uint8_t *)data + n, 0, (size_t)(len - n));
	return n == len ? SQLITE_OK : SQLITE_IOERR_SHORT_READ;
}

static int do_write(sqlite3_file *file, const void *data, int len, sqlite3_int64 at)
{
	int error = handle_write(&of(file)->handle, data, len, at);
	return code_of(error, error == ENOSPC ? SQLITE_FULL : SQLITE_IOERR_WRITE);
}

static int do_truncate(sqlite3_file *file, sqlite3_int64 len)
{
	return code_of(handle_truncate(&of(file)->handle, len), SQLITE_IOERR_TRUNCATE);
}

static int do_sync(sqlite3_file *file, int flags)
{
	struct vfs_file *f = of(file);
	(void)flags;
	int code = code_of(handle_sync(&f->handle), SQLITE_IOERR_FSYNC);
	if (code != SQLITE_OK || !f->folder_unsynced)
		return code;
	f->folder_unsynced = false;
	return code_of(disk_sync_folder_of(f->handle.disk, f->path), SQLITE_IOERR_DIR_FSYNC);
}

static int do_file_size(sqlite3_file *file, sqlite3_int64 *ret_size)
{
	*ret_size = of(file)->handle.file->now.len;
	return SQLITE_OK;
}

static int do_control(sqlite3_file *file, int what, void *value)
{
	(void)file;
	(void)what;
	(void)value;
	return SQLITE_NOTFOUND;
}

static int do_sector_size(sqlite3_file *file)
{
	(void)file;
	return SECTOR_SIZE;
}

static int do_characteristics(sqlite3_file *file)
{
	(void)file;
	return SQLITE_IOCAP_POWERSAFE_OVERWRITE; /* as SQLite says of a Unix */
}

static int do_shm_map(sqlite3_file *file, int region, int size, int extend, void volatile **ret)
{
	struct vfs_file *f = of(file);
	struct disk_file *d = f->handle.file;
	int error = f->uses_shm ? 0 : handle_blocked(&f->handle, DISK_OPEN);
	*ret = NULL;
	if (error != 0 || region >= SHM_REGIONS)
		return code_of(error == 0 ? ENOSPC : error, SQLITE_IOERR_SHMMAP);
	if (!f->uses_shm)
		d->n_shm_users++;
	f->uses_shm = true;
	if (d->shm[region] == NULL && extend)
		d->shm[region] = disk_memory((size_t)size);
	*ret = d->shm[region];
	return SQLITE_OK;
}

static int do_shm_lock(sqlite3_file *file, int first, int n, int flags)
{
	struct vfs_file *f = of(file);
	bool alone = (flags & SQLITE_SHM_EXCLUSIVE) != 0;
	for (int i = first; i < first + n && (flags & SQLITE_SHM_LOCK) != 0; i++)
		if (!shm_is_free(f, i, alone))
			return SQLITE_BUSY;
	for (int i = first; i < first + n; i++)
		shm_set(f, i, flags);
	return SQLITE_OK;
}

static void do_shm_barrier(sqlite3_file *file)
{
	(void)file; /* one thread */
}

static const sqlite3_io_methods methods = {
	.iVersion = 2,
	.xClose = do_close,
	.xRead = do_read,
	.xWrite = do_write,
	.xTruncate = do_truncate,
	.xSync = do_sync,
	.xFileSize = do_file_size,
	.xLock = do_lock,
	.xUnlock = do_unlock,
	.xCheckReservedLock = do_check_reserved,
	.xFileControl = do_control,
	.xSectorSize = do_sector_size,
	.xDeviceCharacteristics = do_characteristics,
	.xShmMap = do_shm_map,
	.xShmLock = do_shm_lock,
	.xShmBarrier = do_shm_barrier,
	.xShmUnmap = do_shm_unmap,
};

/* *flags lose the right to write where the disk does not give it, as SQLite does it on a Unix. */
static int find_file(struct disk *disk, const char *path, int *flags, struct disk_file **ret_file, bool *ret_made)
{
	int error = disk_blocked(disk, DISK_OPEN);
	*ret_file = disk_find(disk, path);
	*ret_made = *ret_file == NULL;
	if (error != 0)
		return error;
	if (*ret_file == NULL && (*flags & SQLITE_OPEN_CREATE) == 0)
		return ENOENT;
	if (*ret_file == NULL)
		return disk_create(disk, path, false, 0600, ret_file);
	if (disk->read_only && (*flags & SQLITE_OPEN_READWRITE) != 0)
		*flags = (*flags & ~SQLITE_OPEN_READWRITE) | SQLITE_OPEN_READONLY;
	return 0;
}

static int do_open(sqlite3_vfs *self, const char *name, sqlite3_file *file, int flags, int *ret_flags)
{
	const char *path = NULL;
	struct disk *disk = name == NULL ? NULL : disk_of(name, &path);
	struct vfs_file *f = of(file);
	struct disk_file *found = NULL;
	bool made = false;
	(void)self;
	if (disk == NULL)
		return real->xOpen(real, name, file, flags, ret_flags);
	file->pMethods = NULL;
	int code = code_of(find_file(disk, path, &flags, &found, &made), SQLITE_CANTOPEN);
	if (code != SQLITE_OK)
		return code;
	const int journals = SQLITE_OPEN_MAIN_JOURNAL | SQLITE_OPEN_SUPER_JOURNAL | SQLITE_OPEN_WAL;
	*f = (struct vfs_file){.base = {.pMethods = &methods},
			       .handle = handle_new(disk, found, (flags & SQLITE_OPEN_READWRITE) != 0),
			       .folder_unsynced = (flags & journals) != 0 && (flags & SQLITE_OPEN_CREATE) != 0,
			       .gone_at_close = (flags & SQLITE_OPEN_DELETEONCLOSE) != 0,
			       .path = disk_text(path)};
	if (ret_flags != NULL)
		*ret_flags = flags;
	return SQLITE_OK;
}

static int do_delete(sqlite3_vfs *self, const char *name, int sync)
{
	const char *path = NULL;
	struct disk *disk = disk_of(name, &path);
	(void)self;
	if (disk == NULL)
		return real->xDelete(real, name, sync);
	int error = disk_unlink(disk, path);
	if (error != 0)
		return code_of(error, error == ENOENT ? SQLITE_IOERR_DELETE_NOENT : SQLITE_IOERR_DELETE);
	return sync == 0 ? SQLITE_OK : code_of(disk_sync_folder_of(disk, path), SQLITE_IOERR_DIR_FSYNC);
}

static int do_access(sqlite3_vfs *self, const char *name, int flags, int *ret)
{
	const char *path = NULL;
	struct disk *disk = disk_of(name, &path);
	(void)self;
	if (disk == NULL)
		return real->xAccess(real, name, flags, ret);
	int error = disk_blocked(disk, DISK_OPEN);
	const struct disk_file *file = error == 0 ? disk_find(disk, path) : NULL;
	/* An empty file counts as none, as SQLite sees it on a Unix. */
	*ret = flags == SQLITE_ACCESS_EXISTS ? file != NULL && (file->folder || file->now.len > 0)
					     : file != NULL && !disk->read_only;
	return SQLITE_OK;
}

static int do_full_path(sqlite3_vfs *self, const char *name, int len, char *out)
{
	const char *path = NULL;
	(void)self;
	if (disk_of(name, &path) == NULL)
		return real->xFullPathname(real, name, len, out);
	if (strlen(name) >= (size_t)len)
		return SQLITE_CANTOPEN;
	memcpy(out, name, strlen(name) + 1);
	return SQLITE_OK;
}

static int do_randomness(sqlite3_vfs *self, int len, char *out)
{
	(void)self;
	for (int i = 0; i < len; i++)
		out[i] = (char)disk_random(&salt);
	return len;
}

/* Whoever waits for a lock here waits for himself: the time passes at once. */
static int do_sleep(sqlite3_vfs *self, int microseconds)
{
	(void)self;
	return microseconds;
}

static int do_last_error(sqlite3_vfs *self, int len, char *out)
{
	(void)self;
	(void)len;
	(void)out;
	return last_error;
}

void disk_seed(uint64_t seed)
{
	salt = seed;
	sqlite3_randomness(0, NULL);
}

void disk_vfs_register(void)
{
	if (real != NULL)
		return;
	real = sqlite3_vfs_find(NULL);
	vfs = *real;
	vfs.zName = "motcua-disk";
	vfs.pNext = NULL;
	vfs.szOsFile =
		real->szOsFile > (int)sizeof(struct vfs_file) ? real->szOsFile : (int)sizeof(struct vfs_file);
	vfs.xOpen = do_open;
	vfs.xDelete = do_delete;
	vfs.xAccess = do_access;
	vfs.xFullPathname = do_full_path;
	vfs.xRandomness = do_randomness;
	vfs.xSleep = do_sleep;
	vfs.xGetLastError = do_last_error;
	(void)sqlite3_vfs_register(&vfs,
				   1); /* it would fail only without memory, and then the first opening does */
}
