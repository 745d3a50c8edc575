#include "hub/commands.h"

#include <stdlib.h>

#include "config/datadir.h"
#include "config/messages.h"
#include "config/rights.h"

struct hub_program *commands_program(const struct invocation *inv)
{
	return inv->context;
}

static enum status read_settings(struct hub_program *p, const char *path, struct settings_fault *ret_fault)
{
	const struct setting table[] = {
		{"hub", "lang", SETTING_TEXT, 0, 0, p->language},
		{"hub", "listen", SETTING_TEXT, 0, 0, p->listen},
		{"hub", "admin", SETTING_TEXT, 0, 0, p->admin},
		{"hub", "threads", SETTING_INT, 1, 64, &p->threads},
		{"hub", "connections", SETTING_INT, 4, 16384, &p->connections},
		{"hub", "per_address", SETTING_INT, 64, 16384, &p->per_address},
		{"hub", "trusted", SETTING_TEXT, 0, 0, p->trusted},
		{"hub", "handshake_seconds", SETTING_INT, 1, 600, &p->handshake_seconds},
		{"hub", "header_seconds", SETTING_INT, 1, 600, &p->header_seconds},
		{"hub", "body_seconds", SETTING_INT, 1, 600, &p->body_seconds},
		{"hub", "in_flight_mib", SETTING_INT, 4, 4096, &p->in_flight_mib},
		{"hub", "disk_reserve_mib", SETTING_INT, 0, 1048576, &p->disk_reserve_mib},
		{"hub", "backup", SETTING_TEXT, 0, 0, p->backup},
		{"hub", "backup_hour", SETTING_INT, 0, 23, &p->backup_hour},
		{"hub", "backup_keep", SETTING_INT, 1, 1000, &p->backup_keep},
	};
	return settings_read(path, table, sizeof(table) / sizeof(table[0]), ret_fault);
}

int commands_settings(struct invocation *inv)
{
	struct hub_program *program = commands_program(inv);
	struct settings_fault fault;
	enum status s = read_settings(program, inv->config, &fault);
	if (s == STATUS_EMPTY && !inv->config_given)
		s = STATUS_OK;
	if (s == STATUS_SETTINGS)
		return fault.line > 0 ? say_error(s, _("%s, line %d: %s"), inv->config, fault.line, fault.what)
				      : say_error_advice(s, "", "%s: %s", inv->config, fault.what);
	if (s == STATUS_EMPTY)
		return say_error_advice(STATUS_SETTINGS, _("Check the name after --config."),
					_("There is no settings file %s."), inv->config);
	if (s != STATUS_OK)
		return say_error(s, _("The settings file %s cannot be read."), inv->config);
	if (inv->language == NULL && messages_open(program->language) != STATUS_OK)
		return say_error_advice(STATUS_SETTINGS, _("Correct the setting and start again."),
					_("%s: lang must be vi or en."), inv->config);
	return EXIT_DONE;
}

int commands_say_rights(const char *dir)
{
	static const struct rights_item items[] = {
		{"hub.key", RIGHTS_SECRET}, {"tls.key", RIGHTS_SECRET}, {"tls-next.key", RIGHTS_SECRET},
		{"tls.crt", RIGHTS_FILE},   {"hub.db", RIGHTS_FILE},    {"lock", RIGHTS_FILE},
		{"verified", RIGHTS_FILE},
	};
	return rights_say(dir, items, sizeof(items) / sizeof(items[0]));
}

/* Whoever laid it there wanted it restored. */
static bool is_backup(const char *dir, const struct hub_world *world)
{
	struct hub *backup = NULL;
	char *path = path_join(dir, "hub.db");
	bool is = path != NULL && hub_open_backup(path, world, &backup) == STATUS_OK;
	hub_close(backup);
	free(path);
	return is;
}

