/* What the hub knows of one computer's month, for two people on the phone. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "config/messages.h"
#include "config/wording.h"
#include "hub/commands.h"
#include "hub/commands_courier.h"
#include "hub/compare.h"
#include "hub/devices.h"
#include "hub/reading.h"
#include "protocol/tables/writer.h"

struct comparing {
	struct hub *hub;
	struct device device;
	struct period month;
	uint64_t up_to;
	struct compare_view *view;
};

/* --month, else the month that is. */
static enum status choose_month(const struct invocation *inv, struct period *ret_month)
{
	const struct hub_world *world = &commands_program(inv)->world;
	const char *text = option_value(inv, "month");
	char now[DATE_TEXT];
	if (text == NULL) {
		(void)date_format(date_of(world->now_ms(world->context)), now);
		now[strlen("YYYY-MM")] = '\0';
		text = now;
	}
	if (strlen(text) == strlen("YYYY-MM") && period_parse(text, strlen(text), ret_month) == STATUS_OK &&
	    ret_month->to - ret_month->from < DIGEST_DAYS_MAX)
		return STATUS_OK;
	return reading_misused(_("--month takes a month as YYYY-MM."));
}

/* --as-of, else everything. */
static enum status choose_batch(const struct invocation *inv, uint64_t *ret_up_to)
{
	const char *text = option_value(inv, "as-of");
	long long number = 0;
	*ret_up_to = UINT64_MAX;
	if (text == NULL)
		return STATUS_OK;
	if (option_number(text, 0, INT64_MAX, &number) != STATUS_OK)
		return reading_misused(_("--as-of takes the number of a batch."));
	*ret_up_to = (uint64_t)number;
	return STATUS_OK;
}

static enum status scan(struct comparing *c)
{
	enum status s = database_snapshot(c->hub->db);
	const struct compare_plan plan = {.device = &c->device, .days = c->month, .up_to = c->up_to};
	if (s == STATUS_OK)
		s = registry_reload(c->hub->registry, c->hub->db);
	if (s == STATUS_OK)
		s = compare_scan(c->hub, &plan, &c->view);
	database_rollback(c->hub->db);
	return s;
}

static const char *unit_code(const struct comparing *c)
{
	return c->device.unit == UNIT_NONE ? NULL : registry_unit(c->hub->registry, c->device.unit)->code;
}

/* "2-0123456789abcdef", as `status` of the computer shows it. */
enum { INCARNATION_TEXT = 48 };
static const char *incarnation_text(const struct incarnation *i, char out[static INCARNATION_TEXT])
{
	(void)snprintf(out, INCARNATION_TEXT, "%llu-%016llx", (unsigned long long)i->ordinal,
		       (unsigned long long)i->bits);
	return out;
}

static bool is_unfounded(const struct digest_line *line)
{
	return (line->marks & DIGEST_UNFOUNDED) != 0;
}

static int64_t count_unfounded(const struct compare_view *view)
{
	int64_t n = 0;
	for (size_t i = 0; i < view->digest.n_lines; i++)
		n += is_unfounded(&view->digest.lines[i]) ? 1 : 0;
	return n;
}

static void put_line_json(struct json_writer *w, enum kind kind, int32_t day, struct slice key)
{
	char text[DATE_TEXT];
	json_member_str(w, "day", date_format(day, text));
	json_member_str(w, "kind", schema_kind_name(kind));
	json_key(w, "key");
	json_text(w, key);
}

static void put_sums_json(struct json_writer *w, const struct digest *d)
{
	char text[DATE_TEXT];
	char code[DIGEST_CODE_TEXT];
	json_key(w, "days");
	json_array(w);
	for (size_t i = 0; i < d->n_sums; i++) {
		json_object(w);
		json_member_str(w, "day", date_format(d->sums[i].day, text));
		json_member_str(w, "kind", schema_kind_name(d->sums[i].kind));
		json_member_int(w, "count", (int64_t)d->sums[i].count);
		json_member_str(w, "code", digest_code(d->sums[i].hash, code));
		json_object_end(w);
	}
	json_array_end(w);
}

static void put_chains_json(struct json_writer *w, const struct compare_view *view)
{
	char incarnation[INCARNATION_TEXT];
	json_key(w, "as_of");
	json_array(w);
	for (size_t i = 0; i < view->n_chains; i++) {
		json_object(w);
		json_member_str(w, "incarnation", incarnation_text(&view->chains[i].incarnation, incarnation));
		json_member_int(w, "batch", (int64_t)view->chains[i].have);
		json_object_end(w);
	}
	json_array_end(w);
}

static void put_others_json(struct json_writer *w, const struct compare_view *view)
{
	json_key(w, "others");
	json_array(w);
	for (size_t i = 0; i < view->n_others; i++) {
		json_object(w);
		json_member_str(w, "kind", schema_kind_name(view->others[i].kind));
		json_key(w, "key");
		json_text(w, view->others[i].key);
		json_key(w, "fields");
		json_array(w);
		for (int f = 0; f < FIELD_COUNT; f++)
			if ((view->others[i].fields >> f & 1) != 0)
				json_str(w, schema_field((enum field)f)->name);
		json_array_end(w);
		json_object_end(w);
	}
	json_array_end(w);
}

