/*
 * What the simulated disk's own files share (disk*.c): its files, its names, and the one door through which all
 * that changes it goes.
 */
#ifndef MOTCUA_TESTS_DISK_INSIDE_H
#define MOTCUA_TESTS_DISK_INSIDE_H

#include "tests/sim/disk.h"

enum { SECTOR = 512, SHM_LOCKS = 8, SHM_REGIONS = 64 };

struct content {
	uint8_t *data;
	int64_t len;
	int64_t room;
};

/* A write or another length, not synced yet. */
struct pending_write {
	struct pending_write *next;
	bool truncates; /* to the length `at` */
	int64_t at;
	int64_t len;
	uint8_t data[];
};

/* Freed when neither a name, nor one that may come back, nor a handle has it. */
struct disk_file {
	struct disk_file *next; /* in the disk's list; orphans are in none */
	uint64_t number;
	int refs;
	bool folder;
	unsigned mode;
	int64_t touched_ns;
	struct content now;
	struct content synced;
	struct pending_write *pending;
	struct pending_write **last_pending;
	/* Locks of open handles, NULL or 0: free. */
	int n_flock_shared;
	const void *flock_owner;
	int n_shared;
	const void *reserved;
	const void *waiting; /* SQLite's PENDING */
	const void *exclusive;
	int n_shm_users;
	uint8_t *shm[SHM_REGIONS];
	int n_shm_shared[SHM_LOCKS];
	const void *shm_exclusive[SHM_LOCKS];
};

/* Paths begin behind the disk's root; "" is the root itself. */
struct name {
	struct name *next;
	char *path;
	struct disk_file *file;
};

/* A name made (no from), moved, or taken away (no to), whose folder was not synced yet. */
struct pending_name {
	struct pending_name *next;
	char *from;
	char *to;
	struct disk_file *file;
	bool swept; /* a file was synced since */
};

enum disk_event_kind {
	EVENT_MARK,
	EVENT_CREATE, /* file and its name */
	EVENT_WRITE,
	EVENT_TRUNCATE,
	EVENT_SYNC,
	EVENT_SYNC_FAILED, /* at is the seed of what was written all the same */
	EVENT_NAME,
	EVENT_SYNC_NAMES
};

struct disk_event {
	enum disk_event_kind kind;
	int disk;
	uint64_t file;
	int64_t at;  /* place, length, or mark */
	int64_t len; /* of data */
	const uint8_t *data;
	const char *from;
	const char *to;
	bool folder;
	unsigned mode;
};

struct disk {
	struct disk *next; /* of those mounted */
	char *root;
	bool mounted;
	unsigned life; /* handles of an earlier one are dead */
	struct disk_file *files;
	struct name *names;
	struct name *durable;
	struct pending_name *pending;
	struct pending_name **last_pending;
	uint64_t last_number;
	int64_t clock_ns;
	uint64_t random;
	struct disk_fault fault;
	int64_t n_calls;
	int64_t n_failed;
	int64_t room;
	bool read_only;
	struct disk_record *record;
	int record_number;
};

/* An open file, of SQLite or of a descriptor. */
struct handle {
	struct disk *disk;
	struct disk_file *file;
	unsigned life;
	bool writes;
	bool shares;   /* has the file's lock, with others */
	int64_t place; /* of reading and writing, where the system keeps it */
};

void *disk_memory(size_t size); /* zeroed */
char *disk_text(const char *text);
uint64_t disk_random(uint64_t *state);

/* The mounted disk a path lies on and the path on it, NULL if on none. */
struct disk *disk_of(const char *path, const char **ret_path);
struct disk_file *disk_find(const struct disk *disk, const char *path);
struct disk_file *disk_by_number(const struct disk *disk, uint64_t number);
/* 0, or the errno by which a call fails. */
int disk_blocked(struct disk *disk, enum disk_call call);
/* The same for a handle, which may be dead; changing: not on a read-only disk. */
int handle_blocked(struct handle *h, enum disk_call call);
struct handle handle_new(struct disk *disk, struct disk_file *file, bool writes);
void handle_close(struct handle *h);
/* Everything that changes a disk, in the order in which it is recorded. */
void disk_apply(struct disk *disk, const struct disk_event *event);
/* 0 or an errno; each asks disk_blocked first. */
int disk_create(struct disk *disk, const char *path, bool folder, unsigned mode, struct disk_file **ret_file);
int disk_rename(struct disk *disk, const char *from, const char *to);
int disk_link(struct disk *disk, const char *from, const char *to);
int disk_unlink(struct disk *disk, const char *path);
int handle_write(struct handle *h, const void *data, int64_t len, int64_t at);
int handle_truncate(struct handle *h, int64_t len);
int handle_sync(struct handle *h);
/* The folder that a path lies in. */
int disk_sync_folder_of(struct disk *disk, const char *path);
/* How many bytes there were. */
int64_t handle_read(const struct handle *h, void *data, int64_t len, int64_t at);

/* disk_forget.c: the file as the disk has it after the cut; the names, durable and now. */
void forget_content(struct disk_file *file, uint64_t *random, bool all_lost, bool all_kept);
void forget_names(struct disk *disk, uint64_t *random, bool all_lost, bool all_kept, bool sweeps);
void content_put(struct content *c, const uint8_t *data, int64_t len, int64_t at);
void content_resize(struct content *c, int64_t len);
void content_copy(struct content *to, const struct content *from);
void pending_clear(struct disk_file *file);
void disk_drop_pending(struct disk *disk);
void file_ref(struct disk_file *file);
void file_unref(struct disk *disk, struct disk_file *file);
void names_clear(struct disk *disk, struct name **list);
void names_apply(struct disk *disk, struct name **list, const struct pending_name *op);

/* disk_record.c */
void record_event(struct disk_record *record, const struct disk_event *event);

/* disk_vfs.c: makes the VFS the default one, once. */
void disk_vfs_register(void);

#endif
