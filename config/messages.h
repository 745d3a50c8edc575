/*
 * Everything people read goes through here: the catalogue (gettext; config/po/), chosen by --lang or a setting and
 * independent of the machine's locale, and the sentences of the status codes (L14).
 * Source language English; Vietnamese is the default.
 */
#ifndef MOTCUA_CONFIG_MESSAGES_H
#define MOTCUA_CONFIG_MESSAGES_H

#include "protocol/status.h"

/*
 * Chooses the language, "vi" or "en"; anything else is STATUS_USAGE. Finds the catalogue beside the program
 * (build tree: DIR/locale) or where it was installed. Call before threads; a second call chooses anew. Without a
 * readable catalogue messages are English.
 */
MUST_CHECK enum status messages_open(const char *language);
/* "vi" or "en". */
const char *messages_language(void);

/* The message in the chosen language. msgid must be a literal, so that xgettext finds it. */
const char *message(const char *msgid) __attribute__((format_arg(1)));
#define _(msgid) message(msgid)
/* Marks a literal for translation where it stands in a table. */
#define N_(msgid) msgid

/* What happened, and what to do next: one sentence each, in the chosen language, for every status. */
const char *status_sentence(enum status s);
const char *status_advice(enum status s);

/*
 * Prints an error on stderr in one or two lines: "E-CODE: what" and the advice of the status. what is a format for
 * the thing it happened to; NULL prints the status's own sentence. Returns status_exit(s), for `return
 * say_error(…)`.
 */
int say_error(enum status s, const char *what, ...) PRINTF_LIKE(2, 3);
/* As say_error with an advice of its own; "" for none. */
int say_error_advice(enum status s, const char *advice, const char *what, ...) PRINTF_LIKE(3, 4);
/* A line on stderr for people at the terminal; silent with -q. */
void say(const char *format, ...) PRINTF_LIKE(1, 2);
/* -q */
void say_quietly(void);

#endif
