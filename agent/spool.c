#include "agent/spool.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "agent/intake.h"
#include "config/datadir.h"
#include "config/log.h"

enum { TWINS_MAX = 10000, NAME_ROOM = 300 };
#define DAY_MS (INT64_C(24) * 60 * 60 * 1000)

static int64_t changed_ms(const struct stat *info)
{
	return (int64_t)info->st_ctim.tv_sec * 1000 + info->st_ctim.tv_nsec / 1000000;
}

static bool same_file(const struct stat *a, const struct stat *b)
{
	return a->st_ino == b->st_ino && a->st_size == b->st_size && changed_ms(a) == changed_ms(b);
}

static int is_candidate(const struct dirent *entry)
{
	size_t len = strlen(entry->d_name);
	bool part = len >= 5 && strcmp(entry->d_name + len - 5, ".part") == 0;
	return entry->d_name[0] != '.' && !part;
}

/* Moves a file into a folder beside it without replacing an older one of its name. */
static enum status put_aside(const char *folder, const char *path, const char *name, const char *where)
{
	char *target_folder = path_join(folder, where);
	enum status s = target_folder == NULL ? STATUS_NO_MEMORY : STATUS_OK;
	if (s == STATUS_OK && mkdir(target_folder, 0700) != 0 && errno != EEXIST)
		s = status_of_errno(errno);
	bool moved = false;
	for (int i = 0; s == STATUS_OK && !moved && i < TWINS_MAX; i++) {
		char twin[NAME_ROOM];
		(void)snprintf(twin, sizeof(twin), i == 0 ? "%s" : "%s.%d", name,
			       i); /* a name has at most 255 bytes */
		char *target = path_join(target_folder, twin);
		if (target == NULL)
			s = STATUS_NO_MEMORY;
		else if (!path_exists(target)) {
			moved = rename(path, target) == 0;
			s = moved ? STATUS_OK : status_of_errno(errno);
		}
		free(target);
	}
	free(target_folder);
	return s == STATUS_OK && !moved ? STATUS_EXISTS : s;
}

static enum status clear_away(const char *folder, const char *path, const char *name, bool refused,
			      int64_t keep_days)
{
	if (refused)
		return put_aside(folder, path, name, "refused");
	if (keep_days > 0)
		return put_aside(folder, path, name, "imported");
	return unlink(path) == 0 ? STATUS_OK : status_of_errno(errno);
}

static enum status take_file(const struct agent *a, const char *folder, const char *name, int64_t keep_days)
{
	char *path = path_join(folder, name);
	struct intake_options options = {.format = FORMAT_AUTO, .changed_at = TIME_UNSET};
	struct intake_report report = {0};
	struct stat before;
	struct stat after;
	enum status s = path == NULL ? STATUS_NO_MEMORY : STATUS_OK;
	if (s == STATUS_OK && lstat(path, &before) != 0)
		s = status_of_errno(errno);
	if (s != STATUS_OK)
		goto out;
	s = intake_file(a, path, &options, &report);
	bool whole = s == STATUS_REFUSED || s == STATUS_LIMIT;
	log_event(s == STATUS_OK ? LOG_NOTICE : LOG_WARNING,
		  "import=%lld status=%s read=%lld queued=%lld unchanged=%lld rejected=%lld reason=%s",
		  (long long)report.import, status_code(s), (long long)report.read, (long long)report.queued,
		  (long long)report.unchanged, (long long)report.rejected,
		  report.reason == NULL ? "-" : report.reason);
	if (s != STATUS_OK && !whole)
		goto out;
	s = lstat(path, &after) == 0 ? STATUS_OK : status_of_errno(errno);
	if (s == STATUS_OK && same_file(&before, &after))
		s = clear_away(folder, path, name, whole || report.rejected > 0, keep_days);
out:
	intake_report_clear(&report);
	free(path);
	/* Somebody took it away meanwhile. */
	return s == STATUS_EMPTY ? STATUS_OK : s;
}

/* How long until a file has settled: 0 at once, -1 for what is no file for us. */
static int64_t settles_in(const char *folder, const char *name, int64_t now)
{
	struct stat info;
	char *path = path_join(folder, name);
	bool regular = path != NULL && lstat(path, &info) == 0 && S_ISREG(info.st_mode);
	free(path);
	if (!regular)
		return -1;
	int64_t age_ms = now - changed_ms(&info);
	/* Before its own change: the clock was set back, and says nothing. */
	return age_ms < 0 || age_ms >= SPOOL_SETTLE_MS ? 0 : SPOOL_SETTLE_MS - age_ms;
}

static void forget_old(const struct agent *a, const char *folder, int64_t keep_days)
{
	char *imported = path_join(folder, "imported");
	struct dirent **entries = NULL;
	int n = imported == NULL ? -1 : scandir(imported, &entries, is_candidate, alphasort);
	for (int i = 0; i < n; i++) {
		struct stat info;
		char *path = path_join(imported, entries[i]->d_name);
		bool old = path != NULL && lstat(path, &info) == 0 && S_ISREG(info.st_mode) &&
			   agent_now(a) - changed_ms(&info) > keep_days * DAY_MS;
		if (old)
			(void)unlink(path); /* tried again at the next scan */
		free(path);
		free(entries[i]);
	}
	free(entries);
	free(imported);
}

enum status spool_scan(const struct agent *a, const char *folder, int64_t keep_days,
		       struct spool_report *ret_report)
{
	struct dirent **entries = NULL;
	struct spool_report report = {.wait_ms = -1};
	int n = scandir(folder, &entries, is_candidate, alphasort);
	if (n < 0)
		return status_of_errno(errno);
	enum status s = STATUS_OK;
	for (int i = 0; i < n; i++) {
		int64_t wait_ms = s == STATUS_OK ? settles_in(folder, entries[i]->d_name, agent_now(a)) : -1;
		if (wait_ms == 0) {
			s = take_file(a, folder, entries[i]->d_name, keep_days);
			report.files++;
		}
		if (wait_ms > report.wait_ms)
			report.wait_ms = wait_ms;
		free(entries[i]);
	}
	free(entries);
	if (keep_days > 0)
		forget_old(a, folder, keep_days);
	/* 0 is a file that is done with. */
	if (report.wait_ms == 0)
		report.wait_ms = -1;
	if (s == STATUS_OK)
		*ret_report = report;
	return s;
}
