#include <stdio.h>

#include "config/database_handle.h"
#include "config/datadir.h"

enum {
	PAGES_A_STEP = 256,        /* a MiB: so often it is asked whether to stop */
	OPERATIONS_A_LOOK = 20000, /* of SQLite's virtual machine: some milliseconds */
	PATH_ROOM = 4096
};

static bool is_stopped(const struct database *db)
{
	return db->stop != NULL && *db->stop != 0;
}

static int look(void *context)
{
	return is_stopped(context) ? 1 : 0;
}

void database_stop_at(struct database *db, const volatile sig_atomic_t *stop)
{
	db->stop = stop;
	sqlite3_progress_handler(db->handle, stop == NULL ? 0 : OPERATIONS_A_LOOK, stop == NULL ? NULL : look, db);
}

static enum status copy_pages(struct database *from, struct database *to)
{
	sqlite3_backup *backup = sqlite3_backup_init(to->handle, "main", from->handle, "main");
	if (backup == NULL)
		return database_status(to, sqlite3_errcode(to->handle));
	int code = SQLITE_OK;
	while (code == SQLITE_OK && !is_stopped(from))
		code = sqlite3_backup_step(backup, PAGES_A_STEP);
	enum status s = code == SQLITE_OK ? STATUS_STOPPED : database_status(to, code);
	int end = sqlite3_backup_finish(backup);
	return s == STATUS_OK && end != SQLITE_OK ? database_status(to, end) : s;
}

/* The pages of a database in WAL mode say so; a file that is carried away has nothing beside it. */
static enum status leave_wal(struct database *db)
{
	struct query q = query_start(db, "PRAGMA journal_mode=DELETE");
	bool left = query_row(&q) && slice_equal(query_get_text(&q, 0), slice_str("delete"));
	enum status s = query_finish(&q);
	return s == STATUS_OK && !left ? STATUS_DISK : s;
}

static enum status mark(struct database *db, int32_t application_id)
{
	char sql[60];
	(void)snprintf(sql, sizeof(sql), "PRAGMA application_id=%d", (int)application_id); /* a number fits */
	return database_script(db, sql);
}

void database_remove(const char *path, const char *vfs_name)
{
	static const char *const beside[] = {"", "-journal", "-wal", "-shm"};
	sqlite3_vfs *vfs = sqlite3_vfs_find(vfs_name);
	for (size_t i = 0; vfs != NULL && i < sizeof(beside) / sizeof(beside[0]); i++) {
		char name[PATH_ROOM];
		int len = snprintf(name, sizeof(name), "%s%s", path, beside[i]);
		if (len > 0 && (size_t)len < sizeof(name))
			(void)vfs->xDelete(vfs, name, 1); /* some are not there */
	}
}

enum status database_copy(struct database *from, const struct copy_plan *plan)
{
	struct database *to = NULL;
	const struct database_plan target = {.mode = DATABASE_AGENT, /* a journal, and every sync */
					     .path = plan->path,
					     .vfs = plan->vfs,
					     .create = true,
					     .application_id = plan->application_id};
	database_remove(plan->path, plan->vfs);
	enum status s = database_open(&target, &to);
	if (s == STATUS_OK)
		s = copy_pages(from, to);
	if (s == STATUS_OK)
		s = leave_wal(to);
	if (s == STATUS_OK)
		s = mark(to, plan->application_id);
	database_close(to);
	return s;
}
