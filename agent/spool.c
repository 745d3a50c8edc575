#include "agent/spool.h"

#include <string.h>
#include <unistd.h>

#include "agent/intake.h"
#include "config/folder.h"
#include "config/log.h"

#define DAY_MS (INT64_C(24) * 60 * 60 * 1000)

struct scan {
	const struct agent *agent;
	const struct spool_plan *plan;
	struct folder *folder;
};

static bool is_candidate(const char *name)
{
	size_t len = strlen(name);
	bool part = len >= 5 && strcmp(name + len - 5, ".part") == 0;
	return name[0] != '.' && !part;
}

/* Why an entry is not even opened; NULL if it may be. */
static const char *refusal_of(const struct folder_entry *entry)
{
	if (entry->kind != ENTRY_FILE)
		return "not-a-file";
	/* Whoever may not read a file can still give it a name here, and would have it read by us. */
	if (entry->names > 1)
		return "linked-file";
	return entry->size > LIMIT_IMPORT_BYTES ? "too-large" : NULL;
}

static enum status clear_away(const struct scan *scan, const char *name, bool refused)
{
	if (refused)
		return folder_put_aside(scan->folder, name, "refused");
	if (scan->plan->keep_days > 0)
		return folder_put_aside(scan->folder, name, "imported");
	return folder_remove(scan->folder, name);
}

static void log_import(enum status s, const struct intake_report *report)
{
	log_event(s == STATUS_OK ? LOG_NOTICE : LOG_WARNING,
		  "import=%lld status=%s read=%lld queued=%lld unchanged=%lld rejected=%lld skipped=%lld reason=%s",
		  (long long)report->import, status_code(s), (long long)report->read, (long long)report->queued,
		  (long long)report->unchanged, (long long)report->rejected, (long long)intake_skipped(report),
		  report->reason == NULL ? "-" : report->reason);
}

static enum status take_file(const struct scan *scan, const char *name, const struct folder_entry *seen)
{
	struct intake_options options = {.format = FORMAT_AUTO,
					 .changed_at = TIME_UNSET,
					 .name = name,
					 .stopped = scan->plan->stopped,
					 .context = scan->plan->context};
	struct intake_report report = {0};
	struct folder_entry entry;
	int fd = -1;
	enum status s = folder_read(scan->folder, name, &fd, &entry);
	if (s != STATUS_OK)
		return s;
	/* Another file under the name since it was looked at is for the next time. */
	if (!folder_same(seen, &entry)) {
		(void)close(fd); /* opened for reading */
		return STATUS_OK;
	}
	s = intake_descriptor(scan->agent, fd, &options, &report);
	(void)close(fd); /* opened for reading */
	bool whole = s == STATUS_REFUSED || s == STATUS_LIMIT;
	log_import(s, &report);
	if (s == STATUS_OK || whole) {
		s = folder_look(scan->folder, name, &entry);
		if (s == STATUS_OK && folder_same(seen, &entry))
			s = clear_away(scan, name, whole || report.rejected > 0);
	}
	intake_report_clear(&report);
	return s;
}

/* How long until an entry has settled, 0 at once. */
static int64_t settles_in(const struct folder_entry *entry, int64_t now)
{
	int64_t age_ms = now - entry->touched_ms;
	/* Before its own change: the clock was set back, and says nothing. */
	return age_ms < 0 || age_ms >= SPOOL_SETTLE_MS ? 0 : SPOOL_SETTLE_MS - age_ms;
}

static enum status take_entry(const struct scan *scan, const char *name, struct spool_report *report)
{
	struct folder_entry entry;
	if (!is_candidate(name))
		return STATUS_OK;
	enum status s = folder_look(scan->folder, name, &entry);
	if (s != STATUS_OK || entry.kind == ENTRY_FOLDER)
		return s;
	int64_t wait_ms = settles_in(&entry, agent_now(scan->agent));
	if (wait_ms > 0) {
		report->wait_ms = wait_ms > report->wait_ms ? wait_ms : report->wait_ms;
		return STATUS_OK;
	}
	report->files++;
	const char *reason = refusal_of(&entry);
	if (reason == NULL)
		return take_file(scan, name, &entry);
	log_event(LOG_WARNING, "import=0 status=%s reason=%s", status_code(STATUS_REFUSED), reason);
	return clear_away(scan, name, true);
}

/* A link in the place of a folder of ours would have us move files to where somebody else wants them. */
static void unlink_own(const struct scan *scan, const char *name)
{
	struct folder_entry entry;
	if (folder_look(scan->folder, name, &entry) != STATUS_OK || entry.kind != ENTRY_OTHER)
		return;
	enum status s = folder_remove(scan->folder, name);
	log_event(LOG_WARNING, "spool a link in the place of %s was removed status=%s", name, status_code(s));
}

static void forget_old(const struct scan *scan)
{
	struct folder *imported = NULL;
	struct folder_names names = {0};
	enum status s = folder_open_inside(scan->folder, "imported", &imported);
	if (s == STATUS_OK)
		s = folder_list(imported, &names);
	for (size_t i = 0; s == STATUS_OK && i < names.n; i++) {
		struct folder_entry entry;
		bool old = folder_look(imported, names.names[i], &entry) == STATUS_OK && entry.kind == ENTRY_FILE &&
			   agent_now(scan->agent) - entry.touched_ms > scan->plan->keep_days * DAY_MS;
		if (old && folder_remove(imported, names.names[i]) != STATUS_OK)
			log_event(LOG_WARNING, "an imported file over its days cannot be deleted");
	}
	folder_names_free(&names);
	folder_close(imported);
}

/* What is wrong with one file alone, and no reason to leave the others. */
static bool is_of_one_file(enum status s)
{
	return s == STATUS_EMPTY || s == STATUS_BUSY || s == STATUS_PERMISSION || s == STATUS_REFUSED ||
	       s == STATUS_EXISTS;
}

enum status spool_scan(const struct agent *a, const struct spool_plan *plan, struct spool_report *ret_report)
{
	struct scan scan = {.agent = a, .plan = plan};
	struct folder_names names = {0};
	enum status worst = STATUS_OK;
	*ret_report = (struct spool_report){.wait_ms = -1};
	enum status s = folder_open(plan->folder, &scan.folder);
	if (s == STATUS_OK) {
		unlink_own(&scan, "refused");
		unlink_own(&scan, "imported");
		s = folder_list(scan.folder, &names);
	}
	for (size_t i = 0; s == STATUS_OK && i < names.n; i++) {
		s = plan->stopped != NULL && plan->stopped(plan->context)
			    ? STATUS_STOPPED
			    : take_entry(&scan, names.names[i], ret_report);
		if (is_of_one_file(s)) {
			/* Somebody took it away meanwhile: nothing is wrong. */
			worst = s == STATUS_EMPTY ? worst : s;
			s = STATUS_OK;
		}
	}
	if (s == STATUS_OK && plan->keep_days > 0)
		forget_old(&scan);
	folder_names_free(&names);
	folder_close(scan.folder);
	return s == STATUS_OK ? worst : s;
}
