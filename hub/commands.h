/*
 * What the hub's commands share: opening with messages, who acts, and the table of all commands. Each command is
 * one function that returns the exit status.
 */
#ifndef MOTCUA_HUB_COMMANDS_H
#define MOTCUA_HUB_COMMANDS_H

#include <signal.h>

#include "config/options.h"
#include "config/settings.h"
#include "hub/hub.h"

/* The machine around the commands, from main.c. */
struct hub_program {
	struct hub_world world;
	const volatile sig_atomic_t *stop;
	void (*catch_signals)(void); /* from now on SIGTERM and SIGINT set *stop and do nothing else */
	char who[80];                /* account of the operating system */
	char listen[SETTING_TEXT_MAX + 1];
	char admin[SETTING_TEXT_MAX + 1]; /* empty: none */
	char language[SETTING_TEXT_MAX + 1];
	int64_t threads;
	int64_t connections;
	int64_t per_address;
	char trusted[SETTING_TEXT_MAX + 1]; /* networks */
	int64_t handshake_seconds;
	int64_t header_seconds;
	int64_t body_seconds;
	int64_t in_flight_mib;
	char backup[SETTING_TEXT_MAX + 1]; /* folder; empty: no backups by itself */
	int64_t disk_reserve_mib;
	int64_t backup_hour;
	int64_t backup_keep;
};

struct hub_program *commands_program(const struct invocation *inv);

/* Reads the settings, and the language with them. EXIT_DONE, or the exit status after printing. */
int commands_settings(struct invocation *inv);
/* Says what is amiss with the rights of the data directory; EXIT_DONE without a word if nothing is. */
int commands_say_rights(const char *dir);
/*
 * Opens the hub of a command whose settings are read and whose line was found right; prints the error and fills
 * *ret_exit when it fails (NULL returned).
 */
struct hub *commands_enter(struct invocation *inv, bool write, int *ret_exit);
/* Both. */
struct hub *commands_open(struct invocation *inv, bool write, int *ret_exit);

/* The computer an argument names, of an open hub. False after printing what is wrong and filling *ret_exit. */
bool commands_device(struct hub *hub, const char *text, struct device *ret_device, int *ret_exit);
/* Says why no computer was found (hub/devices.h); the exit status. */
int commands_no_device(enum status s, const char *text);

int command_init(struct invocation *inv);
int command_identity(struct invocation *inv);
int command_units_import(struct invocation *inv);
int command_units_list(struct invocation *inv);
int command_units_succession(struct invocation *inv);
int command_invite(struct invocation *inv);
int command_device_list(struct invocation *inv);
int command_device_confirm(struct invocation *inv);
int command_device_suspend(struct invocation *inv);
int command_device_resume(struct invocation *inv);
int command_device_revoke(struct invocation *inv);
int command_device_release(struct invocation *inv);
int command_device_assign(struct invocation *inv);
int command_device_skip(struct invocation *inv);
int command_serve(struct invocation *inv);
int command_verify(struct invocation *inv);
int command_rebuild(struct invocation *inv);
int command_status(struct invocation *inv);
int command_conflicts(struct invocation *inv);
int command_conflicts_accept(struct invocation *inv);
int command_conflicts_split(struct invocation *inv);

extern const struct command HUB_COMMANDS[];

#endif
