#include "hub/reading.h"

#include <string.h>

#include "config/messages.h"
#include "hub/as_known.h"
#include "hub/commands.h"
#include "protocol/tables/writer.h"

enum status reading_misused(const char *problem)
{
	(void)say_error(STATUS_USAGE, "%s", problem); /* the exit status follows from what is returned */
	return STATUS_USAGE;
}

void reading_close(struct reading *reading)
{
	unit_map_free(&reading->map);
	hub_close(reading->hub);
	reading->hub = NULL;
}

/* Whoever asks for a unit that is another by that day must not take the one for the other. */
static void say_other_unit(const struct unit_map *map, int named, int line)
{
	char key[UNIT_KEY];
	char day[DATE_TEXT];
	say(_("%s %s is no unit of %s; what is counted is %s %s."), registry_unit(map->registry, named)->code,
	    registry_unit(map->registry, named)->name, date_format(map->day, day), unit_map_key(map, line, key),
	    registry_unit(map->registry, line)->name);
}

static enum status find_line(const struct registry *r, const char *code, struct reading *reading)
{
	int named = UNIT_NONE;
	enum status s = unit_map_new(r, reading->units_day, &reading->map);
	if (s != STATUS_OK)
		return s;
	reading->unit = code == NULL ? reading->map.top : unit_map_parse(&reading->map, code, &named);
	if (named != UNIT_NONE)
		say_other_unit(&reading->map, named, reading->unit);
	return STATUS_OK;
}

static enum status choose_unit(const struct invocation *inv, struct reading *reading)
{
	const char *code = option_value(inv, "unit");
	enum status s = find_line(reading->hub->registry, code, reading);
	if (s != STATUS_OK) {
		(void)say_error(s, NULL); /* as below */
		return s;
	}
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

/* A day means its last moment: what was known in the evening. */
static enum status choose_known(const struct invocation *inv, struct reading *reading)
{
	const char *text = option_offered(inv, "as-known-at") ? option_value(inv, "as-known-at") : NULL;
	int32_t day = DAY_UNSET;
	if (text == NULL)
		return STATUS_OK;
	if (date_parse(text, strlen(text), &day) == STATUS_OK)
		reading->as_known_at = date_start(day + 1) - 1;
	else if (time_parse(text, strlen(text), &reading->as_known_at) == STATUS_OK)
		day = date_of(reading->as_known_at);
	else
		return reading_misused(
			_("--as-known-at takes a day as YYYY-MM-DD, or a time: 2024-06-17T08:00:00."));
	(void)time_format(reading->as_known_at, reading->as_known_text);
	if (day < reading->today)
		reading->today = day;
	return STATUS_OK;
}

int reading_start(struct invocation *inv, struct reading *ret_reading)
{
	const struct hub_world *world = &commands_program(inv)->world;
	const int32_t today = date_of(world->now_ms(world->context));
	*ret_reading =
		(struct reading){.unit = UNIT_NONE, .today = today, .units_day = today, .as_known_at = TIME_UNSET};
	int exit_status = commands_settings(inv);
	return exit_status == EXIT_DONE ? status_exit(choose_known(inv, ret_reading)) : exit_status;
}

/* The state of now in one snapshot, or that of then. */
static enum status choose_state(const struct reading *reading)
{
	struct hub *hub = reading->hub;
	struct as_known known;
	if (reading->as_known_at != TIME_UNSET) {
		enum status s = reading->dossiers ? as_known_dossiers_at(hub, reading->as_known_at, &known)
						  : as_known_at(hub, reading->as_known_at, &known);
		if (s == STATUS_OK)
			as_known_enter(hub, &known);
		return s;
	}
	enum status s = database_snapshot(hub->db);
	return s == STATUS_OK ? registry_reload(hub->registry, hub->db) : s;
}

int reading_open(struct invocation *inv, struct reading *reading)
{
	int exit_status = EXIT_DONE;
	reading->hub = commands_enter(inv, false, &exit_status);
	if (reading->hub == NULL)
		return exit_status;
	enum status s = choose_state(reading);
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