static int say_unopened(enum status s, const char *dir, const struct hub_world *world)
{
	int exit_status = s == STATUS_PERMISSION ? commands_say_rights(dir) : EXIT_DONE;
	if (exit_status != EXIT_DONE)
		return exit_status;
	if (s == STATUS_NO_DATA)
		return say_error_advice(
			s, _("Check --data, or set one up: motcua-hub init --province CODE --name NAME"),
			_("No hub is set up in %s."), dir);
	if (s == STATUS_NEWER_SCHEMA && is_backup(dir, world))
		return say_error_advice(s, _("Move it away, and restore from it: motcua-hub restore FILE"),
					_("hub.db in %s is a backup that was not restored."), dir);
	return say_error(s, _("The data directory %s cannot be used: %s"), dir, status_sentence(s));
}

struct hub *commands_enter(struct invocation *inv, bool write, int *ret_exit)
{
	struct hub *hub = NULL;
	enum status s = hub_open(inv->data, &commands_program(inv)->world, write, &hub);
	if (s == STATUS_OK) {
		hub->disk_reserve = commands_program(inv)->disk_reserve_mib * 1024 * 1024;
		return hub;
	}
	*ret_exit = say_unopened(s, inv->data, &commands_program(inv)->world);
	return NULL;
}

struct hub *commands_open(struct invocation *inv, bool write, int *ret_exit)
{
	*ret_exit = commands_settings(inv);
	return *ret_exit == EXIT_DONE ? commands_enter(inv, write, ret_exit) : NULL;
}

static const struct option_spec INIT_OPTIONS[] = {
	{"province", "CODE", N_("unit code of the province")},
	{"name", "NAME", N_("name of the province, as people read it")},
	{"url", "https://HOST:PORT", N_("address the communes reach this hub at")},
	{0},
};
static const struct option_spec IDENTITY_OPTIONS[] = {
	{"output", "FILE", N_("write it into this file, which is no secret, instead of showing what is in it")},
	{0},
};
static const struct option_spec UNITS_IMPORT_OPTIONS[] = {
	{"valid-from", "YYYY-MM-DD", N_("first day of units whose row states none (default: always)")},
	{"valid-to", "YYYY-MM-DD", N_("last day of units whose row states none (default: until further notice)")},
	{"only", "CODE,...", N_("of a list of the whole country just these units and what is below them")},
	{0},
};
static const struct option_spec UNITS_LIST_OPTIONS[] = {
	{"on", "YYYY-MM-DD", N_("the units of that day (default: all that are known)")},
	{0},
};
static const struct option_spec SUCCESSION_OPTIONS[] = {
	{"known-only", NULL, N_("leave out rows with a unit that is not in the list")},
	{0},
};
static const struct option_spec ASSIGN_OPTIONS[] = {
	{"from", "YYYY-MM-DD", N_("the first day")},
	{0},
};
static const struct option_spec INVITE_OPTIONS[] = {
	{"file", "FILE", N_("a CSV file with a column code, instead of one unit; other columns are not read")},
	{"slips", "FILE", N_("write the codes as slips to print and cut, an HTML file, instead of printing them")},
	{"url", "https://HOST:PORT", N_("another address than the one of init")},
	{"expires", "72h", N_("how long the code can be used (hours)")},
	{"no-confirm", NULL,
	 N_("take data before the fingerprint is confirmed; at most 24 hours, shown as unconfirmed")},
	{"replaces", "ID", N_("a computer of the unit that is suspended once the new one is let in")},
	{0},
};
static const struct option_spec SERVE_OPTIONS[] = {
	{"listen", "ADDR:PORT", N_("where to listen; port 0 picks a free one")},
	{"admin", "ADDR:PORT",
	 N_("where monitoring programs ask, in plain HTTP; PORT alone is on this machine only")},
	{0},
};
static const struct option_spec SPLIT_OPTIONS[] = {
	{"device", "ID", N_("the computer whose word is the other dossier's")},
	{0},
};
static const struct option_spec VERIFY_OPTIONS[] = {
	{"full", NULL, N_("also compare every derived table with a new fold of the whole log")},
	{0},
};

