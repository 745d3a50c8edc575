#include "agent/commands.h"

#include <stdlib.h>
#include <string.h>

#include "agent/compare_ask.h"
#include "agent/compare_print.h"
#include "agent/compare_repair.h"
#include "agent/session.h"
#include "agent/sync.h"
#include "config/datadir.h"
#include "config/messages.h"
#include "protocol/tables/writer.h"

enum { ROUNDS = 2 /* the second with the batches that came between asking and answering */ };

static int read_options(const struct invocation *inv, int64_t now, struct period *ret_month)
{
	const char *text = option_value(inv, "month");
	char present[DATE_TEXT];
	if (text == NULL) {
		(void)date_format(date_of(now), present);
		present[strlen("YYYY-MM")] = '\0';
		text = present;
	}
	bool is_month = strlen(text) == strlen("YYYY-MM") && text[5] >= '0' && text[5] <= '9';
	if (!is_month || period_parse(text, strlen(text), ret_month) != STATUS_OK)
		return say_error(STATUS_USAGE, _("--month takes a month as YYYY-MM."));
	if (option_flag(inv, "phone") && (option_flag(inv, "repair") || option_value(inv, "proof") != NULL))
		return say_error(STATUS_USAGE,
				 _("--phone asks nobody, so there is nothing to repair or to prove."));
	return EXIT_DONE;
}

/* What is here as of an answer, beside the answer. */
static enum status lay(const struct agent *a, struct comparison *c)
{
	compare_own_free(&c->own);
	compare_result_free(&c->result);
	enum status s = compare_sum(a, c->heard.answer.days, COMPARE_AS_OF, &c->heard.answer, &c->own);
	return s == STATUS_OK ? compare_lay(a, &c->own, &c->heard.answer, c->month, &c->result) : s;
}

static bool has_unknown(const struct compare_result *result)
{
	for (size_t i = 0; i < result->n_days; i++)
		if (result->days[i].unknown)
			return true;
	return false;
}

/* Over the line: first the receipts, so that what the hub has is known here to be there. */
static enum status ask(struct agent *a, struct comparison *c)
{
	enum status s = sync_ask(a);
	if (s == STATUS_OK)
		s = compare_sum(a, c->month, COMPARE_ACKNOWLEDGED, NULL, &c->own);
	for (int round = 0; s == STATUS_OK && round < ROUNDS; round++) {
		compare_heard_free(&c->heard);
		s = compare_ask(a, &c->own, &c->heard);
		if (s == STATUS_OK)
			s = lay(a, c);
		if (s == STATUS_OK && (c->heard.answer.cut || !has_unknown(&c->result)))
			break;
	}
	return s;
}

/* By stick, or where the line is down: the last answer there is. */
static enum status recall(struct agent *a, struct comparison *c)
{
	compare_heard_free(&c->heard);
	enum status s = compare_recall(a, c->month, &c->heard);
	c->recalled = s == STATUS_OK;
	return s == STATUS_OK ? lay(a, c) : s;
}

/* Whatever keeps the hub from being asked now; that another machine answers in its place is for a person. */
static bool is_of_the_line(enum status s)
{
	return s == STATUS_BUSY || (status_exit(s) == EXIT_UNREACHABLE && s != STATUS_PIN);
}

static enum status print(const struct agent *a, const struct comparison *c, bool json)
{
	enum status s = STATUS_OK;
	if (json)
		compare_print_json(a, c);
	else
		s = compare_print_text(a, c);
	enum status written = writer_status(stdout);
	return s == STATUS_OK ? written : s;
}

/* Only what is here: for the phone, or because there is nobody to ask. */
static int show_own(struct agent *a, struct comparison *c, bool json)
{
	compare_own_free(&c->own);
	enum status s = compare_sum(a, c->month, COMPARE_ACKNOWLEDGED, NULL, &c->own);
	if (s == STATUS_OK)
		s = compare_acknowledged(a, &c->heard.answer);
	if (s == STATUS_OK)
		s = print(a, c, json);
	return s == STATUS_OK ? EXIT_DONE : say_error(s, NULL);
}

/* The hub's word that it agrees, for whoever asks later: the code of the month follows from what is in it. */
static int write_proof(const struct comparison *c, const char *path)
{
	enum { OWNER_ONLY = 0600 /* keys of things may be named in it */ };
	enum status s = path == NULL ? STATUS_OK : file_write(path, bytes_slice(&c->heard.sealed), OWNER_ONLY);
	if (s == STATUS_OK)
		return EXIT_DONE;
	return say_error(s, _("%s cannot be written: %s"), path, status_sentence(s));
}

static int judge(struct agent *a, struct comparison *c, const struct invocation *inv)
{
	enum status s = STATUS_OK;
	bool json = inv->json;
	bool repair = option_flag(inv, "repair");
	bool agrees = compare_agrees(&c->result);
	if (repair && !agrees)
		s = compare_repair(a, &c->own, &c->heard.answer, &c->result, &c->repaired);
	if (s == STATUS_OK && agrees)
		s = compare_note_agreed(a, &c->heard);
	if (s == STATUS_OK)
		s = print(a, c, json);
	if (s != STATUS_OK)
		return say_error(s, NULL);
	if (agrees)
		return write_proof(c, option_value(inv, "proof"));
	if (c->repaired > 0)
		say(_("Queued once more: %lld changes; the next exchange sends them."), (long long)c->repaired);
	return say_error_advice(STATUS_DIFFERENT, compare_advice(c), "%s",
				_("The province has not the same of this computer as is here."));
}

static int compare(const struct invocation *inv, struct agent *a, struct comparison *c)
{
	if (option_flag(inv, "phone"))
		return show_own(a, c, inv->json);
	enum status s = a->host[0] == '\0' ? STATUS_UNREACHABLE : ask(a, c);
	enum status line = s;
	if (is_of_the_line(s)) {
		s = compare_note_asked(a, c->month);
		if (s == STATUS_OK)
			s = recall(a, c);
	}
	if (s == STATUS_OK)
		return judge(a, c, inv);
	if (s != STATUS_EMPTY)
		return session_say_unsent(s);
	int exit_status = show_own(a, c, inv->json);
	if (exit_status != EXIT_DONE)
		return exit_status;
	return say_error_advice(
		line,
		_("Read the code out by phone; the province's 'motcua-hub compare' prints its own. Or "
		  "'export', and 'receive' the answer."),
		_("The hub was not asked: %s"), status_sentence(line));
}

int command_compare(struct invocation *inv)
{
	struct session session;
	struct comparison *c = calloc(1, sizeof(*c));
	if (c == NULL)
		return say_error(STATUS_NO_MEMORY, NULL);
	int exit_status = session_prepare(inv, true, &session);
	if (exit_status == EXIT_DONE)
		exit_status = read_options(inv, session.world.now_ms(session.world.context), &c->month);
	if (exit_status == EXIT_DONE)
		exit_status = session_enter(inv, &session);
	if (exit_status == EXIT_DONE)
		exit_status = compare(inv, session.agent, c);
	compare_result_free(&c->result);
	compare_own_free(&c->own);
	compare_heard_free(&c->heard);
	free(c);
	session_close(&session);
	return exit_status;
}
