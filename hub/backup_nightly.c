#include "hub/backup_nightly.h"

#include <inttypes.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "config/datadir.h"
#include "config/folder.h"
#include "config/log.h"
#include "hub/backup.h"

#define HOUR_MS (INT64_C(3600) * 1000)
enum { NAP_MS = 200, LOOK_NAPS = 100, RETRY_LOOKS = 45, NAME_TEXT = 40 };

/* hub-20261122-0100.backup, by the calendar's local time. */
static const char SHAPE[] = "hub-dddddddd-dddd.backup";

struct nightly {
	char *dir;
	struct hub_world world;
	struct nightly_plan plan;
	pthread_t thread;
	volatile sig_atomic_t stop; /* for the backup that is being made, and for the wait */
	int wait_looks;             /* after a failure */
};

bool nightly_due(int64_t now, int64_t last, int hour)
{
	int64_t struck = date_start(date_of(now)) + hour * HOUR_MS;
	if (struck > now)
		struck -= 24 * HOUR_MS;
	/* One from the future was made before the clock was set back: it says nothing. */
	return last == TIME_UNSET || last < struck || last > now;
}

static bool is_ours(const char *name, const char *suffix)
{
	size_t len = sizeof(SHAPE) - 1;
	if (strlen(name) != len + strlen(suffix) || strcmp(name + len, suffix) != 0)
		return false;
	for (size_t i = 0; i < len; i++) {
		bool digit = name[i] >= '0' && name[i] <= '9';
		if (SHAPE[i] == 'd' ? !digit : name[i] != SHAPE[i])
			return false;
	}
	return true;
}

enum status nightly_prune(const char *path, int64_t keep)
{
	struct folder *folder = NULL;
	struct folder_names names = {0};
	int64_t count = 0;
	enum status s = folder_open(path, &folder);
	if (s == STATUS_OK)
		s = folder_list(folder, &names);
	for (size_t i = 0; i < names.n; i++)
		count += is_ours(names.names[i], "") ? 1 : 0;
	/* In the order of their names, which is that of their times. */
	for (size_t i = 0; i < names.n && s == STATUS_OK; i++) {
		bool old = is_ours(names.names[i], "") && count-- > keep;
		if (old || is_ours(names.names[i], ".part") || is_ours(names.names[i], ".part-journal"))
			s = folder_remove(folder, names.names[i]);
	}
	folder_names_free(&names);
	folder_close(folder);
	return s;
}

static enum status last_backup(const struct nightly *n, int64_t *ret_at)
{
	struct hub *hub = NULL;
	struct backup_note note = {.at = TIME_UNSET};
	enum status s = hub_open(n->dir, &n->world, false, &hub);
	if (s == STATUS_OK)
		s = backup_note_get(hub, &note);
	hub_close(hub);
	*ret_at = note.at;
	return s == STATUS_EMPTY ? STATUS_OK : s;
}

static char *path_at(const struct nightly *n, int64_t now)
{
	char date[DATE_TEXT];
	char name[NAME_TEXT];
	int minute = (int)((now - date_start(date_of(now))) / 60000);
	(void)date_format(date_of(now), date); /* 2026-11-22 */
	(void)snprintf(name, sizeof(name), "hub-%.4s%.2s%.2s-%02d%02d.backup", date, date + 5, date + 8,
		       minute / 60, minute % 60); /* fits */
	return path_join(n->plan.folder, name);
}

static enum status make(struct nightly *n)
{
	struct backup_note note;
	char *path = path_at(n, n->world.now_ms(n->world.context));
	const struct backup_plan plan = {.path = path, .acts = n->plan.folder, .stop = &n->stop};
	enum status s = path == NULL ? STATUS_NO_MEMORY : nightly_prune(n->plan.folder, INT64_MAX);
	if (s == STATUS_OK)
		s = backup_run(n->dir, &n->world, &plan, &note);
	if (s == STATUS_OK) {
		log_event(LOG_NOTICE, "event=backup entries=%" PRId64 " bytes=%" PRId64 " path=%s", note.entry,
			  note.bytes, path);
		s = nightly_prune(n->plan.folder, n->plan.keep);
	}
	if (s != STATUS_OK && s != STATUS_STOPPED)
		log_event(LOG_ERROR, "event=backup-failed code=%s path=%s", status_code(s),
			  path == NULL ? "" : path);
	free(path);
	return s;
}

static void look(struct nightly *n)
{
	int64_t last = TIME_UNSET;
	if (n->wait_looks > 0) {
		n->wait_looks--;
		return;
	}
	enum status s = last_backup(n, &last);
	if (s == STATUS_OK && nightly_due(n->world.now_ms(n->world.context), last, n->plan.hour))
		s = make(n);
	n->wait_looks = s == STATUS_OK ? 0 : RETRY_LOOKS;
}

static bool wait_for_end(const struct nightly *n)
{
	for (int naps = 0; n->stop == 0 && naps < LOOK_NAPS; naps++) {
		struct timespec nap = {.tv_nsec = NAP_MS * 1000000L};
		(void)nanosleep(&nap, NULL); /* a signal only shortens the wait */
	}
	return n->stop != 0;
}

static void *run(void *context)
{
	struct nightly *n = context;
	do
		look(n);
	while (!wait_for_end(n));
	return NULL;
}

enum status nightly_start(const char *dir, const struct hub_world *world, const struct nightly_plan *plan,
			  struct nightly **ret_nightly)
{
	struct nightly *n = calloc(1, sizeof(*n));
	if (n == NULL)
		return STATUS_NO_MEMORY;
	n->dir = strdup(dir);
	n->world = *world;
	n->plan = *plan;
	if (n->dir == NULL || pthread_create(&n->thread, NULL, run, n) != 0) {
		free(n->dir);
		free(n);
		return STATUS_BUSY;
	}
	*ret_nightly = n;
	return STATUS_OK;
}

void nightly_stop(struct nightly *n)
{
	if (n == NULL)
		return;
	n->stop = 1;
	(void)pthread_join(n->thread, NULL);
	free(n->dir);
	free(n);
}
