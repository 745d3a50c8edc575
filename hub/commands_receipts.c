#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "config/datadir.h"
#include "config/messages.h"
#include "config/shown_name.h"
#include "hub/commands.h"
#include "hub/commands_courier.h"
#include "hub/courier_out.h"
#include "hub/devices.h"
#include "hub/output.h"
#include "protocol/tables/writer.h"

static int say_unwritten(enum status s, const char *path)
{
	if (s == STATUS_WAITING_DEVICE)
		return say_error_advice(s, _("Confirm its fingerprint first, with 'device confirm'."),
					_("This computer waits for confirmation."));
	if (s == STATUS_SUSPENDED)
		return say_error_advice(s, _("Nothing was written."), _("This computer is suspended or revoked."));
	if (s == STATUS_DIFFERENT)
		return say_error_advice(STATUS_DISK,
					_("Take another stick; this one does not keep what is written."),
					_("%s does not read back as it was written."), path);
	if (s == STATUS_EXISTS)
		return say_error_advice(s, _("Give another name."),
					_("%s is another kind of file and was left as it is."), path);
	if (s == STATUS_DISK_FULL)
		return say_error_advice(s, _("Take another stick."), _("There is no room for %s."), path);
	return say_error(s, _("%s cannot be written: %s"), path, status_sentence(s));
}

static enum status print_json(const struct device *device, const char *unit, const char *path,
			      const struct receipts_done *done)
{
	char id[2 * DEVICE_ID_LEN + 1];
	struct json_writer w = json_writer_new(stdout);
	enum status s = STATUS_OK;
	json_object(&w);
	json_member_str(&w, "device", hex_format(device->id, DEVICE_ID_LEN, id));
	json_member_str(&w, "unit", unit);
	json_member_int(&w, "receipts", done->receipts);
	json_key(&w, "files");
	json_array(&w);
	for (unsigned n = 1; n <= done->files; n++) {
		char *numbered = path_numbered(path, n);
		char *shown = numbered == NULL ? NULL : shown_name(numbered);
		s = shown == NULL ? STATUS_NO_MEMORY : s;
		json_str(&w, shown);
		free(shown);
		free(numbered);
	}
	json_array_end(&w);
	json_object_end(&w);
	json_end_line(&w);
	enum status written = writer_status(stdout);
	return s == STATUS_OK ? written : s;
}

static int write_receipts(struct invocation *inv, struct hub *hub, const char *path, const char *shown)
{
	struct device device;
	struct receipts_done done = {0};
	struct receipts_plan plan = {.path = path};
	enum status s = devices_find_or_unit(hub->registry, inv->arguments[0], &device);
	if (s != STATUS_OK)
		return commands_no_device(s, inv->arguments[0]);
	memcpy(plan.device, device.id, DEVICE_ID_LEN);
	s = courier_write_receipts(hub, &plan, &done);
	if (s != STATUS_OK)
		return say_unwritten(s, shown);
	const char *unit = device.unit == UNIT_NONE ? NULL : registry_unit(hub->registry, device.unit)->code;
	if (inv->json)
		s = print_json(&device, unit, path, &done);
	if (s != STATUS_OK)
		return say_error(s, NULL);
	say(_("%lld receipts for the computer of unit %s in %u files; the first is %s."), (long long)done.receipts,
	    unit == NULL ? "?" : unit, done.files, shown);
	return EXIT_DONE;
}

static int run_receipts(struct invocation *inv)
{
	const char *path = option_value(inv, "output");
	int exit_status = commands_settings(inv);
	if (exit_status != EXIT_DONE)
		return exit_status;
	if (path == NULL)
		return say_error(STATUS_USAGE, _("Say where the file goes, with --output FILE."));
	if (output_in_the_way(path))
		return say_error(STATUS_USAGE, _("--output takes the name of a plain file."));
	struct hub *hub = commands_enter(inv, true, &exit_status);
	if (hub == NULL)
		return exit_status;
	char *shown = shown_name(path);
	exit_status = shown == NULL ? say_error(STATUS_NO_MEMORY, NULL) : write_receipts(inv, hub, path, shown);
	free(shown);
	hub_close(hub);
	return exit_status;
}

static const struct option_spec RECEIPTS_OPTIONS[] = {
	{"output", "FILE", N_("the file to write; what does not fit goes into FILE-2, FILE-3, ...")},
	{NULL, NULL, NULL},
};

const struct command COMMAND_RECEIPTS = {
	.name = "receipts",
	.arguments = "DEVICE",
	.help = N_("write the receipts of a computer into a courier file; also while serving"),
	.more = N_("DEVICE is the id of the computer, or the code of a unit that has one computer. Only that "
		   "computer can "
		   "read the file."),
	.options = RECEIPTS_OPTIONS,
	.min_arguments = 1,
	.max_arguments = 1,
	.run = run_receipts,
};
