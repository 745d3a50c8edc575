#include <stdio.h>
#include <string.h>

#include "config/messages.h"
#include "config/wording.h"
#include "hub/commands.h"
#include "hub/enrol.h"
#include "hub/evidence.h"
#include "protocol/tables/writer.h"

enum { FINGERPRINT_DIGITS = 32 };

/* What `device list` says of one device, from the registry and the tables beside it. */
struct device_line {
	const struct device *device;
	const char *unit;
	int64_t have;
	int64_t pending;
	int64_t incarnations;
	int64_t forks;
	bool overlap; /* a batch of an older incarnation came after one of a newer */
	bool seen;
	int64_t last_seen;
	bool clock_known; /* the wire showed it */
	int64_t clock_offset;
	int64_t waiting;
	char version[VERSION_TEXT + 1];
	char id[2 * DEVICE_ID_LEN + 1];
};

static enum status count_chains(struct database *db, struct device_line *line)
{
	struct slice id = slice_of(line->device->id, DEVICE_ID_LEN);
	struct query q = query_start(db, "SELECT have FROM chain WHERE device = ?1"
					 " ORDER BY ordinal DESC, bits DESC LIMIT 1");
	query_blob(&q, 1, id);
	line->have = query_row(&q) ? query_get_int(&q, 0) : 0;
	enum status s = query_finish(&q);
	if (s != STATUS_OK)
		return s;
	q = query_start(db, "SELECT count(*) FROM pending WHERE device = ?1");
	query_blob(&q, 1, id);
	line->pending = query_row(&q) ? query_get_int(&q, 0) : 0;
	return query_finish(&q);
}

/* Incarnations follow each other; those of one computer used in two places come side by side. */
static enum status count_lives(struct hub *hub, struct device_line *line)
{
	int64_t last_of_older = 0;
	struct query q = query_start(hub->db, "SELECT min(entry), max(entry) FROM batch WHERE device = ?1"
					      " GROUP BY ordinal, bits ORDER BY ordinal, bits");
	query_blob(&q, 1, slice_of(line->device->id, DEVICE_ID_LEN));
	while (query_row(&q)) {
		int64_t last = query_get_int(&q, 1);
		line->incarnations++;
		line->overlap = line->overlap || last_of_older > query_get_int(&q, 0);
		last_of_older = last > last_of_older ? last : last_of_older;
	}
	enum status s = query_finish(&q);
	return s == STATUS_OK ? evidence_count(hub, line->device->id, &line->forks) : s;
}

static enum status read_line(struct hub *hub, int index, struct device_line *line)
{
	*line = (struct device_line){.device = registry_device(hub->registry, index), .unit = ""};
	int unit = registry_device_unit(hub->registry, line->device, date_of(hub_now(hub)));
	if (unit != UNIT_NONE)
		line->unit = registry_unit(hub->registry, unit)->code;
	hex_format(line->device->id, DEVICE_ID_LEN, line->id);
	struct query q =
		query_start(hub->db, "SELECT at, clock_offset, waiting, version FROM seen WHERE device = ?1");
	query_blob(&q, 1, slice_of(line->device->id, DEVICE_ID_LEN));
	line->seen = query_row(&q);
	if (line->seen) {
		line->last_seen = query_get_int(&q, 0);
		line->clock_known = !query_is_null(&q, 1);
		line->clock_offset = query_get_int(&q, 1);
		line->waiting = query_get_int(&q, 2);
		struct slice version = query_get_text(&q, 3);
		(void)snprintf(line->version, sizeof(line->version), "%.*s", (int)version.len,
			       (const char *)version.data);
	}
	enum status s = query_finish(&q);
	if (s == STATUS_OK)
		s = count_chains(hub->db, line);
	return s == STATUS_OK ? count_lives(hub, line) : s;
}

static void print_json(struct json_writer *w, const struct hub *hub, const struct device_line *line)
{
	char at[INSTANT_TEXT];
	json_object(w);
	json_member_str(w, "device", line->id);
	json_member_str(w, "unit", line->unit);
	json_member_str(w, "state", device_standing(line->device));
	json_member_str(w, "enrolled_at", time_format(line->device->enrolled_at, at));
	json_member_str(w, "last_seen", line->seen ? time_format(line->last_seen, at) : NULL);
	json_member_int(w, "have", line->have);
	json_member_int(w, "pending", line->pending);
	json_key(w, "lag_s");
	if (line->seen)
		json_int(w, (hub_now(hub) - line->last_seen) / 1000);
	else
		json_null(w);
	json_key(w, "clock_offset_s");
	if (line->clock_known)
		json_int(w, line->clock_offset);
	else
		json_null(w);
	json_member_int(w, "waiting_reported", line->waiting);
	json_member_str(w, "version", line->version);
	json_member_int(w, "incarnations", line->incarnations);
	json_member_int(w, "forks", line->forks);
	json_object_end(w);
	json_end_line(w);
}