/* In the order of --help: setting up, running, upkeep. main.c adds the reports. */
const struct command HUB_COMMANDS[] = {
	{"init", "", N_("make the data directory, keys and identity of a hub"), NULL, INIT_OPTIONS, 0, 0,
	 command_init},
	{"identity", "", N_("show who this hub is, or write it for a commune without a line"),
	 N_("A code names the hub by this document; a computer that cannot fetch it over the line is given it as a "
	    "file "
	    "beside the code."),
	 IDENTITY_OPTIONS, 0, 0, command_identity},
	{"units import", "FILE", N_("read the list of units from a CSV file"),
	 N_("Its first row names the columns: code, name, level (province, department, district or commune) and "
	    "parent, and where they are known valid_from, valid_to and phone. Units that are in the list already "
	    "are changed, the others stay. A code may name one unit up to a day and another from then on: a row "
	    "with a later valid_from ends the unit that had the code before."),
	 UNITS_IMPORT_OPTIONS, 1, 1, command_units_import},
	{"units list", "", N_("print the list of units"), NULL, UNITS_LIST_OPTIONS, 0, 0, command_units_list},
	{"units succession", "[FILE]", N_("read what succeeded what from a CSV file, or print it"),
	 N_("Its columns are old, new, from and kind: merge, split, rename or transfer. Reports by the units of a "
	    "day "
	    "count what was stated under another unit where this leads. What was divided stays under a line of "
	    "its own until the dossier itself states a new unit. Computers follow merges and renames; for splits "
	    "and transfers there is 'device assign'."),
	 SUCCESSION_OPTIONS, 0, 1, command_units_succession},
	{"invite", "[UNIT]", N_("make a one-time code with which a computer of a unit enrols"),
	 N_("The code is for one computer. Whoever enrols with it reads a fingerprint out by phone; "
	    "'device confirm' then lets its data in. With --file a code is made for every unit of a list; rows "
	    "that "
	    "cannot be taken are named and hold up nothing."),
	 INVITE_OPTIONS, 0, 1, command_invite},
	{"device list", "", N_("list the enrolled computers"), NULL, NULL, 0, 0, command_device_list},
	{"device confirm", "FINGERPRINT", N_("confirm a computer by the fingerprint read out by phone"), NULL, NULL,
	 1, -1, command_device_confirm},
	{"device suspend", "ID", N_("take nothing more from a computer until it is resumed"),
	 N_("ID is what 'device list' shows, or its first four or more digits. What came before stays."), NULL, 1,
	 1, command_device_suspend},
	{"device resume", "ID", N_("let a suspended computer in again"), NULL, NULL, 1, 1, command_device_resume},
	{"device revoke", "ID", N_("take nothing more from a computer, for good"), NULL, NULL, 1, 1,
	 command_device_revoke},
	{"device release", "ID", N_("take data again from a computer that is held because it contradicts itself"),
	 NULL, NULL, 1, 1, command_device_release},
	{"device assign", "ID UNIT", N_("let a computer work for another unit from a day on"),
	 N_("What it sent before stays where it is. Records that were refused because of their unit are judged "
	    "again by "
	    "'rejected retry'."),
	 ASSIGN_OPTIONS, 2, 2, command_device_assign},
	{"device skip", "ID TO", N_("go on at batch TO of a computer; the ones before it are lost for good"),
	 N_("TO is the first batch that waits for one that will never come. A lost batch that comes after all "
	    "still "
	    "counts."),
	 NULL, 2, 2, command_device_skip},
	{"serve", "", N_("take batches from the communes, until SIGTERM"), NULL, SERVE_OPTIONS, 0, 0,
	 command_serve},
	{"status", "", N_("computers by state, what waits, the last entry"), NULL, NULL, 0, 0, command_status},
	{"conflicts", "", N_("list the dossiers about which computers disagree"), NULL, NULL, 0, 0,
	 command_conflicts},
	{"conflicts accept", "CODE", N_("accept such a dossier as it stands"), NULL, NULL, 1, 1,
	 command_conflicts_accept},
	{"conflicts split", "CODE", N_("take what one computer says as another dossier"), NULL, SPLIT_OPTIONS, 1, 1,
	 command_conflicts_split},
	{"verify", "", N_("check the log's chain and every signature"),
	 N_("A serving hub goes on meanwhile. 'status' and /metrics tell how the last one with --full ended; the "
	    "timer "
	    "motcua-hub-verify runs it every night."),
	 VERIFY_OPTIONS, 0, 0, command_verify},
	{"rebuild", "", N_("derive all state again from the log"), NULL, NULL, 0, 0, command_rebuild},
	{0},
};
