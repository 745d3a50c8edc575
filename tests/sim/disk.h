/*
 * Disks in memory that forget as real ones do. A mounted disk stands under a folder of the process's own
 * ("/disk-hub"), and whatever a program does below it goes there: SQLite by the VFS, which is the default one from
 * the first mounting on (disk_vfs.c), and our own files by the system's calls, which the linker turns to
 * disk_calls.c. Code under test is the real one, config/datadir_*posix.c included. One thread.
 *
 * What a power cut leaves: of each file what stood in it at its last sync; later writes by sectors of 512 bytes,
 * each kept (7/16), turned to garbage (1/16) or lost; later changes of its length kept or lost. Names (files made,
 * renamed, linked, unlinked) in their order up to some point, which lies behind the last sync of a folder, with
 * half of the seeds also behind the last sync of any file, as a journaling file system has it: what was unlinked
 * does not come back for ever. A sync that failed has written some of it and forgets the rest: syncing again helps
 * nobody.
 */
#ifndef MOTCUA_TESTS_DISK_H
#define MOTCUA_TESTS_DISK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct disk; /* opaque */

/* An empty disk under root, an absolute path of one name. Memory that runs out here ends the program. */
struct disk *disk_new(const char *root);
/* Nobody may have a file of it open, dead ones included. NULL is fine. */
void disk_free(struct disk *disk);
/* Nobody may have files open across these. A new disk is mounted. */
void disk_mount(struct disk *disk);
void disk_unmount(struct disk *disk);
/* What SQLite draws for itself (salts of its logs) follows from here. */
void disk_seed(uint64_t seed);

/*
 * The machine loses its power, or the program is killed: whoever has files open is cut off from them (whatever he
 * does with them fails), locks are free, and after the power's loss only what the disk kept is there. Seeds 0 and 1
 * are the ends of what may happen: all that was not synced is lost, all of it is kept.
 */
void disk_cut_power(struct disk *disk, uint64_t seed);
void disk_kill(struct disk *disk);
/* The same done to a copy, which is not mounted. */
struct disk *disk_after_power_cut(const struct disk *disk, uint64_t seed);

/* Calls that can be made to fail. */
enum disk_call {
	DISK_OPEN = 1 << 0, /* opening and making files and folders, looking at them, locks */
	DISK_READ = 1 << 1,
	DISK_WRITE = 1 << 2,
	DISK_TRUNCATE = 1 << 3,
	DISK_SYNC = 1 << 4, /* files and folders */
	DISK_NAME = 1 << 5, /* rename, link, unlink */
	DISK_CHANGES = DISK_WRITE | DISK_TRUNCATE | DISK_SYNC | DISK_NAME,
	DISK_ALL = (1 << 6) - 1
};

struct disk_fault {
	unsigned calls; /* which of them count: enum disk_call */
	int64_t nth;    /* the one that fails, from 1; 0: none */
	bool forever;   /* and all of these calls after it */
	int error;      /* errno */
};
/* From now on; counting begins anew. */
void disk_fail(struct disk *disk, struct disk_fault fault);
/* The calls counted since, the failed ones included; and how many failed. */
int64_t disk_calls(const struct disk *disk);
int64_t disk_failed(const struct disk *disk);
/* How many bytes all files together may have; writing beyond is ENOSPC. 0: no limit. */
void disk_set_room(struct disk *disk, int64_t bytes);
int64_t disk_used(const struct disk *disk);
/* Whoever writes gets EROFS. */
void disk_set_read_only(struct disk *disk, bool read_only);

/*
 * One ordered list of everything that changes some disks, to be gone through again. A mark is what somebody was
 * promised at that moment; what it means is the caller's.
 */
struct disk_record; /* opaque */
struct disk_record *disk_record_new(void);
void disk_record_free(struct disk_record *record);
/* disk, still empty, is written down from here on; its number in the record is how many came before it. */
void disk_record_add(struct disk_record *record, struct disk *disk);
/* No more is written down; the disks may be freed. */
void disk_record_end(struct disk_record *record);
void disk_record_mark(struct disk_record *record, int64_t mark);

struct disk_replay; /* opaque */
enum { DISK_NO_MARK = -1, DISK_NONE = -1 };
struct disk_moment {
	int disk;     /* the one that has just changed, DISK_NONE: a mark */
	int64_t mark; /* DISK_NO_MARK: none */
	const char *what;
};
/* The disks as they were before the first event. */
struct disk_replay *disk_replay_new(const struct disk_record *record);
void disk_replay_free(struct disk_replay *replay);
/* One event further; false at the end. */
bool disk_replay_next(struct disk_replay *replay, struct disk_moment *ret_moment);
/* A disk as it stands at this moment, not mounted; the replay's own. */
const struct disk *disk_replay_disk(const struct disk_replay *replay, int number);

#endif