static void print_row(struct table *t, const struct device_line *line)
{
	char at[WORDING_TIME];
	table_row(t);
	table_cell(t, line->id);
	table_cell(t, line->unit);
	table_cell(t, wording_state(device_standing(line->device)));
	table_cell(t, line->seen ? wording_time(line->last_seen, at) : _("never"));
	table_cell_int(t, line->have);
	table_cell_int(t, line->pending);
	table_cell_int(t, line->waiting);
	if (line->clock_known)
		table_cell_int(t, line->clock_offset);
	else
		table_cell(t, "");
}

/* Below the table: what an operator has to look after. */
static void print_remarks(const struct device_line *line)
{
	if (device_check(line->device) == STATUS_FORK)
		(void)printf(_("%s, unit %s: contradicts what it sent before (%lld batches). Find out which of two "
			       "computers is the right one, then 'device release %s'.\n"),
			     line->id, line->unit, (long long)line->forks, line->id);
	if (line->overlap)
		(void)printf(_("%s, unit %s: batches from before it began anew came after that. A copy of its data "
			       "may be at work on a second computer, or a stick was late.\n"),
			     line->id, line->unit);
	else if (line->incarnations > 1)
		(void)printf(_("%s, unit %s: began anew, %lld times; its data were lost, damaged, copied or put "
			       "back.\n"),
			     line->id, line->unit, (long long)line->incarnations - 1);
}

static enum status print_all_remarks(struct hub *hub)
{
	enum status s = STATUS_OK;
	for (int i = 0; i < registry_device_count(hub->registry) && s == STATUS_OK; i++) {
		struct device_line line;
		s = read_line(hub, i, &line);
		if (s == STATUS_OK)
			print_remarks(&line);
	}
	return s;
}

int command_device_list(struct invocation *inv)
{
	int exit_status = EXIT_DONE;
	struct hub *hub = commands_open(inv, false, &exit_status);
	if (hub == NULL)
		return exit_status;
	const char *const headings[] = {_("Device"),  _("Unit"),    _("State"),   _("Last seen"),
					_("Batches"), _("Pending"), _("Waiting"), _("Clock off, s")};
	const bool numeric[] = {false, false, false, false, true, true, true, true};
	struct json_writer w = json_writer_new(stdout);
	struct table *t = inv->json ? NULL : table_new(8, headings, numeric);
	enum status s = STATUS_OK;
	for (int i = 0; i < registry_device_count(hub->registry) && s == STATUS_OK; i++) {
		struct device_line line;
		s = read_line(hub, i, &line);
		if (s == STATUS_OK && inv->json)
			print_json(&w, hub, &line);
		else if (s == STATUS_OK)
			print_row(t, &line);
	}
	if (registry_device_count(hub->registry) == 0)
		say("%s", _("No computer has enrolled yet. 'invite' makes a code for one."));
	else if (s == STATUS_OK && !inv->json)
		table_print_text(t, stdout);
	if (s == STATUS_OK && !inv->json)
		s = print_all_remarks(hub);
	table_free(t);
	hub_close(hub);
	if (s == STATUS_OK)
		s = writer_status(stdout);
	return s == STATUS_OK ? EXIT_DONE : say_error(s, NULL);
}

/* The digits, however they are grouped: people type the groups apart, together, or with marks between them. */
static enum status read_fingerprint(const struct invocation *inv, char ret_digits[static FINGERPRINT_DIGITS + 1])
{
	size_t used = 0;
	for (int i = 0; i < inv->n_arguments; i++) {
		for (const char *at = inv->arguments[i]; *at != '\0'; at++) {
			bool digit = *at >= '0' && *at <= '9';
			if ((digit && used == FINGERPRINT_DIGITS) || (!digit && strchr(" .-", *at) == NULL))
				return STATUS_USAGE;
			if (digit)
				ret_digits[used++] = *at;
		}
	}
	ret_digits[used] = '\0';
	return used == FINGERPRINT_DIGITS ? STATUS_OK : STATUS_USAGE;
}

int command_device_confirm(struct invocation *inv)
{
	char fingerprint[FINGERPRINT_DIGITS + 1];
	int exit_status = commands_settings(inv);
	if (exit_status != EXIT_DONE)
		return exit_status;
	if (read_fingerprint(inv, fingerprint) != STATUS_OK)
		return say_error(STATUS_USAGE, _("A fingerprint is eight groups of four digits."));
	struct hub *hub = commands_enter(inv, true, &exit_status);
	if (hub == NULL)
		return exit_status;
	uint8_t device[DEVICE_ID_LEN];
	char id[2 * DEVICE_ID_LEN + 1];
	enum status s = enrol_confirm(hub, fingerprint, commands_program(inv)->who, device);
	hub_close(hub);
	if (s == STATUS_EMPTY)
		return say_error_advice(s, _("Have it read out again; 'device list' shows which computers wait."),
					_("No computer waits with this fingerprint."));
	if (s != STATUS_OK)
		return say_error(s, NULL);
	say(_("Device %s is confirmed."), hex_format(device, DEVICE_ID_LEN, id));
	return EXIT_DONE;
}
