/*
 * A program's data directory: rights, lock files, small files written whole, and the anchor. What differs
 * between systems stands in datadir_posix.c and datadir_windows.c.
 */
#ifndef MOTCUA_CONFIG_DATADIR_H
#define MOTCUA_CONFIG_DATADIR_H

#include "config/machine.h"
#include "protocol/bytes.h"

/* Joins dir and name into a new string the caller frees; NULL on no memory. */
char *path_join(const char *dir, const char *name);
/* The n-th file of several under one name: "out.mcs", 2 -> "out-2.mcs"; 1 is the name itself. As path_join. */
char *path_numbered(const char *path, unsigned n);
/* False only if the system says that there is none: what cannot be looked at is not missing (L9). */
bool path_exists(const char *path);
bool path_is_directory(const char *path);

/*
 * Creates the directory for its owner alone (0700) with its parents if missing; refuses one that others may write
 * (STATUS_PERMISSION).
 */
MUST_CHECK enum status datadir_create(const char *dir);
/* STATUS_OK if it is a directory we may use, STATUS_NO_DATA if there is none, STATUS_PERMISSION. */
MUST_CHECK enum status datadir_check(const char *dir);

/*
 * Writes a small file whole: name.part, fsync, rename, fsync of the directory. mode is 0600 or 0644. After a
 * failure the old file stands.
 */
MUST_CHECK enum status file_write(const char *path, struct slice content, unsigned mode);
/*
 * The same for a medium that is carried away: reads the file back, past the system's cache, and compares.
 * STATUS_DIFFERENT if other bytes came back; the file is left for a closer look.
 */
MUST_CHECK enum status file_write_checked(const char *path, struct slice content, unsigned mode);
/* Reads a small file into out (its limit bounds it). STATUS_EMPTY if there is none. */
MUST_CHECK enum status file_read(const char *path, struct bytes *out);
/* Reads only as much as out may hold, and leaves the rest. STATUS_EMPTY if there is none. */
MUST_CHECK enum status file_read_start(const char *path, struct bytes *out);
/* As file_read, but refuses a file that group or others can read (STATUS_PERMISSION): for keys. */
MUST_CHECK enum status file_read_secret(const char *path, struct bytes *out);

/* The same with a file of a directory, by its name; and where it stands (config/machine.h). */
MUST_CHECK enum status dir_write(const char *dir, const char *name, struct slice content, unsigned mode);
MUST_CHECK enum status dir_read(const char *dir, const char *name, struct bytes *out);
MUST_CHECK enum status dir_read_secret(const char *dir, const char *name, struct bytes *out);
MUST_CHECK enum status dir_place(const char *dir, const char *name, struct file_place *ret_place);
/* Wipes what was read of a secret, and frees it. */
void secret_free(struct bytes *secret);

/* An advisory lock on a file (created 0600, close-on-exec), held by this process; freed by the kernel at its death.
 */
struct lock {
	int fd; /* -1: not held */
};
/* Waits up to timeout_ms; STATUS_BUSY if somebody else holds it that long. */
MUST_CHECK enum status lock_take(const char *path, int64_t timeout_ms, struct lock *ret_lock);
/* The same, but many may hold it at once; one who takes it alone waits for all of them. */
MUST_CHECK enum status lock_share(const char *path, int64_t timeout_ms, struct lock *ret_lock);
void lock_release(struct lock *lock);

/* What was written to a file, by whomever, is on the disk. STATUS_EMPTY if there is none. */
MUST_CHECK enum status file_sync(const char *path);
/* Moves a file; STATUS_EMPTY if there is none. Both directories are synced. */
MUST_CHECK enum status file_move(const char *from, const char *to);
/* Gives a file a second name in another directory of its disk, so that the first may be replaced. As file_move. */
MUST_CHECK enum status file_link(const char *from, const char *to);

/* The directory the running program was started from, a new string the caller frees; NULL if it cannot be told. */
char *program_directory(void);
/*
 * Where a file or folder that belongs to the programs may lie: beside the program (build tree), or in share/ beside
 * its folder (wherever that was installed to). A new string, as program_directory.
 */
char *program_file_beside(const char *name);
char *program_file_shared(const char *name);

/* The account this process runs under, for the record of who acted; "?" if it has no name. Cut to fit. */
void account_name(char *out, size_t size);

/* errno as a status: ENOSPC, EROFS, EACCES, ENOENT (STATUS_EMPTY), EMFILE (STATUS_BUSY) …, else STATUS_DISK. */
enum status status_of_errno(int error);

#endif
