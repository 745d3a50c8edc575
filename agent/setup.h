/*
 * The agent's settings file (config/agent.ini says what each setting means).
 */
#ifndef MOTCUA_AGENT_SETUP_H
#define MOTCUA_AGENT_SETUP_H

#include <stdbool.h>
#include <stdint.h>

#include "config/settings.h"

struct setup {
	char lang[SETTING_TEXT_MAX + 1];
	char spool[SETTING_TEXT_MAX + 1];
	char uplink[SETTING_TEXT_MAX + 1];     /* empty: motcua-uplink beside this program */
	char proxy[SETTING_TEXT_MAX + 1];      /* empty: none */
	char url[SETTING_TEXT_MAX + 1];        /* of the hub; empty: as it was enrolled */
	char machine_id[SETTING_TEXT_MAX + 1]; /* empty: where the system has it */
	int64_t keep_imported_days;
	int64_t sync_minutes;
	int64_t patience_s;
	int64_t sync_after;
};

/*
 * Reads the file over the defaults. A missing one is fine unless must_exist. On failure the error was said, with
 * file and line; the exit status is returned, EXIT_DONE otherwise.
 */
int setup_read(const char *path, bool must_exist, struct setup *ret_setup);

#endif
