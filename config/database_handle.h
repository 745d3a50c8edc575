/*
 * What config/database*.c share: the open handle. Nobody else includes this, so that sqlite3.h stays behind
 * database.h.
 */
#ifndef MOTCUA_CONFIG_DATABASE_HANDLE_H
#define MOTCUA_CONFIG_DATABASE_HANDLE_H

#include <sqlite3.h>

#include "config/database.h"

enum {
	DATABASE_KEPT_MAX = 96, /* statements kept prepared; nothing is evicted */
	DATABASE_SLOTS = 128    /* of the open hash table that holds them */
};

struct statement_slot {
	const char *sql; /* NULL: free */
	sqlite3_stmt *statement;
	bool busy;
};

struct database {
	sqlite3 *handle;
	sqlite3_stmt *rollback; /* prepared beforehand: without memory there must be a way back */
	struct statement_slot slots[DATABASE_SLOTS];
	int n_kept;
	const volatile sig_atomic_t *stop; /* NULL: nothing stops it */
	struct database *below;            /* owned; NULL: none */
	bool sync_failed;                  /* nothing is asked of this handle any more (L1) */
};

/* Also remembers that a sync failed. */
enum status database_status(struct database *db, int code);
/* Finalises every statement, also one that still runs. */
void database_forget_statements(struct database *db);

#endif
