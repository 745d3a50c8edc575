#include "agent/commands.h"

#include <stdio.h>

#include "agent/book.h"
#include "agent/describe.h"
#include "agent/queue.h"
#include "agent/session.h"
#include "agent/take_back.h"
#include "config/messages.h"
#include "protocol/tables/text.h"

static enum status queue_void(const struct agent *a, enum kind kind, struct slice key, bool undo)
{
	struct change c = change_new(kind);
	c.key = key;
	c.time_stated = true;
	if (undo)
		change_set_null(&c, FIELD_VOID);
	else
		change_set_number(&c, FIELD_VOID, 1);
	enum status s = agent_keep_reserve(a);
	if (s == STATUS_OK)
		s = agent_record_time(a, &c.changed_at);
	if (s == STATUS_OK)
		s = database_begin(a->db);
	if (s != STATUS_OK)
		return s;
	const struct queue_source source = {.time_is_now = true};
	bool queued = false;
	s = queue_append(a, &source, &c, &queued);
	return database_end(a->db, s);
}

static enum status is_known(const struct agent *a, enum kind kind, struct slice key)
{
	struct book_entry entry;
	enum status s = book_load(a, kind, key, &entry);
	if (s == STATUS_OK && entry.thing.n_writes == 0)
		s = STATUS_EMPTY;
	book_clear(&entry);
	return s;
}

static int void_thing(const struct invocation *inv, const struct agent *a, enum kind kind)
{
	struct bytes key = bytes_new(LIMIT_KEY);
	int exit_status = EXIT_DONE;
	enum status s = text_normal(slice_str(inv->arguments[1]), &key);
	if (s == STATUS_REFUSED || s == STATUS_LIMIT)
		s = STATUS_EMPTY; /* no key looks like that */
	if (s == STATUS_OK)
		s = is_known(a, kind, bytes_slice(&key));
	if (s == STATUS_OK)
		s = queue_void(a, kind, bytes_slice(&key), option_flag(inv, "undo"));
	if (s == STATUS_OK)
		commands_print_key(kind, bytes_slice(&key), inv->json);
	else if (s == STATUS_EMPTY)
		exit_status = say_error_advice(s, _("Check the code; 'list' shows what there is."),
					       _("This computer has not entered such a thing."));
	else
		exit_status = say_error(s, NULL);
	bytes_free(&key);
	return exit_status;
}

static void print_report(const struct take_back_report *r, int64_t import, bool json)
{
	struct json_writer w = json_writer_new(stdout);
	if (!json) {
		/* Checked when it is flushed. */
		(void)printf(_("import %lld: things %lld, void or brought back %lld, with fields set back %lld\n"),
			     (long long)import, (long long)r->things, (long long)r->voided, (long long)r->restored);
		return;
	}
	json_object(&w);
	json_member_int(&w, "import", import);
	json_member_int(&w, "things", r->things);
	json_member_int(&w, "voided", r->voided);
	json_member_int(&w, "restored", r->restored);
	json_object_end(&w);
	json_end_line(&w);
}

static int void_import(const struct invocation *inv, const struct agent *a, int64_t import)
{
	struct take_back_report report;
	enum status s = take_back_import(a, import, option_flag(inv, "undo"), &report);
	if (s == STATUS_OK) {
		print_report(&report, import, inv->json);
		return EXIT_DONE;
	}
	if (s != STATUS_EMPTY)
		return say_error(s, NULL);
	return say_error_advice(s, _("The number is what 'import' printed when the file was taken in."),
				_("There is no import %lld."), (long long)import);
}

int command_void(struct invocation *inv)
{
	struct session session;
	const char *number = option_value(inv, "import");
	long long import = 0;
	enum kind kind = KIND_NONE;
	int exit_status = session_prepare(inv, false, &session);
	if (exit_status != EXIT_DONE)
		goto out;
	if (number != NULL ? inv->n_arguments != 0 : inv->n_arguments != 2)
		exit_status = say_error(STATUS_USAGE, _("void takes KIND and KEY, or --import N alone."));
	else if (number != NULL && option_number(number, 1, INT64_MAX, &import) != STATUS_OK)
		exit_status = say_error(STATUS_USAGE, _("--import takes the number of an import."));
	else if (number == NULL && !commands_read_kind(inv->arguments[0], &kind))
		exit_status = EXIT_WRONG_USE;
	else
		exit_status = session_enter(inv, &session);
	if (exit_status == EXIT_DONE && number != NULL)
		exit_status = void_import(inv, session.agent, import);
	else if (exit_status == EXIT_DONE)
		exit_status = void_thing(inv, session.agent, kind);
out:
	session_close(&session);
	return exit_status;
}
