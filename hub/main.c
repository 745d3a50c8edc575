/* motcua-hub: the province's side. Reads the clock, the signals and the account; everything else is in the core. */
#include <signal.h>
#include <sys/stat.h>
#include <time.h>

#include "config/datadir.h"
#include "config/messages.h"
#include "config/secrecy.h"
#include "hub/commands.h"
#include "hub/commands_backup.h"
#include "hub/commands_close.h"
#include "hub/commands_count.h"
#include "hub/commands_courier.h"
#include "hub/commands_explain.h"
#include "hub/commands_index.h"
#include "hub/commands_lists.h"
#include "hub/commands_report.h"

static volatile sig_atomic_t stop_asked;

static void on_signal(int number)
{
	(void)number;
	stop_asked = 1;
}

_Static_assert(sizeof(time_t) == 8, "seconds go on after 2038");

static int64_t wall_clock_ms(void *context)
{
	struct timespec now;
	(void)context;
	(void)clock_gettime(CLOCK_REALTIME, &now);
	return time_bounded((int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000);
}

/* Only while serving: every other command ends at Ctrl-C and at a closed pipe like any program. */
static void catch_signals(void)
{
	struct sigaction stop = {.sa_handler = on_signal};
	struct sigaction ignore = {.sa_handler = SIG_IGN};
	(void)sigaction(SIGTERM, &stop, NULL);
	(void)sigaction(SIGINT, &stop, NULL);
	(void)sigaction(SIGPIPE, &ignore, NULL);
}

enum { COMMANDS_MAX = 64 };

/* Those that only read stand in rooms of their own; the last one is all zero. */
static void list_commands(struct command commands[static COMMANDS_MAX])
{
	static const struct command *const further[] = {
		&COMMAND_BACKUP,
		&COMMAND_RESTORE,
		&COMMAND_KEYS_EXPORT,
		&COMMAND_INGEST,
		&COMMAND_RECEIPTS,
		&COMMAND_COMPARE,
		&COMMAND_EXPLAIN,
		&COMMAND_TOTALS,
		&COMMAND_CLOSE,
		&COMMAND_PERIODS,
		&COMMAND_REPORT_FORM06A,
		&COMMAND_REPORT_INCOMPLETE,
		&COMMAND_REPORT_EQUIPMENT,
		&COMMAND_REPORT_INDICATORS,
		&COMMAND_REPORT_INDEX766,
		&COMMAND_REPORT_CHECKS,
		&COMMAND_REPORT_SILENT,
		&COMMAND_REPORT_VOID,
		&COMMAND_ACTS,
		&COMMAND_REJECTED,
		&COMMAND_REJECTED_RETRY,
	};
	size_t n = 0;
	for (; n < COMMANDS_MAX - 1 && HUB_COMMANDS[n].name != NULL; n++)
		commands[n] = HUB_COMMANDS[n];
	for (size_t i = 0; i < sizeof(further) / sizeof(further[0]) && n < COMMANDS_MAX - 1; i++)
		commands[n++] = *further[i];
}

int main(int argc, char **argv)
{
	struct command commands[COMMANDS_MAX] = {0};
	list_commands(commands);
	const struct program program = {
		.name = "motcua-hub",
		.summary = N_("Merges what the communes send into totals that can be proved."),
		.version = MOTCUA_VERSION,
		.default_data = "/var/lib/motcua-hub",
		.default_config = "/etc/motcua/hub.ini",
		.commands = commands,
	};
	struct hub_program context = {
		.world = {.now_ms = wall_clock_ms},
		.stop = &stop_asked,
		.catch_signals = catch_signals,
		.listen = "0.0.0.0:8443",
		.language = "vi",
		.threads = 2,
		.connections = 1024,
		.per_address = 64,
		.handshake_seconds = 60,
		.header_seconds = 20,
		.body_seconds = 60,
		.in_flight_mib = 64,
		.disk_reserve_mib = 64,
		.backup_hour = 1,
		.backup_keep = 7,
	};
	account_name(context.who, sizeof(context.who));
	(void)umask(077); /* what we make is nobody else's */
	if (secrecy_begin() != STATUS_OK)
		return say_error(STATUS_PERMISSION, _("The system does not let keys be kept out of core dumps."));
	if (sign_start() != STATUS_OK)
		return say_error(STATUS_DISK, _("The system gives no randomness."));
	return options_dispatch(&program, argc, argv, &context);
}
