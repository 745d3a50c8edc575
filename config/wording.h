/*
 * What the stable words of JSON, of the wire and of `rejected` mean to people: a sentence or a name in the chosen
 * language. A word that is not known comes back as it is. Constant data, any thread.
 */
#ifndef MOTCUA_CONFIG_WORDING_H
#define MOTCUA_CONFIG_WORDING_H

#include <stdint.h>

enum { WORDING_TIME = 24 };

/* Why a row, a table, a change or a unit was refused. */
const char *wording_reason(const char *word);
/* How a device stands: "waiting", "active", … */
const char *wording_state(const char *word);
/* The level of a unit: "commune", … */
const char *wording_level(const char *word);
/* How one unit succeeded another: "merge", … */
const char *wording_succession(const char *word);
/* A kind of record: "dossier", … */
const char *wording_kind(const char *word);
/* What an operator did, by the type of the act: "invite", … */
const char *wording_act(const char *word);
/* What `verify` found: "chain", … */
const char *wording_finding(const char *word);

/* An instant for a table: local date and time to the second, the date alone at midnight. Returns ret_text. */
const char *wording_time(int64_t at, char ret_text[static WORDING_TIME]);

#endif