static void print_json(const struct comparing *c)
{
	char id[2 * DEVICE_ID_LEN + 1];
	char month[DATE_TEXT];
	char code[DIGEST_CODE_TEXT];
	const struct digest *d = &c->view->digest;
	struct json_writer w = json_writer_new(stdout);
	(void)date_format(c->month.from, month);
	month[strlen("YYYY-MM")] = '\0';
	json_object(&w);
	json_member_str(&w, "device", hex_format(c->device.id, DEVICE_ID_LEN, id));
	json_member_str(&w, "unit", unit_code(c));
	json_member_str(&w, "month", month);
	json_member_str(&w, "code", compare_code(c->view, c->month, code));
	json_member_int(&w, "count", (int64_t)d->n_lines);
	put_chains_json(&w, c->view);
	put_sums_json(&w, d);
	json_key(&w, "unfounded");
	json_array(&w);
	for (size_t i = 0; i < d->n_lines; i++) {
		if (!is_unfounded(&d->lines[i]))
			continue;
		json_object(&w);
		put_line_json(&w, d->lines[i].kind, d->lines[i].day, d->lines[i].key);
		json_object_end(&w);
	}
	json_array_end(&w);
	put_others_json(&w, c->view);
	json_object_end(&w);
	json_end_line(&w);
}

static enum status print_sums(const struct digest *d)
{
	const char *const headings[] = {_("Day"), _("Kind"), _("Count"), _("Code")};
	const bool numeric[] = {false, false, true, false};
	struct table *t = table_new(4, headings, numeric);
	char text[DATE_TEXT];
	char code[DIGEST_CODE_TEXT];
	for (size_t i = 0; i < d->n_sums; i++) {
		table_row(t);
		table_cell(t, date_format(d->sums[i].day, text));
		table_cell(t, wording_kind(schema_kind_name(d->sums[i].kind)));
		table_cell_int(t, (int64_t)d->sums[i].count);
		table_cell(t, digest_code(d->sums[i].hash, code));
	}
	enum status s = table_status(t);
	if (s == STATUS_OK && d->n_sums > 0)
		table_print_text(t, stdout);
	table_free(t);
	return s;
}

static enum status print_text(const struct comparing *c)
{
	char id[2 * DEVICE_ID_LEN + 1];
	char text[DATE_TEXT];
	char code[DIGEST_CODE_TEXT];
	char incarnation[INCARNATION_TEXT];
	const struct digest *d = &c->view->digest;
	(void)printf(_("Computer %s of unit %s\n"), hex_format(c->device.id, DEVICE_ID_LEN, id),
		     unit_code(c) == NULL ? "?" : unit_code(c));
	for (size_t i = 0; i < c->view->n_chains; i++)
		(void)printf(_("As of batch %llu of %s\n"), (unsigned long long)c->view->chains[i].have,
			     incarnation_text(&c->view->chains[i].incarnation, incarnation));
	enum status s = print_sums(d);
	if (s != STATUS_OK)
		return s;
	for (size_t i = 0; i < d->n_lines; i++)
		if (is_unfounded(&d->lines[i]))
			(void)printf(_("Counted otherwise than the computers wrote: %s of %s, %.*s\n"),
				     wording_kind(schema_kind_name(d->lines[i].kind)),
				     date_format(d->lines[i].day, text), (int)d->lines[i].key.len,
				     (const char *)d->lines[i].key.data);
	if (c->view->n_others > COMPARISON_OTHERS_MAX)
		(void)printf(_("Things that other computers have changed since: %zu or more\n"),
			     (size_t)COMPARISON_OTHERS_MAX);
	else if (c->view->n_others > 0)
		(void)printf(_("Things that other computers have changed since: %zu\n"), c->view->n_others);
	(void)printf(_("Code of the month: %s\n"), compare_code(c->view, c->month, code));
	return STATUS_OK;
}

static int print(const struct comparing *c, bool json)
{
	enum status s = STATUS_OK;
	int64_t unfounded = count_unfounded(c->view);
	if (json)
		print_json(c);
	else
		s = print_text(c);
	if (s == STATUS_OK)
		s = writer_status(stdout);
	if (s != STATUS_OK)
		return say_error(s, NULL);
	if (unfounded == 0)
		return EXIT_DONE;
	return say_error_advice(
		STATUS_DIFFERENT, _("'verify --full' names every difference, 'rebuild' mends them."),
		_("%lld dossiers are counted otherwise than the log has them."), (long long)unfounded);
}

static int run_compare(struct invocation *inv)
{
	struct comparing c = {0};
	int exit_status = commands_settings(inv);
	if (exit_status == EXIT_DONE)
		exit_status = status_exit(choose_month(inv, &c.month));
	if (exit_status == EXIT_DONE)
		exit_status = status_exit(choose_batch(inv, &c.up_to));
	if (exit_status == EXIT_DONE)
		c.hub = commands_enter(inv, false, &exit_status);
	if (c.hub == NULL)
		return exit_status;
	enum status s = devices_find_or_unit(c.hub->registry, inv->arguments[0], &c.device);
	if (s != STATUS_OK) {
		exit_status = commands_no_device(s, inv->arguments[0]);
	} else {
		s = scan(&c);
		exit_status = s == STATUS_OK ? print(&c, inv->json) : say_error(s, NULL);
	}
	compare_view_free(c.view);
	hub_close(c.hub);
	return exit_status;
}

static const struct option_spec COMPARE_OPTIONS[] = {
	{"month", "YYYY-MM", N_("the month (default: the present one)")},
	{"as-of", "BATCH", N_("only up to this batch of the computer's newest incarnation")},
	{NULL, NULL, NULL},
};

const struct command COMMAND_COMPARE = {
	.name = "compare",
	.arguments = "DEVICE",
	.help = N_("what the hub has of a computer's month, and its code to read out by phone"),
	.more = N_(
		"DEVICE is the id of the computer, or the code of a unit that has one computer. The computer's own "
		"'compare' prints the same where both have the same: the code says so for the month, the code of a "
		"day for the day."),
	.options = COMPARE_OPTIONS,
	.min_arguments = 1,
	.max_arguments = 1,
	.run = run_compare,
};
