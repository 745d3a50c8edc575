/*
 * Backups beside a hub, and directories into which they are put back. Included after hub_fixture.h.
 */
#ifndef MOTCUA_TESTS_BACKUP_FIXTURE_H
#define MOTCUA_TESTS_BACKUP_FIXTURE_H

#include "hub/backup.h"
#include "hub/verify.h"

struct place {
	char dir[64];
};

static inline struct place new_place(void)
{
	struct place p;
	(void)snprintf(p.dir, sizeof(p.dir), "%s/motcua-place-XXXXXX",
		       access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp");
	assert_non_null(mkdtemp(p.dir));
	return p;
}

static inline void drop_place(const struct place *p)
{
	DIR *dir = opendir(p->dir);
	for (struct dirent *e = dir == NULL ? NULL : readdir(dir); e != NULL; e = readdir(dir)) {
		char *path = path_join(p->dir, e->d_name);
		(void)unlink(path); /* "." and ".." stay */
		free(path);
	}
	if (dir != NULL)
		(void)closedir(dir);
	(void)rmdir(p->dir);
}

static inline bool there_is(const char *dir, const char *name)
{
	char *path = path_join(dir, name);
	bool there = path_exists(path);
	free(path);
	return there;
}

/* A backup NAME in a place. */
static inline enum status back_up(struct fixture *f, const struct place *p, const char *name,
				  struct backup_note *ret_note)
{
	char *path = path_join(p->dir, name);
	const struct backup_plan plan = {.path = path};
	enum status s = backup_run(f->dir, &f->world, &plan, ret_note);
	free(path);
	return s;
}

static inline void assert_verifies(struct hub *hub)
{
	struct verify_report *report = calloc(1, sizeof(*report));
	assert_non_null(report);
	enum status s = verify_run(hub, true, report);
	for (int64_t i = 0; s != STATUS_OK && i < report->n_findings && i < VERIFY_FINDINGS; i++)
		print_error("entry %lld: %s\n", (long long)report->findings[i].entry, report->findings[i].where);
	free(report);
	assert_int_equal(s, STATUS_OK);
}

#endif
