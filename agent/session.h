/*
 * What every command begins and ends with: settings, the world of this machine, the opened data directory.
 */
#ifndef MOTCUA_AGENT_SESSION_H
#define MOTCUA_AGENT_SESSION_H

#include "agent/agent.h"
#include "agent/setup.h"
#include "config/machine.h"
#include "config/options.h"

/* The program's own part of an invocation (its context), made by main.c. */
struct shell {
	int64_t (*now_ms)(void *context);
};

struct session {
	struct setup setup;
	struct agent_world world;
	char machine[MACHINE_TEXT];
	char boot[MACHINE_TEXT];
	struct agent *agent; /* NULL after session_prepare */
};

/*
 * Settings and world, without a data directory; with_network makes a transport. Returns EXIT_DONE, or the exit
 * status of an error that was said. Close the session in any case.
 */
int session_prepare(const struct invocation *inv, bool with_network, struct session *session);
/* Opens the data directory of a prepared session: after the command line was found right. */
int session_enter(const struct invocation *inv, struct session *session);
/* Where the settings name another address of the hub, an opened agent uses that one. The exit status. */
int session_address(const struct invocation *inv, struct session *session);
/* Both. */
int session_open(const struct invocation *inv, bool with_network, struct session *session);
void session_close(struct session *session);

/* "2-0123456789abcdef": an incarnation for people and JSON. Returns ret_text. */
enum { INCARNATION_TEXT = 48 };
const char *session_incarnation(const struct incarnation *incarnation, char ret_text[static INCARNATION_TEXT]);
/* What a person should know when the data turned out to be a copy and went on under new numbers. */
const char *session_copied(void);
/* The same when the hub was put back from a copy. */
const char *session_regressed(void);

/* Says why a data directory could not be opened, and returns the exit status. */
int session_say_unopened(enum status s, const char *dir);
/* Says that there is nowhere to send to, and returns the exit status. */
int session_say_no_address(void);
/* Why an exchange with the hub failed, and in *ret_advice what to do about it. */
const char *session_unsent(enum status s, const char **ret_advice);
/* Says both, and returns the exit status. */
int session_say_unsent(enum status s);
/* What is left where the line has carried nothing for long. */
const char *session_use_a_stick(void);

#endif
