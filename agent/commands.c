#include "agent/commands.h"

#include "config/messages.h"
#include "config/periods.h"

static const struct option_spec enroll_options[] = {
	{"url", "URL", N_("reach the hub at this address instead of the one in the code")},
	{"identity", "FILE", N_("without a line: the hub's identity, a file that came with the code")},
	{"export", "FILE", N_("without a line: the file to write for the province, or the directory of the stick")},
	{0},
};

static const struct option_spec void_options[] = {
	{"import", "N", N_("what one import brought in, by its number, instead of one thing")},
	{"undo", NULL, N_("bring it back")},
	{0},
};

static const struct option_spec import_options[] = {
	{"format", "auto|ndjson|csv|xlsx|html", N_("format of the file; found out by itself otherwise")},
	{"map", "NAME|FILE",
	 N_("what the headings mean: td-list, td-late, land-office, igate, or a file of your own")},
	{"changed-at", "T", N_("time of the rows that name none; the file's own time otherwise")},
	{"dry-run", NULL, N_("say what would be taken and keep nothing; other writers wait meanwhile")},
	{0},
};

static const struct option_spec list_options[] = {
	{"unsent", NULL, N_("only what the hub has not acknowledged yet")},
	{"kind", "KIND", N_("only dossier, equipment or indicator")},
	{"late", NULL, N_("only open dossiers past their due date")},
	{"due", "N", N_("only open dossiers due within N days")},
	{"provisional", NULL, N_("only dossiers that still have a provisional code")},
	{0},
};

static const struct option_spec totals_options[] = {
	PERIOD_OPTIONS,
	{"by", "unit|domain|...", N_("one row for each unit, domain, procedure, channel, month or day")},
	{"rule", "NAME", N_("the rule of counting (default: form06)")},
	{"format", "table|csv|json", N_("how it is printed (default: table)")},
	{0},
};

static const struct option_spec compare_options[] = {
	{"month", "YYYY-MM", N_("the month (default: the present one)")},
	{"phone", NULL, N_("only what is here, with the code to read out, without asking the hub")},
	{"repair", NULL, N_("queue once more what the hub turns out to lack")},
	{"proof", "FILE", N_("where all agrees, also write the hub's signed answer into this file")},
	{0},
};

static const struct command commands[] = {
	{.name = "enroll",
	 .arguments = "[CODE|-]",
	 .help = N_("make this computer a device of the province's hub"),
	 .more = N_("CODE is what the province handed out. Without it, or with -, it is asked for on the terminal. "
		    "Read the fingerprint that is printed out to the province by phone. Where there is no line, "
		    "--identity and --export enrol by stick: records can be entered at once, and the file takes "
		    "them along."),
	 .options = enroll_options,
	 .max_arguments = 1,
	 .run = command_enroll},
	{.name = "add",
	 .arguments = "KIND FIELD=VALUE...",
	 .help = N_("enter one change by hand"),
	 .more = N_(
		 "KIND is dossier, equipment or indicator. FIELD= clears a field. A dossier without a code gets a "
		 "provisional one; the code is printed. With code=OFFICIAL replaces=PROVISIONAL the two are one "
		 "dossier."),
	 .min_arguments = 2,
	 .max_arguments = -1,
	 .run = command_add},
	{.name = "void",
	 .arguments = "[KIND KEY]",
	 .help = N_("take back a thing that should not have been entered"),
	 .more = N_(
		 "The key of an indicator is UNIT|PERIOD|NAME. With --import, things known from nowhere else are "
		 "taken back, and of others each field says again what it said without that import."),
	 .options = void_options,
	 .max_arguments = 2,
	 .run = command_void},
	{.name = "import",
	 .arguments = "FILE|-",
	 .help = N_("take in a file"),
	 .more = N_("Rows that cannot be taken stand in 'rejected'; the others are kept. Importing a file again "
		    "changes nothing."),
	 .options = import_options,
	 .min_arguments = 1,
	 .max_arguments = 1,
	 .run = command_import},
	{.name = "list",
	 .help = N_("what this computer has entered"),
	 .options = list_options,
	 .run = command_list},
	{.name = "show",
	 .arguments = "CODE",
	 .help = N_("everything this computer knows of one thing, and whether the hub has it"),
	 .min_arguments = 1,
	 .max_arguments = 1,
	 .run = command_show},
	{.name = "totals",
	 .help = N_("count the dossiers this computer has entered: received, done, open"),
	 .more = N_(
		 "Without a period: 1 January of this year to today. The province counts what all computers have "
		 "sent; here only this computer's own dossiers count, sent or not."),
	 .options = totals_options,
	 .run = command_totals},
	{.name = "sync", .help = N_("send everything now"), .run = command_sync},
	{.name = "compare",
	 .help = N_("does the province have of this computer what is here?"),
	 .more = N_("A day's dossiers are those received on it, as entered here. What is not sent yet is counted "
		    "apart "
		    "and is no difference. Without a line it works from what 'receive' brought, or both sides read "
		    "their "
		    "codes out by phone: 'motcua-hub compare' prints the province's."),
	 .options = compare_options,
	 .run = command_compare},
	{.name = "export",
	 .arguments = "FILE",
	 .help = N_("write everything the province has not acknowledged into a sealed file, for a stick"),
	 .more = N_(
		 "FILE may be the directory of the stick. A file over 64 MiB goes on in FILE-2 and so on. Only the "
		 "province can read it; losing it loses nothing."),
	 .min_arguments = 1,
	 .max_arguments = 1,
	 .run = command_export},
	{.name = "receive",
	 .arguments = "FILE",
	 .help = N_("take in the province's receipts from a file"),
	 .more = N_("It also brings the answer to an enrolment without a line."),
	 .min_arguments = 1,
	 .max_arguments = 1,
	 .run = command_receive},
	{.name = "reidentify",
	 .help = N_("go on under new numbers: after a lost, restored, copied or damaged database"),
	 .more = N_(
		 "'status' and the errors say when it is needed. What has no receipt is sent again; the province "
		 "counts it once."),
	 .run = command_reidentify},
	{.name = "run", .help = N_("the service: watch the spool directory, send on schedule"), .run = command_run},
	{.name = "status",
	 .help = N_("how this computer and its queue stand"),
	 .more = N_(
		 "waiting counts changes without a receipt; sealed, acknowledged and safe are numbers of batches."),
	 .run = command_status},
	{.name = "rejected",
	 .arguments = "[list|show N|discard N]",
	 .help = N_("what was refused here or by the hub, and why"),
	 .max_arguments = 2,
	 .run = command_rejected},
	{0},
};

const struct program commands_program = {
	.name = "motcua-agent",
	.summary = N_("Keeps what a one-stop counter records and sends it to the province."),
	.version = MOTCUA_VERSION,
	.default_data = "/var/lib/motcua-agent",
	.default_config = "/etc/motcua/agent.ini",
	.commands = commands,
};
