#include "agent/carried.h"

#include <stdio.h>
#include <stdlib.h>

#include "agent/session.h"
#include "config/datadir.h"
#include "config/messages.h"
#include "protocol/calendar.h"

enum { NAME_TEXT = LIMIT_UNIT + 40 };

/* On a stick the file gets a name of its own, by which the province can tell the communes' files apart. */
static char *target_path(const struct agent *a, const char *given)
{
	char at[INSTANT_TEXT];
	char name[NAME_TEXT];
	if (!path_is_directory(given))
		return path_join("", given);
	(void)time_format(agent_now(a), at); /* 2024-05-22T11:00:00... */
	(void)snprintf(name, sizeof(name), "motcua-%s-%.4s%.2s%.2s-%.2s%.2s%.2s.mcs",
		       a->unit[0] == '\0' ? a->device_text : a->unit, at, at + 5, at + 8, at + 11, at + 14,
		       at + 17); /* sized for the longest */
	return path_join(given, name);
}

enum status carried_export(struct agent *a, const char *given, struct carried *ret_carried)
{
	*ret_carried = (struct carried){.path = target_path(a, given)};
	return ret_carried->path == NULL ? STATUS_NO_MEMORY
					 : courier_export(a, ret_carried->path, &ret_carried->export);
}

void carried_free(struct carried *c)
{
	free(c->path);
	c->path = NULL;
}

void carried_print(const struct carried *c)
{
	/* Output is checked once, when it is flushed. */
	(void)printf(_("%s: batches %lld, bytes %lld, files %u\n"), c->path, (long long)c->export.batches,
		     (long long)c->export.bytes, c->export.files);
}

void carried_members(struct json_writer *w, const struct carried *c)
{
	json_key(w, "files");
	json_array(w);
	for (unsigned n = 1; n <= c->export.files; n++) {
		char *part = path_numbered(c->path, n);
		json_str(w, part);
		free(part);
	}
	json_array_end(w);
	json_member_int(w, "batches", c->export.batches);
	json_member_int(w, "sealed", c->export.sealed);
	json_member_int(w, "bytes", c->export.bytes);
}

int carried_say_unwritten(enum status s, const char *path)
{
	if (s == STATUS_DIFFERENT)
		return say_error_advice(
			STATUS_DISK,
			_("Use another stick. Nothing was lost: everything stays here until the hub's "
			  "receipt comes."),
			_("What was read back from %s is not what was written: the stick is faulty or not as large "
			  "as it says."),
			path);
	if (s == STATUS_DISK_FULL)
		return say_error_advice(
			s, _("Take another stick. Nothing was lost: everything is still on this computer."),
			_("There is no room for %s."), path);
	if (s == STATUS_EXISTS)
		return say_error_advice(s, _("Give another name, or the directory of the stick."),
					_("%s is another kind of file and was left as it is."), path);
	if (s == STATUS_EMPTY)
		return say_error_advice(STATUS_DISK, _("Check that the stick is plugged in and the name is right."),
					_("%s cannot be written: there is no such directory."), path);
	if (s == STATUS_CLONED)
		return session_say_unsent(s);
	return say_error(s, _("%s cannot be written: %s"), path, status_sentence(s));
}

int carried_say_unread(enum status s, const char *path)
{
	if (s == STATUS_USAGE)
		return say_error_advice(STATUS_REFUSED, _("Take it to the province: motcua-hub ingest FILE"),
					_("%s is a file for the province, not an answer from it."), path);
	if (s == STATUS_FOREIGN)
		return say_error_advice(STATUS_REFUSED, _("Use the file that was made for this computer."),
					_("%s is for another computer, or from another hub."), path);
	if (s == STATUS_BUSY)
		return say_error_advice(STATUS_REFUSED, _("Use the finished file, without .part at the end."),
					_("%s was not written to its end, or is in use."), path);
	if (s == STATUS_MALFORMED)
		return say_error(s, _("%s is damaged, or no courier file."), path);
	if (s == STATUS_EMPTY)
		return say_error_advice(STATUS_DISK, _("Check that the stick is plugged in and the name is right."),
					_("There is no file %s."), path);
	return say_error(s, _("%s cannot be read: %s"), path, status_sentence(s));
}
