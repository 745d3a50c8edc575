/*
 * The machines' disks, in memory: what was written, what of it was synced, and what a crash leaves. drive.c keeps
 * files and what became of them, drive_cut.c cuts the power, drive_sqlite.c is the VFS over them, drive_files.c
 * stands in for config/datadir_posix.c, datadir_files_posix.c, machine_posix.c and reserve_posix.c. A path
 * "/NAME/FILE" lies on the drive NAME; there are no folders in it. One thread.
 *
 * Model: written bytes are there at once for whoever reads them. A power cut keeps what was synced and, of every
 * other 512 bytes that were written, the old, the new or garbage; a file's length is one of those it had since.
 * Names are made, moved and removed in their order, as journalling file systems do: the first of them survive, all
 * up to the last sync of the directory or, through SQLite, of any file.
 */
#ifndef MOTCUA_TESTS_DRIVE_H
#define MOTCUA_TESTS_DRIVE_H

#include "protocol/bytes.h"

#define DRIVE_VFS "motcua-sim"
enum {
	DRIVE_NAME = 16,
	DRIVE_SECTOR = 512,
	DRIVE_NAMES = 48,
	DRIVE_PATH = 64,
	DRIVE_SHM_MAX = 64,
	DRIVE_LOCKS = 8
};

/* What one write or truncation has replaced since the last sync. */
struct undo {
	size_t offset;
	size_t len;      /* bytes written, 0: truncated */
	size_t old_size; /* of the file before */
	size_t kept;     /* of the bytes that stood there before: how many, and where in file->old */
	size_t at;
};

struct file {
	uint64_t number; /* as an inode's: never used twice */
	int64_t touched; /* as a ctime's */
	int references;  /* names, kept ones included, and handles */
	uint8_t *data; /* of SQLite's memory, as old: memory.c keeps it for the next file */
	size_t size;
	size_t room;
	struct undo *undo;
	size_t n_undo;
	size_t undo_room;
	uint8_t *old;
	size_t old_size;
	size_t old_room;
	uint8_t *shm[DRIVE_SHM_MAX]; /* SQLite's shared memory beside it */
	int shm_users;
	int shared[DRIVE_LOCKS];
	bool exclusive[DRIVE_LOCKS];
};

struct drive_name {
	char name[DRIVE_PATH];
	struct file *file; /* NULL: free */
};

/* A name that was given another file, or none, since the directory was synced. */
struct name_change {
	char name[DRIVE_PATH];
	struct file *before; /* NULL: there was none */
	bool with_next;      /* one move: both or neither */
};

struct drive {
	char name[DRIVE_NAME];
	struct drive_name names[DRIVE_NAMES];
	struct name_change changes[DRIVE_NAMES];
	size_t n_changes;
	long operations; /* that changed something or made it durable */
	long last;       /* no operation after this one, 0: no end */
	bool dead;       /* its machine stopped: nothing is read or written any more */
	int64_t used;
	int64_t room; /* bytes, -1: more than enough */
	struct drive *next;
};

/* Mounts an empty drive; drives_clear unmounts and frees all of them. Handles of SQLite must be closed. */
struct drive *drive_new(const char *name);
void drives_clear(void);
struct drive *drive_find(const char *path);

/* A copy of everything as it stands, not mounted; drive_image_free frees it. */
struct drive *drive_image(const struct drive *drive);
void drive_image_free(struct drive *image);
/* Puts the content of an image in the place of the drive's, all durable. as_new: by files, so that each is a new
 * one with a new number; else as a whole, which tells nothing. only: this file alone, NULL: all. */
void drive_put_back(struct drive *drive, const struct drive *image, bool as_new, const char *only);

/* The machine stops with the operation that comes after the next n; 0: it goes on. */
void drive_die_after(struct drive *drive, long n);
/* The machine starts again: after a kill with all that was written, after a power cut with what is left of it. The
 * dice decide. Nothing may be open. */
void drive_start(struct drive *drive);
void drive_cut_power(struct drive *drive, uint64_t dice);

/* For drive_*.c. What a power cut takes back of the names, newest first, until so many changes are left. */
void drive_names_back(struct drive *drive, size_t left);
/* True if the operation may go on. */
bool drive_step(struct drive *drive);
struct file *drive_lookup(const struct drive *drive, const char *path);
/* Gives a name a file, or none (NULL). */
void drive_name(struct drive *drive, const char *path, struct file *file, bool with_next);
void drive_names_synced(struct drive *drive);
struct file *file_new(void);
void file_release(struct file *file);
/* False if there is no room on the drive (NULL: no limit). */
bool file_put(struct drive *drive, struct file *file, const void *data, size_t len, size_t offset);
void file_cut(struct drive *drive, struct file *file, size_t size);
void file_synced(struct file *file);
void file_touch(struct file *file);

/* drive_sqlite.c: registers the VFS, and counts databases opened through it. */
void drive_sqlite_register(void);
long drive_sqlite_opened(void);
/* drive_files.c: no lock is held any more. */
void drive_locks_clear(void);

#endif
