#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "config/messages.h"
#include "config/options.h"
#include "hub/commands.h"
#include "hub/skip.h"
#include "protocol/tables/writer.h"

enum { LIST_TEXT = 160 };

/* The first numbers that wait, as far as there is room: "8, 12, 13, ..." */
static void list_waiting(const struct skip_report *report, char out[static LIST_TEXT])
{
	enum { ROOM = 32 /* for one number and the dots */ };
	size_t used = 0;
	out[0] = '\0';
	for (size_t i = 0; i < report->n_waiting; i++) {
		bool fits = used + ROOM < LIST_TEXT;
		int n = fits ? snprintf(out + used, LIST_TEXT - used, "%s%llu", i == 0 ? "" : ", ",
					(unsigned long long)report->waiting[i])
			     : snprintf(out + used, LIST_TEXT - used, ", ...");
		if (!fits || n < 0)
			return;
		used += (size_t)n;
	}
}

static int say_not_skipped(enum status s, const struct skip_report *report)
{
	char waiting[LIST_TEXT];
	list_waiting(report, waiting);
	if (s == STATUS_EMPTY)
		return say_error_advice(
			STATUS_REFUSED,
			_("Nothing was changed; 'device list' shows which computers have pending batches."),
			_("No batch of this computer waits for an earlier one."));
	if (s == STATUS_REFUSED)
		return say_error_advice(s, _("Nothing was changed. Name the first of them."),
					_("Of this computer these batches wait: %s"), waiting);
	if (s == STATUS_FORK || s == STATUS_SUSPENDED || s == STATUS_WAITING_DEVICE)
		return say_error_advice(s, _("Nothing was changed; 'device list' shows how it stands."),
					_("Nothing is taken from this computer at present."));
	return say_error(s, NULL);
}

static enum status print_skipped(const struct invocation *inv, const struct skip_report *report, const char *id)
{
	if (inv->json) {
		struct json_writer w = json_writer_new(stdout);
		json_object(&w);
		json_member_str(&w, "device", id);
		json_member_int(&w, "first", (int64_t)report->first);
		json_member_int(&w, "last", (int64_t)report->last);
		json_member_int(&w, "batches", report->taken.joined);
		json_member_int(&w, "changes", report->taken.changes);
		json_member_int(&w, "rejected", report->taken.refused);
		json_object_end(&w);
		json_end_line(&w);
		return writer_status(stdout);
	}
	say(_("Batches %lld to %lld of computer %s are given up; %lld that waited have joined."),
	    (long long)report->first, (long long)report->last, id, (long long)report->taken.joined);
	return STATUS_OK;
}

int command_device_skip(struct invocation *inv)
{
	struct device device;
	struct skip_report report = {0};
	long long to = 0;
	int exit_status = commands_settings(inv);
	if (exit_status != EXIT_DONE)
		return exit_status;
	if (option_number(inv->arguments[1], 1, INT64_MAX, &to) != STATUS_OK)
		return say_error(STATUS_USAGE, _("TO is the number of the first batch that waits."));
	struct hub *hub = commands_enter(inv, true, &exit_status);
	if (hub == NULL)
		return exit_status;
	if (commands_device(hub, inv->arguments[0], &device, &exit_status)) {
		char id[2 * DEVICE_ID_LEN + 1];
		enum status s = skip_lost(hub, device.id, (uint64_t)to, commands_program(inv)->who, &report);
		if (s != STATUS_OK)
			exit_status = say_not_skipped(s, &report);
		else if (print_skipped(inv, &report, hex_format(device.id, DEVICE_ID_LEN, id)) != STATUS_OK)
			exit_status = say_error(STATUS_DISK, NULL);
	}
	hub_close(hub);
	return exit_status;
}
