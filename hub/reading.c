#include "hub/reading.h"

#include <string.h>

#include "config/messages.h"
#include "hub/commands.h"
#include "protocol/tables/writer.h"

enum status reading_misused(const char *problem)
{
	(void)say_error(STATUS_USAGE, "%s", problem); /* the exit status follows from what is returned */
	return STATUS_USAGE;
}

static enum status choose_format(const struct invocation *inv, bool *ret_json)
{
	const char *format = option_value(inv, "format");
	*ret_json = inv->json;
	if (format == NULL || strcmp(format, "table") == 0)
		return STATUS_OK;
	if (strcmp(format, "json") != 0)
		return reading_misused(_("--format takes table or json."));
	*ret_json = true;
	return STATUS_OK;
}

void reading_close(struct reading *reading)
{
	hub_close(reading->hub);
	reading->hub = NULL;
}

static enum status choose_unit(const struct invocation *inv, struct reading *reading)
{
	const struct registry *r = reading->hub->registry;
	const char *code = option_value(inv, "unit");
	reading->unit = code == NULL ? registry_province(r) : registry_find_unit(r, slice_str(code));
	if (reading->unit != UNIT_NONE)
		return STATUS_OK;
	if (code != NULL)
		return reading_misused(
			_("--unit names a unit that is not in the list; 'units list' shows the codes."));
	/* The exit status follows from what is returned. */
	(void)say_error_advice(STATUS_EMPTY, _("Read the list of units in: motcua-hub units import FILE"),
			       _("There are no units yet."));
	return STATUS_EMPTY;
}

int reading_start(struct invocation *inv, struct reading *ret_reading)
{
	const struct hub_world *world = &commands_program(inv)->world;
	*ret_reading = (struct reading){.unit = UNIT_NONE, .today = date_of(world->now_ms(world->context))};
	return commands_settings(inv);
}

int reading_begin(struct invocation *inv, struct reading *ret_reading)
{
	int exit_status = reading_start(inv, ret_reading);
	return exit_status == EXIT_DONE ? status_exit(choose_format(inv, &ret_reading->json)) : exit_status;
}

int reading_open(struct invocation *inv, struct reading *reading)
{
	int exit_status = EXIT_DONE;
	reading->hub = commands_enter(inv, false, &exit_status);
	if (reading->hub == NULL)
		return exit_status;
	enum status s = database_snapshot(reading->hub->db);
	if (s == STATUS_OK)
		s = registry_reload(reading->hub->registry, reading->hub->db);
	exit_status = s == STATUS_OK ? status_exit(choose_unit(inv, reading)) : say_error(s, NULL);
	if (exit_status != EXIT_DONE)
		reading_close(reading);
	return exit_status;
}

int reading_open_output(struct invocation *inv, struct reading *reading, struct output *output)
{
	int exit_status = reading_open(inv, reading);
	if (exit_status != EXIT_DONE)
		return exit_status;
	enum status s = output_open(output);
	if (s == STATUS_OK)
		return EXIT_DONE;
	reading_close(reading);
	return say_error(s, NULL);
}

int reading_end(enum status s)
{
	if (s == STATUS_OK)
		s = writer_status(stdout);
	return s == STATUS_OK ? EXIT_DONE : say_error(s, NULL);
}
